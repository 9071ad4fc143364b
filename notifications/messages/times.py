"""Times in words: always in the reader's zone, and the zone always spelled out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def zone_name(at: datetime, tz: ZoneInfo) -> str:
    """The zone as a person would say it, with its name on that day: London time (GMT)."""
    if tz.key == "UTC":
        return "UTC"
    city = tz.key.rsplit("/", 1)[-1].replace("_", " ")
    short = at.astimezone(tz).tzname() or ""
    if short[:1] in "+-":  # zones without a name of their own
        short = f"UTC{short}"
    return _("%(city)s time (%(zone)s)") % {"city": city, "zone": short}


def day(at: datetime, tz: ZoneInfo) -> str:
    """Tuesday 3 March."""
    return date_format(at.astimezone(tz), "l j F")


def moment(at: datetime, tz: ZoneInfo) -> str:
    """Tuesday 3 March 2026, 18:00, London time (GMT)."""
    local = at.astimezone(tz)
    return f"{date_format(local, 'l j F Y')}, {local:%H:%M}, {zone_name(at, tz)}"


def span(starts_at: datetime, ends_at: datetime, tz: ZoneInfo) -> str:
    """Tuesday 3 March 2026, 18:00–18:50, London time (GMT)."""
    local, end = starts_at.astimezone(tz), ends_at.astimezone(tz)
    date = date_format(local, "l j F Y")
    # Over a clock change the end bears another name.
    zones = zone_name(starts_at, tz)
    if zones != zone_name(ends_at, tz):
        return f"{date}, {local:%H:%M} {local.tzname()}–{end:%H:%M} {end.tzname()}, {zones}"
    return f"{date}, {local:%H:%M}–{end:%H:%M}, {zones}"


def days_until(at: datetime, now: datetime, tz: ZoneInfo) -> int:
    """How many calendar days lie between now and then, on the reader's calendar."""
    return (at.astimezone(tz).date() - now.astimezone(tz).date()).days
