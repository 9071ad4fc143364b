"""Is what a message says still true? Asked when plans change and just before sending."""

from datetime import datetime
from uuid import UUID

from notifications.domain.facts import (
    AppointmentFacts,
    Facts,
    LinkFacts,
    Person,
    RequestFacts,
    person_in,
)
from notifications.domain.kinds import ABOUT_A_BOOKED_TIME, REMINDERS, Kind

#: Tell somebody that they or the session are out of it, so being out does not make them untrue.
_FAREWELLS = frozenset(
    {
        Kind.CLOSED,
        Kind.WONT_GO_AHEAD,
        Kind.WITHDREW,
        Kind.CANCELLED_FOR_OTHERS,
        Kind.CANCELLED_OWN,
        Kind.CANCELLED_LATE,
        Kind.CANCELLED_BY_PRACTICE,
    }
)


def untrue_because(
    kind: Kind, *, person_id: UUID | None, says_start: datetime | None, facts: Facts
) -> str:
    """Why this message must not be sent any more; empty: it still says the truth.

    `person_id` is None for the practitioner's own messages. `says_start` is the start of the
    session that the message tells, if it tells one.
    """
    request = facts.request if isinstance(facts, LinkFacts) else facts
    person = person_in(request.people, person_id) if person_id else None
    if person_id is not None:
        if person is None:
            return "no longer a participant"
        if person.has_left and kind not in _FAREWELLS:
            return "the person has left"
        if kind in REMINDERS and not person.wants_reminders:
            return "reminders are switched off"
    match facts:
        case AppointmentFacts():
            return _about_appointment(kind, person, says_start, facts)
        case LinkFacts():
            return _about_link(kind, facts)
        case RequestFacts():
            return _about_request(kind, person, facts)


def _about_appointment(
    kind: Kind, person: Person | None, says_start: datetime | None, facts: AppointmentFacts
) -> str:
    if kind in ABOUT_A_BOOKED_TIME or kind in (Kind.CHANGE_ASKED, Kind.STAYS_AS_IT_WAS):
        if facts.state != "booked":
            return "not booked any more"
        if person is not None and not person.comes:
            return "the person does not come"
    if kind in ABOUT_A_BOOKED_TIME and says_start != facts.starts_at:
        return "the time has changed"
    if kind in (Kind.CHANGE_ASKED, Kind.PRACTITIONER_CHANGE_ASKED) and not facts.has_open_move:
        return "no other time is being looked for"
    return ""


def _about_link(kind: Kind, facts: LinkFacts) -> str:
    person = person_in(facts.request.people, facts.participant_id)
    if not facts.is_live:
        return "the link is no longer valid"
    if kind is Kind.INVITATION and person is not None and person.joined_at is not None:
        return "the person has joined"
    is_closed = not facts.request.is_open and facts.request.state != "confirmed"
    # Somebody who took part may still open their page, which says that it is closed.
    may_still_look = kind is Kind.CODE and person is not None and person.is_verified
    if is_closed and not may_still_look:
        return "the request is closed"
    return ""


def _about_request(kind: Kind, person: Person | None, facts: RequestFacts) -> str:
    needs_it_open = kind in (
        Kind.RECEIVED,
        Kind.NEXT_STEPS,
        Kind.ALL_SET,
        Kind.TIME_LAPSED,
        Kind.STEP_WAITING,
        Kind.INVITATION_REMINDER,
    )
    # What follows a decision is told by the appointment, or by a farewell.
    if needs_it_open and not facts.is_open:
        return "the request is decided"
    checks = {
        Kind.INVITATION_REMINDER: (person and person.joined_at, "the person has joined"),
        Kind.STEP_WAITING: (person and person.is_cleared, "nothing is waiting"),
        Kind.ALL_SET: (person and not person.is_cleared, "something is waiting again"),
        Kind.TIME_LAPSED: (facts.state == "proposed", "a new time is to confirm"),
        Kind.TIME_TO_CONFIRM: (facts.state != "proposed", "no time is to confirm"),
        Kind.TIME_TO_CONFIRM_REMINDER: (
            facts.state != "proposed" or (person and person.answered),
            "no answer is missing",
        ),
        Kind.READY: (facts.state != "ready", "not ready any more"),
    }
    is_untrue, reason = checks.get(kind, (False, ""))
    return reason if is_untrue else ""
