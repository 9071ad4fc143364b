"""Which times would suit somebody who waits for one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.domain.waiting import DayPart, Wishes
from booking.forms.week import WEEKDAYS, weekday_name

_PARTS = (
    (DayPart.MORNING.value, _("In the morning, until 12:00")),
    (DayPart.AFTERNOON.value, _("In the afternoon, 12:00 to 17:00")),
    (DayPart.EVENING.value, _("In the evening, from 17:00")),
)


class WaitForm(forms.Form):
    """All of it may be left open: what is not said suits in every way."""

    parts = forms.MultipleChoiceField(
        label=_("Which part of the day?"),
        help_text=_("By your own clock. If you mark none, each will do."),
        choices=_PARTS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On which days?"),
        help_text=_("If you mark none, each will do."),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    from_date = forms.DateField(
        label=_("From when on?"),
        help_text=_("If you leave it empty, as soon as possible."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": _("Please give a date, or leave it empty.")},
        required=False,
    )

    def __init__(self, data: Any = None, *, wishes: Wishes) -> None:
        super().__init__(
            data,
            initial={
                "parts": sorted(wishes.parts),
                "weekdays": sorted(wishes.weekdays),
                "from_date": wishes.from_date,
            },
        )
        days = self.fields["weekdays"]
        assert isinstance(days, forms.TypedMultipleChoiceField)
        days.choices = [(day, weekday_name(day)) for day in WEEKDAYS]

    @property
    def wishes(self) -> Wishes:
        """What was said, once it is valid."""
        said = self.cleaned_data
        return Wishes(
            weekdays=frozenset(said["weekdays"]),
            parts=frozenset(DayPart(part) for part in said["parts"]),
            from_date=said["from_date"],
        )
