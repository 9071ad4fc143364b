"""Groups: published, changed, called off; and those too small at their date."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from booking.domain import groups as group_rules
from booking.domain.refusals import InvalidRequest, Problem
from booking.domain.states import AppointmentState, SeatState
from booking.models import Appointment, Attendance, Cohort, Participant, Seat
from booking.operations import calendar, cancellations, cohorts, places, waitlist
from booking.operations import seats as seat_steps
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries.groups import STANDING
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, RelationshipType, Service
from practice.operations import journal

#: No zone is further ahead of UTC.
_FURTHEST_AHEAD = timedelta(hours=14)

_SLUG_IN_USE = Problem("slug", "in_use", "Another group has this address already.")


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
        problems.append(_SLUG_IN_USE)
    if problems or service is None or call_service is None:
        raise InvalidRequest(problems)
    calendar.release_lapsed(practitioner_id, now=now)
    try:
        with transaction.atomic():
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
    except IntegrityError as taken:
        # Somebody else of the practice took the address at this moment.
        raise InvalidRequest([_SLUG_IN_USE]) from taken
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
    cohort = cohorts.own(cohort_id, practitioner_id)
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
    cohort = cohorts.own(cohort_id, practitioner_id)
    cohorts.check_running(cohort)
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


@takes_time
def call_off(*, cohort_id: UUID, practitioner_id: UUID, now: datetime) -> list[UUID]:
    """The group will not go on: its sessions to come are cancelled, and everybody is told.

    Whoever still asks for a seat hears the same kind no as ever. The times of its sessions are
    offered to the waitlist. Returns the ids of what was cancelled. Raises `NotTheirs`,
    `InvalidRequest`.
    """
    cohort = cohorts.own(cohort_id, practitioner_id)
    cohorts.check_running(cohort)
    actor = journal.practitioner(practitioner_id)
    cohort.state = Cohort.State.CALLED_OFF
    cohort.revision += 1
    cohort.save(update_fields=["state", "revision"])
    to_come = list(
        cohorts.booked_sessions(cohort)
        .filter(starts_at__gt=now)
        .select_for_update(of=("self",), no_key=True)
        .select_related("service", "practitioner")
        .order_by("starts_at")
    )
    for session in to_come:
        cancellations.cancel_booked(
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
        places.refuse(
            Seat.objects.select_for_update(no_key=True).get(pk=seat_id),
            request,
            actor=actor,
            now=now,
        )
    journal.record(
        kind="cohort_called_off",
        subject_type="cohort",
        subject_id=cohort.id,
        revision=cohort.revision,
        actor=actor,
        at=now,
        snapshot={"appointments": [str(session.id) for session in to_come]},
    )
    # Not before every seat is refused: somebody may wait for the call before joining this group.
    for session in to_come:
        waitlist.offer_freed(session, now=now)
    return [session.id for session in to_come]


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


def _members(cohort: Cohort) -> QuerySet[Participant]:
    return Participant.objects.filter(
        request__seat__cohort=cohort, request__seat__state=SeatState.GIVEN, is_requester=True
    )


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
