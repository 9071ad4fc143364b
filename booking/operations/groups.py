"""Groups: published, filled, run or called off; and the seats in them, given, refused and left."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from booking.domain import groups as group_rules
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
from booking.models import Appointment, Attendance, Cohort, Participant, Request, Seat
from booking.operations import appointments, calendar, requests
from booking.operations import seats as seat_steps
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries.groups import STANDING, had_call
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, RelationshipType, Service
from practice.operations import journal

#: No zone is further ahead of UTC.
_FURTHEST_AHEAD = timedelta(hours=14)


# --- The group ------------------------------------------------------------------------------------


@takes_time
def publish(
    *,
    practitioner_id: UUID,
    slug: str,
    title: str,
    description: str,
    service_id: UUID,
    call_service_id: UUID,
    modality: str,
    seats: int,
    minimum: int,
    decide_date: date,
    starts: Sequence[datetime],
    now: datetime,
) -> Cohort:
    """Open a group with all of its sessions, or with none if one of the times is taken.

    Notice, horizon and caps do not bind the practitioner; hours and other appointments do.
    Raises `InvalidRequest`, `SlotTaken`.
    """
    practitioner = calendar.lock_practitioner(practitioner_id)
    service = _offered(practitioner, service_id)
    call_service = _offered(practitioner, call_service_id)
    wrong_starts = group_rules.starts_problems(starts, now=now)
    tz = zone(practitioner.time_zone)
    problems = [
        *_service_problems(service, call_service, modality),
        *group_rules.problems(
            title=title,
            seats=seats,
            minimum=minimum,
            decide_date=decide_date,
            first_date=None if wrong_starts else local_date(min(starts), tz),
        ),
        *wrong_starts,
    ]
    if not slug:
        problems.append(Problem("slug", "required", "Please choose a short name for its address."))
    elif Cohort.objects.filter(slug=slug).exists():
        problems.append(Problem("slug", "in_use", "Another group has this address already."))
    if problems or service is None or call_service is None:
        raise InvalidRequest(problems)
    calendar.release_lapsed(practitioner_id, now=now)
    cohort = Cohort.objects.create(
        slug=slug,
        practitioner=practitioner,
        service=service,
        call_service=call_service,
        title=title.strip(),
        description=description.strip(),
        modality=modality,
        state=Cohort.State.OPEN,
        seats=seats,
        minimum=minimum,
        decide_date=decide_date,
        created_at=now,
    )
    actor = journal.practitioner(practitioner_id)
    journal.note(
        kind="cohort_published", subject_type="cohort", subject_id=cohort.id, actor=actor, at=now
    )
    for start in sorted(starts):
        session = _book_session(cohort, start, now=now)
        # Nobody has a seat yet, and whoever publishes need not be told.
        journal.note(
            kind="appointment_booked",
            subject_type="appointment",
            subject_id=session.id,
            actor=actor,
            at=now,
            snapshot={"starts_at": session.starts_at.isoformat(), "cohort": str(cohort.id)},
        )
    return cohort


@transaction.atomic(durable=True)
def edit(
    *,
    cohort_id: UUID,
    practitioner_id: UUID,
    title: str,
    description: str,
    seats: int,
    minimum: int,
    decide_date: date,
    state: str,
    now: datetime,
) -> Cohort:
    """Change what a group says of itself, how many it takes, and whether people can ask.

    Never fewer seats than are taken. Raises `InvalidRequest`, `NotTheirs`.
    """
    cohort = _own(cohort_id, practitioner_id)
    first = cohort.appointments.filter(state__in=STANDING).order_by("starts_at").first()
    problems = group_rules.problems(
        title=title,
        seats=seats,
        minimum=minimum,
        decide_date=decide_date,
        first_date=local_date(first.starts_at, zone(cohort.practitioner.time_zone))
        if first
        else None,
    )
    if state not in (Cohort.State.OPEN, Cohort.State.CLOSED):
        problems.append(Problem("state", "open_or_closed", "Please choose open or closed."))
    if cohort.state == Cohort.State.CALLED_OFF:
        problems.append(Problem("state", "called_off", "This group was called off."))
    if seats < cohort.seats_taken:
        problems.append(
            Problem(
                "seats",
                "fewer_than_taken",
                "%(count)s seats are taken: there cannot be fewer.",
                {"count": cohort.seats_taken},
            )
        )
    if problems:
        raise InvalidRequest(problems)
    if decide_date != cohort.decide_date:
        cohort.short_noted_at = None
    cohort.title = title.strip()
    cohort.description = description.strip()
    cohort.seats = seats
    cohort.minimum = minimum
    cohort.decide_date = decide_date
    cohort.state = state
    cohort.revision += 1
    cohort.save(
        update_fields=[
            "title",
            "description",
            "seats",
            "minimum",
            "decide_date",
            "state",
            "revision",
            "short_noted_at",
        ]
    )
    journal.note(
        kind="cohort_edited",
        subject_type="cohort",
        subject_id=cohort.id,
        revision=cohort.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"state": cohort.state},
    )
    return cohort


@takes_time
def add_session(
    *, cohort_id: UUID, practitioner_id: UUID, starts_at: datetime, now: datetime
) -> Appointment:
    """Add one more session; everybody with a seat comes to it and is told.

    Raises `SlotTaken`, `InvalidRequest`, `NotTheirs`.
    """
    cohort = _own(cohort_id, practitioner_id)
    _check_running(cohort)
    if starts_at <= now:
        raise InvalidRequest([Problem("starts_at", "time_passed", "That time has passed.")])
    if cohort.appointments.filter(state__in=STANDING).count() >= group_rules.SESSIONS_MAX:
        raise InvalidRequest([group_rules.too_many_sessions("starts_at")])
    calendar.release_lapsed(practitioner_id, now=now)
    session = _book_session(cohort, starts_at, now=now)
    Attendance.objects.bulk_create(
        Attendance(appointment=session, participant=person) for person in _members(cohort)
    )
    journal.record(
        kind="appointment_booked",
        subject_type="appointment",
        subject_id=session.id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"starts_at": session.starts_at.isoformat(), "cohort": str(cohort.id)},
    )
    return session


@transaction.atomic(durable=True)
def call_off(*, cohort_id: UUID, practitioner_id: UUID, now: datetime) -> list[UUID]:
    """The group will not go on: its sessions to come are cancelled, and everybody is told.

    Whoever still asks for a seat hears the same kind no as ever. Returns the ids of what was
    cancelled. Raises `NotTheirs`, `InvalidRequest`.
    """
    cohort = _own(cohort_id, practitioner_id)
    _check_running(cohort)
    actor = journal.practitioner(practitioner_id)
    cohort.state = Cohort.State.CALLED_OFF
    cohort.revision += 1
    cohort.save(update_fields=["state", "revision"])
    to_come = list(
        _booked_sessions(cohort)
        .filter(starts_at__gt=now)
        .select_for_update(of=("self",), no_key=True)
        .select_related("service", "practitioner")
    )
    for session in to_come:
        appointments.cancel_booked(
            session,
            actor=actor,
            now=now,
            snapshot={
                "by": "practitioner",
                "late": False,
                "apology": True,
                "alternatives": [],
                "cohort": str(cohort.id),
            },
        )
    asking = cohort.places.filter(state__in=(SeatState.ASKED, SeatState.WAITING))
    for seat_id, request_id in asking.order_by("request_id").values_list("id", "request_id"):
        request = calendar.lock_request(request_id)
        _refuse(Seat.objects.select_for_update().get(pk=seat_id), request, actor=actor, now=now)
    journal.record(
        kind="cohort_called_off",
        subject_type="cohort",
        subject_id=cohort.id,
        revision=cohort.revision,
        actor=actor,
        at=now,
        snapshot={"appointments": [str(session.id) for session in to_come]},
    )
    return [session.id for session in to_come]


def _own(cohort_id: UUID, practitioner_id: UUID) -> Cohort:
    """The practitioner's group, locked after their calendar. Raises `NotTheirs`."""
    calendar.lock_practitioner(practitioner_id)
    cohort = (
        Cohort.objects.select_for_update(of=("self",), no_key=True)
        .select_related("practitioner", "service", "call_service")
        .filter(pk=cohort_id, practitioner_id=practitioner_id)
        .first()
    )
    if cohort is None:
        raise NotTheirs
    return cohort


