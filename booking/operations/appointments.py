"""Appointments: moved, cancelled, left, kept or missed."""

import uuid
from collections.abc import Sequence
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
from booking.models import (
    Appointment,
    Attendance,
    LateWish,
    Move,
    Participant,
    Request,
    WaitlistOffer,
)
from booking.operations import calendar, decisions, waitlist
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries.people import may_join
from practice.domain.wall import instant, zone
from practice.operations import hours, journal

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
    """Give a booked appointment its new time. In the caller's transaction, under the lock."""
    move_together([(appointment, starts_at)], actor=actor, now=now)


def move_together(
    moved: Sequence[tuple[Appointment, datetime]],
    *,
    actor: str,
    now: datetime,
    series_id: UUID | None = None,
) -> None:
    """Give booked appointments their new times. In the caller's transaction, under the lock.

    New times taken and old times freed in one statement: there is never a moment with neither,
    and one may take the time that another of them leaves.
    """
    before = [appointment.starts_at for appointment, _ in moved]
    for appointment, _ in moved:
        # First of all: what is held to move one of them is in the way of none of the others.
        close_move(appointment, now=now)
    for appointment, starts_at in moved:
        if appointment.state != AppointmentState.BOOKED:
            raise TransitionNotAllowed(AppointmentState(appointment.state), AppointmentVerb.BOOK)
        calendar.placed(appointment, starts_at)
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
    together = {"series": str(series_id)} if series_id is not None else {}
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
    *, appointment_id: UUID, practitioner_id: UUID, starts_at: datetime, now: datetime
) -> Appointment:
    """The practitioner moves an appointment; everyone attending is told.

    Notice, horizon, caps and cut-off do not bind them; hours and other appointments do.
    Raises `SlotTaken`, `NotTheirs`, `InvalidRequest`, `TransitionNotAllowed`.
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
    move_to(appointment, starts_at, actor=journal.practitioner(practitioner_id), now=now)
    return appointment


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What a client's cancellation did. `left_only`: the others still come."""

    left_only: bool
    late: bool


@takes_time
def cancel(*, appointment_id: UUID, participant_id: UUID, now: datetime) -> Cancelled:
    """A client cancels. Any one of two ends the appointment; of more, one leaves.

    After the cut-off it still works, and is called late only for somebody who comes alone:
    about joint sessions that word is the practitioner's. The time is offered to the waitlist
    before anybody else can find it free. Raises `NotTheirs`.
    """
    try:
        appointment = calendar.lock_appointment(appointment_id)
    except Appointment.DoesNotExist:
        raise NotTheirs from None
    return cancel_for(appointment, participant_id, now=now)


def cancel_for(appointment: Appointment, participant_id: UUID, *, now: datetime) -> Cancelled:
    """Cancel one for a client. In the caller's transaction, under the lock. Raises `NotTheirs`."""
    people = people_coming(appointment)
    if participant_id not in people or appointment.starts_at <= now:
        raise NotTheirs
    # Of a group one person's part ends, however many come: the session stays.
    if len(people) > 2 or appointment.cohort_id is not None:
        leave(appointment, participant_id, now=now)
        return Cancelled(left_only=True, late=False)
    late = len(people) == 1 and now > last_free_change(appointment)
    cancel_booked(
        appointment,
        actor=journal.client(participant_id),
        now=now,
        snapshot={"by": str(participant_id), "late": late},
    )
    waitlist.offer_freed(appointment, now=now)
    return Cancelled(left_only=False, late=late)


def leave(
    appointment: Appointment, participant_id: UUID, *, now: datetime, seat_id: UUID | None = None
) -> None:
    """Take one person off the roster. In the caller's transaction, under the lock.

    What the others are being asked about it goes on until its announced end: a question that
    went away now would tell them that somebody has left. `seat_id`: because they leave the group
    whose session it is.
    """
    Attendance.objects.filter(appointment=appointment, participant_id=participant_id).update(
        left_at=now
    )
    settle_wishes(appointment, now=now, outcome=LateWish.Outcome.CHANGED, of=participant_id)
    journal.record(
        kind="attendance_left",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.client(participant_id),
        at=now,
        snapshot={
            "participant": str(participant_id),
            **({"seat": str(seat_id)} if seat_id is not None else {}),
        },
    )


