"""Is what a message says still true? Asked when plans change and just before sending."""

from datetime import datetime
from uuid import UUID

from notifications.domain.clocks import clock_before
from notifications.domain.facts import (
    AlertFacts,
    AppointmentFacts,
    CohortFacts,
    DayFacts,
    Facts,
    LinkFacts,
    Person,
    PersonFacts,
    RequestFacts,
    SeatFacts,
    SeriesFacts,
    person_in,
)
from notifications.domain.kinds import (
    ABOUT_A_BOOKED_TIME,
    ABOUT_ABSENCE,
    EVEN_IF_PAGE_ONLY,
    SWITCHABLE,
    Kind,
)

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
        Kind.DATES_CANCELLED,
        Kind.SEAT_REFUSED,
        Kind.SEAT_LEFT,
        Kind.SETTINGS_CHANGED_BEFORE,
        Kind.OWN_DATA_DONE,
    }
)

#: Told of somebody who comes to a session that is booked.
_ABOUT_ONE_WHO_COMES = ABOUT_A_BOOKED_TIME | {
    Kind.CHANGE_ASKED,
    Kind.STAYS_AS_IT_WAS,
    Kind.LATE_WISH_KEPT,
}


def untrue_because(
    kind: Kind, *, person_id: UUID | None, says_start: datetime | None, facts: Facts
) -> str:
    """Why this message must not be sent any more; empty: it still says the truth.

    `person_id` is None for the practitioner's own messages. `says_start` is the start of the
    session that the message tells, if it tells one.
    """
    request = facts.request if isinstance(facts, LinkFacts) else facts
    person = person_in(request.people, person_id) if person_id else None
    if person_id is None:
        reason = _declined(kind, request)
    else:
        is_way_in = isinstance(facts, LinkFacts) or kind in EVEN_IF_PAGE_ONLY
        reason = _not_wanted(kind, person, is_way_in=is_way_in)
    return reason or _not_true(kind, person, says_start, facts)


def _declined(kind: Kind, facts: Facts) -> str:
    if not isinstance(facts, RequestFacts | DayFacts):
        return ""
    return "you switched it off" if kind in facts.practitioner.declines else ""


def _not_true(kind: Kind, person: Person | None, says_start: datetime | None, facts: Facts) -> str:
    match facts:
        case AppointmentFacts():
            return _about_appointment(kind, person, says_start, facts)
        case LinkFacts():
            return _about_link(kind, facts)
        case RequestFacts():
            return _about_request(kind, person, facts)
        case SeriesFacts():
            return _about_series(kind, person, says_start, facts)
        case SeatFacts():
            return _about_seat(kind, facts)
        case AlertFacts():
            return _about_alert(facts)
        case PersonFacts():
            return _about_person(kind, facts)
        case CohortFacts():
            return _about_cohort(kind, says_start, facts)
        case DayFacts():
            return "" if facts.count else "nothing is booked on that day"


def _not_wanted(kind: Kind, person: Person | None, *, is_way_in: bool) -> str:
    if person is None:
        return "no longer a participant"
    if person.has_ended:
        return "the person has ended their part"
    if person.has_left and kind not in _FAREWELLS:
        return "the person has left"
    if kind in SWITCHABLE and not person.wants_reminders:
        return "reminders are switched off"
    return "they read their page only" if person.page_only and not is_way_in else ""


def _about_appointment(
    kind: Kind, person: Person | None, says_start: datetime | None, facts: AppointmentFacts
) -> str:
    if kind in _ABOUT_ONE_WHO_COMES:
        if facts.state != "booked":
            return "not booked any more"
        if person is not None and not person.comes:
            return "the person does not come"
    if kind in ABOUT_A_BOOKED_TIME and says_start != facts.starts_at:
        return "the time has changed"
    if kind in (Kind.CHANGE_ASKED, Kind.PRACTITIONER_CHANGE_ASKED) and not facts.has_open_move:
        return "no other time is being looked for"
    return _about_what_is_over(kind, person, facts)


