"""What a change of hours or rules means for time that is booked or held already. Pure.

It stays, always. These functions only say what the hours and rules would not allow any more.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from booking.domain.slots import (
    AtMost,
    Calendar,
    DatedWindow,
    Interval,
    NotAfter,
    WeeklyWindow,
    open_windows,
)
from practice.domain.wall import local_date


class Reason(StrEnum):
    """Why something booked or held would not be offered any more."""

    CLOSED = "closed"  # outside the hours
    WAY = "way"  # within the hours, but not for this way to meet
    TIME_OFF = "time_off"
    NOT_OFFERED = "not_offered"  # the service is not offered any more
    WAY_OF_SERVICE = "way_of_service"  # the service has not got this way to meet any more
    DAY_CAP = "day_cap"
    WEEK_CAP = "week_cap"
    AT_MOST = "at_most"
    NOT_AFTER = "not_after"


#: What the hours themselves say; the rest is about how much of what.
OF_THE_HOURS = frozenset({Reason.CLOSED, Reason.WAY, Reason.TIME_OFF})


@dataclass(frozen=True, slots=True)
class Standing:
    """An appointment or hold that stands in the calendar."""

    id: UUID
    claim: UUID
    starts_at: datetime
    ends_at: datetime
    modality: str
    service_id: UUID
    relationship_type: str
    #: It has taken place or was missed: it counts, and nothing is said of it any more.
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service allows."""

    is_active: bool
    modalities: Collection[str]
    day_cap: int | None = None
    week_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of hours that nobody has saved; None: as it is."""

    weekly: Sequence[WeeklyWindow] | None = None
    overrides: Sequence[DatedWindow] | None = None
    time_off: Sequence[Interval] | None = None
    energy: Sequence[AtMost | NotAfter] | None = None
    zone: ZoneInfo | None = None

    def applied(self, calendar: Calendar) -> Calendar:
        """The calendar as it would be."""
        return replace(
            calendar,
            weekly=calendar.weekly if self.weekly is None else self.weekly,
            overrides=calendar.overrides if self.overrides is None else self.overrides,
            time_off=calendar.time_off if self.time_off is None else self.time_off,
            energy=calendar.energy if self.energy is None else self.energy,
            zone=calendar.zone if self.zone is None else self.zone,
        )


def open_hours(calendar: Calendar, first: date, end: date) -> dict[date, list[Interval]]:
    """The hours of each local date in [first, end) that has any: joined, less the time off."""
    found: dict[date, list[Interval]] = {}
    off = _joined(calendar.time_off)
    by_date: dict[date, list[Interval]] = defaultdict(list)
    for day, window in open_windows(calendar, first, end):
        by_date[day].append(window)
    for day, windows in by_date.items():
        left = [part for window in _joined(windows) for part in _less(window, off)]
        if left:
            found[day] = left
    return found


def reasons(
    calendar: Calendar, limits: Mapping[UUID, Limits], standing: Sequence[Standing]
) -> dict[UUID, frozenset[Reason]]:
    """What the hours and rules have against each of them; what fits is left out."""
    found: dict[UUID, set[Reason]] = defaultdict(set)
    to_come = [s for s in standing if not s.is_over]
    _against_hours(calendar, to_come, found)
    for one in to_come:
        limit = limits.get(one.service_id)
        if limit is None:
            continue
        if not limit.is_active:
            found[one.id].add(Reason.NOT_OFFERED)
        if one.modality not in limit.modalities:
            found[one.id].add(Reason.WAY_OF_SERVICE)
    _against_caps(calendar.zone, limits, standing, found)
    _against_energy(calendar, standing, found)
    return {s.id: frozenset(found[s.id]) for s in to_come if found.get(s.id)}


def _against_hours(
    calendar: Calendar, standing: Sequence[Standing], found: dict[UUID, set[Reason]]
) -> None:
    if not standing:
        return
    first = local_date(min(s.starts_at for s in standing), calendar.zone)
    end = local_date(max(s.ends_at for s in standing), calendar.zone) + timedelta(days=1)
    hours = _joined(w for _day, w in open_windows(calendar, first, end))
    of_way = {
        way: _joined(w for _day, w in open_windows(calendar, first, end, modalities=(way,)))
        for way in {s.modality for s in standing}
    }
    off = _joined(calendar.time_off)
    for one in standing:
        if not _inside(one, hours):
            found[one.id].add(Reason.CLOSED)
        elif not _inside(one, of_way[one.modality]):
            found[one.id].add(Reason.WAY)
        if _meets(one, off):
            found[one.id].add(Reason.TIME_OFF)


def _against_caps(
    zone: ZoneInfo,
    limits: Mapping[UUID, Limits],
    standing: Sequence[Standing],
    found: dict[UUID, set[Reason]],
) -> None:
    """The first of a day or week fit; those after them are too many."""
    days: dict[tuple[UUID, date], list[Standing]] = defaultdict(list)
    weeks: dict[tuple[UUID, tuple[int, int]], list[Standing]] = defaultdict(list)
    for one in _in_order(standing):
        day = local_date(one.starts_at, zone)
        days[one.service_id, day].append(one)
        weeks[one.service_id, day.isocalendar()[:2]].append(one)
    for (service_id, _day), of_day in days.items():
        limit = limits.get(service_id)
        if limit is not None and limit.day_cap is not None:
            for one in _past(of_day, limit.day_cap):
                found[one.id].add(Reason.DAY_CAP)
    for (service_id, _week), of_week in weeks.items():
        limit = limits.get(service_id)
        if limit is not None and limit.week_cap is not None:
            for one in _past(of_week, limit.week_cap):
                found[one.id].add(Reason.WEEK_CAP)


def _against_energy(
    calendar: Calendar, standing: Sequence[Standing], found: dict[UUID, set[Reason]]
) -> None:
    if not calendar.energy:
        return
    days: dict[date, list[Standing]] = defaultdict(list)
    for one in _in_order(standing):
        days[local_date(one.starts_at, calendar.zone)].append(one)
    for rule in calendar.energy:
        for of_day in days.values():
            own = [s for s in of_day if s.relationship_type == rule.relationship_type]
            if isinstance(rule, AtMost):
                for one in _past(own, rule.limit):
                    found[one.id].add(Reason.AT_MOST)
                continue
            before = [s for s in of_day if s.relationship_type == rule.after_type]
            for one in own:
                if any(s.starts_at < one.starts_at and s.claim != one.claim for s in before):
                    found[one.id].add(Reason.NOT_AFTER)


def _past(standing: Sequence[Standing], cap: int) -> list[Standing]:
    """What comes after the first `cap`; the alternatives of one claim count once."""
    fit = set(list(dict.fromkeys(s.claim for s in standing))[:cap])
    return [s for s in standing if s.claim not in fit]


def _in_order(standing: Sequence[Standing]) -> list[Standing]:
    return sorted(standing, key=lambda s: (s.starts_at, s.id))


def _joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Disjoint and sorted; what touches becomes one."""
    found: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: i.start):
        if found and interval.start <= found[-1].end:
            found[-1] = Interval(found[-1].start, max(found[-1].end, interval.end))
        else:
            found.append(interval)
    return found


def _inside(one: Standing, joined: Sequence[Interval]) -> bool:
    place = bisect_right(joined, one.starts_at, key=lambda i: i.start) - 1
    return place >= 0 and one.ends_at <= joined[place].end


def _meets(one: Standing, joined: Sequence[Interval]) -> bool:
    place = bisect_right(joined, one.starts_at, key=lambda i: i.end)
    return place < len(joined) and joined[place].start < one.ends_at


def _less(window: Interval, off: Sequence[Interval]) -> list[Interval]:
    """The parts of a window that are not off."""
    parts = []
    start = window.start
    for closed in off:
        if closed.end <= start or closed.start >= window.end:
            continue
        if start < closed.start:
            parts.append(Interval(start, closed.start))
        start = max(start, closed.end)
    if start < window.end:
        parts.append(Interval(start, window.end))
    return parts
