"""Which starts are open. Pure arithmetic on half-open, aware UTC intervals.

Weekly hours and dated overrides in a zone become open windows; time off, taken time and the
rules of the service cut them into slots. A session fits inside the hours; its buffers may
spill over them, but never over another appointment's blocked time.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from practice.domain.wall import instant, local_date

SPAN_DAYS_MAX = 62
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Interval:
    """Half-open: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """Open every week on `weekday` (Monday is 0), in wall-clock minutes since midnight."""

    weekday: int
    opens_minute: int
    closes_minute: int
    from_date: date | None = None
    until_date: date | None = None  # the first day without it
    modalities: Collection[str] = ()  # empty: any way to meet


@dataclass(frozen=True, slots=True)
class DatedWindow:
    """Other hours on one date; `opens_minute` None: closed."""

    date: date
    opens_minute: int | None
    closes_minute: int | None
    modalities: Collection[str] = ()  # empty: any way to meet


class Taken(NamedTuple):
    """Blocked time of an appointment or hold. A tuple, because searches make hundreds."""

    blocked_from: datetime
    blocked_until: datetime
    starts_at: datetime
    claim: UUID
    counts: bool  # toward the caps of the service asked for
    relationship_type: str = ""


@dataclass(frozen=True, slots=True)
class AtMost:
    """No more than `limit` sessions of this type on one local day."""

    relationship_type: str
    limit: int


@dataclass(frozen=True, slots=True)
class NotAfter:
    """No session of this type that starts after one of `after_type` on the same local day."""

    relationship_type: str
    after_type: str


@dataclass(frozen=True, slots=True)
class Rules:
    """A service's rules for its slots. Minutes of elapsed time; caps per local day and ISO week."""

    duration_minutes: int
    before_minutes: int = 0
    after_minutes: int = 0
    step_minutes: int = 30
    notice_minutes: int = 0
    horizon_days: int | None = None
    day_cap: int | None = None
    week_cap: int | None = None
    relationship_type: str = ""
    #: The ways to meet that are asked for, any of which will do; empty: hours of every kind.
    modalities: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """All that decides a practitioner's slots, for a stretch of days."""

    zone: ZoneInfo
    weekly: Sequence[WeeklyWindow] = ()
    overrides: Sequence[DatedWindow] = ()
    time_off: Sequence[Interval] = ()
    taken: Sequence[Taken] = ()
    energy: Sequence[AtMost | NotAfter] = ()
    #: Some time in it is still marked as held, though its end has come: free for the taking.
    has_lapsed: bool = False


def open_windows(
    calendar: Calendar, first: date, end: date, *, modalities: Collection[str] = ()
) -> list[tuple[date, Interval]]:
    """The hours of each local date in [first, end), as instants, in order.

    With `modalities` only the hours in which people can meet in one of these ways.
    """
    return [(h.day, h.span) for h in _hours(calendar, first, end, modalities)]


class _Hours(NamedTuple):
    """A window of hours on a local date, and the ways to meet in it; empty: any."""

    day: date
    span: Interval
    modalities: Collection[str]


def _hours(calendar: Calendar, first: date, end: date, modalities: Collection[str]) -> list[_Hours]:
    found: list[_Hours] = []
    overridden: dict[date, list[DatedWindow]] = {}
    for override in calendar.overrides:
        overridden.setdefault(override.date, []).append(override)
    by_weekday: dict[int, list[WeeklyWindow]] = {}
    for weekly in calendar.weekly:
        by_weekday.setdefault(weekly.weekday, []).append(weekly)
    day = first
    while day < end:
        spans: list[tuple[int, int, Collection[str]]]
        if day in overridden:
            spans = [
                (o.opens_minute, o.closes_minute, o.modalities)
                for o in overridden[day]
                if o.opens_minute is not None
                and o.closes_minute is not None
                and _serves(o.modalities, modalities)
            ]
        else:
            spans = [
                (w.opens_minute, w.closes_minute, w.modalities)
                for w in by_weekday.get(day.weekday(), ())
                if (w.from_date is None or w.from_date <= day)
                and (w.until_date is None or day < w.until_date)
                and _serves(w.modalities, modalities)
            ]
        for opens, closes, ways in sorted(spans, key=itemgetter(0, 1)):
            start = instant(day, opens, calendar.zone)
            finish = instant(day, closes, calendar.zone, is_end=True)
            if start < finish:
                found.append(_Hours(day, Interval(start, finish), ways))
        day += timedelta(days=1)
    return found


