"""The form of what holds for all sessions."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from practice.domain.hours import clock, read_clock
from practice.domain.people import PEOPLE_MAX
from practice.models import Practice
from practice.operations.defaults import Defaults, defaults_of

WEEKDAYS = [
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
]


class ClocksField(forms.CharField):
    """Times of day with commas between them, as minutes since midnight."""

    most = 6

    def prepare_value(self, value: Any) -> Any:
        """Minutes as they would be typed."""
        return ", ".join(clock(m) for m in value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[int]:
        """Read them; the earliest first."""
        text = super().clean(value)
        try:
            found = {read_clock(part) for part in text.split(",") if part.strip()}
        except ValueError:
            raise ValidationError(_("Please write times such as 10:00, 17:00.")) from None
        if not 1 <= len(found) <= self.most or max(found) >= 24 * 60:
            raise ValidationError(_("Please give one to six times of the day."))
        return sorted(found)


class DefaultsForm(forms.Form):
    """Every setting with its bounds, each said beside it."""

    people_max = forms.IntegerField(
        label=_("Most people in a session"),
        min_value=2,
        max_value=PEOPLE_MAX,
        help_text=_("From 2 to 8, the one who asks included. A session can have its own number."),
    )
    unverified_hold_minutes = forms.IntegerField(
        label=_("Before the code is entered, minutes"), min_value=5, max_value=120
    )
    single_hold_hours = forms.IntegerField(
        label=_("For one person, hours"), min_value=1, max_value=14 * 24
    )
    joint_hold_hours = forms.IntegerField(
        label=_("For several people, hours"), min_value=1, max_value=21 * 24
    )
    proposal_hold_hours = forms.IntegerField(
        label=_("Times that you propose, hours"), min_value=1, max_value=14 * 24
    )
    soon_days = forms.IntegerField(
        label=_("A proposal is near within, days"), min_value=0, max_value=30
    )
    soon_hold_hours = forms.IntegerField(
        label=_("A near one, hours"), min_value=1, max_value=14 * 24
    )
    gathering_days = forms.IntegerField(
        label=_("A request without a time stays open, days"), min_value=3, max_value=90
    )
    offer_hours = forms.IntegerField(label=_("Usually, hours"), min_value=1, max_value=7 * 24)
    offer_soon_days = forms.IntegerField(
        label=_("It is near within, days"), min_value=0, max_value=30
    )
    offer_soon_hours = forms.IntegerField(
        label=_("A near one, hours"), min_value=1, max_value=7 * 24
    )
    offer_today_hours = forms.IntegerField(
        label=_("One on the same day, hours"), min_value=1, max_value=24
    )
    batch_minutes = ClocksField(
        label=_("At"),
        max_length=60,
        help_text=_("On your clock, with commas between: 10:00, 17:00."),
    )
    batch_weekdays = forms.TypedMultipleChoiceField(
        label=_("On"),
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one day.")},
    )

    @staticmethod
    def initial_of(practice: Practice) -> dict[str, Any]:
        """The settings as they are."""
        known = defaults_of(practice)
        return {name: getattr(known, name) for name in DefaultsForm.base_fields}

    @property
    def defaults(self) -> Defaults:
        """The settings of valid data."""
        return Defaults(**self.cleaned_data)

    @property
    def holds(self) -> list[forms.BoundField]:
        """How long time is held."""
        return [self[name] for name in self.fields if "hold" in name or name == "soon_days"]

    @property
    def offers(self) -> list[forms.BoundField]:
        """How long an offer of the waitlist can be answered."""
        return [self[name] for name in self.fields if name.startswith("offer")]
