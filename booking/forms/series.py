"""Forms of series: how often and how many, and a pause."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.domain.series import AHEAD_MAX, COUNT
from booking.forms.desk import YEARS

RHYTHMS = [
    ("1", _("Every week")),
    ("2", _("Every two weeks")),
    ("3", _("Every three weeks")),
]


class RhythmForm(forms.Form):
    """How often, and how many in all."""

    every_weeks = forms.TypedChoiceField(label=_("How often"), choices=RHYTHMS, coerce=int)
    count = forms.TypedChoiceField(
        label=_("How many dates in all"), choices=[(str(n), str(n)) for n in COUNT], coerce=int
    )


class MoreForm(forms.Form):
    """How many further dates of a series."""

    count = forms.TypedChoiceField(label=_("How many more"), coerce=int)

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["count"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(str(n), str(n)) for n in range(1, min(most, AHEAD_MAX) + 1)]


class PauseForm(forms.Form):
    """From a day to a day, both without a session."""

    first = forms.DateField(
        label=_("First day of the pause"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    last = forms.DateField(
        label=_("Last day of the pause"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    @property
    def until(self) -> date:
        """The first day after it, of valid data."""
        last: date = self.cleaned_data["last"]
        return last + timedelta(days=1)

    def clean(self) -> dict[str, Any]:
        """A pause ends after it begins, in a year that converts."""
        data = super().clean() or self.cleaned_data
        for name in ("first", "last"):
            if data.get(name) and data[name].year not in YEARS:
                self.add_error(name, _("Please choose a date that is not so far away."))
        if not self.errors and data["last"] < data["first"]:
            self.add_error("last", _("The last day cannot come before the first."))
        return data
