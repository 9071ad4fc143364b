"""Forms of the desk's hours: the week, single days, time off, energy, and services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import dates
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.forms.desk import YEARS
from booking.forms.fields import LineField, small_number
from booking.operations.availability import DAYS_MAX
from practice.domain.hours import (
    Span,
    WeeklySpan,
    clash,
    clock,
    length,
    read_clock,
    read_length,
    read_span,
)
from practice.domain.wall import MINUTES_PER_DAY, instant
from practice.models import (
    EnergyRule,
    HoursOverride,
    Modality,
    RelationshipType,
    Service,
    TimeOff,
    WeeklyHours,
)
from practice.operations.services import ServiceSettings

WEEKDAYS = range(7)
#: More windows on one day than anybody has; a form with more was not made by us.
WINDOWS_MAX = 8

_TIME_WRONG = _("Please write a time such as 9, 9:30 or 5 pm.")


class DayField(forms.DateField):
    """A date near enough to be meant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
        )

    def clean(self, value: Any) -> date | None:
        """Read it."""
        day: date | None = super().clean(value)
        if day is not None and day.year not in YEARS:
            raise ValidationError(_("Please choose a date that is not so far away."))
        return day


class ClockField(forms.CharField):
    """A time of day as it is typed; read together with the one that belongs to it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            max_length=24,
            widget=forms.TextInput(
                attrs={"class": "input", "autocomplete": "off", "spellcheck": "false"}
            ),
            **kwargs,
        )


class WaysField(forms.MultipleChoiceField):
    """Ways to meet; none ticked: every way that the service offers."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=Modality.choices,
            widget=forms.CheckboxSelectMultiple,
            **{"required": False, "label": _("Only for"), **kwargs},
        )


class WindowForm(forms.Form):
    """One window of a day: from when to when, and how people can meet then."""

    opens = ClockField(label=_("From"))
    closes = ClockField(label=_("To"))
    ways = WaysField()

    span: Span | None = None

    @property
    def is_detailed(self) -> bool:
        """Whether there is more to it than from when to when."""
        more = ("ways", "from_date", "last_date")
        return any(
            name in self.fields and (self[name].value() or self[name].errors) for name in more
        )

    def clean(self) -> dict[str, Any]:
        """Read both times; a row that is empty is no window."""
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        opens, closes = data["opens"], data["closes"]
        if not opens and not closes:
            if any(data.get(name) for name in ("ways", "from_date", "last_date")):
                self.add_error("opens", _("Please say from when to when."))
            return data
        if not opens:
            self.add_error("opens", _("Please say from when."))
            return data
        try:
            start, end = read_span(opens, closes)
        except ValueError:
            self._say_what_is_wrong(opens, closes)
            return data
        self.span = Span(start, end, tuple(data["ways"]))
        return data

    def _say_what_is_wrong(self, opens: str, closes: str) -> None:
        if not closes:
            self.add_error(*_readable(opens, "opens") or ("closes", _("Please say until when.")))
            return
        wrong = _readable(opens, "opens") or _readable(closes, "closes")
        self.add_error(*wrong or ("closes", _("These hours end before they begin.")))


def _readable(text: str, name: str) -> tuple[str, Any] | None:
    try:
        read_clock(text)
    except ValueError:
        return name, _TIME_WRONG
    return None


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
            _say_overlap(placed[found[1]][0], placed[found[0]][1])
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
    return [_typed_rows(data, f"day-{weekday}", WeeklyWindowForm) for weekday in WEEKDAYS]


