"""Scores against the published rules, at every edge."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.domain import scoring
from intake.domain.definitions import Passed, Value


def items(keys: tuple[str, ...], points: int) -> dict[str, Value]:
    """Answers to these items that sum up to `points`, the first items as high as they go."""
    found: dict[str, Value] = {}
    for key in keys:
        here = min(3, points)
        found[key] = str(here)
        points -= here
    assert points == 0
    return found


@pytest.mark.parametrize(
    ("points", "positive", "band"),
    [
        *[(0, False, ""), (4, False, ""), (5, False, "mild"), (9, False, "mild")],
        *[(10, True, "moderate"), (14, True, "moderate"), (15, True, "moderately severe")],
        *[(19, True, "moderately severe"), (20, True, "severe"), (27, True, "severe")],
    ],
)
def test_the_phq_9_has_its_published_bands(points: int, positive: bool, band: str) -> None:
    score = scoring.phq9(items(scoring.PHQ9_ITEMS, points))

    assert (score.total, score.is_positive, score.band) == (points, positive, band)


@pytest.mark.parametrize(
    ("points", "band"),
    [(4, ""), (5, "mild"), (9, "mild"), (10, "moderate"), (14, "moderate"), (15, "severe")],
)
def test_the_gad_7_has_its_published_bands(points: int, band: str) -> None:
    assert scoring.gad7(items(scoring.GAD7_ITEMS, points)).band == band


@pytest.mark.parametrize(
    ("points", "band"), [(2, ""), (3, "mild"), (5, "mild"), (6, "moderate"), (9, "severe")]
)
def test_the_phq_4_has_its_published_bands(points: int, band: str) -> None:
    keys = (*scoring.PHQ2_ITEMS, *scoring.GAD2_ITEMS)

    assert scoring.phq4(items(keys, points)).band == band


@pytest.mark.parametrize(("points", "positive"), [(0, False), (2, False), (3, True), (6, True)])
def test_the_short_forms_are_positive_from_three(points: int, positive: bool) -> None:
    assert scoring.phq2(items(scoring.PHQ2_ITEMS, points)).is_positive is positive
    assert scoring.gad2(items(scoring.GAD2_ITEMS, points)).is_positive is positive


def test_an_item_that_is_passed_or_left_out_adds_nothing() -> None:
    score = scoring.phq2({"ph_1": "2", "ph_2": Passed.PREFER_NOT})

    assert (score.total, score.answered, score.of, score.is_positive) == (2, 1, 2, False)


def test_the_ninth_item_counts_by_itself() -> None:
    assert scoring.phq9_item9({}) == 0
    assert scoring.phq9_item9({"ph_9": "0"}) == 0
    assert scoring.phq9_item9({"ph_9": "1"}) == 1


@pytest.mark.parametrize("yes", range(5))
def test_hark_is_positive_from_the_first_yes(yes: int) -> None:
    for chosen in itertools.combinations(scoring.HARK_ITEMS, yes):
        score = scoring.hark({k: "yes" if k in chosen else "no" for k in scoring.HARK_ITEMS})
        assert (score.total, score.is_positive) == (yes, yes >= 1)


def test_declining_hark_is_no_yes() -> None:
    assert not scoring.hark(dict.fromkeys(scoring.HARK_ITEMS, Passed.PREFER_NOT)).is_positive


@pytest.mark.parametrize("key", scoring.ASQ_ITEMS)
@pytest.mark.parametrize("value", ["yes", Passed.PREFER_NOT, Passed.SAY_ALOUD])
def test_one_yes_or_one_declined_makes_the_asq_positive(key: str, value: Value) -> None:
    answers: dict[str, Value] = {**dict.fromkeys(scoring.ASQ_ITEMS, "no"), key: value}

    assert scoring.asq(answers) == scoring.Asq(is_positive=True, is_acute=False)


def test_the_asq_without_any_yes_is_negative() -> None:
    assert scoring.asq(dict.fromkeys(scoring.ASQ_ITEMS, "no")) == scoring.Asq(False, False)
    assert scoring.asq({}) == scoring.Asq(False, False)


@pytest.mark.parametrize(
    ("now", "acute"), [("yes", True), ("no", False), (Passed.PREFER_NOT, False)]
)
def test_only_a_yes_to_the_fifth_question_is_acute(now: Value, acute: bool) -> None:
    answers: dict[str, Value] = {**dict.fromkeys(scoring.ASQ_ITEMS, "no"), "sf_a1": "yes"}

    assert scoring.asq(answers | {"sf_a5": now}) == scoring.Asq(True, acute)


@pytest.mark.parametrize(("yes", "positive"), [(0, False), (2, False), (3, True), (5, True)])
def test_the_pc_ptsd_5_counts_after_its_gate(yes: int, positive: bool) -> None:
    answers: dict[str, Value] = {
        key: "yes" if n < yes else "no" for n, key in enumerate(scoring.PCPTSD5_ITEMS)
    }

    assert scoring.pcptsd5({"pt_event": "yes", **answers}).is_positive is positive
    assert scoring.pcptsd5({"pt_event": "no", **answers}).total == 0


def test_the_audit_c_goes_to_twelve() -> None:
    score = scoring.auditc(dict.fromkeys(scoring.AUDITC_ITEMS, "4"))

    assert (score.total, score.is_positive) == (12, True)


@given(
    st.dictionaries(
        st.sampled_from([*scoring.ITEMS, *scoring.HARK_ITEMS, *scoring.ASQ_ITEMS, "sf_a5"]),
        st.sampled_from(["yes", "no", "0", "3", "x", True, 7, ("a",), *Passed]),
    )
)
def test_nothing_that_can_be_stored_breaks_a_score(answers: dict[str, Value]) -> None:
    for score in (scoring.phq2, scoring.phq9, scoring.gad7, scoring.pcptsd5, scoring.hark):
        assert 0 <= score(answers).total <= 27
    scoring.asq(answers)
