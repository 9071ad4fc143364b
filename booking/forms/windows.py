"""Windows of hours: the fields and the form for one of them, on any day."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.forms.desk import YEARS
from practice.domain.hours import Span, WeeklySpan, clock, read_clock, read_span
from practice.models import Modality

#: More windows on one day than anybody has; a form with more was not made by us.
WINDOWS_MAX = 8

TIME_WRONG = _("Please write a time such as 9, 9:30 or 5 pm.")


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
        return name, TIME_WRONG
    return None


def typed_rows(data: QueryDict, prefix: str, form: type[WindowForm]) -> list[dict[str, Any]]:
    """The windows of one day as they were typed, from the fields that begin with `prefix`."""
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


def say_overlap(row: WindowForm, other: Span | WeeklySpan) -> None:
    """Say beside a window which other one it overlaps with."""
    row.add_error(
        "opens",
        gettext("These hours overlap with %(from)s to %(to)s.")
        % {"from": clock(other.opens_minute), "to": clock(other.closes_minute)},
    )
