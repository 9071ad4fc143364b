"""Hours, days and rules in words."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, ngettext

from booking.forms.energy import KINDS
from booking.templatetags.times import day_words, zone_words
from practice.domain.hours import clock
from practice.domain.wall import instant, local_date, zone
from practice.models import EnergyRule, HoursOverride, Modality, Practitioner, WeeklyHours


def clock_words(practitioner: Practitioner) -> str:
    """On which clock hours are: whoever looked before that changed has looked at other hours."""
    return gettext("Time zone: %(zone)s") % {"zone": zone_words(practitioner.time_zone)}


def ways(modalities: Sequence[str]) -> list[str]:
    """Ways to meet."""
    return [str(Modality(m).label) for m in modalities]


def between(row: WeeklyHours) -> list[str]:
    """From when until when a window of the week holds, where it does not always."""
    found = []
    if row.from_date:
        found.append(gettext("from %(day)s") % {"day": day_words(row.from_date)})
    if row.until_date:
        last = row.until_date - timedelta(days=1)
        found.append(gettext("until %(day)s") % {"day": day_words(last)})
    return found


def dated_words(rows: Sequence[HoursOverride]) -> str:
    """The hours that one date has of its own."""
    hours = [
        " ".join(
            [
                f"{clock(r.opens_minute)}–{clock(r.closes_minute)}",
                *([f"({', '.join(ways(r.modalities))})"] if r.modalities else []),
            ]
        )
        for r in rows
        if r.opens_minute is not None and r.closes_minute is not None
    ]
    return ", ".join(hours) or gettext("Closed")


def off_words(starts_at: datetime, ends_at: datetime, practitioner: Practitioner) -> str:
    """Time off in words: whole days without times."""
    return off_words_in(starts_at, ends_at, zone(practitioner.time_zone))


def off_words_in(starts_at: datetime, ends_at: datetime, tz: ZoneInfo) -> str:
    """The same on the clock of any zone."""
    first, last = local_date(starts_at, tz), local_date(ends_at, tz)
    starts_whole = starts_at == instant(first, 0, tz)
    ends_whole = ends_at == instant(last, 0, tz)
    if starts_whole and ends_whole:
        return days_words(first, last - timedelta(days=1))
    if ends_whole:
        last -= timedelta(days=1)
    start, end = f"{starts_at.astimezone(tz):%H:%M}", f"{ends_at.astimezone(tz):%H:%M}"
    if ends_whole:
        end = "24:00"
    if first == last:
        return gettext("%(day)s, %(start)s to %(end)s") % {
            "day": day_words(first),
            "start": start,
            "end": end,
        }
    return gettext("%(first)s, %(start)s, to %(last)s, %(end)s") % {
        "first": day_words(first),
        "start": start,
        "last": day_words(last),
        "end": end,
    }


def days_words(first: date, last: date) -> str:
    """A date, or the first and the last of several."""
    if first == last:
        return day_words(first)
    return gettext("%(first)s to %(last)s") % {"first": day_words(first), "last": day_words(last)}


def rule_words(rule: EnergyRule) -> str:
    """A rule of what can be given in one day."""
    if rule.kind == EnergyRule.Kind.AT_MOST:
        return at_most_words(rule.relationship_type, rule.limit or 0)
    return not_after_words(rule.relationship_type, rule.after_type)


def at_most_words(kind: str, limit: int) -> str:
    """How many of a kind."""
    return ngettext(
        "At most %(limit)s session a day for %(kind)s",
        "At most %(limit)s sessions a day for %(kind)s",
        limit,
    ) % {"limit": limit, "kind": KINDS[kind]}


def not_after_words(kind: str, after: str) -> str:
    """What does not follow what."""
    return gettext("No session for %(kind)s after one for %(after)s on the same day") % {
        "kind": KINDS[kind],
        "after": KINDS[after],
    }
