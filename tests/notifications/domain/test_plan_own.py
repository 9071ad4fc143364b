"""Nudges, documents to sign again, a new address, what people asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from notifications.domain.facts import Person, PersonFacts
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


def own(somebody: Person, **facts: object) -> PersonFacts:
    usual = PersonFacts(
        somebody.id, [somebody], is_live=True, has_to_sign=True, document_changed_at=NOON
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


# --- The practitioner's nudge ------------------------------------------------------------------


@pytest.mark.parametrize("state", ["gathering", "ready", "proposed", "confirmed"])
def test_a_nudge_reaches_everybody_who_still_has_something_to_do(state: str) -> None:
    unfinished = person(is_cleared=False, answered=True)
    guest = person(is_cleared=False, attends="sometimes")
    undecided = person(has_voted=False, answered=True)
    done = person(answered=True)
    absent = person(joined_at=None, is_cleared=False)
    gone = person(has_left=True, is_cleared=False)
    left_alone = person(is_cleared=False, wants_reminders=False)
    facts = request_of(unfinished, guest, undecided, done, absent, gone, left_alone, state=state)

    planned = plan(change(facts, "step_nudged"), facts, now=NOON)

    assert told(planned) == {p.id: {Kind.STEP_NUDGE} for p in (unfinished, guest, undecided)}


def test_a_nudge_reaches_whoever_has_not_answered_a_proposal() -> None:
    waiting, answered = person(), person(answered=True)
    facts = request_of(waiting, answered, state="proposed", times_until=NOON + timedelta(days=3))
    planned = plan(change(facts, "step_nudged"), facts, now=NOON)
    assert told(planned) == {waiting.id: {Kind.STEP_NUDGE}}


def test_a_nudge_waits_for_the_morning_and_for_no_replanning() -> None:
    somebody = person(is_cleared=False)
    facts = request_of(somebody)

    (message,) = plan(change(facts, "step_nudged"), facts, now=NIGHT).once

    assert message.due_at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    assert (
        untrue_because(message.kind, person_id=somebody.id, says_start=None, facts=facts) == ""
    ), "still true when something else is planned in between"


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({}, "gathering", ""),
        ({}, "confirmed", ""),
        ({}, "declined", "the request is closed"),
        ({"is_cleared": True}, "gathering", "nothing is waiting"),
        ({"wants_reminders": False}, "gathering", "reminders are switched off"),
        ({"has_left": True}, "gathering", "the person has left"),
    ],
)
def test_a_nudge_is_dropped_once_nothing_waits(
    changes: dict[str, object], state: str, reason: str
) -> None:
    somebody = person(**{"is_cleared": False, **changes})
    facts = request_of(somebody, state=state)
    assert (
        untrue_because(Kind.STEP_NUDGE, person_id=somebody.id, says_start=None, facts=facts)
        == reason
    )


def test_nobody_is_nudged_about_a_closed_request() -> None:
    facts = request_of(person(is_cleared=False), state="declined")
    assert plan(change(facts, "step_nudged"), facts, now=NOON).once == []


# --- Documents ---------------------------------------------------------------------------------


def test_a_changed_document_is_told_now_and_a_week_later() -> None:
    somebody = person()
    facts = own(somebody)

    planned = plan(change(facts, "document_changed"), facts, now=NOON)

    assert told(planned) == {somebody.id: {Kind.DOCUMENT_CHANGED}}
    assert [m.due_at for m in planned.once] == [NOON]
    waiting = reminders(planned, Kind.DOCUMENT_WAITING)
    assert [m.due_at for m in waiting] == [NOON + timedelta(days=7)]
    assert planned.standing_of == ("participant", somebody.id)


@pytest.mark.parametrize(
    "facts",
    [{"has_to_sign": False}, {"is_live": False}],
    ids=["signed meanwhile", "closed"],
)
def test_a_document_that_nobody_waits_for_is_not_told(facts: dict[str, object]) -> None:
    somebody = person()
    about = own(somebody, **facts)

    planned = plan(change(about, "document_changed"), about, now=NOON)

    assert (planned.once, planned.standing, planned.wanted) == ([], [], frozenset())
    assert untrue_because(
        Kind.DOCUMENT_WAITING, person_id=somebody.id, says_start=None, facts=about
    )


def test_a_document_that_changes_again_begins_the_week_anew() -> None:
    somebody = person()
    first, second = own(somebody), own(somebody, document_changed_at=NOON + timedelta(days=3))

    before = plan(change(first, "document_changed"), first, now=NOON)
    after = plan(change(second, "document_changed"), second, now=NOON + timedelta(days=3))

    assert [m.due_at for m in after.standing] == [NOON + timedelta(days=10)]
    assert before.wanted.isdisjoint(after.wanted)


def test_whoever_wants_no_reminders_hears_of_a_document_once() -> None:
    facts = own(person(wants_reminders=False))
    planned = plan(change(facts, "document_changed"), facts, now=NOON)
    assert len(planned.once) == 1
    assert planned.standing == []


# --- Address and own data ----------------------------------------------------------------------


def test_a_new_address_is_told_to_both_at_once() -> None:
    somebody = person()
    facts = own(somebody, document_changed_at=None, has_to_sign=False)

    planned = plan(change(facts, "address_changed", by=somebody), facts, now=NIGHT)

    assert told(planned) == {somebody.id: {Kind.SETTINGS_CHANGED, Kind.SETTINGS_CHANGED_BEFORE}}
    assert {m.due_at for m in planned.once} == {NIGHT}


@pytest.mark.parametrize("kind", ["export_done", "deletion_done"])
def test_whoever_asked_for_their_data_hears_when_it_is_done_even_after_leaving(kind: str) -> None:
    somebody = person(has_left=True)
    facts = own(somebody, is_live=False)

    planned = plan(change(facts, kind), facts, now=NIGHT)

    assert told(planned) == {somebody.id: {Kind.OWN_DATA_DONE}}
    assert [m.due_at for m in planned.once] == [NIGHT]
    assert (
        untrue_because(Kind.OWN_DATA_DONE, person_id=somebody.id, says_start=None, facts=facts)
        == ""
    )


def test_a_profile_that_changes_tells_nobody() -> None:
    somebody = person()
    facts = own(somebody, document_changed_at=None)
    assert plan(change(facts, "profile_changed", by=somebody), facts, now=NOON).once == []


def test_a_change_of_one_person_says_nothing_about_the_request() -> None:
    somebody = person(is_cleared=False)
    facts = request_of(somebody)
    about_them = replace(change(own(somebody), "document_changed"), subject_id=uuid4())
    assert plan(about_them, facts, now=NOON).once == []