def _serves(offered: Collection[str], asked: Collection[str]) -> bool:
    return not offered or not asked or any(modality in offered for modality in asked)


def open_slots(
    calendar: Calendar,
    rules: Rules,
    *,
    first: date,
    end: date,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> list[datetime]:
    """The starts that can be asked for on the practitioner's local dates [first, end), in UTC.

    `ignore_claim` leaves out the time already taken for the thing being moved, which may
    overlap its own alternatives. The grid counts elapsed minutes from each window's start; where
    two windows touch a session may begin in one and end in the other.
    """
    found = open_seconds(calendar, rules, first=first, end=end, now=now, ignore_claim=ignore_claim)
    return [datetime.fromtimestamp(at, UTC) for at in found]


def open_seconds(
    calendar: Calendar,
    rules: Rules,
    *,
    first: date,
    end: date,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> list[int]:
    """As `open_slots`, in seconds since 1970: for whoever needs nothing but to write them."""
    taken = [t for t in calendar.taken if t.claim != ignore_claim]
    full_days, full_weeks = _full(taken, rules, calendar.zone)
    bounds = _energy(taken, rules, calendar)
    shut = _shut(calendar.time_off, taken, rules)
    duration, step = rules.duration_minutes * 60, rules.step_minutes * 60
    earliest = now.timestamp() + rules.notice_minutes * 60
    latest = (
        now.timestamp() + rules.horizon_days * 86_400 if rules.horizon_days is not None else _NEVER
    )
    found: set[int] = set()
    # The day after belongs to it: a session that begins before midnight may run into its hours.
    hours = _hours(calendar, first, end + timedelta(days=1), rules.modalities)
    for own, runs_to in zip(hours, _reach(hours, rules.modalities), strict=True):
        day, window, _ = own
        if day >= end:
            break
        if day in full_days or (full_weeks and day.isocalendar()[:2] in full_weeks):
            continue
        not_before, not_past = bounds.get(day, (-_NEVER, _NEVER))
        grid = int(window.start.timestamp())
        last = min(int(runs_to.timestamp()) - duration, latest, not_past)
        if runs_to is not window.end:
            last = min(last, int(window.end.timestamp()) - 1)
        if last < grid or not_before > last:
            continue
        start = _on_grid(max(earliest, not_before), grid, step)
        index = bisect_right(shut.ends, start)
        # From gap to gap: what lies between two shut stretches is taken as a whole.
        while start <= last:
            stop = shut.starts[index] if index < len(shut.starts) else _NEVER
            if start < stop:
                free = range(start, int(min(last + 1, stop)), step)
                found.update(free)
                start = free[-1] + step
            else:
                start = _on_grid(shut.ends[index], grid, step)
            while index < len(shut.ends) and shut.ends[index] <= start:
                index += 1
    return sorted(found)


def _reach(hours: Sequence[_Hours], asked: Collection[str]) -> list[datetime]:
    """Until when a session that begins in each of these windows may last.

    Windows that touch are one stretch of hours, over midnight too, for every way to meet that all
    of them serve: a session keeps its way from its start to its end.
    """
    if len(asked) < 2 or all(h.modalities == hours[0].modalities for h in hours):
        return _joined_ends(hours)
    reach = [h.span.start for h in hours]
    for way in asked:
        served = [n for n, h in enumerate(hours) if _serves(h.modalities, (way,))]
        for n, end in zip(served, _joined_ends([hours[n] for n in served]), strict=True):
            reach[n] = max(reach[n], end)
    return reach


def _joined_ends(hours: Sequence[_Hours]) -> list[datetime]:
    """The end of the stretch that each window is a part of; they come in order of their starts."""
    ends: list[datetime] = []
    stretch_of = []
    for _, span, _ in hours:
        if not ends or span.start > ends[-1]:
            ends.append(span.end)
        elif span.end > ends[-1]:
            ends[-1] = span.end
        stretch_of.append(len(ends) - 1)
    return [ends[n] for n in stretch_of]


def _on_grid(at: float, grid: int, step: int) -> int:
    """The first start of the grid that is not before `at`."""
    return grid if at <= grid else grid - int((grid - at) // step) * step


def _shut(time_off: Sequence[Interval], taken: Sequence[Taken], rules: Rules) -> "_Merged":
    """The starts that something is in the way of, as stretches of epoch seconds, half-open.

    A session from `s` meets time off [a, b) if a - duration < s < b; buffers are kept from other
    sessions only.
    """
    duration = rules.duration_minutes * 60
    before, after = rules.before_minutes * 60, rules.after_minutes * 60
    return _merged(
        [(_floor(o.start) - duration + 1, _ceil(o.end)) for o in time_off]
        + [
            (_floor(t.blocked_from) - duration - after + 1, _ceil(t.blocked_until) + before)
            for t in taken
        ]
    )


def is_open(
    calendar: Calendar,
    rules: Rules,
    start: datetime,
    *,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> bool:
    """Whether exactly this start can be asked for."""
    day = local_date(start, calendar.zone)
    return start.timestamp() in open_seconds(
        calendar,
        rules,
        first=day - timedelta(days=1),
        end=day + timedelta(days=1),
        now=now,
        ignore_claim=ignore_claim,
    )


def nearest(starts: Collection[datetime], wanted: datetime, *, count: int = 3) -> list[datetime]:
    """The `count` starts closest to the one wanted, earliest first."""
    return sorted(sorted(starts, key=lambda s: (abs(s - wanted), s))[:count])


@dataclass(frozen=True, slots=True)
class _Merged:
    """Disjoint, sorted intervals in epoch seconds."""

    starts: list[int]
    ends: list[int]


def _merged(intervals: Iterable[tuple[int, int]]) -> _Merged:
    merged = _Merged([], [])
    for start, end in sorted(intervals):
        if merged.ends and start <= merged.ends[-1]:
            merged.ends[-1] = max(merged.ends[-1], end)
        else:
            merged.starts.append(start)
            merged.ends.append(end)
    return merged


def _floor(at: datetime) -> int:
    return int(at.timestamp() // 1)


def _ceil(at: datetime) -> int:
    return int(-(-at.timestamp() // 1))


def _full(
    taken: Sequence[Taken], rules: Rules, zone: ZoneInfo
) -> tuple[set[date], set[tuple[int, int]]]:
    """The local dates and ISO weeks whose cap is reached; alternatives of one claim count once."""
    if rules.day_cap is None and rules.week_cap is None:
        return set(), set()
    days = {(t.claim, local_date(t.starts_at, zone)) for t in taken if t.counts}
    per_day = Counter(day for _, day in days)
    per_week = Counter(week for _, week in {(c, day.isocalendar()[:2]) for c, day in days})
    return (
        {d for d, n in per_day.items() if rules.day_cap is not None and n >= rules.day_cap},
        {w for w, n in per_week.items() if rules.week_cap is not None and n >= rules.week_cap},
    )


def _energy(
    taken: Sequence[Taken], rules: Rules, calendar: Calendar
) -> dict[date, tuple[float, float]]:
    """What energy rules leave of a local date: the first and the last start, in epoch seconds.

    A date that is not in it is free of them; a first start past every other closes it.
    """
    bounds: dict[date, tuple[float, float]] = {}
    for rule in calendar.energy:
        if isinstance(rule, AtMost):
            if rule.relationship_type != rules.relationship_type:
                continue
            days = Counter(
                day
                for _, day in {
                    (t.claim, local_date(t.starts_at, calendar.zone))
                    for t in taken
                    if t.relationship_type == rule.relationship_type
                }
            )
            for day, count in days.items():
                if count >= rule.limit:
                    bounds[day] = (_NEVER, -_NEVER)
            continue
        for t in taken:
            day = local_date(t.starts_at, calendar.zone)
            first, last = bounds.get(day, (-_NEVER, _NEVER))
            start = t.starts_at.timestamp()
            if rules.relationship_type == rule.relationship_type and (
                t.relationship_type == rule.after_type
            ):
                last = min(last, start)
            if rules.relationship_type == rule.after_type and (
                t.relationship_type == rule.relationship_type
            ):
                # It must not come to stand before one that may not follow it.
                first = max(first, start)
            if (first, last) != (-_NEVER, _NEVER):
                bounds[day] = (first, last)
    return bounds
