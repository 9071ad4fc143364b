"""What somebody who asks for a session chooses from, and what they see after asking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from booking.domain.slots import SPAN_DAYS_MAX
from booking.domain.states import AppointmentState
from booking.models import Appointment, Cohort, Participant, WaitlistEntry
from booking.queries.calendar import Bookable, open_slots
from booking.queries.groups import open_groups
from practice.domain.wall import local_date
from practice.models import Practitioner, RelationshipType, Service
from practice.queries import offered_services

WEEK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days of open starts in the reader's zone; `end` is the first day after them."""

    first: date
    end: date
    days: Sequence[tuple[date, Sequence[datetime]]]
    has_earlier: bool
    has_later: bool
    #: Only looked for when these days have no start: the next day that has one.
    next_open: date | None

    @property
    def is_empty(self) -> bool:
        """Whether no day of it has an open start."""
        return not any(starts for _, starts in self.days)


def offered_types() -> set[str]:
    """The relationship types that something is offered for."""
    return {service.relationship_type for service in offered_services()}


def offered_service(slug: str, relationship_type: str) -> Service | None:
    """A service that can be asked for by this type, with its active practitioners loaded."""
    services = services_to_ask_for(relationship_type)
    return next((service for service in services if service.slug == slug), None)


def open_group(slug: str, *, now: datetime) -> Cohort | None:
    """A published group that takes requests, with the call before it and its practitioner."""
    return (
        open_groups(now)
        .filter(slug=slug, practitioner__is_active=True)
        .select_related("call_service", "practitioner")
        .first()
    )


def services_to_ask_for(relationship_type: str) -> Sequence[Service]:
    """What people of this type choose from; the sessions of a group are not asked for singly."""
    of_groups = set(Cohort.objects.values_list("service_id", flat=True))
    return [s for s in offered_services(relationship_type) if s.id not in of_groups]


@dataclass(frozen=True, slots=True)
class PublishedGroup:
    """A group that takes requests, with its coming sessions; how full it is, as one word."""

    cohort: Cohort
    sessions: Sequence[Appointment]
    is_full: bool


def published_groups(*, now: datetime) -> Sequence[PublishedGroup]:
    """The groups that a place can be asked for in, the soonest first."""
    cohorts = (
        open_groups(now)
        .filter(practitioner__is_active=True)
        .select_related("service", "call_service", "practitioner")
        .prefetch_related("appointments")
    )
    found = [
        PublishedGroup(cohort, sessions, cohort.seats_taken >= cohort.seats)
        for cohort in cohorts
        if (sessions := _coming_sessions(cohort, now))
    ]
    return sorted(found, key=lambda group: group.sessions[0].starts_at)


def _coming_sessions(cohort: Cohort, now: datetime) -> list[Appointment]:
    return [
        appointment
        for appointment in cohort.appointments.all()
        if appointment.state == AppointmentState.BOOKED and appointment.starts_at > now
    ]


def practitioners_of(service: Service) -> list[Practitioner]:
    """Who offers a service now, by name."""
    return [p for p in service.practitioners.all() if p.is_active]


def first_day_with_times(
    offer: Bookable,
    *,
    after: date,
    zone: ZoneInfo,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> date | None:
    """The first date of the reader's zone, from `after` on, with an open start."""
    found = open_slots(
        offer,
        first=after,
        end=after + timedelta(days=SPAN_DAYS_MAX),
        now=now,
        viewer_zone=zone,
        ignore_claim=ignore_claim,
    )
    return local_date(found[0], zone) if found else None


def week_of_times(
    offer: Bookable,
    *,
    first: date | None,
    zone: ZoneInfo,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> Week:
    """The open starts of seven days. Without `first`, the week begins where there is one.

    A day in the past means today, a day past the service's horizon the last one within it.
    """
    today = local_date(now, zone)
    horizon = offer.rules.horizon_days
    last = today + timedelta(days=horizon if horizon is not None else 366)
    earliest = today
    if first is None:
        first = earliest = (
            first_day_with_times(offer, after=today, zone=zone, now=now, ignore_claim=ignore_claim)
            or today
        )
    first = min(max(first, today), last)
    end = first + timedelta(days=WEEK_DAYS)
    starts = open_slots(
        offer, first=first, end=end, now=now, viewer_zone=zone, ignore_claim=ignore_claim
    )
    by_day: dict[date, list[datetime]] = {first + timedelta(days=n): [] for n in range(WEEK_DAYS)}
    for start in starts:
        by_day[local_date(start, zone)].append(start)
    return Week(
        first=first,
        end=end,
        days=list(by_day.items()),
        has_earlier=first > earliest,
        has_later=end <= last,
        next_open=None
        if starts
        else first_day_with_times(offer, after=end, zone=zone, now=now, ignore_claim=ignore_claim),
    )


@dataclass(frozen=True, slots=True)
class WantedTime:
    """A time that was asked for."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that waits for the requester's code. `times` are best first; there may be none."""

    participant: Participant
    times: Sequence[WantedTime]
    held_until: datetime | None
    finds_together: bool
    is_waiting: bool


def sent(participant_id: UUID, *, now: datetime) -> Sent | None:
    """What the browser that asked may see until the code is entered; None if there is nothing."""
    participant = (
        Participant.objects.select_related("request__service", "request__practitioner")
        .filter(pk=participant_id, is_requester=True)
        .first()
    )
    if participant is None:
        return None
    request = participant.request
    held = (
        Appointment.objects.filter(request=request, state=AppointmentState.HELD, held_until__gt=now)
        .order_by("rank")
        .first()
    )
    length = timedelta(minutes=request.service.duration_minutes)
    starts = [datetime.fromisoformat(text) for text in request.wanted_starts]
    return Sent(
        participant=participant,
        times=[WantedTime(start, start + length) for start in starts],
        held_until=held.held_until if held else None,
        finds_together=request.find_together,
        is_waiting=WaitlistEntry.objects.filter(request=request).exists(),
    )


def invited_person(requester: Participant, participant_id: UUID) -> Participant | None:
    """Somebody whom this requester named, who is to be invited by e-mail."""
    if not requester.is_requester:
        return None
    return (
        Participant.objects.filter(
            pk=participant_id,
            request_id=requester.request_id,
            is_requester=False,
            route=Participant.Route.EMAIL,
        )
        .exclude(attends=Participant.Attends.NO)
        .first()
    )


def type_choices() -> list[tuple[str, str]]:
    """The answers to "who is this session for?" that something is offered for, in their order."""
    offered = offered_types()
    return [(value, str(label)) for value, label in RelationshipType.choices if value in offered]
