"""The rows that a plan depends on, copied into plain facts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, Min, OuterRef, Q, QuerySet

from booking.domain.states import AppointmentState, RequestState
from booking.models import (
    Appointment,
    Attendance,
    Move,
    Participant,
    PrivateLink,
    Request,
    TimeAnswer,
)
from intake.domain.loader import library
from intake.models import AnswerSheet
from notifications.domain.facts import (
    AppointmentFacts,
    ChangeFacts,
    Facts,
    LinkFacts,
    Person,
    Recipient,
    RequestFacts,
)
from notifications.domain.quiet import SOON
from notifications.models import Delivery
from practice.domain.wall import UnknownZone, zone
from practice.models import Change, Practitioner

#: Attempts of these may have put an entry into somebody's calendar.
POSSIBLY_SENT = Q(state__in=(Delivery.State.SENT, Delivery.State.SENDING)) | Q(maybe_sent=True)


def change_facts(change: Change) -> ChangeFacts:
    """A row of the journal as the plan sees it."""
    return ChangeFacts(
        id=change.pk,
        kind=change.kind,
        subject_type=change.subject_type,
        subject_id=change.subject_id,
        revision=change.revision,
        actor=change.actor,
        snapshot=change.snapshot,
    )


def facts_of(
    subject_type: str, subject_id: UUID, *, now: datetime, change: Change | None = None
) -> Sequence[Facts]:
    """How the subject stands now; several for a person, none for what messages do not concern.

    With the change at hand they include what a plan for it needs besides: what the journal says
    around it, and whose calendar holds an entry.
    """
    match subject_type:
        case "request":
            request = _requests().get(pk=subject_id)
            return [_request_facts(request, _people_of(request), change=change)]
        case "link":
            link = _links().get(pk=subject_id)
            request = link.participant.request
            return [_link_facts(link, _request_facts(request, _people_of(request)))]
        case "appointment":
            return [_appointment_by_id(subject_id, change=change)]
        case "participant":
            return _facts_of_person(subject_id, now=now)
    return []


@dataclass(frozen=True, slots=True)
class Matter:
    """What a delivery is about: the facts for a last look, and the rows that its letter needs.

    All of it read at once, so that the letter says what the last look found.
    """

    facts: Facts
    practitioner: Practitioner
    participant: Participant | None
    link: PrivateLink | None = None
    appointment: Appointment | None = None


def matter_of(delivery: Delivery) -> Matter:
    """How things stand for this delivery, in as few queries as that takes.

    Without what only a plan needs, such as when somebody was invited.
    """
    pk = delivery.subject_id
    match delivery.subject_type:
        case "link":
            link = _links().get(pk=pk)
            request = link.participant.request
            people = _people_of(request)
            facts: Facts = _link_facts(link, _request_facts(request, people, is_for_plan=False))
            return Matter(facts, request.practitioner, _recipient_in(people, delivery), link=link)
        case "appointment":
            appointment, is_moving = _appointment(pk)
            roster = _roster_of(appointment)
            people = [a.participant for a in roster]
            return Matter(
                _appointment_facts(appointment, roster, is_moving=is_moving),
                appointment.practitioner,
                _recipient_in(people, delivery),
                appointment=appointment,
            )
        case "request":
            request = _requests().get(pk=pk)
            people = _people_of(request)
            facts = _request_facts(request, people, is_for_plan=False)
            return Matter(facts, request.practitioner, _recipient_in(people, delivery))
    raise ValueError(f"a delivery about a {delivery.subject_type}")


def _recipient_in(people: Iterable[Participant], delivery: Delivery) -> Participant | None:
    return next((p for p in people if p.id == delivery.participant_id), None)


def _facts_of_person(participant_id: UUID, *, now: datetime) -> Sequence[Facts]:
    request = _requests().get(participants=participant_id)
    upcoming = Attendance.objects.filter(
        participant_id=participant_id,
        appointment__state=AppointmentState.BOOKED,
        appointment__starts_at__gt=now,
    )
    ids = upcoming.order_by("appointment_id").values_list("appointment_id", flat=True)
    return [
        _request_facts(request, _people_of(request)),
        *[_appointment_by_id(appointment_id) for appointment_id in ids],
    ]


def takes_file(participant: Participant) -> bool:
    """Whether calendar files reach this person.

    Somebody whose mailbox or calendar others may see, or who was never asked, gets links only,
    unless they chose an event themselves. The column's default is nobody's choice, and neither
    is being cleared: forms on paper never asked.
    """
    if participant.calendar_entry != Participant.CalendarEntry.EVENT:
        return False
    return says_details(participant) or _answered_into(participant, "calendar_entry")


def says_details(participant: Participant) -> bool:
    """Whether times and ways to join may stand in the message itself, or only on the page.

    Only with somebody's word that nobody else sees their mailbox: the question itself promises
    everybody else nothing but a link. "No" is never a default.
    """
    return participant.shared_mailbox == Participant.SharedMailbox.NO


def _answered_into(participant: Participant, column: str) -> bool:
    """Whether the person answered the question that this column of their profile comes from."""
    sheet: AnswerSheet | None = getattr(participant, "answer_sheet", None)
    if sheet is None or not sheet.profile_answered:
        return False
    form = library().forms.get((sheet.form, sheet.version))
    return form is not None and any(
        q.column == column and q.key in sheet.profile_answered for q in form.questions
    )


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; UTC for one that has left the zone database meanwhile."""
    try:
        return zone(name)
    except UnknownZone:
        return ZoneInfo("UTC")


