"""When each message is due: quiet hours, and what is planned ahead."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.facts import AppointmentFacts, ChangeFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import reminder_at
from tests.notifications.domain.facts import (
    LONDON,
    NOON,
    appointment_of,
    change,
    person,
    reminders,
    request_of,
)

# --- Quiet hours -----------------------------------------------------------------------------

EVENING = datetime(2026, 3, 3, 22, 15, tzinfo=UTC)


def test_what_others_decide_waits_for_the_morning() -> None:
    facts = appointment_of(person(), starts_at=EVENING + timedelta(days=5))

    planned = plan(change(facts, "appointment_booked"), facts, now=EVENING)

    to_client = next(m for m in planned.once if m.kind is Kind.BOOKED)
    assert to_client.due_at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


def test_an_answer_to_ones_own_action_comes_at_once() -> None:
    somebody = person()
    facts = appointment_of(somebody, starts_at=EVENING + timedelta(days=5))

    planned = plan(change(facts, "appointment_moved", by=somebody), facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at == EVENING


def test_a_change_to_a_session_within_a_day_comes_at_once() -> None:
    facts = appointment_of(person(), starts_at=EVENING + timedelta(hours=12))

    planned = plan(change(facts, "appointment_moved"), facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at == EVENING


def moved_from(before: datetime, facts: AppointmentFacts) -> ChangeFacts:
    moved = change(facts, "appointment_moved")
    return replace(moved, snapshot={"from": before.isoformat()})


def test_news_of_a_session_moved_away_from_tomorrow_comes_at_once() -> None:
    tomorrow = EVENING + timedelta(hours=11)
    facts = appointment_of(person(), starts_at=EVENING + timedelta(days=5))

    moved = moved_from(tomorrow, facts)
    planned = plan(moved, facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at == EVENING


def test_news_of_a_session_moved_between_distant_days_waits_for_the_morning() -> None:
    facts = appointment_of(person(), starts_at=EVENING + timedelta(days=5))

    moved = moved_from(EVENING + timedelta(days=4), facts)
    planned = plan(moved, facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at > EVENING


@pytest.mark.parametrize(
    "times",
    [
        {"starts_at": EVENING + timedelta(hours=11)},
        {  # moved a moment ago, and nobody may have read that yet
            "starts_at": EVENING + timedelta(days=5),
            "recent_starts": (EVENING + timedelta(hours=11),),
        },
    ],
)
def test_news_that_tomorrows_session_is_cancelled_comes_at_once(times: dict[str, object]) -> None:
    canceller, other = person(), person()
    usual = appointment_of(canceller, other, starts_at=NOON, state="cancelled")
    facts = replace(usual, **times)  # type: ignore[arg-type]  # fields by name

    planned = plan(
        change(facts, "appointment_cancelled", by=canceller, late=True), facts, now=EVENING
    )

    assert {m.due_at for m in planned.once} == {EVENING}


def test_a_reminder_in_quiet_hours_moves_to_the_evening_before() -> None:
    starts_at = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)
    due = reminder_at(starts_at, timedelta(hours=24), LONDON)
    assert due == datetime(2026, 3, 8, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ("10:00", "08:00"),
        ("09:30", "07:30"),
        ("08:00", "07:00"),
        ("07:30", "07:00"),
        ("07:29", None),
    ],
)
def test_the_last_reminder_comes_at_seven_at_the_earliest_or_not_at_all(
    starts: str, expected: str | None
) -> None:
    starts_at = datetime.fromisoformat(f"2026-03-10T{starts}+00:00")
    due = reminder_at(starts_at, timedelta(hours=2), LONDON)
    assert due == (datetime.fromisoformat(f"2026-03-10T{expected}+00:00") if expected else None)


def test_hours_before_a_session_are_elapsed_hours_over_a_clock_change() -> None:
    # London's clocks go forward at 01:00 on 29 March 2026.
    starts_at = datetime(2026, 3, 29, 12, 0, tzinfo=LONDON)
    due = reminder_at(starts_at.astimezone(UTC), timedelta(hours=24), LONDON)
    assert due == datetime(2026, 3, 28, 11, 0, tzinfo=UTC)


# --- Standing --------------------------------------------------------------------------------


def test_reminders_are_planned_for_each_person_and_end_where_the_next_begins() -> None:
    facts = appointment_of(person(), starts_at=NOON + timedelta(days=5))

    planned = reminders(plan(change(facts, "appointment_booked"), facts, now=NOON))

    hours = [(facts.starts_at - m.due_at) / timedelta(hours=1) for m in planned]
    assert hours == [72, 24, 2]
    assert [m.not_after for m in planned] == [*[m.due_at for m in planned[1:]], facts.starts_at]


def test_nothing_overdue_is_planned() -> None:
    facts = appointment_of(person(), starts_at=NOON + timedelta(hours=20))

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON)

    assert [m.key.split(":")[1][:4] for m in planned.standing] == ["120m"]


def test_whoever_wants_no_reminders_gets_none() -> None:
    facts = appointment_of(person(wants_reminders=False), starts_at=NOON + timedelta(days=5))
    assert not plan(change(facts, "appointment_booked"), facts, now=NOON).standing


def test_a_moved_appointment_has_other_reminders() -> None:
    facts = appointment_of(person(), starts_at=NOON + timedelta(days=5))
    before = plan(change(facts, "appointment_booked"), facts, now=NOON)
    moved = replace(facts, starts_at=facts.starts_at + timedelta(days=1))

    after = plan(change(moved, "appointment_moved"), moved, now=NOON)

    assert not before.wanted & after.wanted


def test_an_invitation_is_followed_by_two_reminders_and_then_silence() -> None:
    invited = person(invited_at=NOON, joined_at=None, is_verified=False, is_cleared=False)
    facts = request_of(invited)

    planned = plan(change(facts, "request_reopened"), facts, now=NOON)

    due = [m.due_at - NOON for m in reminders(planned, Kind.INVITATION_REMINDER)]
    assert due == [timedelta(hours=48), timedelta(days=5)]


def test_a_waiting_step_is_recalled_three_times_at_a_distance() -> None:
    unfinished = person(joined_at=NOON, is_cleared=False)
    facts = request_of(unfinished, hold_ends_at=NOON + timedelta(days=7))

    planned = plan(change(facts, "participant_joined"), facts, now=NOON)

    due = [m.due_at - NOON for m in reminders(planned, Kind.STEP_WAITING)]
    assert due == [timedelta(hours=24), timedelta(hours=72), timedelta(days=6)]


def test_steps_that_fall_together_are_recalled_once() -> None:
    unfinished = person(joined_at=NOON, is_cleared=False)
    facts = request_of(unfinished, hold_ends_at=NOON + timedelta(hours=52))

    planned = plan(change(facts, "participant_joined"), facts, now=NOON)

    due = [m.due_at - NOON for m in reminders(planned, Kind.STEP_WAITING)]
    assert due == [timedelta(hours=24), timedelta(hours=72)]


def test_an_unanswered_proposal_is_recalled_a_day_before_it_ends() -> None:
    until = NOON + timedelta(hours=72)
    waiting, done = person(), person(answered=True)
    facts = request_of(waiting, done, state="proposed", times_until=until)

    planned = reminders(
        plan(change(facts, "request_proposed"), facts, now=NOON), Kind.TIME_TO_CONFIRM_REMINDER
    )

    assert [(m.recipient.id, m.due_at) for m in planned] == [
        (waiting.id, until - timedelta(hours=24))
    ]
