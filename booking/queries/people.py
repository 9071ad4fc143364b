"""What one person may see of their request, and nothing of anybody else's part in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    Outward,
    OwnPart,
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
    answered: Sequence[TimeToAnswer]  # what they said to the latest one, until it ends for all
    answer_until: datetime | None
    is_move: bool
    appointment: Appointment | None
    last_free_change: datetime | None
    can_move: bool
    can_cancel: bool
    #: Of three or more this one person leaves; said of the roster as it was booked, so that the
    #: page does not change when somebody else has left.
    leaves_alone: bool
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
    needs_to_join = _needs_to_join(participant)
    held = _held(participant, now=now)
    move = _open_move(appointment)
    is_asked = not needs_to_join and (
        (move is not None)
        or (
            request.state == RequestState.PROPOSED
            and participant.attends == Participant.Attends.YES
            and participant.excused_at is None
        )
    )
    # Nothing on this page may change when somebody else answers: whoever has answered sees what
    # they said until the announced end, whether or not the matter is settled by then.
    is_answered = bool(held) and all(t.accepts is not None for t in held)
    to_answer = held if is_asked and not is_answered else []
    free_until = (
        appointment.starts_at - timedelta(minutes=appointment.service.cancel_minutes)
        if appointment
        else None
    )
    roster = appointment.attendances.count() if appointment else 0
    is_upcoming = appointment is not None and appointment.starts_at > now
    return PersonPage(
        participant=participant,
        request=request,
        outward=outward(request.state, _own_part(participant, appointment, is_answered, now)),
        needs_to_join=needs_to_join,
        wanted=held,
        to_answer=to_answer,
        answer_until=min(
            (t.appointment.held_until for t in to_answer if t.appointment.held_until),
            default=None,
        ),
        answered=_answered(participant, now=now) if not to_answer else [],
        is_move=bool(to_answer) and move is not None,
        appointment=appointment,
        last_free_change=free_until,
        can_move=is_upcoming and free_until is not None and now <= free_until and move is None,
        can_cancel=is_upcoming,
        leaves_alone=roster > 2,
        can_withdraw=request.state in OPEN_REQUEST_STATES and participant.left_at is None,
        others=_others(participant) if participant.is_requester else [],
        has_other_open_request=_has_other_open_request(participant),
    )


@dataclass(frozen=True, slots=True)
class JoinBy:
    """How one person comes to their appointment. `detail`: a link, a number or an address."""

    kind: str  # video, we_call, you_call or place
    detail: str


def how_to_join(appointment: Appointment, participant: Participant) -> JoinBy:
    """The one rule for pages and messages: who knows the client's number calls it."""
    practitioner = appointment.practitioner
    if appointment.modality == Modality.VIDEO:
        return JoinBy("video", practitioner.video_url)
    if appointment.modality == Modality.IN_PERSON:
        return JoinBy("place", practitioner.address)
    if participant.phone:
        return JoinBy("we_call", participant.phone)
    return JoinBy("you_call", practitioner.phone)


def join_details(appointment: Appointment) -> str:
    """The practitioner's own side: the room, the number they can be called at, or the address."""
    practitioner = appointment.practitioner
    return {
        Modality.VIDEO: practitioner.video_url,
        Modality.PHONE: practitioner.phone,
        Modality.IN_PERSON: practitioner.address,
    }[Modality(appointment.modality)]


def outward_for(participant: Participant, *, now: datetime) -> Outward:
    """The word this person reads for their request."""
    return person_page(participant.pk, now=now).outward


def _needs_to_join(participant: Participant) -> bool:
    if participant.joined_at is not None or participant.left_at is not None:
        return False
    state = participant.request.state
    may_come_later = participant.attends == Participant.Attends.SOMETIMES
    return state in OPEN_REQUEST_STATES or (state == RequestState.CONFIRMED and may_come_later)


def _own_part(
    participant: Participant,
    appointment: Appointment | None,
    is_answered: bool,
    now: datetime,
) -> OwnPart:
    may_still_come = (
        participant.attends == Participant.Attends.SOMETIMES
        and appointment is None
        and Appointment.objects.filter(
            request_id=participant.request_id, state=AppointmentState.BOOKED, starts_at__gt=now
        ).exists()
    )
    return OwnPart(
        has_booked_time=appointment is not None,
        has_answered=is_answered,
        may_still_come=may_still_come,
        has_left=participant.left_at is not None or participant.excused_at is not None,
    )


def _answered(participant: Participant, *, now: datetime) -> list[TimeToAnswer]:
    """What this person said to the times offered last, until the end that was announced for all.

    Not to the times of the request itself: those are part of asking and joining.
    """
    request = participant.request
    if request.hold_ends_at is None or request.hold_ends_at <= now:
        return []
    answers = (
        TimeAnswer.objects.filter(participant=participant, appointment__request=request)
        .exclude(appointment__starts_at__in=request.wanted_starts)
        .select_related("appointment__service", "appointment__practitioner")
        .order_by("-appointment__created_at", "appointment__rank")
    )
    latest = answers[0].appointment.created_at if answers else None
    return [
        TimeToAnswer(a.appointment, a.accepts)
        for a in answers
        if a.appointment.created_at == latest
    ]


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
