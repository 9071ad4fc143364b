"""Places in a group: given, refused and left."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.gate import Unmet
from booking.domain.refusals import CallFirst, GateClosed, InvalidRequest, NotTheirs, Problem
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    RequestState,
    RequestVerb,
    SeatState,
    SeatVerb,
    next_request_state,
    next_seat_state,
)
from booking.models import Appointment, Attendance, Participant, Request, Seat
from booking.operations import calendar, cancellations, cohorts, line, requests, seats, suggestions
from booking.queries.groups import had_call
from practice.operations import journal


@transaction.atomic(durable=True)
def give_seat(
    *, seat_id: UUID, practitioner_id: UUID, now: datetime, without_call: bool = False
) -> Seat:
    """Somebody joins: they are on the roster of every session to come.

    Needs their own part complete and their call begun; `without_call` does without the call.
    Raises `GateClosed`, `CallFirst`, `NoSeatLeft`, `NotTheirs`, `TransitionNotAllowed`,
    `InvalidRequest`.
    """
    seat, request = _lock_seat(seat_id, practitioner_id)
    cohort = cohorts.own(seat.cohort_id, practitioner_id)
    cohorts.check_running(cohort)
    next_seat_state(seat.state, SeatVerb.GIVE)
    to_come = list(cohorts.booked_sessions(cohort).filter(starts_at__gt=now))
    if not to_come:
        raise InvalidRequest([Problem("state", "over", "This group has no date to come.")])
    person = request.participants.get(is_requester=True)
    _check_gate(request, person)
    call = (
        request.appointments.filter(state__in=(AppointmentState.BOOKED, AppointmentState.FULFILLED))
        .order_by("starts_at")
        .first()
    )
    if not without_call and not had_call(call, now=now):
        raise CallFirst
    actor = journal.practitioner(practitioner_id)
    seats.settle(seat, SeatVerb.GIVE, now=now)
    if request.state != RequestState.CONFIRMED:
        _confirm(request, actor=actor, now=now)
    Attendance.objects.bulk_create(
        Attendance(appointment=session, participant=person) for session in to_come
    )
    journal.record(
        kind="seat_given",
        subject_type="seat",
        subject_id=seat.id,
        actor=actor,
        at=now,
        snapshot={
            "participant": str(person.id),
            "cohort": str(cohort.id),
            "appointments": [str(session.id) for session in to_come],
        },
    )
    for session in to_come:
        journal.record(
            kind="attendance_added",
            subject_type="appointment",
            subject_id=session.id,
            revision=session.revision,
            actor=actor,
            at=now,
            snapshot={"participant": str(person.id), "seat": str(seat.id)},
        )
    return seat


def _check_gate(request: Request, person: Participant) -> None:
    reasons = []
    if request.state not in OPEN_REQUEST_STATES and request.state != RequestState.CONFIRMED:
        reasons.append(Unmet.DECIDED)
    if person.joined_at is None or person.left_at is not None:
        reasons.append(Unmet.NOT_JOINED)
    if person.cleared_at is None:
        reasons.append(Unmet.NOT_FINISHED)
    if request.review_open:
        reasons.append(Unmet.REVIEW_OPEN)
    if reasons:
        raise GateClosed(reasons)


def _confirm(request: Request, *, actor: str, now: datetime) -> None:
    """Their request ends well without a call. In the caller's transaction, under the lock."""
    held = list(
        request.appointments.filter(state=AppointmentState.HELD).select_related("practitioner")
    )
    calendar.release(held)
    suggestions.forget_all(request)
    # They need no call any more: the next in line gets the time that was kept for theirs.
    line.drop(request, now=now)
    line.pass_on(held, now=now)
    request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).update(undone_at=now)
    if request.state == RequestState.PROPOSED:
        request.state = next_request_state(request.state, RequestVerb.ANSWER)
    request.state = next_request_state(request.state, RequestVerb.CONFIRM)
    request.revision += 1
    request.save(update_fields=["state", "revision"])
    journal.record(
        kind="request_confirmed",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
    )


