"""Appointments: moved, cancelled, left, kept or missed."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from booking.domain.refusals import (
    InvalidRequest,
    NotTheirs,
    Problem,
    TooLateToChange,
)
from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    RequestState,
    RequestVerb,
    TransitionNotAllowed,
    next_appointment_state,
)
from booking.models import Appointment, Attendance, Move, Participant, Request
from booking.operations import calendar, decisions
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries.people import may_join
from practice.domain.wall import instant, zone
from practice.models import TimeOff
from practice.operations import journal

#: An "I'm ill" or another cancellation by the practitioner offers this many new times.
_NEW_TIMES = 3


def people_coming(appointment: Appointment) -> set[UUID]:
    """The participants on the roster who have not left. Raises `NotTheirs` if nothing is booked."""
    if appointment.state != AppointmentState.BOOKED:
        raise NotTheirs
    return set(
        appointment.attendances.filter(left_at__isnull=True).values_list(
            "participant_id", flat=True
        )
    )


def check_cut_off(appointment: Appointment, *, now: datetime) -> None:
    """Raise `TooLateToChange` inside the service's cut-off (elapsed minutes before the start)."""
    if now > last_free_change(appointment):
        raise TooLateToChange


def last_free_change(appointment: Appointment) -> datetime:
    """Until when clients may move or cancel by themselves without further ado."""
    return appointment.starts_at - timedelta(minutes=appointment.service.cancel_minutes)


def move_to(appointment: Appointment, starts_at: datetime, *, actor: str, now: datetime) -> None:
    """Give a booked appointment its new time. In the caller's transaction, under the lock.

    New time taken and old time freed in one statement: there is never a moment with neither.
    """
    if appointment.state != AppointmentState.BOOKED:
        raise TransitionNotAllowed(AppointmentState(appointment.state), AppointmentVerb.BOOK)
    before = appointment.starts_at
    calendar.placed(appointment, starts_at)
    appointment.revision += 1
    appointment.save()
    _close_move(appointment, now=now)
    journal.record(
        kind="appointment_moved",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=actor,
        at=now,
        snapshot={
            "by": actor,
            "from": before.isoformat(),
            "starts_at": appointment.starts_at.isoformat(),
        },
    )


def _close_move(appointment: Appointment, *, now: datetime) -> None:
    calendar.release(
        list(Appointment.objects.filter(claim=appointment.claim, state=AppointmentState.HELD))
    )
    Move.objects.filter(appointment=appointment, closed_at__isnull=True).update(
        closed_at=now, outcome=Move.Outcome.DROPPED
    )


@takes_time
def reschedule(
    *, appointment_id: UUID, practitioner_id: UUID, starts_at: datetime, now: datetime
) -> Appointment:
    """The practitioner moves an appointment; everyone attending is told.

    Notice, horizon, caps and cut-off do not bind them; hours and other appointments do.
    Raises `SlotTaken`, `NotTheirs`, `InvalidRequest`, `TransitionNotAllowed`.
    """
    appointment = _own(appointment_id, practitioner_id)
    _check_booked(appointment)
    if starts_at <= now:
        raise InvalidRequest([Problem("starts_at", "time_passed", "That time has passed.")])
    if starts_at == appointment.starts_at:
        raise InvalidRequest([Problem("starts_at", "same_time", "It is at that time already.")])
    calendar.release_lapsed(practitioner_id, now=now)
    offer = calendar_queries.own_choice(appointment.practitioner, appointment.service)
    calendar.check_open(offer, [starts_at], now=now, ignore_claim=appointment.claim)
    move_to(appointment, starts_at, actor=journal.practitioner(practitioner_id), now=now)
    return appointment


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a client's cancellation did. `left_only`: the others still come."""

    left_only: bool
    late: bool


