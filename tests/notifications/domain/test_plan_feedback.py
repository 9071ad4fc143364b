"""Who is asked how it goes, after which session, and when it is not asked any more."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from notifications.domain.facts import AppointmentFacts, Person
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import Quiet
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import LONDON, NOON, appointment_of, change, person, reminders

OVER = NOON + timedelta(hours=1)


def third_of(*people: Person, of: Person, state: str = "fulfilled") -> AppointmentFacts:
    """A session that is over, a third one of one of its people."""
    facts = appointment_of(*people, starts_at=NOON, state=state)
    return replace(facts, third_of=frozenset({of.id}))


def test_a_day_after_a_third_session_whoever_chose_it_is_asked() -> None:
    wants, other = person(wants_feedback=True), person()
    facts = third_of(wants, other, of=wants)

    (asked,) = reminders(
        plan(change(facts, "appointment_fulfilled"), facts, now=OVER), Kind.FEEDBACK
    )

    assert (asked.kind, asked.recipient.id) == (Kind.FEEDBACK, wants.id)
    assert asked.due_at == facts.ends_at + timedelta(hours=24)
    assert asked.not_after == asked.due_at + timedelta(days=3)


def test_at_night_it_waits_for_the_end_of_their_quiet_hours() -> None:
    sleeps_late = person(wants_feedback=True, quiet=Quiet(10 * 60, 20 * 60))
    facts = third_of(sleeps_late, of=sleeps_late)

    (asked,) = reminders(
        plan(change(facts, "appointment_fulfilled"), facts, now=OVER), Kind.FEEDBACK
    )

    assert asked.due_at.astimezone(LONDON) == datetime(2026, 3, 4, 20, 0, tzinfo=LONDON)


@pytest.mark.parametrize(
    "facts",
    [
        third_of(one := person(), of=one),
        third_of(two := person(wants_feedback=True), of=person()),
        third_of(three := person(wants_feedback=True), of=three, state="booked"),
        third_of(four := person(wants_feedback=True), of=four, state="no_show"),
        third_of(five := person(wants_feedback=True), of=five, state="cancelled"),
        third_of(six := person(wants_feedback=True, has_left=True), of=six),
        third_of(seven := person(wants_feedback=True, has_ended=True), of=seven),
        third_of(eight := person(wants_feedback=True, comes=False), of=eight),
        third_of(nine := person(wants_feedback=True, page_only=True), of=nine),
    ],
    ids=[
        "not chosen",
        "no third one",
        "not over yet",
        "missed",
        "cancelled",
        "they have left",
        "they have ended their part",
        "off the roster",
        "their page only",
    ],
)
def test_otherwise_nobody_is_written_to(facts: AppointmentFacts) -> None:
    planned = plan(change(facts, "appointment_fulfilled"), facts, now=OVER)

    assert [m.kind for m in planned.standing] == []


def test_before_sending_it_is_asked_whether_it_still_is_so() -> None:
    wants = person(wants_feedback=True)
    usual = third_of(wants, of=wants)

    def reason(facts: AppointmentFacts) -> str:
        return untrue_because(Kind.FEEDBACK, person_id=wants.id, says_start=None, facts=facts)

    off = replace(wants, wants_feedback=False)
    without_reminders = replace(wants, wants_reminders=False)
    assert reason(usual) == reason(replace(usual, people=(without_reminders,))) == ""
    assert reason(replace(usual, people=(off,))) == "being asked is switched off"
    assert reason(replace(usual, answered_of=usual.third_of)) == "they have said it already"
    assert reason(replace(usual, state="no_show")) == "it is no third session of theirs"
    assert reason(replace(usual, third_of=frozenset())) == "it is no third session of theirs"
