"""Conditions, completeness, visibility and merging, as pure functions."""

from dataclasses import replace

import pytest

from intake.domain.answers import fingerprint
from intake.domain.completeness import Progress, missing, progress
from intake.domain.conditions import applies, holds, is_possible, is_required
from intake.domain.definitions import Condition, Facts, Passed, Question, Value
from intake.domain.loader import library
from intake.domain.merging import Outcome, merged
from intake.domain.visibility import Relation, may_see

ALONE = Facts(relationship_type="individual", modality="video", is_requester=True, people=1)
OF_TWO = Facts(relationship_type="couple", modality="video", is_requester=False, people=2)


def question(key: str, form: str = "couple") -> Question:
    found = library().form(form).question(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("condition", "answers", "expected"),
    [
        (Condition(question="a", any_of=("x",)), {"a": "x"}, True),
        (Condition(question="a", any_of=("x",)), {"a": "y"}, False),
        (Condition(question="a", any_of=("x",)), {}, False),
        (Condition(question="a", any_of=("x", "y")), {"a": ("z", "y")}, True),
        (Condition(question="a", answered=True), {"a": "words"}, True),
        (Condition(question="a", answered=True), {"a": Passed.SAY_ALOUD}, False),
        (Condition(question="a", at_least=3), {"a": 3}, True),
        (Condition(question="a", at_least=3), {"a": 2}, False),
        (Condition(fact="people", at_least=2), {}, True),
        (Condition(fact="modality", any_of=("phone",)), {}, False),
        (Condition(fact="is_requester", any_of=("no",)), {}, True),
        (
            Condition(
                every=(
                    Condition(question="a", any_of=("x",)),
                    Condition(fact="people", at_least=2),
                )
            ),
            {"a": "x"},
            True,
        ),
        (
            Condition(
                some=(
                    Condition(question="a", any_of=("x",)),
                    Condition(fact="people", at_least=3),
                )
            ),
            {"a": "y"},
            False,
        ),
    ],
)
def test_a_condition_holds_or_not(
    condition: Condition, answers: dict[str, Value], expected: bool
) -> None:
    assert holds(condition, answers, OF_TWO) is expected


def test_questions_about_the_others_are_not_asked_of_somebody_alone() -> None:
    assert not is_possible(question("go_not_in_front"), ALONE)
    assert is_possible(question("go_not_in_front"), OF_TWO)


def test_what_the_requester_is_asked_once_is_not_asked_of_the_other() -> None:
    assert not applies(question("cp_since"), {}, OF_TWO)
    assert applies(question("cp_since"), {}, replace(OF_TWO, is_requester=True))


def test_a_behaviour_is_asked_about_only_when_it_was_a_topic() -> None:
    behaviour = question("in_behaviour", "individual")

    assert not applies(behaviour, {}, ALONE)
    assert applies(behaviour, {}, replace(ALONE, topics=frozenset({"behaviour"})))


def test_an_emergency_contact_is_required_at_a_distance_only() -> None:
    assert is_required(question("em_name"), {}, OF_TWO)
    assert not is_required(question("em_name"), {}, replace(OF_TWO, modality="in_person"))


def test_passing_counts_as_answered() -> None:
    form = library().form("couple")
    nothing = {q.key for q in missing(form, {}, OF_TWO)}
    passed: dict[str, Value] = {"cp_view": Passed.SAY_ALOUD}

    assert "cp_view" in nothing
    assert "cp_view" not in {q.key for q in missing(form, passed, OF_TWO)}


def test_a_question_that_does_not_apply_is_never_missing() -> None:
    form = library().form("couple")

    assert "ct_voicemail" not in {q.key for q in missing(form, {}, OF_TWO)}
    assert "ct_voicemail" in {q.key for q in missing(form, {"ct_phone": "+1 212 5550100"}, OF_TWO)}


def test_a_section_is_empty_begun_or_done() -> None:
    section = library().form("couple").section("hopes")
    assert section is not None
    some: dict[str, Value] = {"go_why_now": "because"}
    enough: dict[str, Value] = {**some, "go_better": "ease", "go_distress": 4}

    assert progress(section, {}, OF_TWO) is Progress.EMPTY
    assert progress(section, some, OF_TWO) is Progress.BEGUN
    assert progress(section, enough, OF_TWO) is Progress.DONE


@pytest.mark.parametrize(
    ("key", "relation", "is_shared", "is_booked", "expected"),
    [
        ("cp_strength", Relation.ATTENDING, False, True, True),
        ("cp_strength", Relation.ATTENDING, False, False, False),
        ("cp_view", Relation.ATTENDING, True, True, True),
        ("cp_view", Relation.ATTENDING, False, True, False),
        ("cp_view", Relation.ATTENDING, True, False, False),
        ("cp_lean", Relation.ATTENDING, True, True, False),
        ("cp_lean", Relation.AUTHOR, False, False, True),
        ("cp_lean", Relation.PRACTITIONER, False, False, True),
        ("cp_strength", Relation.STRANGER, True, True, False),
        ("gr_conflict", Relation.AUTHOR, False, True, False),
        ("gr_conflict", Relation.ATTENDING, True, True, False),
        ("gr_conflict", Relation.PRACTITIONER, False, False, True),
    ],
)
def test_who_may_see_an_answer(
    key: str, relation: Relation, is_shared: bool, is_booked: bool, expected: bool
) -> None:
    asked = question(key, "group" if key.startswith("gr_") else "couple")

    seen = may_see(asked, relation, is_shared=is_shared, is_booked=is_booked)

    assert seen is expected


@pytest.mark.parametrize(
    ("stored", "shown", "given", "outcome"),
    [
        (None, None, "new", Outcome.STORE),
        ("old", "old", "new", Outcome.STORE),
        ("old", "old", None, Outcome.STORE),
        ("old", "old", "old", Outcome.KEEP),
        ("theirs", "old", "old", Outcome.KEEP),
        ("theirs", None, None, Outcome.KEEP),
        ("same", "old", "same", Outcome.KEEP),
        ("theirs", "old", "mine", Outcome.CONFLICT),
    ],
)
def test_two_windows_are_merged_question_by_question(
    stored: str | None, shown: str | None, given: str | None, outcome: Outcome
) -> None:
    seen = fingerprint(shown, is_shared=False)

    found = merged(stored=stored, stored_shared=False, given=given, given_shared=False, seen=seen)

    assert found is outcome