@transaction.atomic(durable=True)
def cancel(*, appointment_id: UUID, participant_id: UUID, now: datetime) -> Cancelled:
    """A client cancels. Any one of two ends the appointment; of more, one leaves.

    After the cut-off it still works, and is called late only for somebody who comes alone:
    about joint sessions that word is the practitioner's. Raises `NotTheirs`.
    """
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    people = people_coming(appointment)
    if participant_id not in people or appointment.starts_at <= now:
        raise NotTheirs
    if len(people) > 2:
        _leave(appointment, participant_id, now=now)
        return Cancelled(left_only=True, late=False)
    late = len(people) == 1 and now > last_free_change(appointment)
    _cancel(
        appointment,
        actor=journal.client(participant_id),
        now=now,
        snapshot={"by": str(participant_id), "late": late},
    )
    return Cancelled(left_only=False, late=late)


def _leave(appointment: Appointment, participant_id: UUID, *, now: datetime) -> None:
    Attendance.objects.filter(appointment=appointment, participant_id=participant_id).update(
        left_at=now
    )
    _close_move(appointment, now=now)
    journal.record(
        kind="attendance_left",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.client(participant_id),
        at=now,
        snapshot={"participant": str(participant_id)},
    )


def _cancel(
    appointment: Appointment,
    *,
    actor: str,
    now: datetime,
    snapshot: dict[str, str | bool | list[str]],
) -> None:
    appointment.state = next_appointment_state(appointment.state, AppointmentVerb.CANCEL)
    appointment.revision += 1
    appointment.save(update_fields=["state", "revision"])
    _close_move(appointment, now=now)
    journal.record(
        kind="appointment_cancelled",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=actor,
        at=now,
        snapshot=snapshot,
    )


@takes_time
def cancel_by_practitioner(
    *, appointment_id: UUID, practitioner_id: UUID, now: datetime, offer_new_times: bool = True
) -> list[datetime]:
    """The practitioner cancels, with an apology and, where possible, three new times held.

    Returns the new times. Raises `NotTheirs`, `TransitionNotAllowed`.
    """
    appointment = _own(appointment_id, practitioner_id)
    _check_booked(appointment)
    calendar.release_lapsed(practitioner_id, now=now)
    return _cancel_kindly(appointment, practitioner_id, now=now, offer_new_times=offer_new_times)


def _cancel_kindly(
    appointment: Appointment, practitioner_id: UUID, *, now: datetime, offer_new_times: bool
) -> list[datetime]:
    coming = appointment.attendances.filter(left_at__isnull=True)
    # New times are answered on a private page: somebody without an address cannot.
    can_answer = not coming.filter(participant__email="").exists()
    new_times = (
        calendar_queries.alternatives(
            calendar_queries.bookable(appointment.practitioner, appointment.service),
            wanted=appointment.starts_at,
            now=now,
            count=_NEW_TIMES,
            on_different_days=True,
        )
        if offer_new_times and can_answer
        else []
    )
    actor = journal.practitioner(practitioner_id)
    _cancel(
        appointment,
        actor=actor,
        now=now,
        snapshot={
            "by": "practitioner",
            "late": False,
            "apology": True,
            "alternatives": [t.isoformat() for t in new_times],
        },
    )
    request = appointment.request
    if new_times and request is not None and request.state == RequestState.CONFIRMED:
        # Whoever could not come to this one is not asked about the next.
        Participant.objects.filter(
            attendances__appointment=appointment, attendances__left_at__isnull=False
        ).update(excused_at=now)
        candidates = calendar.hold(
            request,
            new_times,
            claim=uuid.uuid4(),
            held_until=now + timedelta(hours=1),  # offer_times sets the true end
            now=now,
            modality=appointment.modality,
        )
        decisions.offer_times(request, candidates, actor=actor, now=now, verb=RequestVerb.REOFFER)
    return new_times


