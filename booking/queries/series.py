"""Series: what would stand in the way of one, and the dates that it has."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from booking.domain import series as rules_of_series
from booking.domain import slots
from booking.domain.refusals import InvalidRequest
from booking.domain.series import Conflict
from booking.domain.slots import Calendar
from booking.domain.states import AppointmentState
from booking.models import Appointment, Request, Series
from booking.queries import calendar as calendar_queries
from booking.queries.calendar import Bookable
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, Service

_REPLACEMENTS = 3


@dataclass(frozen=True, slots=True)
class Planned:
    """One occurrence before it is booked; `reason` is a `Conflict`, or empty if it is open."""

    starts_at: datetime
    is_open: bool
    reason: str = ""
    replacements: list[datetime] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Session `number` of `count` in its series; what was cancelled does not count."""

    number: int
    count: int


def preview(
    appointment: Appointment, *, every_weeks: int, count: int, now: datetime
) -> list[Planned]:
    """The occurrences that repeating an appointment would give; the first is the appointment.

    Notice, horizon and caps do not bind the practitioner; hours, time off and other appointments
    do. Raises `InvalidRequest` for an interval or a count that is not offered.
    """
    problems = rules_of_series.problems(every_weeks=every_weeks, count=count)
    if problems:
        raise InvalidRequest(problems)
    tz = zone(appointment.practitioner.time_zone)
    first, *later = rules_of_series.occurrences(appointment.starts_at, tz, every_weeks, count)
    offer = series_offer(appointment.practitioner, appointment.service)
    return [
        Planned(first, is_open=True),
        *_planned(offer, appointment.service, later, every_weeks=every_weeks, now=now),
    ]


def renewal(series: Series, *, count: int, now: datetime) -> list[Planned]:
    """The next `count` turns after the last date that stands, for `series.renew`.

    Raises `InvalidRequest` if more than twelve would lie ahead.
    """
    booked = dates(series.pk)
    standing = [a for a in booked if a.state != AppointmentState.CANCELLED]
    ahead = sum(a.state == AppointmentState.BOOKED and a.starts_at > now for a in booked)
    problems = rules_of_series.number_problems(more=count, ahead=ahead)
    if problems:
        raise InvalidRequest(problems)
    latest = (standing or booked)[-1]
    tz = zone(series.wall_zone)
    starts = rules_of_series.following(
        datetime.fromisoformat(series.wall_start),
        tz,
        series.every_weeks,
        after=max(local_date(latest.starts_at, tz), local_date(now, tz)),
        count=count,
    )
    offer = series_offer(latest.practitioner, latest.service)
    return _planned(offer, latest.service, starts, every_weeks=series.every_weeks, now=now)


def series_offer(practitioner: Practitioner, service: Service) -> Bookable:
    """The practitioner's own choice at any minute: the wall time of a series stands already."""
    offer = calendar_queries.own_choice(practitioner, service)
    return replace(offer, rules=replace(offer.rules, step_minutes=1))


def _planned(
    offer: Bookable,
    service: Service,
    starts: Sequence[datetime],
    *,
    every_weeks: int,
    now: datetime,
) -> list[Planned]:
    days = [local_date(s, offer.zone) for s in starts]
    # Replacements stay nearer to their own turn than to the next one.
    reach = timedelta(days=3 if every_weeks == 1 else 6)
    facts = calendar_queries.calendar(
        offer, first=min(days) - reach, end=max(days) + reach + timedelta(days=1), now=now
    )
    on_grid = replace(offer, rules=replace(offer.rules, step_minutes=service.step_minutes))
    found: list[Planned] = []
    for start, day in zip(starts, days, strict=True):
        reason = conflict(facts, offer, start, now=now)
        found.append(
            Planned(
                start,
                is_open=reason is None,
                reason=reason or "",
                replacements=_replacements(facts, on_grid, start, day, reach, now=now)
                if reason and reason is not Conflict.PASSED
                else [],
            )
        )
    return found


def conflict(
    facts: Calendar, offer: Bookable, start: datetime, *, now: datetime
) -> Conflict | None:
    """What stands in the way of exactly this start, if anything does."""
    if start <= now:
        return Conflict.PASSED
    if slots.is_open(facts, offer.rules, start, now=now):
        return None
    free = replace(facts, taken=())
    if slots.is_open(free, offer.rules, start, now=now):
        return Conflict.TAKEN
    if slots.is_open(replace(free, time_off=()), offer.rules, start, now=now):
        return Conflict.TIME_OFF
    return Conflict.OUTSIDE_HOURS


def _replacements(
    facts: Calendar,
    offer: Bookable,
    wanted: datetime,
    day: date,
    reach: timedelta,
    *,
    now: datetime,
) -> list[datetime]:
    """The open start of each day around that is nearest in time of day; the nearest days first."""
    found = slots.open_slots(
        facts, offer.rules, first=day - reach, end=day + reach + timedelta(days=1), now=now
    )
    by_day: dict[date, list[datetime]] = {}
    for start in found:
        by_day.setdefault(local_date(start, offer.zone), []).append(start)
    near = sorted(by_day, key=lambda other: (abs(other - day), other))[:_REPLACEMENTS]
    minutes = _minute_of_day(wanted, offer)
    return sorted(
        min(by_day[other], key=lambda s: abs(_minute_of_day(s, offer) - minutes)) for other in near
    )


def _minute_of_day(at: datetime, offer: Bookable) -> int:
    wall = at.astimezone(offer.zone)
    return wall.hour * 60 + wall.minute


def series_of(request: Request) -> Series | None:
    """The newest series of a request, if anything of it repeats."""
    return Series.objects.filter(request=request).order_by("-created_at").first()


def dates(series_id: UUID) -> list[Appointment]:
    """Every date of a series in order, whatever became of it."""
    return list(
        Appointment.objects.filter(series_id=series_id)
        .select_related("service", "practitioner", "request")
        .order_by("starts_at")
    )


def place(appointment: Appointment) -> Place | None:
    """Which session of its series this is; None for one that stands alone or was cancelled."""
    if appointment.series_id is None or appointment.state == AppointmentState.CANCELLED:
        return None
    standing = [a.pk for a in dates(appointment.series_id) if a.state != AppointmentState.CANCELLED]
    return Place(standing.index(appointment.pk) + 1, len(standing))


def upcoming(participant_id: UUID, now: datetime) -> list[Appointment]:
    """What this person comes to from now on, in order: single dates, series and group sessions."""
    return list(
        Appointment.objects.filter(
            attendances__participant_id=participant_id,
            attendances__left_at__isnull=True,
            state=AppointmentState.BOOKED,
            ends_at__gt=now,
        )
        .select_related("service", "practitioner", "request", "series", "cohort")
        .order_by("starts_at")
    )