def cancel_booked(
    appointment: Appointment,
    *,
    actor: str,
    now: datetime,
    snapshot: dict[str, str | bool | list[str]],
) -> None:
    """Cancel what is booked. In the caller's transaction, under the lock."""
    appointment.state = next_appointment_state(appointment.state, AppointmentVerb.CANCEL)
    appointment.revision += 1
    appointment.save(update_fields=["state", "revision"])
    close_move(appointment, now=now)
    settle_wishes(appointment, now=now, outcome=LateWish.Outcome.CHANGED)
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
    *,
    appointment_id: UUID,
    practitioner_id: UUID,
    now: datetime,
    offer_new_times: bool = True,
    offer_to_waitlist: bool = False,
) -> list[datetime]:
    """The practitioner cancels, with an apology and, where possible, three new times held.

    `offer_to_waitlist`: somebody else can have the time. Returns the new times. Raises
    `NotTheirs`, `TransitionNotAllowed`.
    """
    appointment = own(appointment_id, practitioner_id)
    check_booked(appointment)
    calendar.release_lapsed(practitioner_id, now=now)
    new_times = cancel_kindly(
        appointment, practitioner_id, now=now, offer_new_times=offer_new_times
    )
    if offer_to_waitlist:
        waitlist.offer_freed(appointment, now=now)
    return new_times


def cancel_kindly(
    appointment: Appointment, practitioner_id: UUID, *, now: datetime, offer_new_times: bool
) -> list[datetime]:
    """Cancel one for the practitioner. In the caller's transaction, under the lock.

    Where more is booked for the same people nothing is offered instead: new times would put
    their whole request back, while the other dates stand.
    """
    coming = appointment.attendances.filter(left_at__isnull=True)
    # New times are answered on a private page: somebody without an address cannot.
    can_answer = not coming.filter(participant__email="").exists()
    new_times = (
        calendar_queries.alternatives(
            calendar_queries.bookable(
                appointment.practitioner, appointment.service, appointment.modality
            ),
            wanted=appointment.starts_at,
            now=now,
            count=_NEW_TIMES,
            on_different_days=True,
        )
        # Nobody but a request's own people can be asked about other times: a group is told.
        if offer_new_times
        and can_answer
        and appointment.cohort_id is None
        and not _has_other_dates(appointment, now=now)
        else []
    )
    actor = journal.practitioner(practitioner_id)
    cancel_booked(
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


def _has_other_dates(appointment: Appointment, *, now: datetime) -> bool:
    if appointment.request is None:
        return False
    booked = appointment.request.appointments.filter(state=AppointmentState.BOOKED, ends_at__gt=now)
    return booked.exclude(pk=appointment.pk).exists()


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
    hours.write_time_off(practitioner_id, starts, ends, "", time_off_id=None, now=now)
    calendar.release_lapsed(practitioner_id, now=now)
    on_that_day = Appointment.objects.filter(
        practitioner=practitioner, starts_at__gte=starts, starts_at__lt=ends
    )
    booked = list(on_that_day.filter(state=AppointmentState.BOOKED).values_list("id", flat=True))
    _give_back_holds(on_that_day.filter(state=AppointmentState.HELD), now=now)
    for appointment_id in booked:
        cancel_kindly(
            calendar.lock_appointment(appointment_id),
            practitioner_id,
            now=now,
            offer_new_times=True,
        )
    return booked


def _give_back_holds(held: QuerySet[Appointment], *, now: datetime) -> None:
    """Release holds; what their people are told of it follows with the next sweep.

    A request or a move that has no other time left ends now, as if its hold had lapsed. What one
    person suggested, and what is held only for a decision about people who find a time together
    (no end was ever announced to them), was no time that anybody else knew of.
    """
    appointments = list(held)
    calendar.release(appointments)
    # Nobody has heard of a time of the waitlist that waits for the morning, nor needs to.
    untold = WaitlistOffer.objects.filter(
        appointment__in=appointments, told_at__isnull=True, settled_at__isnull=True
    ).select_related("entry", "appointment__practitioner")
    unknown = set()
    for offer in untold:
        unknown.add(offer.appointment_id)
        waitlist.settle_stale(offer, now=now)
    still_held = Appointment.objects.filter(
        state=AppointmentState.HELD, held_until__gt=now, suggested_by__isnull=True
    )
    claims = {a.claim for a in appointments if a.suggested_by_id is None and a.pk not in unknown}
    lost = claims - set(still_held.filter(claim__in=claims).values_list("claim", flat=True))
    Request.objects.filter(
        appointments__claim__in=lost,
        appointments__state=AppointmentState.RELEASED,
        hold_ends_at__isnull=False,
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
    """The session took place. Nothing frees time by calling it fulfilled before it has begun."""
    _end(own(appointment_id, practitioner_id), AppointmentVerb.FULFIL, now=now)


@transaction.atomic(durable=True)
def mark_no_show(*, appointment_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Nobody came. The practitioner says so; nothing is sent by itself."""
    _end(own(appointment_id, practitioner_id), AppointmentVerb.MISS, now=now)


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
