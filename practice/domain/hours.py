"""Hours as people say them: reading "9", "9.30", "5 pm" or "9–13", and what fits together.

Wall-clock minutes since midnight; 1440 is the end of the day.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from practice.domain.wall import MINUTES_PER_DAY

_NOON = 12 * 60
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.h ]?(?P<minute>\d{2}))?\s*h?\s*(?P<half>[ap])?\.?(?:m\.?)?"
)
_NAMES = {"noon": _NOON, "midday": _NOON, "midnight": 0}
_BETWEEN = re.compile(r"\s*(?:[-–—]|\bto\b|\buntil\b)\s*")
_LENGTH = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>[a-z]*)(?:\s*(?:,|and)\s*)?", re.ASCII
)
_UNITS = {"w": 7 * MINUTES_PER_DAY, "d": MINUTES_PER_DAY, "h": 60, "m": 1}
_LENGTH_MAX = 366 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of one day. `modalities` empty: every way to meet that the service offers."""

    opens_minute: int
    closes_minute: int
    modalities: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class WeeklySpan:
    """Hours of every week on `weekday` (Monday is 0), from a date until before another."""

    weekday: int
    opens_minute: int
    closes_minute: int
    from_date: date | None = None
    until_date: date | None = None  # the first day without it
    modalities: Collection[str] = ()


def read_clock(text: str) -> int:
    """Minutes since midnight of a time as somebody types it. Raises `ValueError`.

    "9", "09:30", "9.30", "0930", "17h", "5 pm", "noon". "24" and "midnight" are an end or a
    start: the caller knows which.
    """
    plain = " ".join(text.lower().split())
    if plain in _NAMES:
        return _NAMES[plain]
    found = _CLOCK.fullmatch(plain)
    if found is None:
        raise ValueError(text)
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    at = hour * 60 + minute
    if minute > 59 or at > MINUTES_PER_DAY:
        raise ValueError(text)
    return at


def read_span(opens: str, closes: str) -> tuple[int, int]:
    """Two times that belong together, or one text with both ("9–13"). Raises `ValueError`.

    Somebody who writes "9" and "5" means five in the afternoon, and somebody who writes "9–13"
    over the first time means just that, whatever still stands in the second.
    """
    parts = _BETWEEN.split(opens.strip().lower())
    if len(parts) == 2:
        opens, closes = parts
    start, end = read_clock(opens), read_clock(closes)
    if end == 0:
        end = MINUTES_PER_DAY
    is_bare = re.fullmatch(r"[1-9]\d?([:.]\d{2})?", closes.strip()) is not None
    if end <= start and is_bare and start < end + _NOON <= MINUTES_PER_DAY:
        end += _NOON
    if not start < end:
        raise ValueError(closes)
    return start, end


def clock(minute: int) -> str:
    """A wall time: "09:30", "24:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_length(text: str, *, unit: str) -> int:
    """Minutes of a length of time as somebody types it. Raises `ValueError`.

    "2 days", "48 h", "1 h 30", "1:30", "90 min"; a bare number counts in `unit` (w, d, h or m).
    """
    plain = " ".join(text.lower().split())
    colon = re.fullmatch(r"(\d{1,3}):([0-5]\d)(?: ?h)?", plain)
    if colon:
        return int(colon[1]) * 60 + int(colon[2])
    total = 0.0
    place = 0
    while place < len(plain):
        found = _LENGTH.match(plain, place)
        if found is None:
            raise ValueError(text)
        name = found["unit"][:1] or unit
        if name not in _UNITS:
            raise ValueError(text)
        total += float(found["number"].replace(",", ".")) * _UNITS[name]
        unit = "m" if name == "h" else unit  # "1 h 30"
        place = found.end()
        while place < len(plain) and plain[place] == " ":
            place += 1
    if not plain or total > _LENGTH_MAX:
        raise ValueError(text)
    return round(total)


def length(minutes: int) -> str:
    """A length of time as `read_length` reads it: "2 days", "36 h", "1 h 30 min"."""
    if minutes and minutes % MINUTES_PER_DAY == 0 and minutes > MINUTES_PER_DAY:
        return f"{minutes // MINUTES_PER_DAY} days"
    hours, rest = divmod(minutes, 60)
    return " ".join([*([f"{hours} h"] if hours else []), *([f"{rest} min"] if rest else [])]) or "0"


def clash(spans: Sequence[WeeklySpan]) -> tuple[int, int] | None:
    """The first two (by their places) that overlap on some date and share a way to meet."""
    for place, one in enumerate(spans):
        for before, other in enumerate(spans[:place]):
            if (
                one.weekday == other.weekday
                and one.opens_minute < other.closes_minute
                and other.opens_minute < one.closes_minute
                and _share_a_date(one, other)
                and _share_a_way(one.modalities, other.modalities)
            ):
                return before, place
    return None


def changed_from(
    old: Sequence[WeeklySpan], new: Sequence[WeeklySpan], day: date
) -> list[WeeklySpan]:
    """The old hours until before `day`, the new ones from then on."""
    kept = [
        replace(span, until_date=min(span.until_date or day, day))
        for span in old
        if span.from_date is None or span.from_date < day
    ]
    begun = [
        replace(span, from_date=max(span.from_date or day, day))
        for span in new
        if span.until_date is None or span.until_date > day
    ]
    return _joined(kept, begun, day)


def _joined(kept: Sequence[WeeklySpan], begun: Sequence[WeeklySpan], day: date) -> list[WeeklySpan]:
    """What goes on unchanged past `day` stays one row."""
    rest = list(begun)
    found = []
    for span in kept:
        twin = next(
            (
                s
                for s in rest
                if s.from_date == span.until_date == day
                and replace(s, from_date=span.from_date) == replace(span, until_date=s.until_date)
            ),
            None,
        )
        if twin is not None:
            rest.remove(twin)
            span = replace(span, until_date=twin.until_date)  # noqa: PLW2901 - the joined row
        found.append(span)
    return [*found, *rest]


def dates(first: date, last: date) -> list[date]:
    """Every date from the first to the last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _share_a_date(one: WeeklySpan, other: WeeklySpan) -> bool:
    starts = max(one.from_date or date.min, other.from_date or date.min)
    ends = min(one.until_date or date.max, other.until_date or date.max)
    # Some day of their weekday lies in [starts, ends).
    ahead = (one.weekday - starts.weekday()) % 7
    return (ends - starts).days > ahead


def _share_a_way(one: Collection[str], other: Collection[str]) -> bool:
    return not one or not other or any(way in other for way in one)