@takes_time
def cancel_day(*, practitioner_id: UUID, day: date, now: datetime) -> list[UUID]:
    """ "I'm ill": cancel everything still to come on a local date, kindly, in one press.

    The rest of the day becomes time off, holds on it are released, and every appointment's
    people are offered new times on other days. Returns the ids of what was cancelled.
    """
    practitioner = calendar.lock_practitioner(practitioner_id)
    tz = zone(practitioner.time_zone)
    starts = max(now, instant(day, 0, tz))
    ends = instant(day + timedelta(days=1), 0, tz)
    if ends <= now:
        raise InvalidRequest([Problem("day", "time_passed", "That day is over.")])
    TimeOff.objects.create(practitioner=practitioner, starts_at=starts, ends_at=ends)
    calendar.release_lapsed(practitioner_id, now=now)
    on_that_day = Appointment.objects.filter(
        practitioner=practitioner, starts_at__gte=starts, starts_at__lt=ends
    )
    booked = list(on_that_day.filter(state=AppointmentState.BOOKED).values_list("id", flat=True))
    _give_back_holds(on_that_day.filter(state=AppointmentState.HELD), now=now)
    for appointment_id in booked:
        _cancel_kindly(
            calendar.lock_appointment(appointment_id),
            practitioner_id,
            now=now,
            offer_new_times=True,
        )
    return booked


def _give_back_holds(held: QuerySet[Appointment], *, now: datetime) -> None:
    """Release holds; what their people are told of it follows with the next sweep.

    A request or a move that has no other time left ends now, as if its hold had lapsed.
    """
    appointments = list(held)
    calendar.release(appointments)
    still_held = Appointment.objects.filter(state=AppointmentState.HELD, held_until__gt=now)
    claims = {a.claim for a in appointments}
    lost = claims - set(still_held.filter(claim__in=claims).values_list("claim", flat=True))
    Request.objects.filter(
        appointments__claim__in=lost, appointments__state=AppointmentState.RELEASED
    ).update(hold_ends_at=now)
    Move.objects.filter(appointment__claim__in=lost, closed_at__isnull=True).update(ends_at=now)


@transaction.atomic(durable=True)
def add_attendee(
    *, appointment_id: UUID, participant_id: UUID, practitioner_id: UUID, now: datetime
) -> None:
    """Put somebody of the request on the roster, such as a "sometimes" person.

    They get their own invite; the others are told nothing. Raises `NotTheirs` unless their own
    part is complete and they are not coming already.
    """
    appointment = _own(appointment_id, practitioner_id)
    if participant_id not in {p.id for p in may_join(appointment)}:
        raise NotTheirs
    Attendance.objects.create(appointment=appointment, participant_id=participant_id)
    journal.record(
        kind="attendance_added",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"participant": str(participant_id)},
    )


@transaction.atomic(durable=True)
def fulfil(*, appointment_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """The session took place. Nothing frees time by calling it fulfilled before it has begun."""
    _end(_own(appointment_id, practitioner_id), AppointmentVerb.FULFIL, now=now)


@transaction.atomic(durable=True)
def mark_no_show(*, appointment_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Nobody came. The practitioner says so; nothing is sent by itself."""
    _end(_own(appointment_id, practitioner_id), AppointmentVerb.MISS, now=now)


def _end(appointment: Appointment, verb: AppointmentVerb, *, now: datetime) -> None:
    state = next_appointment_state(appointment.state, verb)
    if now < appointment.starts_at:
        raise TransitionNotAllowed(AppointmentState(appointment.state), verb)
    appointment.state = state
    appointment.save(update_fields=["state"])
    journal.record(
        kind=f"appointment_{'fulfilled' if verb is AppointmentVerb.FULFIL else 'missed'}",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.practitioner(appointment.practitioner_id),
        at=now,
    )


def _check_booked(appointment: Appointment) -> None:
    """The practitioner is told plainly that it is not booked (any more); a client is not."""
    next_appointment_state(appointment.state, AppointmentVerb.CANCEL)


def _own(appointment_id: UUID, practitioner_id: UUID) -> Appointment:
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    if appointment.practitioner_id != practitioner_id:
        raise NotTheirs
    return appointment
