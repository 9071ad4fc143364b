"""Who is told what after a session, before a group begins, after a parting and at seven."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from notifications.domain.facts import AppointmentFacts, ChangeFacts, CohortFacts, DayFacts, Person
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import Quiet, after_session
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import (
    LONDON,
    NOON,
    PRACTITIONER,
    appointment_of,
    change,
    person,
    reminders,
    request_of,
    told,
)

BEGUN = NOON - timedelta(minutes=5)


def cohort_of(*people: Person, begins_at: datetime | None) -> CohortFacts:
    return CohortFacts(
        uuid4(), "open", 1, PRACTITIONER, people, first_start=begins_at, begins_at=begins_at
    )


# --- Missed you ------------------------------------------------------------------------------


def test_whoever_was_to_come_alone_hears_after_a_quarter_of_an_hour_and_a_day_later() -> None:
    alone = person()
    facts = appointment_of(alone, starts_at=BEGUN, state="no_show")

    planned = plan(change(facts, "appointment_missed"), facts, now=NOON)

    assert [(m.kind, m.recipient.id, m.due_at) for m in planned.once] == [
        (Kind.MISSED_YOU, alone.id, BEGUN + timedelta(minutes=15)),
        (Kind.MISSED_FOLLOW_UP, alone.id, BEGUN + timedelta(minutes=15, days=1)),
    ]


def test_at_night_it_waits_until_the_morning() -> None:
    start = NOON.replace(hour=20, minute=30)
    facts = appointment_of(person(), starts_at=start, state="no_show")
    now = start + timedelta(minutes=20)

    first, again = plan(change(facts, "appointment_missed"), facts, now=now).once

    assert first.due_at == datetime(2026, 3, 4, 8, 0, tzinfo=LONDON)
    assert again.due_at == datetime(2026, 3, 5, 8, 0, tzinfo=LONDON)


@pytest.mark.parametrize(
    "facts",
    [
        appointment_of(person(), person(), starts_at=BEGUN, state="no_show"),
        appointment_of(person(), person(comes=False), starts_at=BEGUN, state="no_show"),
        appointment_of(person(), starts_at=BEGUN, state="no_show", is_of_group=True),
        appointment_of(person(), starts_at=NOON - timedelta(days=1), state="no_show"),
    ],
    ids=["two", "one of two has left", "a group", "noted a day later"],
)
def test_nothing_leaves_by_itself(facts: AppointmentFacts) -> None:
    assert plan(change(facts, "appointment_missed"), facts, now=NOON).once == []


def test_with_an_earlier_alert_only_the_practitioner_is_asked_to_look() -> None:
    for people in ((person(),), (person(), person())):
        facts = appointment_of(*people, starts_at=BEGUN, state="no_show", had_alert=True)

        planned = plan(change(facts, "appointment_missed"), facts, now=NOON)

        assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_WELLBEING}}
        assert [m.due_at for m in planned.once] == [NOON]


@pytest.mark.parametrize(
    ("again", "kind"), [(False, Kind.MISSED_YOU), (True, Kind.MISSED_FOLLOW_UP)]
)
def test_of_several_only_the_one_who_is_named_hears_what_was_pressed(
    again: bool, kind: Kind
) -> None:
    absent, present = person(), person()
    facts = appointment_of(absent, present, starts_at=BEGUN, state="fulfilled", had_alert=True)
    pressed = change(facts, "absence_told", participant=str(absent.id), again=again)

    planned = plan(pressed, facts, now=NOON)

    assert told(planned) == {absent.id: {kind}}


def test_before_sending_it_is_asked_whether_it_still_fits() -> None:
    alone = person()
    usual = appointment_of(alone, starts_at=BEGUN, state="no_show")

    def reason(kind: Kind, **facts: object) -> str:
        changed = replace(usual, **facts)  # type: ignore[arg-type]  # fields by name
        return untrue_because(kind, person_id=alone.id, says_start=None, facts=changed)

    back = frozenset({alone.id})
    assert reason(Kind.MISSED_YOU) == reason(Kind.MISSED_FOLLOW_UP) == ""
    assert reason(Kind.MISSED_YOU, had_alert=True) == "the practitioner asks how they are"
    assert reason(Kind.MISSED_FOLLOW_UP, came_back=back) == "they have asked again"
    assert reason(Kind.MISSED_YOU, had_alert=True, people=(alone, person())) == ""


# --- A note for after ------------------------------------------------------------------------


def test_a_note_for_after_goes_to_those_who_asked_for_it_and_came() -> None:
    wants, other = person(wants_aftercare=True), person()
    absent, left = person(wants_aftercare=True), person(wants_aftercare=True, has_left=True)
    facts = appointment_of(
        wants, other, absent, left, starts_at=NOON, absent=frozenset({absent.id})
    )

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON - timedelta(hours=1))

    (note,) = reminders(planned, Kind.AFTERCARE)
    assert note.recipient.id == wants.id
    assert note.due_at == facts.ends_at + timedelta(hours=3)


def test_it_is_still_wanted_when_the_session_is_over_and_not_when_nobody_came() -> None:
    wants = person(wants_aftercare=True)
    over = appointment_of(wants, starts_at=NOON, state="fulfilled")
    missed = replace(over, state="no_show")
    now = NOON + timedelta(hours=1)

    (note,) = reminders(plan(change(over, "appointment_fulfilled"), over, now=now), Kind.AFTERCARE)

    assert plan(change(missed, "appointment_missed"), missed, now=now).wanted == frozenset()
    assert (
        untrue_because(Kind.AFTERCARE, person_id=wants.id, says_start=None, facts=over),
        untrue_because(Kind.AFTERCARE, person_id=wants.id, says_start=None, facts=missed),
    ) == ("", "they were not there")
    assert note.not_after == note.due_at + timedelta(days=1)


def test_reminders_and_notes_are_switched_off_by_themselves() -> None:
    quiet_one = person(wants_aftercare=True, wants_reminders=False)
    facts = appointment_of(quiet_one, starts_at=NOON)

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON - timedelta(days=5))
    off = replace(facts, people=(replace(quiet_one, wants_aftercare=False),))

    assert [m.kind for m in planned.standing] == [Kind.AFTERCARE]
    assert (
        untrue_because(Kind.AFTERCARE, person_id=quiet_one.id, says_start=None, facts=facts) == ""
    )
    assert (
        untrue_because(Kind.AFTERCARE, person_id=quiet_one.id, says_start=None, facts=off)
        == "notes for after are switched off"
    )


def test_a_call_before_joining_has_no_note_for_after() -> None:
    facts = appointment_of(person(wants_aftercare=True), starts_at=NOON, is_for_seat=True)

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON - timedelta(hours=1))

    assert reminders(planned, Kind.AFTERCARE) == []


@pytest.mark.parametrize(
    ("ends", "quiet", "due"),
    [
        ((3, 16, 50), Quiet(), (3, 19, 50)),
        ((3, 17, 0), Quiet(), (4, 9, 0)),
        ((3, 21, 30), Quiet(), (4, 9, 0)),  # half past midnight: the same morning
        ((3, 17, 0), Quiet(20 * 60, 11 * 60), (4, 11, 0)),
        ((3, 6, 30), Quiet(9 * 60 + 1, 17 * 60), (4, 9, 0)),  # by day they sleep
    ],
)
def test_three_hours_after_or_the_next_nine_that_is_not_quiet(
    ends: tuple[int, int, int], quiet: Quiet, due: tuple[int, int, int]
) -> None:
    at = after_session(datetime(2026, 3, *ends, tzinfo=LONDON), LONDON, quiet)
    assert at == datetime(2026, 3, *due, tzinfo=LONDON)


# --- A group begins, and the call before it --------------------------------------------------


def test_the_call_before_joining_is_told_as_a_call_with_its_file() -> None:
    somebody = person()
    facts = appointment_of(somebody, starts_at=NOON + timedelta(days=3), is_for_seat=True)

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON)

    assert [(m.kind, m.method) for m in planned.once if m.recipient.id == somebody.id] == [
        (Kind.CALL_BOOKED, "REQUEST")
    ]


def test_a_week_before_the_first_date_people_hear_that_it_begins() -> None:
    somebody, quiet_one = person(), person(wants_reminders=False)
    begins_at = NOON + timedelta(days=20)
    facts = cohort_of(somebody, quiet_one, begins_at=begins_at)

    planned = plan(change(facts, "cohort_edited"), facts, now=NOON)

    (soon,) = planned.standing
    assert (soon.kind, soon.recipient.id) == (Kind.STARTING_SOON, somebody.id)
    assert (soon.due_at, soon.not_after) == (begins_at - timedelta(days=7), begins_at)
    later = replace(facts, begins_at=begins_at + timedelta(days=7))
    assert (
        untrue_because(
            Kind.STARTING_SOON, person_id=somebody.id, says_start=soon.says_start, facts=later
        )
        == "it begins at another time"
    )


@pytest.mark.parametrize("begins_at", [None, NOON + timedelta(days=6)])
def test_whoever_joins_late_or_after_the_start_is_not_told_that_it_begins(
    begins_at: datetime | None,
) -> None:
    facts = cohort_of(person(), begins_at=begins_at)
    assert plan(change(facts, "cohort_edited"), facts, now=NOON).standing == []


def test_a_change_of_one_seat_tells_the_group_nothing() -> None:
    facts = cohort_of(person(), begins_at=None)
    called_off = replace(change(facts, "cohort_called_off"), subject_id=uuid4())

    assert plan(called_off, facts, now=NOON).once == []


@pytest.mark.parametrize(("opens", "kind"), [(True, Kind.NEW_START), (False, Kind.MOVED)])
def test_only_when_the_first_date_moves_there_is_a_new_start(opens: bool, kind: Kind) -> None:
    somebody = person()
    facts = appointment_of(
        somebody, starts_at=NOON + timedelta(days=9), is_of_group=True, opens_group=opens
    )

    planned = plan(change(facts, "appointment_moved"), facts, now=NOON)

    assert [(m.kind, m.method) for m in planned.once] == [(kind, "REQUEST")]


# --- After a parting -------------------------------------------------------------------------


def test_those_who_remain_hear_of_their_dates_when_the_practitioner_acts() -> None:
    remains, left = person(), person(has_left=True)
    facts = request_of(remains, left, state="confirmed")

    planned = plan(change(facts, "separation_recorded", cancelled=[]), facts, now=NOON)

    assert told(planned) == {remains.id: {Kind.UPCOMING_DATES}}


def test_each_date_that_a_parting_cancels_only_brings_the_file() -> None:
    has, has_none = person(has_file=True), person()
    facts = appointment_of(has, has_none, starts_at=NOON + timedelta(days=3), state="cancelled")

    planned = plan(change(facts, "appointment_cancelled", separation="x"), facts, now=NOON)

    assert [(m.recipient.id, m.method) for m in planned.once] == [(has.id, "CANCEL")]


# --- Today -----------------------------------------------------------------------------------


def test_a_day_that_begins_is_told_at_once_though_it_is_early() -> None:
    seven = datetime(2026, 3, 3, 7, 0, tzinfo=PRACTITIONER.zone)
    last = seven + timedelta(hours=9)
    facts = DayFacts(PRACTITIONER.id, PRACTITIONER, date(2026, 3, 3), 2, last.astimezone(UTC))
    began = ChangeFacts(7, "day_began", "practitioner", facts.id, 0, "system", {})

    (today,) = plan(began, facts, now=seven).once

    assert (today.kind, today.recipient) == (Kind.PRACTITIONER_TODAY, PRACTITIONER)
    assert (today.due_at, today.not_after) == (seven, last)
    assert plan(began, facts, now=last).once == []


def test_a_day_that_has_emptied_meanwhile_is_not_told() -> None:
    facts = DayFacts(PRACTITIONER.id, PRACTITIONER, date(2026, 3, 3), 0)
    assert (
        untrue_because(Kind.PRACTITIONER_TODAY, person_id=None, says_start=None, facts=facts)
        == "nothing is booked on that day"
    )
