"""What people chose about messages, in the plan."""

from datetime import datetime, timedelta

import pytest

from notifications.domain.facts import LinkFacts, Person
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import Quiet
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import (
    NEW_YORK,
    NOON,
    appointment_of,
    change,
    person,
    reminders,
    request_of,
    told,
)

START = NOON + timedelta(days=9)  # 12 March, noon in London


def due_times(somebody: Person, *, starts_at: datetime = START) -> list[datetime]:
    facts = appointment_of(somebody, starts_at=starts_at)
    planned = plan(change(facts, "appointment_booked"), facts, now=NOON)
    return [m.due_at for m in reminders(planned)]


@pytest.mark.parametrize(
    ("cadence", "hours_before"),
    [("usual", [72, 24, 2]), ("evening", [18]), ("short", [2])],
)
def test_everybody_is_reminded_when_they_chose(cadence: str, hours_before: list[int]) -> None:
    expected = [START - timedelta(hours=h) for h in hours_before]
    assert due_times(person(cadence=cadence)) == expected


def test_the_evening_before_is_the_evening_of_the_reader() -> None:
    somebody = person(cadence="evening", zone=NEW_YORK)
    (due,) = due_times(somebody)
    assert due.astimezone(NEW_YORK).isoformat() == "2026-03-11T18:00:00-04:00"


def test_whoever_wants_no_reminders_gets_none_at_any_cadence() -> None:
    cadences = ("usual", "evening", "short")
    assert [due_times(person(wants_reminders=False, cadence=c)) for c in cadences] == [[], [], []]


def test_what_others_decide_waits_for_the_end_of_ones_own_quiet_hours() -> None:
    sleeps_by_day = person(quiet=Quiet(8 * 60, 16 * 60))
    sleeps_by_night = person()
    facts = appointment_of(sleeps_by_day, sleeps_by_night, starts_at=START)

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON)

    due = {m.recipient.id: m.due_at for m in planned.once}
    assert due[sleeps_by_day.id] == NOON + timedelta(hours=4)
    assert due[sleeps_by_night.id] == NOON


def test_news_of_an_appointment_within_a_day_waits_for_nobodys_quiet_hours() -> None:
    somebody = person(quiet=Quiet(8 * 60, 16 * 60))
    facts = appointment_of(somebody, starts_at=NOON + timedelta(hours=20))
    planned = plan(change(facts, "appointment_moved"), facts, now=NOON)
    assert {m.due_at for m in planned.once if m.recipient.id == somebody.id} == {NOON}


# --- The page only ---------------------------------------------------------------------------


def test_whoever_reads_their_page_only_is_not_reminded_and_others_are() -> None:
    reads_page, reads_mail = person(page_only=True), person()
    facts = appointment_of(reads_page, reads_mail, starts_at=START)

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON)

    assert {m.recipient.id for m in planned.standing} == {reads_mail.id}
    # What happened is in the ledger for both, and dropped when it would be sent.
    assert told(planned)[reads_page.id] == {Kind.BOOKED}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (Kind.BOOKED, "they read their page only"),
        (Kind.MOVED, "they read their page only"),
        (Kind.CANCELLED_BY_PRACTICE, "they read their page only"),
        (Kind.REMINDER, "they read their page only"),
        (Kind.SETTINGS_CHANGED, ""),
        (Kind.OWN_DATA_DONE, ""),
    ],
)
def test_the_page_only_means_that_nothing_is_sent_that_they_did_not_ask_for(
    kind: Kind, reason: str
) -> None:
    somebody = person(page_only=True, takes_file=False)
    facts = appointment_of(somebody, starts_at=START)
    said = untrue_because(kind, person_id=somebody.id, says_start=START, facts=facts)
    assert said == reason


@pytest.mark.parametrize("kind", [Kind.CODE, Kind.NEXT_STEPS])
def test_a_way_in_is_sent_even_to_whoever_reads_their_page_only(kind: Kind) -> None:
    somebody = person(page_only=True)
    request = request_of(somebody)
    link = LinkFacts(somebody.id, somebody.id, is_live=True, request=request)
    assert untrue_because(kind, person_id=somebody.id, says_start=None, facts=link) == ""
