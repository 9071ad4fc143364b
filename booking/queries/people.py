"""What one person may see of their request, and nothing of anybody else's part in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    Outward,
    OwnPart,
    RequestState,
    SeatState,
    outward,
)
from booking.domain.waiting import SILENCES_MAX, Wishes
from booking.models import (
    Appointment,
    Decision,
    Move,
    Participant,
    PrivateLink,
    Request,
    TimeAnswer,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.queries.dates import OwnDate, booked_for, own_dates
from booking.queries.groups import OwnGroup, group_as_seen_by
from booking.queries.together import held_for, may_mark, suggested_by, takes_marks
from booking.queries.waitlist import may_wait

_ANY_TIME = Wishes()


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
class OwnPoll:
    """Finding a time together, as far as this one person has come with it."""

    round: int
    has_answered: bool


@dataclass(frozen=True, slots=True)
class OwnWaiting:
    """The requester's place on the list of those who wait for a time."""

    is_on: bool
    asks_still: bool  # several offers ran out in silence
    can_join: bool
    wishes: Wishes = _ANY_TIME  # which times would suit


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
    dates: Sequence[OwnDate]  # everything booked for them, the next one first
    poll: OwnPoll | None  # while they are asked which times suit them
    suggested: Sequence[Appointment]  # what they suggested instead of what was proposed last
    can_suggest: bool
    waiting: OwnWaiting
    group: OwnGroup | None
    forms_on_paper: bool  # the practice has their forms: nothing is asked of them on pages
    #: Until there is news: the times that the requester asked for, best first, or of those the ones
    #: that an invited person said yes to. None: there is nothing to say.
    asked_for: Sequence[datetime] | None


def _asked_for(participant: Participant) -> Sequence[datetime] | None:
    request = participant.request
    if request.state not in OPEN_REQUEST_STATES:
        return None
    starts = [datetime.fromisoformat(start) for start in request.wanted_starts]
    if participant.is_requester:
        return starts or None
    if participant.joined_at is None or participant.left_at or participant.excused_at:
        return None
    accepted = set(
        TimeAnswer.objects.filter(
            participant=participant, accepts=True, appointment__request=request
        ).values_list("appointment__starts_at", flat=True)
    )
    return [start for start in starts if start in accepted]


def _still_open(
    answered: Sequence[TimeToAnswer], dates: Sequence[OwnDate]
) -> Sequence[TimeToAnswer]:
    """What was said to a proposal; nothing once one of its times is booked, which all are told.

    Told by its hour: a move takes the appointment there, and what was held for it is given back.
    """
    booked = {date.appointment.starts_at for date in dates}
    return [] if any(time.appointment.starts_at in booked for time in answered) else answered


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
    booked = booked_for(participant)
    move = _open_move(booked)
    dates = own_dates(participant, booked, move=move, now=now)
    first = dates[0] if dates else None
    appointment = first.appointment if first else None
    group = group_as_seen_by(participant.pk) if participant.is_requester else None
    waiting = _waiting(participant, now=now)
    needs_to_join = _needs_to_join(participant)
    held = _held(participant, now=now)
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
    return PersonPage(
        participant=participant,
        request=request,
        outward=outward(
            request.state, _own_part(participant, appointment, group, is_answered, now)
        ),
        needs_to_join=needs_to_join,
        wanted=held,
        to_answer=to_answer,
        answer_until=_answer_until(to_answer, request, is_move=move is not None),
        answered=_still_open(_answered(participant, now=now), dates) if not to_answer else [],
        is_move=bool(to_answer) and move is not None,
        appointment=appointment,
        last_free_change=first.last_free_change if first else None,
        can_move=first is not None and first.can_move,
        can_cancel=first is not None and first.can_cancel,
        leaves_alone=first is not None and first.leaves_alone,
        can_withdraw=request.state in OPEN_REQUEST_STATES and participant.left_at is None,
        others=_others(participant) if participant.is_requester else [],
        has_other_open_request=_has_other_open_request(participant),
        dates=dates,
        poll=_poll(participant),
        suggested=suggested_by(participant.pk, now=now),
        can_suggest=bool(to_answer) and move is None and not waiting.is_on,
        waiting=waiting,
        asked_for=_asked_for(participant) if not to_answer and not dates else None,
        group=group,
        forms_on_paper=participant.forms_on_paper,
    )


