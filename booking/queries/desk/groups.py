"""Groups with seats, for the practitioner who leads them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from django.db.models import Count, Min, Prefetch, Q, QuerySet

from booking.domain.refusals import NotTheirs
from booking.domain.series import Conflict
from booking.domain.states import AppointmentState, RequestState, SeatState
from booking.models import Appointment, Cohort, Participant, Request, Seat
from booking.queries import calendar as calendar_queries
from booking.queries.groups import had_call
from booking.queries.series import conflict, series_offer
from practice.domain.wall import local_date, zone
from practice.models import Change, Practitioner, Service

#: A group begins at the earliest so long after it is written down.
_HEARD_OF = timedelta(weeks=3)

_STANDS = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Listed:
    """A group in the list."""

    cohort: Cohort
    given: int
    undecided: int
    next_at: datetime | None  # its next session
    is_short: bool


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who asked for a place, and where they stand."""

    seat: Seat
    participant: Participant
    call: Appointment | None  # before joining: booked, or over
    is_call_held: bool  # a time for it is asked for and not confirmed yet
    has_finished: bool
    had_call: bool

    @property
    def name(self) -> str:
        """What they want to be called, as the API says it; the group may know another name."""
        return self.participant.chosen_name or self.participant.label

    @property
    def can_be_given(self) -> bool:
        """Whether a place can be given as things stand; without a call with one press more."""
        return self.has_finished and self.seat.state in (SeatState.ASKED, SeatState.WAITING)


@dataclass(frozen=True, slots=True)
class GroupPage:
    """One group: its dates, and everyone who asked."""

    cohort: Cohort
    sessions: Sequence[Appointment]
    members: Sequence[Member]  # they have a place
    undecided: Sequence[Member]  # they asked for one
    ended: Sequence[Member]  # refused, or left
    days_to_decide: int  # negative: the date has passed
    is_over: bool

    @property
    def given(self) -> int:
        """How many have a place."""
        return len(self.members)

    @property
    def left(self) -> int:
        """How many seats are neither given nor kept for somebody."""
        return self.cohort.seats - self.cohort.seats_taken

    @property
    def missing(self) -> int:
        """How many more are needed before it runs."""
        return max(self.cohort.minimum - self.given, 0)

    @property
    def can_change(self) -> bool:
        """Whether it still goes on."""
        return self.cohort.state != Cohort.State.CALLED_OFF and not self.is_over


def groups(practitioner: Practitioner, *, now: datetime) -> list[Listed]:
    """Every group, the next to meet first, what is over last. One query."""
    today = local_date(now, zone(practitioner.time_zone))
    upcoming = Q(appointments__state=AppointmentState.BOOKED, appointments__starts_at__gt=now)
    undecided = Q(
        places__state__in=(SeatState.ASKED, SeatState.WAITING),
        places__request__verified_at__isnull=False,
    )
    found = (
        Cohort.objects.filter(practitioner=practitioner)
        .select_related("service")
        .annotate(
            given=Count("places", filter=Q(places__state=SeatState.GIVEN), distinct=True),
            undecided=Count("places", filter=undecided, distinct=True),
            next_at=Min("appointments__starts_at", filter=upcoming),
        )
    )
    listed = [
        Listed(
            cohort=c,
            given=c.given,
            undecided=c.undecided,
            next_at=c.next_at,
            is_short=_runs(c) and c.given < c.minimum and c.decide_date <= today,
        )
        for c in found
    ]
    return sorted(listed, key=lambda g: (g.next_at is None, g.next_at or g.cohort.created_at))


