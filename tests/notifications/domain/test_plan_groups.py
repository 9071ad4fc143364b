"""Who is told what of a seat in a group, and of a group."""

from datetime import timedelta
from uuid import uuid4

import pytest

from notifications.domain.facts import CohortFacts, Person, SeatFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import (
    NOON,
    PRACTITIONER,
    appointment_of,
    change,
    person,
    told,
)


def seat_of(somebody: Person, *, state: str = "given") -> SeatFacts:
    return SeatFacts(uuid4(), state, PRACTITIONER, [somebody])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("seat_given", {"named": {Kind.SEAT_GIVEN}}),
        ("seat_refused", {"named": {Kind.SEAT_REFUSED}}),
        ("seat_left", {"named": {Kind.SEAT_LEFT}, "practice": {Kind.PRACTITIONER_SEAT_LEFT}}),
        ("seat_lapsed", {}),
    ],
)
def test_a_seat_concerns_the_one_whose_it_is(kind: str, expected: dict[str, set[Kind]]) -> None:
    somebody = person()
    facts = seat_of(somebody)

    planned = plan(change(facts, kind), facts, now=NOON)

    ids = {"named": somebody.id, "practice": PRACTITIONER.id}
    assert told(planned) == {ids[who]: kinds for who, kinds in expected.items()}


@pytest.mark.parametrize(
    ("kind", "state", "is_true"),
    [
        (Kind.SEAT_GIVEN, "given", True),
        (Kind.SEAT_GIVEN, "left", False),
        (Kind.SEAT_REFUSED, "refused", True),
        (Kind.SEAT_LEFT, "left", True),
    ],
)
def test_a_seat_is_told_as_it_is_now(kind: Kind, state: str, is_true: bool) -> None:
    somebody = person()
    facts = seat_of(somebody, state=state)
    said = untrue_because(kind, person_id=somebody.id, says_start=None, facts=facts)
    assert (not said) is is_true


@pytest.mark.parametrize("kind", ["attendance_added", "attendance_left"])
def test_the_sessions_of_a_seat_reach_only_those_whose_calendar_needs_a_file(kind: str) -> None:
    is_new = kind == "attendance_added"
    newcomer = person(has_file=not is_new)
    other = person(has_file=True)
    facts = appointment_of(newcomer, other, starts_at=NOON + timedelta(days=9), is_of_group=True)

    planned = plan(
        change(facts, kind, participant=str(newcomer.id), seat=str(uuid4())), facts, now=NOON
    )

    assert told(planned) == {newcomer.id: {Kind.BOOKED if is_new else Kind.CANCELLED_OWN}}


def test_a_group_called_off_is_one_message_to_each_of_its_people() -> None:
    members = person(), person()
    facts = CohortFacts(uuid4(), "called_off", 2, PRACTITIONER, members)
    session = appointment_of(
        *members, person(takes_file=False), starts_at=NOON, state="cancelled", is_of_group=True
    )

    planned = plan(change(facts, "cohort_called_off"), facts, now=NOON)
    of_session = plan(change(session, "appointment_cancelled", cohort="x"), session, now=NOON)

    assert told(planned) == {m.id: {Kind.DATES_CANCELLED} for m in members}
    assert not of_session.once  # nobody's calendar has an entry


def test_a_session_added_to_a_group_is_news_to_its_people_only() -> None:
    member = person(takes_file=False)
    facts = appointment_of(member, starts_at=NOON + timedelta(days=9), is_of_group=True)
    planned = plan(change(facts, "appointment_booked", cohort="x"), facts, now=NOON)
    assert told(planned) == {member.id: {Kind.BOOKED}}


@pytest.mark.parametrize(("is_short", "reason"), [(True, ""), (False, "there are enough")])
def test_too_few_is_told_to_the_practitioner_while_it_is_so(is_short: bool, reason: str) -> None:
    facts = CohortFacts(uuid4(), "open", 2, PRACTITIONER, [person()], is_short=is_short)
    planned = plan(change(facts, "cohort_short"), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_TOO_FEW}}
    said = untrue_because(Kind.PRACTITIONER_TOO_FEW, person_id=None, says_start=None, facts=facts)
    assert said == reason