def _check_running(cohort: Cohort) -> None:
    if cohort.state == Cohort.State.CALLED_OFF:
        raise InvalidRequest([Problem("state", "called_off", "This group was called off.")])


def _offered(practitioner: Practitioner, service_id: UUID) -> Service | None:
    return Service.objects.filter(
        pk=service_id, practitioners=practitioner, relationship_type=RelationshipType.GROUP
    ).first()


def _service_problems(
    service: Service | None, call_service: Service | None, modality: str
) -> list[Problem]:
    found: list[Problem] = []
    if service is None:
        found.append(
            Problem("service", "unknown_service", "Please choose one of your sessions for groups.")
        )
    elif modality not in service.modalities:
        found.append(
            Problem("modality", "modality_not_offered", "Please choose one of the ways to meet.")
        )
    if call_service is None:
        found.append(
            Problem("call_service", "unknown_service", "Please choose the call before joining.")
        )
    elif call_service == service:
        found.append(
            Problem(
                "call_service",
                "same_service",
                "The call before joining needs a service of its own.",
            )
        )
    return found


def _book_session(cohort: Cohort, start: datetime, *, now: datetime) -> Appointment:
    """Take the time of one session. Raises `SlotTaken`, also if it overlaps one before it."""
    offer = calendar_queries.own_choice(cohort.practitioner, cohort.service)
    calendar.check_open(offer, [start], now=now)
    session = calendar.placed(
        Appointment(
            practitioner=cohort.practitioner,
            service=cohort.service,
            cohort=cohort,
            claim=uuid.uuid4(),
            state=AppointmentState.BOOKED,
            modality=cohort.modality,
            created_at=now,
        ),
        start,
    )
    session.save(force_insert=True)
    return session


