"""Who is told what and when: no database, no Django."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.facts import LinkFacts, Person
from notifications.domain.kinds import Kind
from notifications.domain.plan import Plan, plan
from notifications.domain.quiet import is_quiet, morning
from tests.notifications.domain.facts import (
    INSTANTS,
    NOON,
    PRACTITIONER,
    ZONES,
    appointment_of,
    change,
    person,
    request_of,
    told,
)

# --- Once ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("request_verified", {"requester": {Kind.RECEIVED}, "practice": {Kind.NEW_REQUEST}}),
        ("participant_joined", {"named": {Kind.NEXT_STEPS}}),
        ("participant_cleared", {"named": {Kind.ALL_SET}}),
        ("participant_uncleared", {}),
        ("participant_excused", {}),
        ("participant_declined", {"practice": {Kind.NEEDS_A_LOOK}}),
        ("passcode_forgotten", {"practice": {Kind.NEEDS_A_LOOK}}),
        ("request_ready", {"practice": {Kind.READY}}),
        ("request_proposed", {p: {Kind.TIME_TO_CONFIRM} for p in ("requester", "named")}),
        (
            "hold_lapsed",
            {
                "requester": {Kind.TIME_LAPSED},
                "named": {Kind.TIME_LAPSED},
                "practice": {Kind.NEEDS_A_LOOK},
            },
        ),
        ("excused", {}),
        ("decision_failed", {"practice": {Kind.NEEDS_A_LOOK}}),
        ("request_confirmed", {}),
        ("request_declined", {p: {Kind.CLOSED} for p in ("requester", "named")}),
        (
            "request_expired",
            {
                "requester": {Kind.CLOSED},
                "named": {Kind.CLOSED},
                "practice": {Kind.NEEDS_A_LOOK},
            },
        ),
        (
            "request_withdrawn",
            {
                "requester": {Kind.WONT_GO_AHEAD},
                "named": {Kind.WITHDREW},
                "practice": {Kind.NEEDS_A_LOOK},
            },
        ),
    ],
)
def test_a_change_of_a_request_tells_whom_it_concerns(
    kind: str, expected: dict[str, set[Kind]]
) -> None:
    requester, named = person(is_requester=True), person()
    stranger = person(joined_at=None, is_verified=False)
    facts = request_of(requester, named, stranger, state="proposed")

    planned = plan(change(facts, kind, participant=str(named.id)), facts, now=NOON)

    ids = {"requester": requester.id, "named": named.id, "practice": PRACTITIONER.id}
    assert told(planned) == {ids[who]: kinds for who, kinds in expected.items()}


@pytest.mark.parametrize(
    "kind", ["request_expired", "request_declined", "request_withdrawn", "hold_lapsed"]
)
def test_nobody_hears_of_a_request_that_was_never_verified(kind: str) -> None:
    somebody = person(is_requester=True)
    facts = request_of(somebody, state="expired", verified_at=None)

    planned = plan(change(facts, kind, participant=str(somebody.id)), facts, now=NOON)

    assert planned.once == []


def test_a_proposal_that_runs_out_is_told_like_a_request_whose_time_is_over() -> None:
    unanswered, answered = person(), person(answered=True)
    guest, absent = person(attends="sometimes"), person(joined_at=None)
    facts = request_of(unanswered, answered, guest, absent, state="ready")

    by_itself = plan(change(facts, "hold_lapsed"), facts, now=NOON)
    proposed = plan(change(facts, "hold_lapsed", proposal=True), facts, now=NOON)

    assert (
        told(by_itself)
        == told(proposed)
        == {
            unanswered.id: {Kind.TIME_LAPSED},
            answered.id: {Kind.TIME_LAPSED},
            PRACTITIONER.id: {Kind.NEEDS_A_LOOK},
        }
    )
    assert len({m.due_at for m in proposed.once}) == 1


def test_the_practitioner_hears_once_of_a_proposal_that_ran_out() -> None:
    facts = request_of(person(), state="ready")
    by_time = replace(change(facts, "proposal_settled", agreed=False), actor="system")
    by_somebody = change(facts, "proposal_settled", by=facts.people[0], agreed=False)

    assert plan(by_time, facts, now=NOON).once == []
    assert told(plan(by_somebody, facts, now=NOON)) == {PRACTITIONER.id: {Kind.NEEDS_A_LOOK}}


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("verify", Kind.CODE),
        ("claim", Kind.CODE),
        ("again", Kind.CODE),
        ("invite", Kind.INVITATION),
        ("call", Kind.NEXT_STEPS),
    ],
)
def test_a_link_is_sent_as_what_it_was_issued_for(purpose: str, kind: Kind) -> None:
    somebody = person()
    facts = LinkFacts(uuid4(), somebody.id, is_live=True, request=request_of(somebody))

    planned = plan(
        change(facts, "link_issued", participant=str(somebody.id), purpose=purpose),
        facts,
        now=NOON,
    )

    assert told(planned) == {somebody.id: {kind}}


def test_times_offered_with_an_apology_are_not_announced_a_second_time() -> None:
    facts = request_of(person(), state="proposed", told_with_apology=True)
    assert plan(change(facts, "request_proposed"), facts, now=NOON).once == []


def test_a_cancellation_tells_the_canceller_and_the_others_differently() -> None:
    canceller, other = person(has_file=True), person()
    facts = appointment_of(canceller, other, starts_at=NOON + timedelta(days=5), state="cancelled")

    planned = plan(
        change(facts, "appointment_cancelled", by=canceller, late=False), facts, now=NOON
    )

    assert told(planned) == {
        canceller.id: {Kind.CANCELLED_OWN},
        other.id: {Kind.CANCELLED_FOR_OTHERS},
        PRACTITIONER.id: {Kind.PRACTITIONER_CANCELLED},
    }
    assert {m.recipient.id: m.method for m in planned.once} == {
        canceller.id: "CANCEL",
        other.id: "",  # no entry ever reached their calendar
        PRACTITIONER.id: "",
    }


@pytest.mark.parametrize(
    ("alone", "kind"), [(True, Kind.CANCELLED_LATE), (False, Kind.CANCELLED_OWN)]
)
def test_a_late_cancellation_is_labelled_only_for_somebody_who_comes_alone(
    alone: bool, kind: Kind
) -> None:
    canceller = person()
    people = [canceller] if alone else [canceller, person()]
    facts = appointment_of(*people, starts_at=NOON + timedelta(hours=5), state="cancelled")

    planned = plan(change(facts, "appointment_cancelled", by=canceller, late=True), facts, now=NOON)

    assert told(planned)[canceller.id] == {kind}


def test_one_of_several_leaves_and_the_others_hear_nothing() -> None:
    leaver, *others = person(comes=False, has_file=True), person(), person()
    facts = appointment_of(leaver, *others, starts_at=NOON + timedelta(days=5))

    planned = plan(
        change(facts, "attendance_left", by=leaver, participant=str(leaver.id)), facts, now=NOON
    )

    assert told(planned) == {
        leaver.id: {Kind.CANCELLED_OWN},
        PRACTITIONER.id: {Kind.PRACTITIONER_ONE_LESS},
    }


def test_a_wish_to_move_is_told_to_everybody_but_the_one_who_asks() -> None:
    asker, other = person(), person()
    facts = appointment_of(asker, other, starts_at=NOON + timedelta(days=5), has_open_move=True)

    planned = plan(change(facts, "move_asked", by=asker), facts, now=NOON)

    assert told(planned) == {
        other.id: {Kind.CHANGE_ASKED},
        PRACTITIONER.id: {Kind.PRACTITIONER_CHANGE_ASKED},
    }


def test_a_booking_that_was_moved_before_it_was_told_is_told_once() -> None:
    facts = appointment_of(
        person(),
        starts_at=NOON + timedelta(days=5),
        later_kinds=frozenset({"appointment_moved"}),
    )
    assert plan(change(facts, "appointment_booked"), facts, now=NOON).once == []


@pytest.mark.parametrize(
    ("takes_file", "has_file", "method"),
    [
        (True, False, "REQUEST"),
        (True, True, "REQUEST"),
        (False, True, "CANCEL"),
        (False, False, ""),
    ],
)
def test_a_move_updates_the_entry_or_takes_it_away(
    takes_file: bool, has_file: bool, method: str
) -> None:
    somebody = person(takes_file=takes_file, has_file=has_file)
    facts = appointment_of(somebody, starts_at=NOON + timedelta(days=5))

    planned = plan(change(facts, "appointment_moved"), facts, now=NOON)

    assert [m.method for m in planned.once] == [method]


# --- Whatever happens ------------------------------------------------------------------------

PEOPLE = st.lists(
    st.builds(
        Person,
        id=st.uuids(),
        zone=ZONES,
        attends=st.sampled_from(["yes", "sometimes", "no"]),
        joined_at=st.none() | INSTANTS,
        invited_at=st.none() | INSTANTS,
        is_verified=st.booleans(),
        is_cleared=st.booleans(),
        has_left=st.booleans(),
        wants_reminders=st.booleans(),
        comes=st.booleans(),
        takes_file=st.booleans(),
        has_file=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda p: p.id,
)
MINUTES = st.lists(st.integers(min_value=10, max_value=14 * 24 * 60), max_size=5)


@given(
    people=PEOPLE,
    starts_at=INSTANTS,
    now=INSTANTS,
    minutes=MINUTES,
    kind=st.sampled_from(["appointment_booked", "appointment_moved", "appointment_cancelled"]),
)
def test_appointment_plans_keep_their_promises(
    people: list[Person], starts_at: datetime, now: datetime, minutes: list[int], kind: str
) -> None:
    facts = appointment_of(*people, starts_at=starts_at, reminder_minutes=minutes)
    _check_promises(plan(change(facts, kind), facts, now=now), now)


@given(
    people=PEOPLE,
    now=INSTANTS,
    hold=INSTANTS,
    state=st.sampled_from(["gathering", "ready", "proposed", "declined"]),
    kind=st.sampled_from(["request_verified", "request_proposed", "request_declined"]),
)
def test_request_plans_keep_their_promises(
    people: list[Person], now: datetime, hold: datetime, state: str, kind: str
) -> None:
    facts = request_of(*people, state=state, hold_ends_at=hold, times_until=hold)
    _check_promises(plan(change(facts, kind), facts, now=now), now)


def _check_promises(planned: Plan, now: datetime) -> None:
    messages = [*planned.once, *planned.standing]
    assert len({m.key for m in messages}) == len(messages)
    assert all(len(m.key) <= 240 for m in messages)
    assert all(m.due_at > now for m in planned.standing)
    assert all(m.due_at >= now for m in planned.once)
    assert all(m.not_after > m.due_at for m in messages)
    for message in planned.standing:
        is_short = (
            message.kind is Kind.REMINDER and int(message.key.split(":")[1].split("m@")[0]) <= 240
        )
        assert is_short or not is_quiet(message.due_at, message.recipient.zone)


@given(at=INSTANTS, tz=ZONES)
def test_the_morning_is_never_quiet_and_never_earlier(at: datetime, tz: ZoneInfo) -> None:
    due = morning(at, tz)
    assert due >= at
    assert not is_quiet(due, tz)
    assert due - at <= timedelta(hours=37)  # a day that Apia might skip
