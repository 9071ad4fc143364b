"""Forms of groups: what they are, and their dates."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.domain import series as rules_of_series
from booking.forms.desk import YEARS
from booking.forms.fields import LineField
from booking.forms.series import RHYTHMS
from booking.models import Cohort
from practice.domain.wall import instant
from practice.models import Modality, Service

SEATS_MAX = 20
SESSIONS_MAX = 12

_FAR_AWAY = _("Please choose a date that is not so far away.")


class AboutForm(forms.Form):
    """What people read of a group, and how many it is for."""

    title = LineField(
        label=_("Its name"),
        max_length=80,
        help_text=_("People read it on pages, never in a mail."),
    )
    description = forms.CharField(
        label=_("What it is about"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    seats = forms.IntegerField(label=_("Seats"), min_value=1, max_value=SEATS_MAX)
    minimum = forms.IntegerField(label=_("It runs with at least"), min_value=1, max_value=SEATS_MAX)
    decide_date = forms.DateField(
        label=_("Decide by"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        """It cannot need more people than it has seats."""
        data = super().clean() or self.cleaned_data
        if data.get("decide_date") and data["decide_date"].year not in YEARS:
            self.add_error("decide_date", _FAR_AWAY)
        seats, minimum = data.get("seats"), data.get("minimum")
        if seats and minimum and minimum > seats:
            self.add_error("minimum", _("That is more than it has seats."))
        return data


class EditForm(AboutForm):
    """What can be changed later; its dates have pages of their own."""

    state = forms.ChoiceField(
        label=_("Can people ask for a seat?"),
        choices=[
            (Cohort.State.OPEN.value, _("Yes")),
            (Cohort.State.CLOSED.value, _("No, not (any more)")),
        ],
        widget=forms.RadioSelect,
    )


class ComposeForm(AboutForm):
    """A new group with its first date; the others follow at the same time of day."""

    service = forms.ChoiceField(
        label=_("Kind of session"), help_text=_("Length, breaks and cut-off.")
    )
    call_service = forms.ChoiceField(
        label=_("The call before joining"), help_text=_("What people ask for a time for.")
    )
    modality = forms.ChoiceField(
        label=_("How you will meet"), choices=Modality.choices, widget=forms.RadioSelect
    )
    first_date = forms.DateField(
        label=_("First session"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    first_time = forms.TimeField(
        label=_("It begins at"),
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
    )
    count = forms.TypedChoiceField(
        label=_("How many sessions"),
        choices=[(str(n), str(n)) for n in range(1, SESSIONS_MAX + 1)],
        coerce=int,
    )
    every_weeks = forms.TypedChoiceField(label=_("How often"), choices=RHYTHMS, coerce=int)

    def __init__(
        self, *args: Any, services: Sequence[Service], tz: ZoneInfo, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._services = {str(s.pk): s for s in services}
        self._tz = tz
        for name in ("service", "call_service"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(pk, _in_a_list(s)) for pk, s in self._services.items()]

    def clean(self) -> dict[str, Any]:
        """The call is not one of the sessions, and the dates can be reckoned with."""
        data = super().clean()
        if data.get("first_date") and data["first_date"].year not in YEARS:
            self.add_error("first_date", _FAR_AWAY)
        if data.get("service") and data.get("service") == data.get("call_service"):
            self.add_error("call_service", _("Please choose another one than for the sessions."))
        return data

    @property
    def chosen_service(self) -> Service:
        """What its sessions are, of valid data."""
        return self._services[self.cleaned_data["service"]]

    @property
    def chosen_call_service(self) -> Service:
        """What the call before joining is, of valid data."""
        return self._services[self.cleaned_data["call_service"]]

    @property
    def starts(self) -> list[datetime]:
        """Its dates as they follow from the first one, of valid data."""
        at = self.cleaned_data["first_time"]
        first = instant(self.cleaned_data["first_date"], at.hour * 60 + at.minute, self._tz)
        return rules_of_series.occurrences(
            first, self._tz, self.cleaned_data["every_weeks"], self.cleaned_data["count"]
        )


def _in_a_list(service: Service) -> str:
    kind = gettext("Call") if service.is_call else gettext("Session")
    return f"{kind}: {service.name} ({service.duration_minutes} min)"