def _about_what_is_over(kind: Kind, person: Person | None, facts: AppointmentFacts) -> str:
    if person is None:
        return ""
    if kind is Kind.AFTERCARE:
        if not person.wants_aftercare:
            return "notes for after are switched off"
        took_place = facts.state in ("booked", "fulfilled") and person.comes
        return "" if took_place and person.id not in facts.absent else "they were not there"
    if kind is Kind.FEEDBACK:
        return _about_how_it_goes(person, facts)
    # Of several the practitioner pressed it, whatever they know of their answers.
    if kind in ABOUT_ABSENCE and facts.is_one_persons and facts.had_alert:
        return "the practitioner asks how they are"
    if kind is Kind.MISSED_FOLLOW_UP and person.id in facts.came_back:
        return "they have asked again"
    return ""


def _about_how_it_goes(person: Person, facts: AppointmentFacts) -> str:
    if not person.wants_feedback:
        return "being asked is switched off"
    if person.id in facts.answered_of:
        return "they have said it already"
    is_third = facts.state == "fulfilled" and person.comes and person.id in facts.third_of
    return "" if is_third else "it is no third session of theirs"


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
        Kind.POLL_REOPENED,
        Kind.ON_THE_LIST,
        Kind.TIME_GONE,
        Kind.STILL_WAITING,
    )
    # What follows a decision is told by the appointment, or by a farewell.
    if needs_it_open and not facts.is_open:
        return "the request is decided"
    if kind is Kind.STEP_NUDGE and not facts.is_live:
        return "the request is closed"
    is_done = person is None or (person.is_cleared and person.has_voted)
    checks = {
        Kind.INVITATION_REMINDER: (person and person.joined_at, "the person has joined"),
        Kind.STEP_WAITING: (is_done, "nothing is waiting"),
        Kind.STEP_NUDGE: (person is None or not facts.waits_for(person), "nothing is waiting"),
        Kind.ALL_SET: (not is_done, "something is waiting again"),
        Kind.POLL_REOPENED: (facts.state not in ("gathering", "ready"), "nobody is asked"),
        Kind.ON_THE_LIST: (not facts.is_waiting, "not waiting any more"),
        Kind.STILL_WAITING: (not facts.is_waiting, "not waiting any more"),
        Kind.TIME_OPENED: (facts.state != "proposed", "no time is to confirm"),
        Kind.TIME_GONE: (facts.state == "proposed", "there is other news"),
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


def _about_series(
    kind: Kind, person: Person | None, says_start: datetime | None, facts: SeriesFacts
) -> str:
    ahead = facts.ahead_of(person.id) if person else ()
    if kind in (Kind.DATES_BOOKED, Kind.DATES_MOVED) and not ahead:
        return "no date is booked any more"
    if kind is Kind.LAST_DATES and (len(ahead) != 2 or ahead[0].starts_at != says_start):
        return "these are not the last two dates"
    if kind is Kind.CLOCK_SHIFT and person is not None:
        date = next((d for d in ahead if d.starts_at == says_start), None)
        if date is None:
            return "not booked any more"
        if clock_before(date, facts.dates_of(person.id), person.zone) is None:
            return "the clock shows the same time"
    return ""


def _about_seat(kind: Kind, facts: SeatFacts) -> str:
    states = {Kind.SEAT_GIVEN: "given", Kind.SEAT_REFUSED: "refused"}
    return "" if states.get(kind, facts.state) == facts.state else "the seat is settled otherwise"


def _about_cohort(kind: Kind, says_start: datetime | None, facts: CohortFacts) -> str:
    if kind is Kind.PRACTITIONER_TOO_FEW and not facts.is_short:
        return "there are enough"
    if kind is Kind.STARTING_SOON and says_start != facts.begins_at:
        return "it begins at another time"
    return ""


def _about_alert(facts: AlertFacts) -> str:
    if facts.is_acknowledged:
        return "acknowledged"
    return "another message told it" if facts.is_told else ""


def _about_person(kind: Kind, facts: PersonFacts) -> str:
    if kind not in (Kind.DOCUMENT_CHANGED, Kind.DOCUMENT_WAITING):
        return ""
    if not facts.is_live:
        return "the request is closed"
    return "" if facts.has_to_sign else "nothing is waiting"
