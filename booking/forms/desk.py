"""Forms of the desk: times to choose, and a booking for somebody who called."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.domain.refusals import Problem
from booking.forms.details import country_choices
from booking.forms.fields import AddressField, LineField
from booking.models import Participant
from practice.domain.people import most_people
from practice.domain.wall import instant, zone_names
from practice.models import Modality, Practice, RelationshipType, Service

#: What lies outside is a mistake, and dates at the very ends of time do not convert.
YEARS = range(2000, 2200)


class InstantsField(forms.Field):
    """Times from a slot picker: aware instants in ISO 8601."""

    widget = forms.SelectMultiple

    def to_python(self, value: Any) -> list[datetime]:
        """Read every value. Raises `ValidationError` for what no slot picker sends."""
        found = [typed_instant(text) for text in value or ()]
        if None in found:
            raise ValidationError(_("Please choose a time from the list."))
        return sorted({at for at in found if at is not None})


def typed_instant(text: str) -> datetime | None:
    """An aware instant as our own pages send it; None for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if at.tzinfo is None or at.year not in YEARS else at.astimezone(UTC)


class TimesForm(forms.Form):
    """One to three times: from the list, or any other within the practitioner's hours."""

    times = InstantsField(required=False, label=_("Times"))
    other_date = forms.DateField(
        required=False,
        label=_("Another date"),
        error_messages={"invalid": _("Please give a date like 2026-11-30.")},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    other_time = forms.TimeField(
        required=False,
        label=_("and time"),
        error_messages={"invalid": _("Please give a time like 14:30.")},
        widget=forms.TimeInput(attrs={"type": "time", "step": 300}, format="%H:%M"),
    )

    times_max = 3
    nothing_chosen = _("Please choose one to three times.")

    def __init__(self, *args: Any, tz: ZoneInfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tz = tz

    @property
    def chosen(self) -> list[datetime]:
        """The times ticked so far, valid or not yet sent; what cannot be read is left out."""
        try:
            return InstantsField().to_python(self["times"].value())
        except ValidationError:
            return []

    def clean(self) -> dict[str, Any]:
        """Put the other time with the chosen ones."""
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        times: list[datetime] = data["times"]
        day, at = data.get("other_date"), data.get("other_time")
        if day and day.year not in YEARS:
            self.add_error("other_date", _("Please choose a date that is not so far away."))
        elif day and at:
            times = sorted({*times, instant(day, at.hour * 60 + at.minute, self._tz)})
        elif day or at:
            self.add_error(
                "other_time" if day else "other_date",
                _("Please give both a date and a time, or neither."),
            )
        if not self.errors and not 1 <= len(times) <= self.times_max:
            self.add_error("times", self.nothing_chosen)
        data["times"] = times
        return data


def typed_times(data: QueryDict) -> dict[str, Any]:
    """The fields of a `TimesForm` as they were typed, to show them again unchecked."""
    return {
        "times": data.getlist("times"),
        "other_date": data.get("other_date", ""),
        "other_time": data.get("other_time", ""),
    }


class OneTimeForm(TimesForm):
    """Exactly one time."""

    times_max = 1
    nothing_chosen = _("Please choose one time: from the list, or another one.")


def _said(sentence: str | Promise) -> dict[str, Any]:
    """What to do about a choice, whether nothing was chosen or something that is not there."""
    return {"required": sentence, "invalid_choice": sentence}


class CallForm(OneTimeForm):
    """The session of somebody who called; each person is a `PersonForm` beside it."""

    service = forms.ChoiceField(
        label=_("Session"),
        widget=forms.RadioSelect,
        error_messages=_said(_("Please choose a session from the list.")),
    )
    modality = forms.ChoiceField(
        label=_("How you will meet"),
        widget=forms.RadioSelect,
        error_messages=_said(_("Please choose one of the ways to meet.")),
    )
    place = forms.ChoiceField(
        label=_("Where they will be"),
        error_messages=_said(_("Please ask where they will be, and choose it from the list.")),
    )
    time_zone = forms.ChoiceField(
        label=_("Their time zone"),
        error_messages=_said(_("Please choose their time zone from the list.")),
    )
    forms_on_paper = forms.BooleanField(
        required=False,
        label=_("Their forms and consents are already with me on paper"),
    )

    def __init__(
        self,
        *args: Any,
        services: Sequence[Service],
        service: Service | None,
        practice: Practice,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        _choices(self, "service", [(str(s.pk), s.name) for s in services])
        _choices(
            self,
            "modality",
            [(m, Modality(m).label) for m in (service.modalities if service else ())],
        )
        _choices(
            self, "time_zone", [(name, name.replace("_", " ")) for name in sorted(zone_names())]
        )
        places = [(f"{p['country']}|{p.get('region', '')}", p["label"]) for p in practice.locations]
        _choices(self, "place", [("", _("Please choose")), *(places or country_choices())])
        self.order_fields(["service", "times", "other_date", "other_time", "modality"])

    @property
    def location(self) -> tuple[str, str]:
        """Country and region of valid data."""
        country, _bar, region = self.cleaned_data["place"].partition("|")
        return country, region


class PersonForm(forms.Form):
    """One person of a call."""

    name = LineField(
        label=_("Name"), max_length=60, error_messages={"required": _("Please write a name.")}
    )
    email = AddressField(label=_("E-mail"), required=False)
    phone = LineField(label=_("Phone"), max_length=40, required=False)
    shared_mailbox = forms.ChoiceField(
        label=_("Can anyone else see this mailbox?"),
        help_text=_("Ask them. If so, or if they are not sure, messages hold only a link."),
        choices=[
            (Participant.SharedMailbox.NO.value, _("No")),
            (Participant.SharedMailbox.YES.value, _("Yes")),
            (Participant.SharedMailbox.UNSURE.value, _("Not sure")),
        ],
        initial=Participant.SharedMailbox.UNSURE,
        widget=forms.RadioSelect,
        error_messages=_said(_("Please answer this; “Not sure” is an answer.")),
    )


def people_range(service: Service | None, practice: Practice) -> tuple[int, int]:
    """How few and how many people a service is for."""
    if service is None or service.relationship_type in (
        RelationshipType.INDIVIDUAL,
        RelationshipType.GROUP,
    ):
        return 1, 1
    if service.relationship_type == RelationshipType.COUPLE:
        return 2, 2
    return 2, max(most_people(service.people_max, practice.people_max), 2)


def add_problems(
    form: forms.Form, people: Sequence[PersonForm], problems: Sequence[Problem]
) -> None:
    """Put what an operation found beside the fields it is about."""
    own = {"starts_at": "times", "starts": "times", "people": None}
    for problem in problems:
        text = gettext(problem.message) % problem.params
        where, _dot, rest = problem.field.partition(".")
        index, _dot, name = rest.partition(".")
        if where == "people" and index.isdigit() and int(index) < len(people):
            people[int(index)].add_error(name, text)
        else:
            target = own.get(where, where)
            form.add_error(target if target in form.fields else None, text)


def _choices(form: forms.Form, name: str, choices: Sequence[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)
