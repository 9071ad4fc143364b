"""Forms of single days: other hours, and time off."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import LineField
from booking.forms.windows import (
    TIME_WRONG,
    WINDOWS_MAX,
    ClockField,
    DayField,
    WindowForm,
    say_overlap,
    typed_rows,
)
from booking.operations.availability import DAYS_MAX
from practice.domain.hours import Span, WeeklySpan, clash, clock, read_clock
from practice.domain.wall import MINUTES_PER_DAY, instant
from practice.models import HoursOverride, TimeOff


class DaysForm(forms.Form):
    """Hours of single dates. Its windows are `WindowForm`s beside it, in `rows`."""

    CLOSED = "closed"
    OPEN = "open"

    first_date = DayField(label=_("Day"))
    last_date = DayField(
        required=False, label=_("Last day"), help_text=_("For several days in a row.")
    )
    kind = forms.ChoiceField(
        label=_("On this day"),
        choices=[(CLOSED, _("Closed")), (OPEN, _("Other hours"))],
        widget=forms.RadioSelect,
        initial=OPEN,
    )

    def __init__(
        self,
        *args: Any,
        rows: Sequence[WindowForm],
        today: date,
        day: date | None = None,
        **kwargs: Any,
    ) -> None:
        """With `day` it is about that date, and no other can be chosen."""
        super().__init__(*args, **kwargs)
        self.rows = rows
        self._today = today
        if day is not None:
            self.initial["first_date"] = day
            self.fields["first_date"].disabled = True
            self.fields["first_date"].widget = forms.HiddenInput()

    @classmethod
    def sent(cls, data: QueryDict, *, today: date, day: date | None) -> "DaysForm":
        """What somebody sent, to be checked."""
        count = max(len(typed_rows(data, "hours", WindowForm)), 1)
        rows = [WindowForm(data, prefix=f"hours-{number}") for number in range(count)]
        return cls(data, rows=rows, today=today, day=day)

    @classmethod
    def rearranged(
        cls, data: QueryDict, *, today: date, day: date | None, more: bool
    ) -> "DaysForm":
        """What was typed so far, perhaps with another row; nothing is checked yet."""
        typed = typed_rows(data, "hours", WindowForm)
        rows = [*typed, {}] if more or not typed else typed
        initial = {name: data.get(name, "") for name in cls.base_fields}
        return cls(initial=initial, rows=_rows(rows[:WINDOWS_MAX]), today=today, day=day)

    @classmethod
    def stored(cls, day: date | None, known: Sequence[HoursOverride], *, today: date) -> "DaysForm":
        """The hours of a date as they are, or an empty form."""
        windows = [o for o in known if o.opens_minute is not None and o.closes_minute is not None]
        rows = [
            {
                "opens": clock(o.opens_minute or 0),
                "closes": clock(o.closes_minute or 0),
                "ways": o.modalities,
            }
            for o in windows
        ]
        kind = cls.CLOSED if known and not windows else cls.OPEN
        return cls(initial={"kind": kind}, rows=_rows(rows or [{}]), today=today, day=day)

    @property
    def wrong(self) -> list[forms.Form]:
        """The forms with errors."""
        rows = self.rows if self["kind"].value() == self.OPEN else []
        return [form for form in (self, *rows) if form.errors]

    def clean(self) -> dict[str, Any]:
        """Read the windows, unless it is closed."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("first_date"), data.get("last_date")
        if first and first < self._today:
            self.add_error("first_date", _("This day is over."))
        if first and last and not first <= last < first + timedelta(days=DAYS_MAX):
            self.add_error(
                "last_date",
                gettext("Please choose a day up to %(days)s days later.") % {"days": DAYS_MAX - 1},
            )
        if data.get("kind") == self.OPEN:
            self._clean_rows()
        return data

    def _clean_rows(self) -> None:
        if not all([row.is_valid() for row in self.rows]):  # noqa: C419 - all of them
            self.add_error("kind", _("Please have another look at the hours."))
            return
        placed = [(row, row.span) for row in self.rows if row.span is not None]
        if not placed:
            self.add_error("kind", _("Please give the hours, or choose “Closed”."))
        found = clash(
            [
                WeeklySpan(0, s.opens_minute, s.closes_minute, modalities=s.modalities)
                for _row, s in placed
            ]
        )
        if found is not None:
            say_overlap(placed[found[1]][0], placed[found[0]][1])
            self.add_error("kind", _("Please have another look at the hours."))

    @property
    def first(self) -> date:
        """The first date of valid data."""
        day: date = self.cleaned_data["first_date"]
        return day

    @property
    def last(self) -> date:
        """The last date of valid data: the first, if no other is given."""
        day: date | None = self.cleaned_data["last_date"]
        return day or self.first

    @property
    def spans(self) -> list[Span]:
        """The hours of valid data; none: closed."""
        if self.cleaned_data["kind"] == self.CLOSED:
            return []
        return [row.span for row in self.rows if row.span is not None]


def _rows(typed: Sequence[Mapping[str, Any]]) -> list[WindowForm]:
    return [
        WindowForm(initial=dict(row), prefix=f"hours-{number}") for number, row in enumerate(typed)
    ]


class TimeOffForm(forms.Form):
    """From a day to a day, whole days unless times are given."""

    first_date = DayField(label=_("First day"))
    first_time = ClockField(label=_("From"), help_text=_("Empty: the whole day."))
    last_date = DayField(
        required=False, label=_("Last day"), help_text=_("Empty: only the first day.")
    )
    last_time = ClockField(label=_("Until"), help_text=_("Empty: the end of the day."))
    label = LineField(
        required=False,
        max_length=80,
        label=_("What for"),
        help_text=_("Only you see it. Holidays, a course, nothing at all."),
    )

    def __init__(self, *args: Any, tz: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tz, self._now = tz, now

    @staticmethod
    def initial_of(row: TimeOff, tz: ZoneInfo) -> dict[str, Any]:
        """Time off as it would be typed."""
        starts, ends = row.starts_at.astimezone(tz), row.ends_at.astimezone(tz)
        last, last_time = ends.date(), f"{ends:%H:%M}"
        if row.ends_at == instant(last, 0, tz):
            last, last_time = last - timedelta(days=1), ""
        is_midnight = row.starts_at == instant(starts.date(), 0, tz)
        return {
            "first_date": starts.date(),
            "first_time": "" if is_midnight else f"{starts:%H:%M}",
            "last_date": last if last != starts.date() else None,
            "last_time": last_time,
            "label": row.label,
        }

    def clean(self) -> dict[str, Any]:
        """Work out both ends."""
        data = super().clean() or self.cleaned_data
        minutes = {"first_time": 0, "last_time": MINUTES_PER_DAY}
        for name in minutes:
            if not data.get(name):
                continue
            try:
                minutes[name] = read_clock(data[name])
            except ValueError:
                self.add_error(name, TIME_WRONG)
        if self.errors:
            return data
        last = data["last_date"] or data["first_date"]
        if minutes["last_time"] == 0:  # "midnight" ends a day
            minutes["last_time"] = MINUTES_PER_DAY
        data["starts_at"] = instant(data["first_date"], minutes["first_time"], self._tz)
        data["ends_at"] = instant(last, minutes["last_time"], self._tz, is_end=True)
        if data["ends_at"] <= data["starts_at"]:
            name = "last_time" if last == data["first_date"] else "last_date"
            self.add_error(name, _("The end comes before the start."))
        elif data["ends_at"] <= self._now:
            self.add_error("first_date", _("This is over already."))
        return data
