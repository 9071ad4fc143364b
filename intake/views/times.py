"""Times in words for one reader, always with the zone spelled out."""

from dataclasses import dataclass
from datetime import datetime

from booking.templatetags.times import clock_in, day_in, span_words, zone_words


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as `components/moment.html` shows it."""

    day: str
    time: str
    zone: str


def moment(starts_at: datetime, ends_at: datetime | None, zone: str) -> Moment:
    """A span, or an instant without an end, in the reader's zone."""
    time = clock_in(starts_at, zone) if ends_at is None else span_words(starts_at, ends_at, zone)
    return Moment(day_in(starts_at, zone), time, zone_words(zone, starts_at))
