"""The form of a service."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.forms.energy import KINDS
from booking.forms.fields import LineField
from booking.forms.windows import WaysField
from practice.domain.hours import length, read_length
from practice.domain.people import PEOPLE_MAX
from practice.domain.wall import MINUTES_PER_DAY
from practice.models import Service
from practice.operations.services import ServiceSettings


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
        max_value=PEOPLE_MAX,
        help_text=_("From 2 to 8. Empty: as many as your settings say for every session."),
    )
    price_text = LineField(label=_("Price"), required=False, max_length=80)
    is_active = forms.BooleanField(label=_("It can be asked for"), required=False)
    is_call = forms.ChoiceField(
        label=_("Call or session"),
        choices=[("", _("A session")), ("on", _("A call, to find out whether it fits"))],
        required=False,
        widget=forms.RadioSelect,
    )

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
            stored = {name: getattr(service, name) for name in ServiceForm.base_fields}
            return stored | {"is_call": "on" if service.is_call else ""}
        usual = ServiceSettings(name="", relationship_type="", duration_minutes=50)
        known = {name: getattr(usual, name) for name in ServiceForm.base_fields}
        return known | {"reminder_minutes": list(usual.reminder_minutes), "is_call": ""}

    @property
    def settings(self) -> ServiceSettings:
        """The settings of valid data."""
        data = dict(self.cleaned_data)
        data["position"] = data["position"] or 0
        data["is_call"] = data["is_call"] == "on"
        if self._service is not None:
            data["relationship_type"] = self._service.relationship_type
        return ServiceSettings(**data)
