"""Where things stand in the week, as components/week_grid.html wants it: a pure calculation.

The grid is a wall clock: an entry begins at its local time and is as tall as it is long. On a
day on which the clocks change, what lies after the change keeps its local time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_STEP = 5
_LANES_MAX = 3
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Placed:
    """A stretch of one local date in wall-clock minutes since midnight, and what it says."""

    date: date
    start: int
    end: int
    says: Mapping[str, Any]


def pieces(
    starts_at: datetime, ends_at: datetime, tz: ZoneInfo, says: Mapping[str, Any]
) -> list[Placed]:
    """Cut a stretch of time at local midnights, in steps of five minutes."""
    start, end = starts_at.astimezone(tz), ends_at.astimezone(tz)
    found = []
    day = start.date()
    while day <= end.date():
        first = start.hour * 60 + start.minute if day == start.date() else 0
        last = end.hour * 60 + end.minute if day == end.date() else _DAY
        first -= first % _STEP
        last += -last % _STEP
        if day == start.date() == end.date():
            # The hour that happens twice must not make an entry end before it begins.
            length = round((ends_at - starts_at).total_seconds() / 60)
            last = max(last, min(first + length + -length % _STEP, _DAY))
        if first < last:
            found.append(Placed(day, first, last, says))
        day += timedelta(days=1)
    return found


def hours_shown(placed: Sequence[Placed], *, first: int = 9, last: int = 17) -> tuple[int, int]:
    """The whole hours that hold everything, and at least the usual ones."""
    return (
        min([first, *(p.start // 60 for p in placed)]),
        max([last, *(-(-p.end // 60) for p in placed)]),
    )


def cut(placed: Sequence[Placed], first_hour: int, last_hour: int) -> list[dict[str, Any]]:
    """The entries of one date within the hours shown, beside each other where they overlap."""
    inside = sorted(
        (
            (max(p.start, first_hour * 60), min(p.end, last_hour * 60), p.says)
            for p in placed
            if p.start < last_hour * 60 and p.end > first_hour * 60
        ),
        key=lambda p: (p[0], p[1]),
    )
    found: list[dict[str, Any]] = []
    cluster: list[dict[str, Any]] = []
    ends: list[int] = []
    for start, end, says in inside:
        if ends and start >= max(ends):
            _share(cluster, len(ends))
            cluster, ends = [], []
        lane = next((n for n, e in enumerate(ends) if e <= start), len(ends))
        if lane == len(ends) and lane < _LANES_MAX:
            ends.append(end)
        else:
            lane = min(lane, _LANES_MAX - 1)
            ends[lane] = max(ends[lane], end)
        entry = {**says, **span(start, end), "lane": lane + 1}
        cluster.append(entry)
        found.append(entry)
    _share(cluster, len(ends))
    return found


def span(start: int, end: int) -> dict[str, int]:
    """A stretch as the grid's classes say it."""
    length = end - start
    return {
        "hour": start // 60,
        "minute": start % 60,
        "for_hours": length // 60,
        "for_minutes": length % 60,
    }


def _share(cluster: Sequence[dict[str, Any]], lanes: int) -> None:
    for entry in cluster:
        entry["lanes"] = lanes
