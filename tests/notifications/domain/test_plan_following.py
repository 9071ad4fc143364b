"""When something leaves that waited while its reader chose other quiet hours."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.kinds import Kind
from notifications.domain.plan import Planned, plan
from notifications.domain.plan.following import followed
from notifications.domain.plan.planned import LEAST_PATIENCE
from notifications.domain.quiet import Quiet, is_quiet
from tests.notifications.domain.facts import LONDON, NOON, appointment_of, change, person

NIGHT = NOON + timedelta(hours=10)  # 22:00 in London
START = NOON + timedelta(days=9)


def told_of_it(*, quiet: Quiet, starts_at: datetime = START) -> Planned:
    """The confirmation, planned at night for somebody with these quiet hours."""
    somebody = person(quiet=quiet)
    facts = appointment_of(somebody, starts_at=starts_at)
    planned = plan(change(facts, "appointment_booked"), facts, now=NIGHT).once
    (message,) = [m for m in planned if m.kind is Kind.BOOKED]
    return message


def test_what_is_still_to_come_comes_when_planned() -> None:
    message = told_of_it(quiet=Quiet(20 * 60, 9 * 60))
    assert followed(message, now=NIGHT + timedelta(hours=1)) == message


def test_what_would_have_left_by_now_leaves_now_unless_it_is_quiet_now() -> None:
    later = NIGHT + timedelta(hours=3)  # 01:00
    awake, asleep = Quiet(3 * 60, 9 * 60), Quiet(0, 9 * 60)
    assert followed(told_of_it(quiet=awake), now=later).due_at == later
    assert followed(told_of_it(quiet=asleep), now=later).due_at == NIGHT + timedelta(hours=11)


def test_it_does_not_wait_until_it_is_too_late() -> None:
    later = NIGHT + timedelta(hours=3)
    message = told_of_it(quiet=Quiet(0, 9 * 60), starts_at=NIGHT + timedelta(hours=11, minutes=30))
    assert followed(message, now=later).due_at == later


def test_a_second_message_a_day_later_is_counted_from_the_first_not_from_the_choice() -> None:
    somebody = person(quiet=Quiet(20 * 60, 10 * 60))
    facts = appointment_of(somebody, starts_at=NIGHT - timedelta(hours=2), state="no_show")
    planned = plan(change(facts, "appointment_missed"), facts, now=NIGHT).once
    due = {m.kind: followed(m, now=NIGHT + timedelta(hours=30)).due_at for m in planned}
    assert due[Kind.MISSED_FOLLOW_UP] == NIGHT + timedelta(hours=36)


@pytest.mark.parametrize("patience", [LEAST_PATIENCE])
@given(st.integers(0, 1439), st.integers(0, 960), st.integers(0, 60 * 72))
def test_nothing_leaves_in_the_past_too_late_or_needlessly_at_night(
    patience: timedelta, quiet_from: int, length: int, minutes: int
) -> None:
    quiet = Quiet(quiet_from, (quiet_from + length) % 1440)
    now = NIGHT + timedelta(minutes=minutes)

    message = followed(told_of_it(quiet=quiet), now=now)

    assert message.due_at >= now
    assert message.not_after >= message.due_at + patience
    assert not is_quiet(message.due_at, LONDON, quiet)
