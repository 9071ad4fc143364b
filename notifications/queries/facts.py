"""The rows that a plan depends on, copied into plain facts."""

from collections.abc import Iterable, Sequence
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
from notifications.domain.facts import (
    AppointmentFacts,
    ChangeFacts,
    Facts,
    LinkFacts,
    Person,
    Recipient,
    RequestFacts,
)
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
            return [_request_facts(_requests().get(pk=subject_id), change=change)]
        case "link":
            link = PrivateLink.objects.select_related("participant__request__practitioner").get(
                pk=subject_id
            )
            return [
                LinkFacts(
                    id=link.id,
                    participant_id=link.participant_id,
                    is_live=link.revoked_at is None,
                    request=_request_facts(link.participant.request),
                )
            ]
        case "appointment":
            return [_appointment_facts(subject_id, change=change)]
        case "participant":
            return _facts_of_person(subject_id, now=now)
    return []


def _facts_of_person(participant_id: UUID, *, now: datetime) -> Sequence[Facts]:
    request = _requests().get(participants=participant_id)
    upcoming = Attendance.objects.filter(
        participant_id=participant_id,
        appointment__state=AppointmentState.BOOKED,
        appointment__starts_at__gt=now,
    ).order_by("appointment_id")
    return [
        _request_facts(request),
        *[
            _appointment_facts(appointment_id)
            for appointment_id in upcoming.values_list("appointment_id", flat=True)
        ],
    ]


def takes_file(participant: Participant) -> bool:
    """Whether calendar files reach this person.

    Somebody who shares a mailbox or calendar gets links only, unless they chose an event
    themselves: the column's default is not their choice, a completed questionnaire is.
    """
    if participant.calendar_entry != Participant.CalendarEntry.EVENT:
        return False
    is_own_choice = participant.cleared_at is not None
    return participant.shared_mailbox == Participant.SharedMailbox.NO or is_own_choice


def says_details(participant: Participant) -> bool:
    """Whether times and ways to join may stand in the message itself, or only on the page."""
    return participant.shared_mailbox == Participant.SharedMailbox.NO or takes_file(participant)


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
        has_left=participant.left_at is not None,
        wants_reminders=participant.wants_reminders,
        answered=answered,
        comes=comes,
        takes_file=takes_file(participant),
        has_file=has_file,
    )


def _requests() -> QuerySet[Request]:
    return Request.objects.select_related("practitioner")


def _request_facts(request: Request, *, change: Change | None = None) -> RequestFacts:
    participants = list(request.participants.all())
    held = list(request.appointments.filter(state=AppointmentState.HELD).order_by("starts_at"))
    is_proposed = request.state == RequestState.PROPOSED
    invited = _invited_at(participants)
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


def _appointment_facts(appointment_id: UUID, *, change: Change | None = None) -> AppointmentFacts:
    open_moves = Move.objects.filter(appointment=OuterRef("pk"), closed_at__isnull=True)
    appointment = (
        Appointment.objects.select_related("service", "practitioner")
        .annotate(has_open_move=Exists(open_moves))
        .get(pk=appointment_id)
    )
    attendances = appointment.attendances.select_related("participant").order_by("pk")
    with_entry: set[UUID] = set()
    later: Iterable[str] = ()
    if change is not None:
        with_entry = _with_entry(appointment_id)
        later = Change.objects.filter(
            subject_type="appointment", subject_id=appointment_id, pk__gt=change.pk
        ).values_list("kind", flat=True)
    return AppointmentFacts(
        id=appointment.id,
        state=appointment.state,
        revision=appointment.revision,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        practitioner=_recipient(appointment.practitioner),
        people=[
            _person(a.participant, comes=a.left_at is None, has_file=a.participant_id in with_entry)
            for a in attendances
        ],
        reminder_minutes=appointment.service.reminder_minutes,
        has_open_move=appointment.has_open_move,
        later_kinds=frozenset(later),
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