def _poll(participant: Participant) -> OwnPoll | None:
    """Changes with what this person does and with what everybody is told, and nothing else."""
    if not takes_marks(participant.request) or not may_mark(participant):
        return None
    asked = participant.request.poll.round
    return OwnPoll(round=asked, has_answered=participant.voted_round >= asked)


def _waiting(participant: Participant, *, now: datetime) -> OwnWaiting:
    request = participant.request
    is_open = request.state in OPEN_REQUEST_STATES and request.state != RequestState.RECEIVED
    if not participant.is_requester or not is_open:
        return OwnWaiting(is_on=False, asks_still=False, can_join=False)
    entry = WaitlistEntry.objects.filter(request=request, left_at__isnull=True).first()
    return OwnWaiting(
        is_on=entry is not None,
        asks_still=entry is not None and entry.silences >= SILENCES_MAX,
        can_join=entry is None and may_wait(request, now=now),
        wishes=entry.wishes if entry is not None else _ANY_TIME,
    )


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
    group: OwnGroup | None,
    is_answered: bool,
    now: datetime,
) -> OwnPart:
    # After their call they wait for the practitioner's word about a place in the group.
    waits_for_seat = group is not None and group.seat.state in (SeatState.ASKED, SeatState.WAITING)
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
        may_still_come=may_still_come or waits_for_seat,
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
        .exclude(appointment_id__in=undisclosed(request.pk))
        .select_related("appointment__service", "appointment__practitioner")
        .order_by("-appointment__created_at", "appointment__rank")
    )
    latest = answers[0].appointment.created_at if answers else None
    if latest is not None and _has_move_ended(answers[0].appointment.claim):
        return []
    return [
        TimeToAnswer(a.appointment, a.accepts)
        for a in answers
        if a.appointment.created_at == latest
    ]


def _has_move_ended(claim: UUID) -> bool:
    """Whether people were asked about a move of this and are not any more, which all are told."""
    last = Move.objects.filter(appointment__claim=claim).order_by("-asked_at").first()
    return last is not None and last.closed_at is not None


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
            suggested_by__isnull=True,  # what one person suggests is not put before the others
        )
        # Held for a decision that has not left yet: invisible outside until it does.
        .exclude(pk__in=undisclosed(participant.request_id))
        .select_related("service", "practitioner")
        .order_by("rank", "starts_at")
    )
    return [TimeToAnswer(a, own.get(a.pk)) for a in candidates]


def undisclosed(request_id: UUID) -> list[str]:
    """Ids of what is held for a decision that has not left yet, or for an offer of the waitlist
    that waits for the morning: nobody outside may see them."""
    waiting = Decision.objects.filter(
        request_id=request_id, done_at__isnull=True, undone_at__isnull=True
    )
    untold = WaitlistOffer.objects.filter(appointment__request_id=request_id, told_at__isnull=True)
    return [
        str(pk) for decision in waiting for pk in held_for(decision).values_list("pk", flat=True)
    ] + [str(pk) for pk in untold.values_list("appointment_id", flat=True)]


def _answer_until(
    to_answer: Sequence[TimeToAnswer], request: Request, *, is_move: bool
) -> datetime | None:
    ends = [t.appointment.held_until for t in to_answer if t.appointment.held_until]
    # The end that was announced: what the waitlist offers stays held a little longer.
    if ends and not is_move and request.hold_ends_at is not None:
        ends.append(request.hold_ends_at)
    return min(ends, default=None)


def _open_move(booked: Sequence[Appointment]) -> Move | None:
    """The move of one of these that people are being asked about; there is one at a time."""
    if not booked:
        return None
    return Move.objects.filter(appointment__in=booked, closed_at__isnull=True).first()


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
