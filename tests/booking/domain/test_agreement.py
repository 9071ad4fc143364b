"""Agreement on one of several times, against the plain reading of the rule."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.agreement import Agreement, agreement

IDS = [UUID(int=n) for n in range(1, 20)]


@given(
    times=st.integers(0, 3),
    people=st.integers(0, 5),
    answers=st.dictionaries(
        st.tuples(st.sampled_from(IDS[:3]), st.sampled_from(IDS[10:15])), st.booleans()
    ),
)
def test_the_best_time_that_all_accept_once_all_have_answered(
    times: int, people: int, answers: dict[tuple[UUID, UUID], bool]
) -> None:
    candidates, everyone = IDS[:times], IDS[10 : 10 + people]

    found = agreement(candidates=candidates, people=everyone, answers=answers)

    pairs = [(c, p) for c in candidates for p in everyone]
    if not all(pair in answers for pair in pairs):
        assert found == Agreement(waiting=True)
        return
    suits = [c for c in candidates if not [p for p in everyone if not answers[c, p]]]
    assert found == Agreement(waiting=False, candidate=suits[0] if suits else None)


def test_a_plain_no_ends_nothing_before_all_have_answered() -> None:
    time, one, two = IDS[:3]

    found = agreement(candidates=[time], people=[one, two], answers={(time, one): False})

    assert found.waiting


def test_answers_of_somebody_who_is_not_asked_do_not_count() -> None:
    time, asked, stranger = IDS[:3]

    found = agreement(
        candidates=[time],
        people=[asked],
        answers={(time, asked): True, (time, stranger): False},
    )

    assert found == Agreement(waiting=False, candidate=time)
