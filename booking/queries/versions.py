"""What hours and services say at a moment, in a few letters.

The text becomes another one as soon as somebody changes what it is about, so that an edit which
began before can tell that it would overwrite something nobody has looked at.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from practice.models import (
    EnergyRule,
    HoursOverride,
    Practitioner,
    Service,
    TimeOff,
    WeeklyHours,
)
from practice.operations.services import ServiceSettings

_LENGTH = 20
#: On another clock the same numbers are other hours, and the same instants other days: whoever
#: looked before the zone changed has looked at something else.
_CLOCK = "practitioner__time_zone"
_DAY_COLUMNS = ("date", "opens_minute", "closes_minute", "modalities", _CLOCK)
_OFF_COLUMNS = ("starts_at", "ends_at", "label", _CLOCK)


def of_week(practitioner_id: UUID) -> str:
    """The weekly hours."""
    found = WeeklyHours.objects.filter(practitioner_id=practitioner_id)
    return _digest(
        found,
        "weekday",
        "opens_minute",
        "closes_minute",
        "from_date",
        "until_date",
        "modalities",
        _CLOCK,
    )


def of_days(practitioner_id: UUID, first: date, last: date) -> str:
    """The hours that dates have of their own."""
    found = HoursOverride.objects.filter(
        practitioner_id=practitioner_id, date__gte=first, date__lte=last
    )
    return _digest(found, *_DAY_COLUMNS)


def of_time_off(practitioner_id: UUID, time_off_id: int) -> str:
    """One time off."""
    found = TimeOff.objects.filter(practitioner_id=practitioner_id, pk=time_off_id)
    return _digest(found, *_OFF_COLUMNS)


def of_energy(practitioner_id: UUID) -> str:
    """What can be given in one day."""
    found = EnergyRule.objects.filter(practitioner_id=practitioner_id)
    return _digest(found, "kind", "relationship_type", "limit", "after_type")


def of_time_zone(practitioner_id: UUID) -> str:
    """The zone in which the hours are kept."""
    return _digest(Practitioner.objects.filter(pk=practitioner_id), "time_zone")


def of_service(service_id: UUID) -> str:
    """The settings of one service."""
    columns = [setting.name for setting in fields(ServiceSettings)]
    return _digest(Service.objects.filter(pk=service_id), *columns)


def of_loaded_service(service: Service) -> str:
    """The same of a service that is at hand."""
    return _digest_of(
        [tuple(getattr(service, setting.name) for setting in fields(ServiceSettings))]
    )


def of_all(
    practitioner_id: UUID, days: Collection[date], times_off: Collection[int]
) -> dict[str, Any]:
    """The versions of everything that makes up somebody's hours: `days` by date, `time_off` by id.

    A fixed number of queries, however many there are.
    """
    overrides = HoursOverride.objects.filter(practitioner_id=practitioner_id, date__in=days)
    off = TimeOff.objects.filter(practitioner_id=practitioner_id, pk__in=times_off)
    by_day: defaultdict[date, list[Any]] = defaultdict(list)
    for row in overrides.values_list(*_DAY_COLUMNS):
        by_day[row[0]].append(row)
    return {
        "time_zone": of_time_zone(practitioner_id),
        "week": of_week(practitioner_id),
        "energy": of_energy(practitioner_id),
        "days": {day: _digest_of(rows) for day, rows in by_day.items()},
        "time_off": {
            pk: _digest_of([tuple(row)]) for pk, *row in off.values_list("pk", *_OFF_COLUMNS)
        },
    }


def _digest(found: QuerySet[Any], *columns: str) -> str:
    return _digest_of(found.values_list(*columns))


def _digest_of(found: Iterable[Any]) -> str:
    rows = sorted(repr(row) for row in found)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:_LENGTH]
