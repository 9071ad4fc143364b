"""The one place where wall-clock time becomes instants.

A wall time is a date and a count of minutes since midnight in a named zone. Two dates a year
do not fit that picture, and every rule for them stands here:

* a wall time inside the gap of a clock change moves to the end of the gap;
* a wall time that happens twice means the first pass as a start, the second as an end.

Whole days can be missing too (Apia skipped 30 December 2011): the same rule covers them.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

MINUTES_PER_DAY = 24 * 60


class UnknownZone(ValueError):
    """No such zone in the IANA time zone database."""


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every zone a person may choose."""
    return frozenset(n for n in available_timezones() if "/" in n or n == "UTC") - {"Etc/Unknown"}


def zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises `UnknownZone`."""
    # ZoneInfo treats the name as a path: look it up before it reads a file.
    if name not in zone_names():
        raise UnknownZone(name)
    return ZoneInfo(name)


@lru_cache(maxsize=8192)  # the same hours of the same days are asked for all the time
def instant(day: date, minute: int, tz: ZoneInfo, *, is_end: bool = False) -> datetime:
    """The UTC instant of a wall time; `minute` may be 1440, the end of the day.

    See the module docstring for wall times that do not exist or happen twice.
    """
    naive = datetime.combine(day, time()) + timedelta(minutes=minute)
    first = naive.replace(tzinfo=tz, fold=0)
    second = naive.replace(tzinfo=tz, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    is_gap = first.astimezone(UTC).astimezone(tz).replace(tzinfo=None) != naive
    if is_gap:
        return _end_of_gap(first.astimezone(UTC), second.astimezone(UTC), tz)
    return (second if is_end else first).astimezone(UTC)


def _end_of_gap(late: datetime, early: datetime, tz: ZoneInfo) -> datetime:
    """The instant of the clock change, found by bisection to the second.

    For a wall time in a gap, reading it with the offset before the change gives an instant
    after the change (`late`), with the offset after it one before it (`early`).
    """
    if late < early:
        late, early = early, late
    before = early.astimezone(tz).utcoffset()
    low, high = int(early.timestamp()), int(late.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, tz).utcoffset() == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def local_date(at: datetime, tz: ZoneInfo) -> date:
    """The calendar date of an instant in a zone."""
    return at.astimezone(tz).date()
