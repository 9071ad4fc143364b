"""Times in words, the same as on the pages: in the reader's zone, and the zone spelled out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from booking.templatetags.times import (
    clock_in,
    day_words,
    moment_in,
    spelled_span,
    zone_words,
)
from practice.domain.wall import local_date


def day(at: datetime, tz: ZoneInfo) -> str:
    """Tuesday 3 March."""
    return day_words(local_date(at, tz))


def clock(at: datetime, tz: ZoneInfo) -> str:
    """18:00."""
    return clock_in(at, tz.key)


def clock_spelled(at: datetime, tz: ZoneInfo) -> str:
    """18:00, London time (GMT)."""
    return _("%(time)s, %(zone)s") % {"time": clock(at, tz), "zone": zone_words(tz.key, at)}


def moment(at: datetime, tz: ZoneInfo) -> str:
    """Tuesday 3 March 2026, 18:00, London time (GMT)."""
    return moment_in(at, tz.key)


def short_moment(at: datetime, tz: ZoneInfo) -> str:
    """Tue 3 Mar, 18:00: in a table whose zone is said once."""
    return formatted(at.astimezone(tz), "D j M, H:i")


def span(starts_at: datetime, ends_at: datetime, tz: ZoneInfo) -> str:
    """Tuesday 3 March 2026, 18:00 to 18:50, London time (GMT)."""
    return spelled_span(starts_at, ends_at, tz.key)


def days_until(at: datetime, now: datetime, tz: ZoneInfo) -> int:
    """How many calendar days lie between now and then, on the reader's calendar."""
    return (local_date(at, tz) - local_date(now, tz)).days