def _booked_sessions(cohort: Cohort) -> QuerySet[Appointment]:
    return Appointment.objects.filter(cohort=cohort, state=AppointmentState.BOOKED)


def _members(cohort: Cohort) -> QuerySet[Participant]:
    return Participant.objects.filter(
        request__seat__cohort=cohort, request__seat__state=SeatState.GIVEN, is_requester=True
    )


# --- The seats in it ------------------------------------------------------------------------------


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
    cohort = _own(seat.cohort_id, practitioner_id)
    _check_running(cohort)
    next_seat_state(seat.state, SeatVerb.GIVE)
    to_come = list(_booked_sessions(cohort).filter(starts_at__gt=now))
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
    seat_steps.settle(seat, SeatVerb.GIVE, now=now)
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
    calendar.release(list(request.appointments.filter(state=AppointmentState.HELD)))
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
    _refuse(seat, request, actor=journal.practitioner(practitioner_id), now=now)
    return seat


def _refuse(seat: Seat, request: Request, *, actor: str, now: datetime) -> None:
    seat_steps.settle(seat, SeatVerb.REFUSE, now=now)
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
    found = Seat.objects.filter(
        request__participants=participant_id, request__participants__is_requester=True
    ).values_list("id", "cohort__practitioner_id")
    if not found:
        raise NotTheirs
    seat, request = _lock_seat(*found[0])
    if seat.state not in (SeatState.ASKED, SeatState.WAITING, SeatState.GIVEN):
        raise NotTheirs
    actor = journal.client(participant_id)
    seat_steps.settle(seat, SeatVerb.LEAVE, now=now)
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
        appointments.leave(session, participant_id, now=now, seat_id=seat.id)
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
    return Seat.objects.select_for_update().get(pk=seat_id), request


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
        appointments.cancel_booked(
            call,
            actor=actor,
            now=now,
            snapshot={"by": by, "late": False, "apology": False, "alternatives": []},
        )


# --- What time does by itself ---------------------------------------------------------------------


def practitioners_with_something_due(now: datetime) -> set[UUID]:
    """Whose groups the sweep must look at."""
    return set(seat_steps.lapsing(now).values_list("id", flat=True)) | {
        cohort.practitioner_id for cohort in _short(Cohort.objects.all(), now=now)
    }


def sweep_groups(practitioner_id: UUID, *, now: datetime) -> Counter[str]:
    """Let reservations lapse and note groups too small at their date. Under the lock."""
    done = Counter({"lapsed seats": seat_steps.lapse_seats(practitioner_id, now=now)})
    for cohort in _short(Cohort.objects.filter(practitioner_id=practitioner_id), now=now):
        cohort.short_noted_at = now
        cohort.save(update_fields=["short_noted_at"])
        journal.record(
            kind="cohort_short",
            subject_type="cohort",
            subject_id=cohort.id,
            revision=cohort.revision,
            actor=journal.SYSTEM,
            at=now,
        )
        done["groups too small"] += 1
    return done


def _short(cohorts: QuerySet[Cohort], *, now: datetime) -> list[Cohort]:
    """Groups whose date to decide has come with too few members, and nobody has been told."""
    to_come = Appointment.objects.filter(
        cohort=OuterRef("pk"), state=AppointmentState.BOOKED, starts_at__gt=now
    )
    found = (
        cohorts.filter(
            Exists(to_come),
            state__in=(Cohort.State.OPEN, Cohort.State.CLOSED),
            short_noted_at__isnull=True,
            decide_date__lte=(now + _FURTHEST_AHEAD).date(),
        )
        .annotate(given=Count("places", filter=Q(places__state=SeatState.GIVEN)))
        .filter(given__lt=F("minimum"))
        .select_related("practitioner")
    )
    return [c for c in found if c.decide_date <= local_date(now, zone(c.practitioner.time_zone))]