def _typed_rows(data: QueryDict, prefix: str, form: type[WindowForm]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while f"{prefix}-{len(rows)}-opens" in data and len(rows) < WINDOWS_MAX:
        own = f"{prefix}-{len(rows)}-"
        rows.append(
            {
                name: data.getlist(own + name) if name == "ways" else data.get(own + name, "")
                for name in form.base_fields
            }
        )
    return rows


def _say_overlap(row: WindowForm, other: Span | WeeklySpan) -> None:
    row.add_error(
        "opens",
        gettext("These hours overlap with %(from)s to %(to)s.")
        % {"from": clock(other.opens_minute), "to": clock(other.closes_minute)},
    )


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
        count = max(len(_typed_rows(data, "hours", WindowForm)), 1)
        rows = [WindowForm(data, prefix=f"hours-{number}") for number in range(count)]
        return cls(data, rows=rows, today=today, day=day)

    @classmethod
    def rearranged(
        cls, data: QueryDict, *, today: date, day: date | None, more: bool
    ) -> "DaysForm":
        """What was typed so far, perhaps with another row; nothing is checked yet."""
        typed = _typed_rows(data, "hours", WindowForm)
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
            _say_overlap(placed[found[1]][0], placed[found[0]][1])
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
                self.add_error(name, _TIME_WRONG)
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


#: How the kinds of sessions are called where they are counted.
KINDS: Mapping[str, Any] = {
    RelationshipType.INDIVIDUAL: _("one person"),
    RelationshipType.COUPLE: _("two people"),
    RelationshipType.NON_MONOGAMOUS: _("a non-monogamous relationship"),
    RelationshipType.GROUP: _("a group"),
}


class EnergyForm(forms.Form):
    """What can be given in one day: a number and a list of boxes for each kind of session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, name in KINDS.items():
            self.fields[f"at_most_{kind}"] = forms.IntegerField(
                required=False,
                min_value=1,
                max_value=20,
                label=gettext("For %(kind)s, at most") % {"kind": name},
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        for kind, name in KINDS.items():
            self.fields[f"not_after_{kind}"] = forms.MultipleChoiceField(
                required=False,
                choices=[
                    (other, gettext("After %(kind)s") % {"kind": words})
                    for other, words in KINDS.items()
                    if other != kind
                ],
                label=gettext("No session for %(kind)s") % {"kind": name},
                widget=forms.CheckboxSelectMultiple,
            )

    @staticmethod
    def initial_of(rules: Sequence[EnergyRule]) -> dict[str, Any]:
        """The rules as they are."""
        initial: dict[str, Any] = {}
        for rule in rules:
            if rule.kind == EnergyRule.Kind.AT_MOST:
                initial[f"at_most_{rule.relationship_type}"] = rule.limit
            else:
                own = initial.setdefault(f"not_after_{rule.relationship_type}", [])
                own.append(rule.after_type)
        return initial

    @property
    def limits(self) -> list[forms.BoundField]:
        """The fields of the numbers."""
        return [self[f"at_most_{kind}"] for kind in KINDS]

    @property
    def orders(self) -> list[forms.BoundField]:
        """The fields of what may not follow what."""
        return [self[f"not_after_{kind}"] for kind in KINDS]

    @property
    def at_most(self) -> dict[str, int]:
        """The limits of valid data."""
        data = self.cleaned_data
        return {str(k): data[f"at_most_{k}"] for k in KINDS if data[f"at_most_{k}"] is not None}

    @property
    def not_after(self) -> set[tuple[str, str]]:
        """The pairs of valid data."""
        data = self.cleaned_data
        return {(str(k), str(after)) for k in KINDS for after in data[f"not_after_{k}"]}


class LengthField(forms.CharField):
    """A length of time in words, as minutes: "48 h", "2 days", "90 min"."""

    def __init__(
        self, *, unit: str, least: int = 0, most: int = 366 * MINUTES_PER_DAY, **kwargs: Any
    ) -> None:
        super().__init__(
            max_length=24, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs
        )
        self._unit, self._least, self._most = unit, least, most

    def prepare_value(self, value: Any) -> Any:
        """Minutes as they would be typed."""
        return length(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        """Read it."""
        text = super().clean(value)
        try:
            minutes = read_length(text, unit=self._unit)
        except ValueError:
            raise ValidationError(
                _("Please write a length of time such as 50 min, 24 h or 2 days.")
            ) from None
        if not self._least <= minutes <= self._most:
            raise ValidationError(
                gettext("Please give from %(least)s to %(most)s.")
                % {"least": length(self._least), "most": length(self._most)}
            )
        return minutes


class LengthsField(forms.CharField):
    """Several lengths of time with commas between them."""

    _most = 5

    def prepare_value(self, value: Any) -> Any:
        """Minutes as they would be typed."""
        return ", ".join(length(m) for m in value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[int]:
        """Read them; the longest first."""
        text = super().clean(value)
        try:
            found = {read_length(part, unit="h") for part in text.split(",") if part.strip()}
        except ValueError:
            raise ValidationError(
                _("Please write lengths of time such as 72 h, 24 h, 2 h.")
            ) from None
        if len(found) > self._most or any(not 10 <= m <= 30 * MINUTES_PER_DAY for m in found):
            raise ValidationError(_("Up to five, each from 10 minutes to 30 days before."))
        return sorted(found, reverse=True)


class ServiceForm(forms.Form):
    """Everything about a service that is a setting."""

    name = LineField(
        label=_("Name"),
        max_length=80,
        error_messages={"required": _("Please give it a name.")},
    )
    description = forms.CharField(
        label=_("What it is"), required=False, max_length=1000, widget=forms.Textarea
    )
    relationship_type = forms.ChoiceField(
        label=_("Who it is for"),
        choices=[(kind, capfirst(name)) for kind, name in KINDS.items()],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose who it is for.")},
    )
    people_max = forms.IntegerField(
        label=_("Most people"),
        required=False,
        min_value=2,
        max_value=20,
        help_text=_("Where it matters. Empty: as many as the practice takes."),
    )
    price_text = LineField(label=_("Price"), required=False, max_length=80)
    is_active = forms.BooleanField(label=_("It can be asked for"), required=False)

    duration_minutes = LengthField(label=_("Length"), unit="m", least=5, most=8 * 60)
    buffer_before_minutes = LengthField(label=_("Break before"), unit="m", most=4 * 60)
    buffer_after_minutes = LengthField(label=_("Break after"), unit="m", most=4 * 60)
    step_minutes = LengthField(
        label=_("A start every"),
        unit="m",
        least=5,
        most=8 * 60,
        help_text=_("Counted from the beginning of your hours."),
    )

    notice_minutes = LengthField(
        label=_("Notice"),
        unit="h",
        most=60 * MINUTES_PER_DAY,
        help_text=_("How long before the start it can still be asked for."),
    )
    horizon_days = forms.IntegerField(
        label=_("Days ahead"),
        min_value=1,
        max_value=730,
        help_text=_("How far ahead it can be asked for."),
    )
    cancel_minutes = LengthField(
        label=_("Free changes until"),
        unit="h",
        most=60 * MINUTES_PER_DAY,
        help_text=_("Before the start. After that a change goes through you."),
    )
    day_cap = forms.IntegerField(label=_("Most a day"), required=False, min_value=1, max_value=50)
    week_cap = forms.IntegerField(
        label=_("Most a week"), required=False, min_value=1, max_value=200
    )

    modalities = WaysField(
        label=_("How you can meet"),
        required=True,
        error_messages={"required": _("Please choose at least one way to meet.")},
    )
    reminder_minutes = LengthsField(
        label=_("Reminders"),
        required=False,
        max_length=80,
        help_text=_("How long before the start, with commas between. Empty: none."),
    )
    position = forms.IntegerField(
        label=_("Place in the list"),
        min_value=0,
        max_value=999,
        required=False,
        help_text=_("The smallest number comes first."),
    )

    def __init__(self, *args: Any, service: Service | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if service is not None:
            # Requests and articles refer to it: a service for others is another service.
            del self.fields["relationship_type"]
        self._service = service

    @staticmethod
    def initial_of(service: Service | None) -> dict[str, Any]:
        """The settings as they are, or the usual ones."""
        if service is not None:
            return {name: getattr(service, name) for name in ServiceForm.base_fields}
        usual = ServiceSettings(name="", relationship_type="", duration_minutes=50)
        known = {name: getattr(usual, name) for name in ServiceForm.base_fields}
        return known | {"reminder_minutes": list(usual.reminder_minutes)}

    @property
    def settings(self) -> ServiceSettings:
        """The settings of valid data."""
        data = dict(self.cleaned_data)
        data["position"] = data["position"] or 0
        if self._service is not None:
            data["relationship_type"] = self._service.relationship_type
        return ServiceSettings(**data)