def group_page(cohort_id: UUID, practitioner: Practitioner, *, now: datetime) -> GroupPage:
    """One's own group. As many queries for one member as for ten. Raises `NotTheirs`."""
    cohort = (
        Cohort.objects.filter(pk=cohort_id, practitioner=practitioner)
        .select_related("service", "call_service")
        .first()
    )
    if cohort is None:
        raise NotTheirs
    sessions = list(
        Appointment.objects.filter(cohort=cohort)
        .exclude(state__in=(AppointmentState.HELD, AppointmentState.RELEASED))
        .annotate(coming=Count("attendances", filter=Q(attendances__left_at__isnull=True)))
        .order_by("starts_at")
    )
    everyone = [_member(seat, now=now) for seat in _seats(cohort)]
    today = local_date(now, zone(practitioner.time_zone))
    return GroupPage(
        cohort=cohort,
        sessions=sessions,
        members=[m for m in everyone if m.seat.state == SeatState.GIVEN],
        undecided=[m for m in everyone if m.seat.state in (SeatState.ASKED, SeatState.WAITING)],
        ended=[m for m in everyone if m.seat.state in (SeatState.REFUSED, SeatState.LEFT)],
        days_to_decide=(cohort.decide_date - today).days,
        is_over=not any(s.state == AppointmentState.BOOKED and s.ends_at > now for s in sessions),
    )


def member_of(request: Request, *, now: datetime) -> Member | None:
    """The place that a request asks for, if it asks for one."""
    seat = _with_request(Seat.objects.filter(request=request)).select_related("cohort").first()
    return _member(seat, now=now) if seat is not None else None


def group_history(cohort: Cohort) -> list[Change]:
    """The journal of a group and of its seats, oldest first."""
    seats = cohort.places.values("pk")
    return list(
        Change.objects.filter(
            Q(subject_type="cohort", subject_id=cohort.pk)
            | Q(subject_type="seat", subject_id__in=seats)
        ).order_by("id")
    )


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A date that a group could have; `reason` is a `Conflict`, or None if it is open."""

    starts_at: datetime
    reason: Conflict | None


def planned_sessions(
    practitioner: Practitioner, service: Service, starts: Sequence[datetime], *, now: datetime
) -> list[PlannedSession]:
    """Which of these dates are open. One query; notice, horizon and caps do not bind."""
    offer = series_offer(practitioner, service)
    days = [local_date(s, offer.zone) for s in starts]
    facts = calendar_queries.calendar(
        offer, first=min(days), end=max(days) + timedelta(days=1), now=now
    )
    return [PlannedSession(s, conflict(facts, offer, s, now=now)) for s in starts]


def first_free(practitioner: Practitioner, service: Service, *, now: datetime) -> datetime | None:
    """The first time for a new group: free, and far enough ahead for people to hear of it."""
    offer = calendar_queries.own_choice(practitioner, service)
    offer = replace(offer, rules=replace(offer.rules, step_minutes=service.step_minutes))
    first = local_date(now, offer.zone) + _HEARD_OF
    starts = calendar_queries.open_slots(
        offer, first=first, end=first + timedelta(weeks=2), now=now
    )
    return starts[0] if starts else None


def free_slug(wanted: str) -> str:
    """A short name for the address that no group has yet."""
    base = (wanted or "group")[:40].strip("-")
    taken = set(Cohort.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{n}" for n in count(2))
    return base if base not in taken else next(s for s in numbered if s not in taken)


def _runs(cohort: Cohort) -> bool:
    return cohort.state in (Cohort.State.OPEN, Cohort.State.CLOSED)


def _seats(cohort: Cohort) -> QuerySet[Seat]:
    """Everyone of a group who has shown that their address is theirs."""
    return _with_request(Seat.objects.filter(cohort=cohort, request__verified_at__isnull=False))


def _with_request(seats: QuerySet[Seat]) -> QuerySet[Seat]:
    return seats.select_related("request").prefetch_related(
        "request__participants",
        Prefetch(
            "request__appointments",
            Appointment.objects.exclude(state=AppointmentState.RELEASED).order_by("starts_at"),
        ),
    )


def _member(seat: Seat, *, now: datetime) -> Member:
    participant = next(p for p in seat.request.participants.all() if p.is_requester)
    times = list(seat.request.appointments.all())
    call = next((a for a in times if a.state in _STANDS), None)
    return Member(
        seat=seat,
        participant=participant,
        call=call,
        is_call_held=any(
            a.state == AppointmentState.HELD and a.held_until and a.held_until > now for a in times
        ),
        has_finished=participant.cleared_at is not None
        and participant.left_at is None
        and not seat.request.review_open
        and seat.request.state != RequestState.RECEIVED,
        had_call=had_call(call, now=now),
    )
