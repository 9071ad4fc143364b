"""Times as people read them: in a zone that is always spelled out."""

from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from booking.models import Appointment
from practice.domain import wall

register = template.Library()


def offset_words(zone: str, at: datetime) -> str:
    """How far a zone is from Greenwich at an instant: "GMT", "GMT+1", "GMT-3:30"."""
    offset = at.astimezone(wall.zone(zone)).utcoffset() or timedelta()
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return "GMT"
    hours, rest = divmod(abs(minutes), 60)
    sign = "+" if minutes > 0 else "-"
    return f"GMT{sign}{hours}:{rest:02d}" if rest else f"GMT{sign}{hours}"


def city(zone: str) -> str:
    """The place that a zone is named after: "New York", "Buenos Aires"."""
    return zone.rpartition("/")[2].replace("_", " ")


@register.filter
def zone_words(zone: str, at: datetime | None = None) -> str:
    """A zone at an instant (now, if none is given): "London time (GMT+1)"."""
    if zone == "UTC":
        return "UTC"
    return _("%(city)s time (%(offset)s)") % {
        "city": city(zone),
        "offset": offset_words(zone, at or timezone.now()),
    }


@register.filter
def day_in(at: datetime, zone: str) -> str:
    """The day of an instant: "Tuesday 3 March 2026"."""
    return _written(at.astimezone(wall.zone(zone)).date(), "l j F Y", get_language())


@register.filter
def clock_in(at: datetime, zone: str) -> str:
    """The clock time of an instant: "18:00"."""
    local = at.astimezone(wall.zone(zone))
    return f"{local.hour:02}:{local.minute:02}"


@register.filter
def moment_in(at: datetime, zone: str) -> str:
    """An instant in full: "Tuesday 3 March 2026, 18:00, London time (GMT)"."""
    return _("%(day)s, %(time)s, %(zone)s") % {
        "day": day_in(at, zone),
        "time": clock_in(at, zone),
        "zone": zone_words(zone, at),
    }


@register.filter
def until_in(at: datetime, zone: str) -> str:
    """An instant beside another one, whose zone is spelled out: "Tuesday 3 March, 18:00"."""
    return _("%(day)s, %(time)s") % {
        "day": day_words(wall.local_date(at, wall.zone(zone))),
        "time": clock_in(at, zone),
    }


@register.filter
def hours_in(appointment: Appointment, zone: str) -> str:
    """From when to when: "18:00 to 18:50"."""
    return span_words(appointment.starts_at, appointment.ends_at, zone)


@register.filter
def spelled(appointment: Appointment, zone: str) -> str:
    """An appointment in full: "Tuesday 3 March 2026, 18:00 to 18:50, London time (GMT)"."""
    return spelled_span(appointment.starts_at, appointment.ends_at, zone)


def span_words(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """From when to when, as clock times in the zone; over a clock change each with its offset."""
    start, end = clock_in(starts_at, zone), clock_in(ends_at, zone)
    before, after = offset_words(zone, starts_at), offset_words(zone, ends_at)
    if before != after:
        start, end = f"{start} {before}", f"{end} {after}"
    return _("%(start)s to %(end)s") % {"start": start, "end": end}


def spelled_span(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Day, hours and zone of a session, in full."""
    return _("%(day)s, %(time)s, %(zone)s") % {
        "day": day_in(starts_at, zone),
        "time": span_words(starts_at, ends_at, zone),
        "zone": zone_words(zone, starts_at),
    }


def day_words(day: date) -> str:
    """A date in full: "Tuesday 3 March"."""
    return _written(day, "l j F", get_language())


@lru_cache(maxsize=4096)
def _written(day: date, form: str, _language: str | None) -> str:
    # Kept, because Django goes through the form letter by letter, for the same days all the time.
    return formatted(day, form)