@transaction.atomic(durable=True)
def refuse_seat(*, seat_id: UUID, practitioner_id: UUID, now: datetime) -> Seat:
    """Not this time. What they still had to come, a request or a call, ends with it.

    Raises `NotTheirs`, `TransitionNotAllowed`.
    """
    seat, request = _lock_seat(seat_id, practitioner_id)
    next_seat_state(seat.state, SeatVerb.REFUSE)
    refuse(seat, request, actor=journal.practitioner(practitioner_id), now=now)
    return seat


def refuse(seat: Seat, request: Request, *, actor: str, now: datetime) -> None:
    """Refuse a seat, and end what came with asking for it. Under the lock."""
    seats.settle(seat, SeatVerb.REFUSE, now=now)
    _end_request(
        request,
        RequestVerb.DECLINE,
        # What they read is the message about their seat, not one about their request besides.
        kind="request_ended_with_seat",
        actor=actor,
        now=now,
    )
    _cancel_calls(request, actor=actor, now=now)
    # Of a request that was never verified nobody is told.
    write = journal.record if request.verified_at is not None else journal.note
    write(
        kind="seat_refused",
        subject_type="seat",
        subject_id=seat.id,
        actor=actor,
        at=now,
        snapshot={"cohort": str(seat.cohort_id)},
    )


@transaction.atomic(durable=True)
def leave_group(*, participant_id: UUID, now: datetime) -> Seat:
    """Somebody leaves a group, or does not want a seat any more. No reason is asked for.

    Raises `NotTheirs`.
    """
    return leave(participant_id=participant_id, now=now)


def leave(*, participant_id: UUID, now: datetime) -> Seat:
    """The same in the caller's transaction."""
    found = Seat.objects.filter(
        request__participants=participant_id, request__participants__is_requester=True
    ).values_list("id", "cohort__practitioner_id")
    if not found:
        raise NotTheirs
    seat, request = _lock_seat(*found[0])
    if seat.state not in (SeatState.ASKED, SeatState.WAITING, SeatState.GIVEN):
        raise NotTheirs
    actor = journal.client(participant_id)
    seats.settle(seat, SeatVerb.LEAVE, now=now)
    _end_request(
        request,
        RequestVerb.WITHDRAW,
        kind="request_ended_with_seat",
        actor=actor,
        now=now,
    )
    _cancel_calls(request, actor=actor, now=now)
    left = list(
        Appointment.objects.filter(
            cohort_id=seat.cohort_id,
            state=AppointmentState.BOOKED,
            starts_at__gt=now,
            attendances__participant_id=participant_id,
            attendances__left_at__isnull=True,
        ).order_by("starts_at")
    )
    for session in left:
        cancellations.leave(session, participant_id, now=now, seat_id=seat.id)
    write = journal.record if request.verified_at is not None else journal.note
    write(
        kind="seat_left",
        subject_type="seat",
        subject_id=seat.id,
        actor=actor,
        at=now,
        snapshot={
            "participant": str(participant_id),
            "cohort": str(seat.cohort_id),
            "appointments": [str(session.id) for session in left],
        },
    )
    return seat


def _lock_seat(seat_id: UUID, practitioner_id: UUID) -> tuple[Seat, Request]:
    """A seat in one of the practitioner's groups, after calendar and request, all locked."""
    request_id = (
        Seat.objects.filter(pk=seat_id, cohort__practitioner_id=practitioner_id)
        .values_list("request_id", flat=True)
        .first()
    )
    if request_id is None:
        raise NotTheirs
    request = calendar.lock_calendar_and_request(request_id)
    return Seat.objects.select_for_update(no_key=True).get(pk=seat_id), request


def _end_request(
    request: Request, verb: RequestVerb, *, kind: str, actor: str, now: datetime
) -> None:
    if request.state in OPEN_REQUEST_STATES:
        requests.close(request, verb, kind=kind, actor=actor, now=now)


def _cancel_calls(request: Request, *, actor: str, now: datetime) -> None:
    """There is nothing left to talk about: a call to come is cancelled."""
    calls = request.appointments.filter(state=AppointmentState.BOOKED, starts_at__gt=now)
    by = actor.removeprefix("client:") if actor.startswith("client:") else "practitioner"
    for call in calls.select_for_update(of=("self",), no_key=True):
        cancellations.cancel_booked(
            call,
            actor=actor,
            now=now,
            snapshot={"by": by, "late": False, "apology": False, "alternatives": []},
        )
        line.pass_on([call], now=now)