def _recipient(practitioner: Practitioner) -> Recipient:
    return Recipient(practitioner.id, zone_of(practitioner.time_zone), is_practitioner=True)


def _person(
    participant: Participant,
    *,
    invited_at: datetime | None = None,
    answered: bool = False,
    comes: bool = False,
    has_file: bool = False,
) -> Person:
    return Person(
        id=participant.id,
        zone=zone_of(participant.time_zone),
        is_requester=participant.is_requester,
        attends=participant.attends,
        invited_at=invited_at,
        joined_at=participant.joined_at,
        is_verified=participant.verified_at is not None,
        is_cleared=participant.cleared_at is not None,
        has_left=participant.left_at is not None or participant.excused_at is not None,
        wants_reminders=participant.wants_reminders,
        answered=answered,
        comes=comes,
        takes_file=takes_file(participant),
        has_file=has_file,
    )


def _requests() -> QuerySet[Request]:
    return Request.objects.select_related("practitioner")


def _links() -> QuerySet[PrivateLink]:
    return PrivateLink.objects.select_related("participant__request__practitioner")


def _appointment(appointment_id: UUID) -> tuple[Appointment, bool]:
    """An appointment, and whether another time is being looked for."""
    open_moves = Move.objects.filter(appointment=OuterRef("pk"), closed_at__isnull=True)
    appointment = (
        Appointment.objects.select_related("service", "practitioner")
        .annotate(has_open_move=Exists(open_moves))
        .get(pk=appointment_id)
    )
    return appointment, appointment.has_open_move


def _people_of(request: Request) -> Sequence[Participant]:
    return list(request.participants.select_related("answer_sheet"))


def _roster_of(appointment: Appointment) -> Sequence[Attendance]:
    roster = appointment.attendances.select_related("participant__answer_sheet")
    return list(roster.order_by("pk"))


def _link_facts(link: PrivateLink, request: RequestFacts) -> LinkFacts:
    return LinkFacts(
        id=link.id,
        participant_id=link.participant_id,
        is_live=link.revoked_at is None,
        request=request,
    )


