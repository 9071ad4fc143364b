"""Editing hours, their time zone, days, time off, energy rules and services.

Each edit takes the lock that bookings take. So a booking that got in first stays and is in the
answer of the edit; one that comes after meets the new hours. What is booked or held is never
altered, whatever the edit.

`seen`: the version (`booking.queries.versions`) that whoever edits has looked at. If another
one stands under the lock the edit raises `ChangedMeanwhile`, unless it says what stands already.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from booking.domain.availability import Reason
from booking.domain.refusals import ChangedMeanwhile, InvalidRequest, NotTheirs, Problem
from booking.operations import calendar
from booking.queries import availability as queries
from booking.queries import versions
from practice.domain.hours import Span, WeeklySpan, changed_from, clash
from practice.domain.wall import MINUTES_PER_DAY, local_date, zone, zone_names
from practice.models import Modality, Practitioner, Service, TimeOff
from practice.operations import hours, services
from practice.operations.services import ServiceSettings

#: One edit of dates covers at most a month: it is one press to make, and many to take back.
DAYS_MAX = 31
_OVERLAP = "These hours overlap with others of the same day."


@dataclass(frozen=True, slots=True)
class Saved:
    """What an edit left: which appointments and holds do not fit any more, and why."""

    outside: Mapping[UUID, frozenset[Reason]]


@dataclass(frozen=True, slots=True)
class SavedService(Saved):
    """The service that was written, too."""

    service_id: UUID


@transaction.atomic(durable=True)
def set_week(
    *,
    practitioner_id: UUID,
    spans: Sequence[WeeklySpan],
    now: datetime,
    from_date: date | None = None,
    seen: str | None = None,
) -> Saved:
    """Make these the weekly hours: at once, or from a date on (until then the old ones stay).

    Hours that were over before today are history and stay too. Raises `InvalidRequest`,
    `ChangedMeanwhile`.
    """
    check_week(spans)

    def write(practitioner: Practitioner) -> None:
        today = local_date(now, zone(practitioner.time_zone))
        rows = week_after(queries.weekly_spans(practitioner_id), spans, from_date, today=today)
        hours.write_week(practitioner_id, rows, now=now)

    return _under_the_lock(
        practitioner_id,
        write,
        now=now,
        seen=seen,
        version=lambda: versions.of_week(practitioner_id),
    )


def week_after(
    old: Sequence[WeeklySpan], new: Sequence[WeeklySpan], from_date: date | None, *, today: date
) -> list[WeeklySpan]:
    """The rows of the week once an edit is saved; for its preview too."""
    over = [s for s in old if s.until_date is not None and s.until_date <= today]
    if from_date is None or from_date <= today:
        return [*over, *new]
    return [*over, *changed_from([s for s in old if s not in over], new, from_date)]


@transaction.atomic(durable=True)
def set_days(
    *,
    practitioner_id: UUID,
    first: date,
    last: date,
    spans: Sequence[Span],
    now: datetime,
    seen: str | None = None,
) -> Saved:
    """Give dates hours of their own; none: closed. Raises `InvalidRequest`, `ChangedMeanwhile`."""
    check_days(first, last, spans)
    return _under_the_lock(
        practitioner_id,
        lambda _p: hours.write_days(practitioner_id, first, last, spans, now=now),
        now=now,
        seen=seen,
        version=lambda: versions.of_days(practitioner_id, first, last),
    )


@transaction.atomic(durable=True)
def clear_days(
    *, practitioner_id: UUID, first: date, last: date, now: datetime, seen: str | None = None
) -> Saved:
    """Let the weekly hours hold on these dates again.

    Raises `InvalidRequest`, `ChangedMeanwhile`.
    """
    check_days(first, last)
    return _under_the_lock(
        practitioner_id,
        lambda _p: hours.clear_days(practitioner_id, first, last, now=now),
        now=now,
        seen=seen,
        version=lambda: versions.of_days(practitioner_id, first, last),
    )


@transaction.atomic(durable=True)
def set_time_off(
    *,
    practitioner_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    label: str,
    now: datetime,
    time_off_id: int | None = None,
    seen: str | None = None,
) -> Saved:
    """Add time off, or change some. Raises `InvalidRequest`, `NotTheirs`, `ChangedMeanwhile`."""
    if ends_at <= starts_at:
        raise InvalidRequest([Problem("last_date", "order", "The end comes before the start.")])

    def write(_practitioner: Practitioner) -> None:
        try:
            hours.write_time_off(
                practitioner_id, starts_at, ends_at, label, time_off_id=time_off_id, now=now
            )
        except TimeOff.DoesNotExist:
            raise NotTheirs from None

    return _under_the_lock(
        practitioner_id,
        write,
        now=now,
        seen=seen if time_off_id is not None else None,
        version=lambda: versions.of_time_off(practitioner_id, time_off_id or 0),
    )


@transaction.atomic(durable=True)
def remove_time_off(
    *, practitioner_id: UUID, time_off_id: int, now: datetime, seen: str | None = None
) -> Saved:
    """Take time off back. Raises `ChangedMeanwhile`, `NotTheirs`, also if it is gone already."""

    def write(_practitioner: Practitioner) -> None:
        try:
            hours.delete_time_off(practitioner_id, time_off_id, now=now)
        except TimeOff.DoesNotExist:
            raise NotTheirs from None

    return _under_the_lock(
        practitioner_id,
        write,
        now=now,
        seen=seen,
        version=lambda: versions.of_time_off(practitioner_id, time_off_id),
    )


@transaction.atomic(durable=True)
def set_energy(
    *,
    practitioner_id: UUID,
    at_most: Mapping[str, int],
    not_after: Collection[tuple[str, str]],
    now: datetime,
    seen: str | None = None,
) -> Saved:
    """Say what can be given in one day: limits by type, and what may not follow what.

    Raises `InvalidRequest`, `ChangedMeanwhile`.
    """
    if any(limit < 1 for limit in at_most.values()):
        raise InvalidRequest([Problem("at_most", "range", "Please give a number from 1.")])
    return _under_the_lock(
        practitioner_id,
        lambda _p: hours.write_energy(
            practitioner_id, at_most=at_most, not_after=not_after, now=now
        ),
        now=now,
        seen=seen,
        version=lambda: versions.of_energy(practitioner_id),
    )


@transaction.atomic(durable=True)
def set_time_zone(
    *, practitioner_id: UUID, time_zone: str, now: datetime, seen: str | None = None
) -> Saved:
    """Keep the hours in this zone from now on: the same clock times, on the clock there.

    Everything with an instant keeps it: what is booked or held (with the wall time and zone it was
    made with), time off, and decisions that wait for their batch. A series goes on by the wall time
    and zone that it has. Raises `InvalidRequest`, `ChangedMeanwhile`.
    """
    check_time_zone(time_zone)
    return _under_the_lock(
        practitioner_id,
        lambda p: hours.write_time_zone(p, time_zone, now=now),
        now=now,
        seen=seen,
        version=lambda: versions.of_time_zone(practitioner_id),
    )


@transaction.atomic(durable=True)
def set_service(
    *,
    practitioner_id: UUID,
    settings: ServiceSettings,
    now: datetime,
    service_id: UUID | None = None,
    seen: str | None = None,
) -> SavedService:
    """Make these all the settings of a service, or add one.

    Raises `InvalidRequest`, `NotTheirs`, `ChangedMeanwhile`.
    """
    check_service(settings)
    service = _lock_service(service_id, practitioner_id) if service_id is not None else None
    return _write_service(service, settings, practitioner_id=practitioner_id, now=now, seen=seen)


@transaction.atomic(durable=True)
def change_service(
    *,
    practitioner_id: UUID,
    service_id: UUID,
    changes: Mapping[str, Any],
    now: datetime,
    seen: str | None = None,
) -> SavedService:
    """Change these settings of a service, by name; the others stay as they are under the lock.

    So two who change different ones at the same time are both heard. Raises `InvalidRequest`,
    `NotTheirs`, `ChangedMeanwhile`.
    """
    service = _lock_service(service_id, practitioner_id)
    settings = changed(service, changes)
    check_service(settings)
    return _write_service(service, settings, practitioner_id=practitioner_id, now=now, seen=seen)


def changed(service: Service, changes: Mapping[str, Any]) -> ServiceSettings:
    """The settings of a service with some of them changed; for a preview, too."""
    return replace(services.settings_of(service), **changes)


def _lock_service(service_id: UUID, practitioner_id: UUID) -> Service:
    # Everybody who offers it, by id: the lock order of the whole calendar.
    offering = Practitioner.objects.filter(services=service_id).order_by("id")
    ids = list(offering.values_list("id", flat=True))
    if practitioner_id not in ids:
        raise NotTheirs
    for other_id in ids:
        calendar.lock_practitioner(other_id)
    return Service.objects.select_for_update(no_key=True).get(pk=service_id)


def _write_service(
    service: Service | None,
    settings: ServiceSettings,
    *,
    practitioner_id: UUID,
    now: datetime,
    seen: str | None,
) -> SavedService:
    written: list[Service] = []

    def write(_practitioner: Practitioner) -> None:
        written.append(
            services.write_service(service, settings, practitioner_id=practitioner_id, now=now)
        )

    saved = _under_the_lock(
        practitioner_id,
        write,
        now=now,
        seen=seen if service is not None else None,
        version=lambda: versions.of_service(service.pk) if service is not None else "",
    )
    return SavedService(saved.outside, written[0].pk)


def _under_the_lock(
    practitioner_id: UUID,
    write: Callable[[Practitioner], None],
    *,
    now: datetime,
    seen: str | None,
    version: Callable[[], str],
) -> Saved:
    practitioner = calendar.lock_practitioner(practitioner_id)
    before = queries.outside(practitioner, now=now)
    stood = version() if seen is not None else None
    write(practitioner)
    if seen != stood and version() != stood:
        raise ChangedMeanwhile  # and with the transaction goes what was just written
    return Saved(queries.newly(before, queries.outside(practitioner, now=now)))


def check_week(spans: Sequence[WeeklySpan]) -> None:
    """Whether these can be weekly hours; for a preview, too. Raises `InvalidRequest`."""
    _check_spans(spans)
    wrong = next(
        (
            s
            for s in spans
            if not 0 <= s.weekday <= 6
            or (s.from_date and s.until_date and s.until_date <= s.from_date)
        ),
        None,
    )
    if wrong is not None:
        raise InvalidRequest([Problem("hours", "dates", "The last day comes before the first.")])
    if clash(spans):
        raise InvalidRequest([Problem("hours", "overlap", _OVERLAP)])


def _check_spans(spans: Sequence[Span | WeeklySpan]) -> None:
    for span in spans:
        if not 0 <= span.opens_minute < span.closes_minute <= MINUTES_PER_DAY:
            raise InvalidRequest(
                [Problem("hours", "order", "Hours have to begin before they end.")]
            )
        if any(way not in Modality.values for way in span.modalities):
            raise InvalidRequest([Problem("hours", "way", "There is no such way to meet.")])


def check_days(first: date, last: date, spans: Sequence[Span] = ()) -> None:
    """Whether these dates can have these hours; for a preview, too. Raises `InvalidRequest`."""
    _check_spans(spans)
    if clash(
        [WeeklySpan(0, s.opens_minute, s.closes_minute, None, None, s.modalities) for s in spans]
    ):
        raise InvalidRequest([Problem("hours", "overlap", _OVERLAP)])
    if not first <= last <= first + timedelta(days=DAYS_MAX - 1):
        raise InvalidRequest(
            [
                Problem(
                    "last_date",
                    "order",
                    "The last day has to be within %(days)s days from the first.",
                    {"days": DAYS_MAX},
                )
            ]
        )


def check_time_zone(time_zone: str) -> None:
    """Whether hours can be kept in this zone; for a preview, too. Raises `InvalidRequest`."""
    if time_zone not in zone_names():
        raise InvalidRequest(
            [Problem("time_zone", "unknown_zone", "Please choose a time zone from the list.")]
        )


def check_service(settings: ServiceSettings) -> None:
    """Whether a service can be like that; for a preview, too. Raises `InvalidRequest`."""
    problems = [
        Problem(name, "range", "Please give 5 minutes to 8 hours.")
        for name in ("duration_minutes", "step_minutes")
        if not 5 <= getattr(settings, name) <= 8 * 60
    ]
    if not settings.name.strip():
        problems.append(Problem("name", "missing", "Please give it a name."))
    if not settings.modalities:
        problems.append(Problem("modalities", "missing", "Please choose at least one way to meet."))
    if problems:
        raise InvalidRequest(problems)
