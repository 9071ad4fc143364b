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


_DAY_SECONDS = 24 * 60 * 60
_MINUTES = [f"T{minute // 60:02}:{minute % 60:02}:00" for minute in range(MINUTES_PER_DAY)]


class Rfc3339:
    """Writes many instants of one zone as RFC 3339, as `isoformat` does but several times faster.

    The offset is looked up once a day, and the rest is put together from what is written already.
    A day on which the clocks change, and an instant that is not a whole minute, are left to
    `isoformat`.
    """

    def __init__(self, tz: ZoneInfo) -> None:
        self._tz = tz
        self._offsets: dict[int, tuple[int, str] | None] = {}
        self._dates: dict[int, str] = {}

    def __call__(self, at: int) -> str:
        """The instant `at`, in whole seconds since 1970."""
        day = at // _DAY_SECONDS
        if day not in self._offsets:
            self._offsets[day] = _offset_of(day, self._tz)
        offset = self._offsets[day]
        if offset is None or at % 60:
            return datetime.fromtimestamp(at, self._tz).isoformat()
        local_day, second = divmod(at + offset[0], _DAY_SECONDS)
        if local_day not in self._dates:
            self._dates[local_day] = _date_of(local_day)
        return self._dates[local_day] + _MINUTES[second // 60] + offset[1]


@lru_cache(maxsize=4096)  # as with `instant`: the same days are written all the time
def _offset_of(day: int, tz: ZoneInfo) -> tuple[int, str] | None:
    """The offset all through a day of UTC, in seconds and as text; None if it changes."""
    ends = [datetime.fromtimestamp(at, tz) for at in (day * _DAY_SECONDS, (day + 1) * _DAY_SECONDS)]
    offsets = [at.utcoffset() or timedelta() for at in ends]
    seconds = int(offsets[0].total_seconds())
    if offsets[0] != offsets[1] or seconds % 60:
        return None
    return seconds, ends[0].isoformat()[len("1970-01-01T00:00:00") :]


@lru_cache(maxsize=4096)
def _date_of(day: int) -> str:
    """The date of a day counted from 1970."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
