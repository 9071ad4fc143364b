"""Who is told what of a time for everybody, and of the waitlist."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import (
    NIGHT,
    NOON,
    change,
    person,
    reminders,
    request_of,
    told,
)

# --- A time for everybody --------------------------------------------------------------------


def test_everybody_attending_reads_that_a_time_is_still_looked_for() -> None:
    people = person(is_requester=True), person(has_voted=False), person(is_cleared=False)
    facts = request_of(*people, person(attends="sometimes"), person(joined_at=None))

    planned = plan(change(facts, "poll_reopened"), facts, now=NOON)

    assert told(planned) == {p.id: {Kind.POLL_REOPENED} for p in people}
    assert len({m.due_at for m in planned.once}) == 1


def test_nobody_is_told_that_all_is_set_before_they_have_said_when_they_can() -> None:
    somebody = person(has_voted=False)
    facts = request_of(somebody)
    planned = plan(
        change(facts, "participant_cleared", participant=str(somebody.id)), facts, now=NOON
    )
    assert not planned.once


def test_a_ballot_that_waits_is_recalled_like_every_step_counted_from_the_last_question() -> None:
    voted, waiting = person(), person(has_voted=False)
    facts = request_of(voted, waiting, asked_at=NOON)

    planned = reminders(plan(change(facts, "poll_reopened"), facts, now=NOON), Kind.STEP_WAITING)

    assert [(m.recipient.id, m.due_at - NOON) for m in planned] == [
        (waiting.id, timedelta(hours=24)),
        (waiting.id, timedelta(hours=72)),
    ]


# --- The waitlist ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("waitlist_joined", "gathering", {"requester": {Kind.ON_THE_LIST}}),
        ("waitlist_still", "ready", {"requester": {Kind.STILL_WAITING}}),
        (
            "waitlist_offered",
            "proposed",
            {"requester": {Kind.TIME_OPENED}, "other": {Kind.TIME_OPENED}},
        ),
        (
            "waitlist_gone",
            "ready",
            {"requester": {Kind.TIME_GONE}, "other": {Kind.TIME_GONE}},
        ),
    ],
)
def test_whom_the_waitlist_concerns(kind: str, state: str, expected: dict[str, set[Kind]]) -> None:
    requester, other = person(is_requester=True), person()
    facts = request_of(
        requester, other, state=state, is_waiting=True, times_until=NOON + timedelta(hours=24)
    )

    planned = plan(change(facts, kind), facts, now=NOON)

    ids = {"requester": requester.id, "other": other.id}
    assert told(planned) == {ids[who]: kinds for who, kinds in expected.items()}


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (12, datetime(2026, 3, 4, 8, 0, tzinfo=UTC)),
        (2, NIGHT),  # in their morning it would be gone
    ],
)
def test_a_time_that_opened_up_waits_for_the_day_unless_it_would_be_gone(
    hours: int, due: datetime
) -> None:
    until = NIGHT + timedelta(hours=hours)
    facts = request_of(person(), state="proposed", first_start=until, times_until=until)

    [message] = plan(change(facts, "waitlist_offered"), facts, now=NIGHT).once

    assert message.due_at == due


@pytest.mark.parametrize(
    ("kind", "state", "is_waiting", "is_true"),
    [
        (Kind.ON_THE_LIST, "ready", True, True),
        (Kind.ON_THE_LIST, "ready", False, False),
        (Kind.ON_THE_LIST, "confirmed", True, False),
        (Kind.TIME_OPENED, "proposed", True, True),
        (Kind.TIME_OPENED, "ready", True, False),
        (Kind.TIME_GONE, "ready", True, True),
        (Kind.TIME_GONE, "ready", False, True),
        (Kind.TIME_GONE, "proposed", True, False),
        (Kind.TIME_GONE, "confirmed", True, False),
        (Kind.STILL_WAITING, "ready", True, True),
        (Kind.STILL_WAITING, "ready", False, False),
        (Kind.POLL_REOPENED, "gathering", False, True),
        (Kind.POLL_REOPENED, "proposed", False, False),
        (Kind.POLL_REOPENED, "declined", False, False),
    ],
)
def test_what_waiting_people_read_is_true_when_it_leaves(
    kind: Kind, state: str, is_waiting: bool, is_true: bool
) -> None:
    somebody = person()
    facts = request_of(somebody, state=state, is_waiting=is_waiting)
    said = untrue_because(kind, person_id=somebody.id, says_start=None, facts=facts)
    assert (not said) is is_true