def _request_facts(
    request: Request,
    participants: Collection[Participant],
    *,
    is_for_plan: bool = True,
    change: Change | None = None,
) -> RequestFacts:
    is_proposed = request.state == RequestState.PROPOSED
    held = (
        list(request.appointments.filter(state=AppointmentState.HELD).order_by("starts_at"))
        if is_proposed
        else []
    )
    invited = _invited_at(participants) if is_for_plan else {}
    answered = _answered(held) if is_proposed else set()
    return RequestFacts(
        id=request.id,
        state=request.state,
        revision=request.revision,
        practitioner=_recipient(request.practitioner),
        people=[
            _person(p, invited_at=invited.get(p.id), answered=p.id in answered)
            for p in participants
        ],
        expires_at=request.expires_at,
        verified_at=request.verified_at,
        hold_ends_at=request.hold_ends_at,
        times_until=request.hold_ends_at if is_proposed else None,
        first_start=held[0].starts_at if held else None,
        told_with_apology=_is_told_with_apology(request, change),
    )


def _is_told_with_apology(request: Request, change: Change | None) -> bool:
    """Whether the times of this proposal stand in the message about a cancelled appointment."""
    return (
        change is not None
        and change.kind == "request_proposed"
        and Change.objects.filter(
            kind="appointment_cancelled",
            subject_type="appointment",
            subject_id__in=request.appointments.values("pk"),
            occurred_at=change.occurred_at,
        ).exists()
    )


def _invited_at(participants: Iterable[Participant]) -> dict[UUID, datetime]:
    """When each person was first written to at the address that stands for them now."""
    invited = [
        p
        for p in participants
        if p.route == Participant.Route.EMAIL and p.joined_at is None and p.email
    ]
    if not invited:
        return {}
    rows = (
        PrivateLink.objects.filter(
            participant__in=invited, is_handover=False, revoked_at__isnull=True
        )
        .values_list("participant_id", "address")
        .annotate(first=Min("created_at"))
    )
    addresses = {p.id: p.email for p in invited}
    return {pid: first for pid, address, first in rows if addresses[pid] == address}


def _answered(held: Sequence[Appointment]) -> set[UUID]:
    """The people who said yes or no to every one of these times."""
    answers: dict[UUID, set[UUID]] = {}
    rows = TimeAnswer.objects.filter(appointment__in=held)
    for participant_id, appointment_id in rows.values_list("participant_id", "appointment_id"):
        answers.setdefault(participant_id, set()).add(appointment_id)
    wanted = {a.id for a in held}
    return {person for person, told in answers.items() if wanted and told >= wanted}


def _appointment_by_id(appointment_id: UUID, *, change: Change | None = None) -> AppointmentFacts:
    appointment, is_moving = _appointment(appointment_id)
    roster = _roster_of(appointment)
    return _appointment_facts(appointment, roster, is_moving=is_moving, change=change)


def _appointment_facts(
    appointment: Appointment,
    roster: Iterable[Attendance],
    *,
    is_moving: bool,
    change: Change | None = None,
) -> AppointmentFacts:
    with_entry: set[UUID] = set()
    around: Iterable[Change] = ()
    if change is not None:
        with_entry = _with_entry(appointment.id)
        around = Change.objects.filter(
            Q(pk__gt=change.pk) | Q(occurred_at__gt=change.occurred_at - SOON),
            subject_type="appointment",
            subject_id=appointment.id,
        ).order_by("pk")
    return AppointmentFacts(
        id=appointment.id,
        state=appointment.state,
        revision=appointment.revision,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        practitioner=_recipient(appointment.practitioner),
        people=[
            _person(a.participant, comes=a.left_at is None, has_file=a.participant_id in with_entry)
            for a in roster
        ],
        reminder_minutes=appointment.service.reminder_minutes,
        has_open_move=is_moving,
        later_kinds=frozenset(c.kind for c in around if change and c.pk > change.pk),
        recent_starts=[
            datetime.fromisoformat(c.snapshot["from"])
            for c in around
            if change and c.pk <= change.pk and c.kind == "appointment_moved"
        ],
    )


def _with_entry(appointment_id: UUID) -> set[UUID]:
    """The people in whose calendar an entry of this appointment may stand."""
    rows = (
        Delivery.objects.filter(POSSIBLY_SENT, invite__attendance__appointment_id=appointment_id)
        .order_by("sequence")
        .values_list("participant_id", "method")
    )
    last = dict(rows)
    return {person for person, method in last.items() if method == "REQUEST"}
