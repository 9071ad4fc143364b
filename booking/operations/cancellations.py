"""Appointments that do not take place: cancelled, left by one person, or a whole day of them."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    RequestState,
    RequestVerb,
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
from booking.operations import appointments, calendar, offering, waitlist
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from practice.domain.wall import instant, zone
from practice.operations import hours, journal

#: An "I'm ill" or another cancellation by the practitioner offers this many new times.
_NEW_TIMES = 3


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
    people = appointments.people_coming(appointment)
    if participant_id not in people or appointment.starts_at <= now:
        raise NotTheirs
    # Of a group one person's part ends, however many come: the session stays.
    if len(people) > 2 or appointment.cohort_id is not None:
        leave(appointment, participant_id, now=now)
        return Cancelled(left_only=True, late=False)
    was_alone = appointment.attendances.count() == 1
    late = was_alone and now > appointments.last_free_change(appointment)
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
    appointments.settle_wishes(
        appointment, now=now, outcome=LateWish.Outcome.CHANGED, of=participant_id
    )
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
    appointments.close_move(appointment, now=now)
    appointments.settle_wishes(appointment, now=now, outcome=LateWish.Outcome.CHANGED)
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
    appointment = appointments.own(appointment_id, practitioner_id)
    appointments.check_booked(appointment)
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
        offering.offer_times(request, candidates, actor=actor, now=now, verb=RequestVerb.REOFFER)
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
