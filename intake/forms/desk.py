"""Forms of the practitioner's pages of intake."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import AddressField, DetailedChoices, LineField, ParagraphField
from intake.domain.modules import MODULES
from intake.forms.fields import Boxes
from intake.models import Review

_CODE_LETTERS = 2

_DETAILS: Mapping[str, Any] = {
    Review.Decision.PROCEED: _("It is not held any more. Confirming is the usual step."),
    Review.Decision.INDIVIDUAL_FIRST: _(
        "Not held any more either. Offer each of them the same: a first talk alone."
    ),
    Review.Decision.REFER: _("It stays held. Decline it in the usual words when you are ready."),
    Review.Decision.DECLINE: _("It stays held. Decline it in the usual words when you are ready."),
}


_NOT_YET = _("A decision follows a private talk with each of them. Please have it first.")


class DetailedBoxes(Boxes):
    """Boxes whose options explain themselves; `details` maps values to sentences."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__()
        self.details = details


class ReviewForm(forms.Form):
    """The talks that were had, and what follows from them.

    `people`: with whom a talk is open, as id and name; each of them is asked about.
    """

    contacted = forms.MultipleChoiceField(
        label=_("I have talked to them alone, in the way they named as safe"),
        widget=Boxes,
        error_messages={"required": _NOT_YET},
    )
    decision = forms.ChoiceField(
        label=_("What follows"), choices=Review.Decision.choices, widget=DetailedChoices(_DETAILS)
    )
    supervised = forms.BooleanField(
        required=False, label=_("Talked over with a supervisor or a colleague.")
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = people
        if people:
            cast(forms.MultipleChoiceField, self.fields["contacted"]).choices = people
        else:
            del self.fields["contacted"]

    def clean_contacted(self) -> Sequence[str]:
        """A decision is made after the private talks, never from a form alone."""
        contacted: Sequence[str] = self.cleaned_data["contacted"]
        if set(contacted) != {pk for pk, _name in self._people}:
            raise ValidationError(_NOT_YET)
        return contacted


_MODULE_DETAILS = {m.key: _(m.about) for m in MODULES}

RETENTION: Mapping[str, tuple[Any, Any]] = {
    "abandoned": (_("Begun and never finished"), _("After the request has ended.")),
    "declined": (_("Declined"), _("After you declined.")),
    "sealed": (
        _("Sealed safety answers"),
        _("After the last session or your recorded decision, whichever is later."),
    ),
    "intake": (_("All other answers"), _("After the last session.")),
    "consents": (
        _("Signatures and attendance"),
        _("After the last session. Ask your lawyer or insurer: often seven years, 2555 days."),
    ),
}
_DAYS_MAX = 36_500
_HOURS_MAX = 24 * 14


class IntakeSettingsForm(forms.Form):
    """What is asked, who answers alerts, and how long things are kept."""

    modules = forms.MultipleChoiceField(
        required=False,
        label=_("Parts of the questionnaires"),
        choices=[(m.key, _(m.title)) for m in MODULES],
        widget=DetailedBoxes(_MODULE_DETAILS),
        help_text=_("What you switch is asked of whoever begins from now on."),
    )
    alert_name = LineField(required=False, max_length=120, label=_("Who answers alerts"))
    alert_email = AddressField(required=False, label=_("Their e-mail"))
    alert_hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=_HOURS_MAX,
        label=_("Within how many hours"),
        help_text=_("What you promise yourself. People are told that nobody reads along live."),
    )
    second_name = LineField(required=False, max_length=120, label=_("If they do not: who else"))
    second_email = AddressField(
        required=False,
        label=_("The second person's e-mail"),
        help_text=_("They are told that something waits, and nothing of what it is."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for key, (label, help_text) in RETENTION.items():
            self.fields[f"days_{key}"] = forms.IntegerField(
                min_value=1, max_value=_DAYS_MAX, label=label, help_text=help_text
            )

    @property
    def retention(self) -> list[forms.BoundField]:
        """The fields of how long things are kept."""
        return [self[f"days_{key}"] for key in RETENTION]

    @property
    def alerts(self) -> list[forms.BoundField]:
        """The fields of who answers alerts."""
        names = ("alert_name", "alert_email", "alert_hours", "second_name", "second_email")
        return [self[name] for name in names]

    def refuse_modules(self) -> None:
        """Questions on suicide wait until somebody answers for them."""
        self.add_error(
            "modules",
            ValidationError(
                _(
                    "Questions on suicide stay off until you have named who answers alerts, within "
                    "how many hours, and a second person with another address."
                )
            ),
        )


class ResourceForm(forms.Form):
    """One place where somebody can turn to."""

    name = LineField(max_length=120, label=_("Name"))
    what = LineField(required=False, max_length=200, label=_("What they do"))
    ways = ParagraphField(
        label=_("Ways to reach them"),
        max_length=600,
        help_text=_(
            "One on each line, such as: Call or text 988. Text HOME to 741741. "
            "Numbers and addresses become buttons to press."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    countries = LineField(
        required=False,
        max_length=1000,
        label=_("Countries"),
        help_text=_("Two letters each, such as US or GB. None: for everybody."),
    )
    checked = forms.DateField(
        required=False,
        label=_("Last checked"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    urgent = forms.BooleanField(
        required=False, label=_("Answers at any hour: named first to somebody in danger now")
    )
    youth = forms.BooleanField(
        required=False, label=_("For people under 18: shown to them, and to nobody else")
    )

    def clean_ways(self) -> list[str]:
        """Every line that says something."""
        return [line.strip() for line in self.cleaned_data["ways"].splitlines() if line.strip()]

    def clean_countries(self) -> list[str]:
        """Codes in capitals, as typed with commas or spaces between them."""
        codes: list[str] = self.cleaned_data["countries"].replace(",", " ").upper().split()
        if any(len(c) != _CODE_LETTERS or not c.isascii() or not c.isalpha() for c in codes):
            raise ValidationError(_("Please write two letters for each country, such as US."))
        return codes

    @property
    def entry(self) -> dict[str, Any]:
        """The entry as the settings keep it."""
        typed = self.cleaned_data
        checked = typed["checked"]
        return {
            "name": typed["name"],
            "what": typed["what"],
            "ways": typed["ways"],
            "countries": typed["countries"],
            "checked": checked.isoformat() if checked else "",
            "urgent": typed["urgent"],
            "youth": typed["youth"],
        }


ResourceForms = forms.formset_factory(ResourceForm, extra=2, can_delete=True, max_num=60)


class AttendanceForm(forms.Form):
    """Whose name stands on an extract, and as which kind of file it is made."""

    name = LineField(
        max_length=120,
        label=_("The name on it"),
        help_text=_("As the letter that asks for it writes it."),
    )
    as_file = forms.ChoiceField(choices=[("pdf", _("PDF")), ("text", _("Text"))])
