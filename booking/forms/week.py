"""The form of the weekly hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import dates
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import small_number
from booking.forms.windows import WINDOWS_MAX, DayField, WindowForm, say_overlap, typed_rows
from practice.domain.hours import WeeklySpan, clash, clock
from practice.models import WeeklyHours

WEEKDAYS = range(7)


class WeeklyWindowForm(WindowForm):
    """A window of every week, perhaps only from a day to a day."""

    from_date = DayField(required=False, label=_("First day"))
    last_date = DayField(required=False, label=_("Last day"))

    def clean(self) -> dict[str, Any]:
        """Put the days in order, too."""
        data = super().clean()
        first, last = data.get("from_date"), data.get("last_date")
        if first and last and last < first:
            self.add_error("last_date", _("The last day comes before the first."))
        return data

    def weekly_span(self, weekday: int) -> WeeklySpan | None:
        """The window of valid data."""
        if self.span is None:
            return None
        last = self.cleaned_data["last_date"]
        return WeeklySpan(
            weekday,
            self.span.opens_minute,
            self.span.closes_minute,
            self.cleaned_data["from_date"],
            last + timedelta(days=1) if last else None,
            self.span.modalities,
        )


class StartForm(forms.Form):
    """When a new week begins."""

    starts = DayField(
        required=False,
        label=_("From which day"),
        help_text=_("Leave it empty to change your hours at once."),
    )


@dataclass(frozen=True, slots=True)
class DayRows:
    """A weekday and its windows."""

    weekday: int
    name: str
    rows: Sequence[WeeklyWindowForm]


class WeekForm:
    """The whole week: a form for each window, a day's windows together, and from when."""

    def __init__(self, days: Sequence[DayRows], start: StartForm) -> None:
        self.days = days
        self.start = start

    @classmethod
    def sent(cls, data: QueryDict) -> "WeekForm":
        """What somebody sent, to be checked."""
        typed = _typed_week(data)
        return cls(
            [
                DayRows(
                    weekday,
                    weekday_name(weekday),
                    [
                        _weekly_row(weekday, number, data=data)
                        for number in range(max(len(typed[weekday]), 1))
                    ],
                )
                for weekday in WEEKDAYS
            ],
            StartForm(data),
        )

    @classmethod
    def rearranged(cls, data: QueryDict) -> "WeekForm":
        """What was typed so far, after a press of "add" or "copy"; nothing is checked yet."""
        typed = _typed_week(data)
        added = small_number(data.get("add", ""))
        if added is not None and added in WEEKDAYS and len(typed[added]) < WINDOWS_MAX:
            typed[added].append({})
        if "copy" in data:
            for weekday in range(1, 5):
                typed[weekday] = [dict(row) for row in typed[0]]
        return cls._of(typed, StartForm(initial={"starts": data.get("starts", "")}))

    @classmethod
    def stored(cls, rows: Sequence[WeeklyHours]) -> "WeekForm":
        """The hours as they are."""
        found: list[list[dict[str, Any]]] = [[] for _weekday in WEEKDAYS]
        for row in rows:
            found[row.weekday].append(
                {
                    "opens": clock(row.opens_minute),
                    "closes": clock(row.closes_minute),
                    "ways": row.modalities,
                    "from_date": row.from_date,
                    "last_date": row.until_date - timedelta(days=1) if row.until_date else None,
                }
            )
        return cls._of(found, StartForm())

    @classmethod
    def _of(cls, rows: Sequence[Sequence[Mapping[str, Any]]], start: StartForm) -> "WeekForm":
        return cls(
            [
                DayRows(
                    weekday,
                    weekday_name(weekday),
                    [
                        _weekly_row(weekday, number, initial=row)
                        for number, row in enumerate(rows[weekday] or [{}])
                    ],
                )
                for weekday in WEEKDAYS
            ],
            start,
        )

    @property
    def _all(self) -> list[forms.Form]:
        return [*(row for day in self.days for row in day.rows), self.start]

    @property
    def wrong(self) -> list[forms.Form]:
        """The forms with errors."""
        return [form for form in self._all if form.errors]

    def is_valid(self) -> bool:
        """Whether everything can be read, and no two windows of a day overlap."""
        if not all([form.is_valid() for form in self._all]):  # noqa: C419 - all of them
            return False
        placed = [
            (row, span)
            for day in self.days
            for row in day.rows
            if (span := row.weekly_span(day.weekday)) is not None
        ]
        found = clash([span for _row, span in placed])
        if found is not None:
            say_overlap(placed[found[1]][0], placed[found[0]][1])
        return found is None

    @property
    def spans(self) -> list[WeeklySpan]:
        """The hours of valid data."""
        return [
            span
            for day in self.days
            for row in day.rows
            if (span := row.weekly_span(day.weekday)) is not None
        ]

    @property
    def from_date(self) -> date | None:
        """The day from which they hold; None: at once."""
        day: date | None = self.start.cleaned_data["starts"]
        return day


def weekday_name(weekday: int) -> str:
    """Monday is 0."""
    return str(dates.WEEKDAYS[weekday])


def _weekly_row(weekday: int, number: int, **known: Any) -> WeeklyWindowForm:
    row = WeeklyWindowForm(prefix=f"day-{weekday}-{number}", **known)
    for name, label in (("opens", _("%(day)s, from")), ("closes", _("%(day)s, to"))):
        row.fields[name].label = label % {"day": weekday_name(weekday)}
    return row


def _typed_week(data: QueryDict) -> list[list[dict[str, Any]]]:
    return [typed_rows(data, f"day-{weekday}", WeeklyWindowForm) for weekday in WEEKDAYS]
