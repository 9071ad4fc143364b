"""Appointments: moved, joined by somebody, kept or missed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import InvalidRequest, NotTheirs, Problem, TooLateToChange
from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    TransitionNotAllowed,
    next_appointment_state,
)
from booking.models import Appointment, Attendance, LateWish, Move, Series
from booking.operations import calendar, waitlist
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries.people import may_join
from practice.operations import journal


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
    """Give a booked appointment its new time. In the caller's transaction, under the lock."""
    move_together([(appointment, starts_at)], actor=actor, now=now)


def move_together(
    moved: Sequence[tuple[Appointment, datetime]],
    *,
    actor: str,
    now: datetime,
    series: Series | None = None,
) -> None:
    """Give booked appointments their new times. In the caller's transaction, under the lock.

    New times taken and old times freed in one statement: there is never a moment with neither,
    and one may take the time that another of them leaves. Those of a `series` keep its clock.
    """
    before = [appointment.starts_at for appointment, _ in moved]
    for appointment, _ in moved:
        # First of all: what is held to move one of them is in the way of none of the others.
        close_move(appointment, now=now)
    for appointment, starts_at in moved:
        if appointment.state != AppointmentState.BOOKED:
            raise TransitionNotAllowed(AppointmentState(appointment.state), AppointmentVerb.BOOK)
        calendar.placed(appointment, starts_at, wall_zone=series.wall_zone if series else None)
        appointment.revision += 1
    Appointment.objects.bulk_update(
        [appointment for appointment, _ in moved],
        [
            "starts_at",
            "ends_at",
            "blocked_from",
            "blocked_until",
            "wall_start",
            "wall_zone",
            "revision",
        ],
    )
    together = {"series": str(series.pk)} if series is not None else {}
    for (appointment, _), start_before in zip(moved, before, strict=True):
        settle_wishes(appointment, now=now, outcome=LateWish.Outcome.CHANGED)
        journal.record(
            kind="appointment_moved",
            subject_type="appointment",
            subject_id=appointment.id,
            revision=appointment.revision,
            actor=actor,
            at=now,
            snapshot={
                "by": actor,
                "from": start_before.isoformat(),
                "starts_at": appointment.starts_at.isoformat(),
                **together,
            },
        )


def close_move(appointment: Appointment, *, now: datetime) -> None:
    """Whatever was asked about it ends; the times held for that are free. Under the lock."""
    calendar.release(
        list(Appointment.objects.filter(claim=appointment.claim, state=AppointmentState.HELD))
    )
    Move.objects.filter(appointment=appointment, closed_at__isnull=True).update(
        closed_at=now, outcome=Move.Outcome.DROPPED
    )


def settle_wishes(
    appointment: Appointment, *, now: datetime, outcome: str, of: UUID | None = None
) -> None:
    """Whatever the practitioner was asked to change after the cut-off is settled by now.

    `of`: one person's wish, because they do not come any more.
    """
    wishes = LateWish.objects.filter(appointment=appointment, settled_at__isnull=True)
    if of is not None:
        wishes = wishes.filter(participant_id=of)
    wishes.update(settled_at=now, outcome=outcome)


@takes_time
def reschedule(
    *,
    appointment_id: UUID,
    practitioner_id: UUID,
    starts_at: datetime,
    now: datetime,
    offer_to_waitlist: bool = False,
) -> Appointment:
    """The practitioner moves an appointment; everyone attending is told.

    Notice, horizon, caps and cut-off do not bind them; hours and other appointments do.
    `offer_to_waitlist`: somebody else can have the time that it leaves. Raises `SlotTaken`,
    `NotTheirs`, `InvalidRequest`, `TransitionNotAllowed`.
    """
    appointment = own(appointment_id, practitioner_id)
    check_booked(appointment)
    if starts_at <= now:
        raise InvalidRequest([Problem("starts_at", "time_passed", "That time has passed.")])
    if starts_at == appointment.starts_at:
        raise InvalidRequest([Problem("starts_at", "same_time", "It is at that time already.")])
    calendar.release_lapsed(practitioner_id, now=now)
    offer = calendar_queries.own_choice(appointment.practitioner, appointment.service)
    calendar.check_open(offer, [starts_at], now=now, ignore_claim=appointment.claim)
    freed = appointment.starts_at
    move_to(appointment, starts_at, actor=journal.practitioner(practitioner_id), now=now)
    if offer_to_waitlist:
        waitlist.offer_freed(appointment, starts_at=freed, now=now)
    return appointment


@transaction.atomic(durable=True)
def add_attendee(
    *, appointment_id: UUID, participant_id: UUID, practitioner_id: UUID, now: datetime
) -> None:
    """Put somebody of the request on the roster, such as a "sometimes" person.

    They get their own invite; the others are told nothing. Raises `NotTheirs` unless their own
    part is complete and they are not coming already.
    """
    appointment = own(appointment_id, practitioner_id)
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
    """The session took place; not before it is over. Its time stays its own, with the buffer."""
    _end(own(appointment_id, practitioner_id), AppointmentVerb.FULFIL, now=now)


@transaction.atomic(durable=True)
def mark_no_show(*, appointment_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Nobody came. The practitioner says so, once it has begun; that frees none of its time."""
    _end(own(appointment_id, practitioner_id), AppointmentVerb.MISS, now=now)


def _end(appointment: Appointment, verb: AppointmentVerb, *, now: datetime) -> None:
    state = next_appointment_state(appointment.state, verb)
    if now < (appointment.ends_at if verb is AppointmentVerb.FULFIL else appointment.starts_at):
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
    settle_wishes(appointment, now=now, outcome=LateWish.Outcome.KEPT)
    if state == AppointmentState.NO_SHOW and appointment.series_id is not None:
        _note_missed_twice(appointment, appointment.series_id, now=now)


def _note_missed_twice(appointment: Appointment, series_id: UUID, *, now: datetime) -> None:
    """Tell the practitioner when two sessions of a series in a row were missed."""
    over = Appointment.objects.filter(
        series_id=series_id, state__in=(AppointmentState.FULFILLED, AppointmentState.NO_SHOW)
    ).order_by("starts_at")
    neighbours = [
        over.filter(starts_at__lt=appointment.starts_at).last(),
        over.filter(starts_at__gt=appointment.starts_at).first(),
    ]
    missed = [n for n in neighbours if n is not None and n.state == AppointmentState.NO_SHOW]
    if not missed:
        return
    in_a_row = sorted([appointment, *missed], key=lambda a: a.starts_at)
    journal.record(
        kind="series_missed_twice",
        subject_type="series",
        subject_id=series_id,
        actor=journal.practitioner(appointment.practitioner_id),
        at=now,
        snapshot={"appointments": [str(a.id) for a in in_a_row]},
    )


def check_booked(appointment: Appointment) -> None:
    """The practitioner is told plainly that it is not booked (any more); a client is not."""
    next_appointment_state(appointment.state, AppointmentVerb.CANCEL)


def own(appointment_id: UUID, practitioner_id: UUID) -> Appointment:
    """The practitioner's appointment, locked. Raises `NotTheirs`."""
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    if appointment.practitioner_id != practitioner_id:
        raise NotTheirs
    return appointment
