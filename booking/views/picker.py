"""Open times as the slot picker shows them, in the reader's zone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _

from booking.queries.requesting import WEEK_DAYS, Week
from booking.templatetags.times import clock_in, day_words, offset_words, zone_words
from booking.views.choices import value_of
from practice.domain.wall import instant, local_date


@dataclass(frozen=True, slots=True)
class Slot:
    """One start. `detail` tells apart two that have the same clock time."""

    value: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day's starts."""

    date: str
    label: str
    long_label: str
    slots: Sequence[Slot]


@dataclass(frozen=True, slots=True)
class Picker:
    """The context of components/slot_picker.html, and what stands around it."""

    days: Sequence[Day]
    zone_label: str
    earlier: str = ""
    later: str = ""
    next_open: str = ""
    next_open_label: str = ""
    clock_change: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to choose."""
        return not any(day.slots for day in self.days)

    @property
    def values(self) -> set[str]:
        """Every start shown."""
        return {slot.value for day in self.days for slot in day.slots}


def week_picker(week: Week, zone: ZoneInfo) -> Picker:
    """A week of times."""
    noon = instant(week.first, 12 * 60, zone)
    return Picker(
        days=[_day(day, starts, zone) for day, starts in week.days],
        zone_label=zone_words(zone.key, noon),
        earlier=_iso(week.first - timedelta(days=WEEK_DAYS)) if week.has_earlier else "",
        later=_iso(week.end) if week.has_later else "",
        next_open=_iso(week.next_open) if week.next_open else "",
        next_open_label=day_words(week.next_open) if week.next_open else "",
        clock_change=_clock_change(week, zone),
    )


def few_times(starts: Sequence[datetime], zone: ZoneInfo) -> Picker:
    """A few times, for example the nearest ones to a time that is gone."""
    days = groupby(sorted(starts), key=lambda start: local_date(start, zone))
    return Picker(
        days=[_day(day, list(found), zone) for day, found in days],
        zone_label=zone_words(zone.key, min(starts, default=None)),
    )


def without(picker: Picker, starts: Sequence[datetime]) -> Picker:
    """The same times but these, which are chosen already."""
    gone = {value_of(start) for start in starts}
    return replace(
        picker,
        days=[
            replace(day, slots=[slot for slot in day.slots if slot.value not in gone])
            for day in picker.days
        ],
    )


def parsed_date(text: str) -> date | None:
    """The date that a page's address names; None if it is not one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _iso(day: date) -> str:
    return day.isoformat()


def _day(day: date, starts: Sequence[datetime], zone: ZoneInfo) -> Day:
    clocks = [clock_in(start, zone.key) for start in starts]
    return Day(
        date=_iso(day),
        label=formatted(day, "D j M"),
        long_label=day_words(day),
        slots=[
            Slot(
                value=value_of(start),
                label=clock,
                detail=offset_words(zone.key, start) if clocks.count(clock) > 1 else "",
            )
            for start, clock in zip(starts, clocks, strict=True)
        ],
    )


def _clock_change(week: Week, zone: ZoneInfo) -> str:
    for day, _starts in week.days:
        midnight, next_midnight = instant(day, 0, zone), instant(day + timedelta(days=1), 0, zone)
        after = offset_words(zone.key, next_midnight)
        if offset_words(zone.key, midnight) != after:
            return _("The clocks change on %(day)s. From then on times are %(offset)s.") % {
                "day": day_words(day),
                "offset": after,
            }
    return ""
