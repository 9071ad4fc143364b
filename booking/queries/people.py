"""What one person may see of their request, and nothing of anybody else's part in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    Outward,
    RequestState,
    outward,
)
from booking.models import Appointment, Move, Participant, PrivateLink, Request, TimeAnswer
from practice.models import Modality


@dataclass(frozen=True, slots=True)
class TimeToAnswer:
    """A held time that this person is asked about, with their own answer so far."""

    appointment: Appointment
    accepts: bool | None


@dataclass(frozen=True, slots=True)
class OtherInvitation:
    """What the requester wrote about somebody; never whether that person has come in."""

    participant: Participant
    handover_link_id: UUID | None
    may_correct_address: bool


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person's view of their request."""

    participant: Participant
    request: Request
    outward: Outward
    needs_to_join: bool
    wanted: Sequence[TimeToAnswer]  # held for the request; only the first entry matters to join
    to_answer: Sequence[TimeToAnswer]  # a proposal or a move that waits for this person
    answer_until: datetime | None
    is_move: bool
    appointment: Appointment | None
    last_free_change: datetime | None
    can_move: bool
    can_cancel: bool
    leaves_alone: bool  # of three or more, cancelling means that this one person leaves
    can_withdraw: bool
    others: Sequence[OtherInvitation]  # for the requester only
    has_other_open_request: bool


def live_link(participant_id: UUID) -> PrivateLink | None:
    """The newest link that still lets this person in."""
    return (
        PrivateLink.objects.filter(
            participant_id=participant_id, revoked_at__isnull=True, is_handover=False
        )
        .order_by("-created_at")
        .first()
    )


def person_page(participant_id: UUID, *, now: datetime) -> PersonPage:
    """Everything on a person's own page. Raises `Participant.DoesNotExist`."""
    participant = Participant.objects.select_related(
        "request__service", "request__practitioner"
    ).get(pk=participant_id)
    request = participant.request
    appointment = (
        Appointment.objects.filter(
            attendances__participant=participant,
            attendances__left_at__isnull=True,
            state=AppointmentState.BOOKED,
        )
        .select_related("service", "practitioner")
        .order_by("starts_at")
        .first()
    )
    needs_to_join = (
        participant.joined_at is None
        and participant.left_at is None
        and request.state in OPEN_REQUEST_STATES
    )
    held = _held(participant, now=now)
    move = _open_move(appointment)
    is_asked = participant.attends == Participant.Attends.YES and not needs_to_join
    to_answer = held if is_asked and (request.state == RequestState.PROPOSED or move) else []
    free_until = (
        appointment.starts_at - timedelta(minutes=appointment.service.cancel_minutes)
        if appointment
        else None
    )
    coming = appointment.attendances.filter(left_at__isnull=True).count() if appointment else 0
    is_upcoming = appointment is not None and appointment.starts_at > now
    return PersonPage(
        participant=participant,
        request=request,
        outward=outward(request.state, has_booked_time=appointment is not None),
        needs_to_join=needs_to_join,
        wanted=held,
        to_answer=to_answer,
        answer_until=min(
            (t.appointment.held_until for t in to_answer if t.appointment.held_until),
            default=None,
        ),
        is_move=bool(to_answer) and move is not None,
        appointment=appointment,
        last_free_change=free_until,
        can_move=is_upcoming and free_until is not None and now <= free_until and move is None,
        can_cancel=is_upcoming,
        leaves_alone=coming > 2,
        can_withdraw=request.state in OPEN_REQUEST_STATES and participant.left_at is None,
        others=_others(participant) if participant.is_requester else [],
        has_other_open_request=_has_other_open_request(participant),
    )


def join_details(appointment: Appointment) -> str:
    """How to come: the video link, the phone number or the address of the practitioner."""
    practitioner = appointment.practitioner
    return {
        Modality.VIDEO: practitioner.video_url,
        Modality.PHONE: practitioner.phone,
        Modality.IN_PERSON: practitioner.address,
    }[Modality(appointment.modality)]


def _held(participant: Participant, *, now: datetime) -> list[TimeToAnswer]:
    own = dict(
        TimeAnswer.objects.filter(
            participant=participant, appointment__state=AppointmentState.HELD
        ).values_list("appointment_id", "accepts")
    )
    candidates = (
        Appointment.objects.filter(
            request_id=participant.request_id,
            state=AppointmentState.HELD,
            held_until__gt=now,
        )
        # Held for a decision that has not left yet: invisible outside until it does.
        .exclude(pk__in=undisclosed(participant.request_id))
        .select_related("service", "practitioner")
        .order_by("rank", "starts_at")
    )
    return [TimeToAnswer(a, own.get(a.pk)) for a in candidates]


def undisclosed(request_id: UUID) -> list[str]:
    """Ids of what is held for a proposal that has not left yet: nobody outside may see them."""
    proposals = Request.objects.get(pk=request_id).decisions.filter(
        kind="propose", done_at__isnull=True, undone_at__isnull=True
    )
    return [pk for ids in proposals.values_list("candidates", flat=True) for pk in ids]


def _open_move(appointment: Appointment | None) -> Move | None:
    if appointment is None:
        return None
    return Move.objects.filter(appointment=appointment, closed_at__isnull=True).first()


def _others(requester: Participant) -> list[OtherInvitation]:
    people = (
        Participant.objects.filter(request_id=requester.request_id, is_requester=False)
        .exclude(attends=Participant.Attends.NO)
        .prefetch_related("links")
    )
    return [
        OtherInvitation(
            participant=person,
            # Shown for as long as the request lives, claimed or not: it tells nothing.
            handover_link_id=next((x.id for x in person.links.all() if x.is_handover), None),
            may_correct_address=person.route == Participant.Route.EMAIL,
        )
        for person in people
    ]


def _has_other_open_request(participant: Participant) -> bool:
    if participant.verified_at is None:
        return False
    return (
        Participant.objects.filter(
            email=participant.email,
            verified_at__isnull=False,
            is_requester=True,
            request__state__in=[s for s in OPEN_REQUEST_STATES if s != RequestState.RECEIVED],
        )
        .exclude(request_id=participant.request_id)
        .exists()
    )


def may_join(appointment: Appointment) -> Sequence[Participant]:
    """Who could still be put on the roster: their own part is complete, and they are not on it."""
    if appointment.state != AppointmentState.BOOKED or appointment.request_id is None:
        return []
    return list(
        Participant.objects.filter(
            request_id=appointment.request_id,
            cleared_at__isnull=False,
            left_at__isnull=True,
        )
        .exclude(attends=Participant.Attends.NO)
        .exclude(attendances__appointment=appointment)
    )
