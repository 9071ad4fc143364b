"""Which sessions somebody is asked about, and until when."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from intake.domain.feedback import ASKED_AFTER, OPEN_FOR, Held, is_asked_about, open_question

START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

#: Hours after the start, so that some end together; ids tell those apart.
sessions = st.lists(
    st.builds(
        lambda number, hours: Held(UUID(int=number), START + hours * HOUR),
        st.integers(0, 40),
        st.integers(0, 900),
    ),
    unique_by=lambda one: one.appointment_id,
    max_size=12,
)


def nth(one: Held, held: list[Held]) -> int:
    """By counting: how many ended before, or together with it under a smaller id; and itself."""
    return sum((o.ends_at, o.appointment_id) <= (one.ends_at, one.appointment_id) for o in held)


@given(sessions)
def test_every_third_session_is_asked_about_whatever_order_they_come_in(held: list[Held]) -> None:
    asked = {o.appointment_id for o in held if is_asked_about(o.appointment_id, held)}

    assert asked == {o.appointment_id for o in held if nth(o, held) % 3 == 0}
    assert len(asked) == len(held) // 3


@given(sessions, st.integers(0, 1500))
def test_at_any_moment_at_most_the_newest_third_session_can_be_answered(
    held: list[Held], hours: int
) -> None:
    now = START + hours * HOUR
    due = [o for o in held if nth(o, held) % 3 == 0 and now - o.ends_at >= timedelta(days=1)]
    newest = max(due, key=lambda o: nth(o, held), default=None)
    is_fresh = newest is not None and now - newest.ends_at < timedelta(days=15)

    assert open_question(held, now=now) == (newest if is_fresh else None)


def test_it_opens_a_day_after_the_end_and_closes_two_weeks_later() -> None:
    held = [Held(UUID(int=n), START + n * HOUR) for n in range(3)]
    opens = held[2].ends_at + ASKED_AFTER
    moment = timedelta(seconds=1)

    assert open_question(held, now=opens - moment) is None
    assert open_question(held, now=opens) == held[2]
    assert open_question(held, now=opens + OPEN_FOR - moment) == held[2]
    assert open_question(held, now=opens + OPEN_FOR) is None
