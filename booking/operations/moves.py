"""Moving an appointment of several people: the old time stays until all agree on a new one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from booking.domain import times
from booking.domain.refusals import InvalidRequest, MoveWaiting, NotTheirs, Problem
from booking.domain.states import AppointmentState
from booking.models import Appointment, Move, Request, TimeAnswer
from booking.operations import appointments, calendar, line, waitlist
from booking.operations.calendar import takes_time
from booking.operations.requests import hold_policy
from booking.queries.moving import move_offer
from practice.models import Practice
from practice.operations import journal


def open_move(request: Request) -> Move | None:
    """The move that people of this request are being asked about, if there is one."""
    return (
        Move.objects.filter(
            appointment__request=request,
            appointment__state=AppointmentState.BOOKED,
            closed_at__isnull=True,
        )
        .select_related("appointment__service", "appointment__practitioner")
        .first()
    )


def people_asked(move: Move) -> set[UUID]:
    """Everyone who comes to the appointment."""
    return set(
        move.appointment.attendances.filter(left_at__isnull=True).values_list(
            "participant_id", flat=True
        )
    )


@takes_time
def ask_move(
    *, appointment_id: UUID, participant_id: UUID, starts: Sequence[datetime], now: datetime
) -> Move | None:
    """Ask to move an appointment to one of up to three open times.

    Somebody for whom alone it was booked moves it at once (the first of `starts`; returns None).
    Booked for several, the times are held and everyone who still comes is asked, the asker
    counting as having accepted. That holds where nobody else comes any more, too: what happens,
    like the page before it, tells nothing of who has left, and the next sweep agrees. The days
    around a late date of a series are open to it, past the horizon of its service, too.
    Raises `TooLateToChange`, `SlotTaken`, `MoveWaiting`, `NotTheirs`, `InvalidRequest`.
    """
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    people = appointments.people_coming(appointment)
    # The session of a group is nobody's to move but the practitioner's.
    if participant_id not in people or appointment.cohort_id is not None:
        raise NotTheirs
    appointments.check_cut_off(appointment, now=now)
    if not 1 <= len(starts) <= 3 or len(set(starts)) < len(starts):
        raise InvalidRequest(
            [Problem("times", "one_to_three_times", "Please choose one to three times.")]
        )
    if appointment.starts_at in starts:
        raise InvalidRequest(
            [Problem("times", "same_time", "That is the time you have: please choose another.")]
        )
    # One at a time for the same people: they answer what is held for their request.
    if appointment.request is not None and open_move(appointment.request) is not None:
        raise MoveWaiting
    calendar.release_lapsed(appointment.practitioner_id, now=now)
    offer = move_offer(appointment, now=now)
    calendar.check_open(offer, starts, now=now, ignore_claim=appointment.claim)
    actor = journal.client(participant_id)
    if appointment.attendances.count() == 1:
        _move_to(appointment, starts[0], actor=actor, now=now)
        return None
    return _ask_everyone(appointment, participant_id, starts, now=now)


def _move_to(appointment: Appointment, starts_at: datetime, *, actor: str, now: datetime) -> None:
    """Clients move: the time they leave is offered to the waitlist in the same transaction."""
    freed = appointment.starts_at
    appointments.move_to(appointment, starts_at, actor=actor, now=now)
    waitlist.offer_freed(appointment, starts_at=freed, now=now)


def _ask_everyone(
    appointment: Appointment, asker_id: UUID, starts: Sequence[datetime], *, now: datetime
) -> Move:
    policy = hold_policy(Practice.objects.get())
    until = min(
        [times.proposal_until(now, policy, starts_at=s) for s in starts] + [appointment.starts_at]
    )
    assert appointment.request is not None  # only a request has several people
    candidates = calendar.hold(
        appointment.request,
        starts,
        claim=appointment.claim,
        held_until=until,
        now=now,
        modality=appointment.modality,
    )
    TimeAnswer.objects.bulk_create(
        TimeAnswer(appointment=c, participant_id=asker_id, accepts=True, answered_at=now)
        for c in candidates
    )
    move = Move.objects.create(
        appointment=appointment, asked_by_id=asker_id, asked_at=now, ends_at=until
    )
    journal.record(
        kind="move_asked",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.client(asker_id),
        at=now,
        snapshot={"by": str(asker_id), "move": str(move.id), "until": until.isoformat()},
    )
    return move


@takes_time
def take_back_move(*, appointment_id: UUID, participant_id: UUID, now: datetime) -> None:
    """Leave it as it is, says whoever asked for another time: what was held for it is given back.

    Everybody hears what they hear when nothing was agreed, and not who ended it.
    Raises `NotTheirs`: they ask for nothing, or not any more.
    """
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    move = Move.objects.filter(
        appointment=appointment, asked_by_id=participant_id, closed_at__isnull=True
    ).first()
    if move is None or participant_id not in appointments.people_coming(appointment):
        raise NotTheirs
    move.appointment = appointment
    settle(move, None, now=now)


def settle(move: Move, candidate_id: UUID | None, *, now: datetime) -> None:
    """End a move: at the time agreed, or as it was. In the caller's transaction, under the lock."""
    appointment = move.appointment
    held = Appointment.objects.filter(claim=appointment.claim, state=AppointmentState.HELD)
    candidates = list(held.select_related("practitioner"))
    chosen = next((c for c in candidates if c.pk == candidate_id), None)
    calendar.release(candidates)
    move.closed_at = now
    move.outcome = Move.Outcome.AGREED if chosen else Move.Outcome.DROPPED
    move.save(update_fields=["closed_at", "outcome"])
    actor = journal.client(move.asked_by_id) if move.asked_by_id else journal.SYSTEM
    if chosen is not None:
        _move_to(appointment, chosen.starts_at, actor=actor, now=now)
        line.pass_on(candidates, now=now)
        return
    line.pass_on(candidates, now=now)
    journal.record(
        kind="move_dropped",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.SYSTEM,
        at=now,
        snapshot={"move": str(move.id)},
    )
