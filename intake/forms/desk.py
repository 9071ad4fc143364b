"""Forms of the practitioner's pages of intake."""

from collections.abc import Mapping
from typing import Any

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


class DetailedBoxes(Boxes):
    """Boxes whose options explain themselves; `details` maps values to sentences."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__()
        self.details = details


class ReviewForm(forms.Form):
    """The contact that was had, and what follows from it."""

    contacted = forms.BooleanField(
        required=False,
        label=_("I have talked to the person concerned, alone and in the way they named as safe."),
    )
    decision = forms.ChoiceField(
        label=_("What follows"), choices=Review.Decision.choices, widget=DetailedChoices(_DETAILS)
    )
    supervised = forms.BooleanField(
        required=False, label=_("Talked over with a supervisor or a colleague.")
    )

    def __init__(self, *args: Any, is_contacted: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_contacted = is_contacted
        if is_contacted:
            del self.fields["contacted"]

    def clean_contacted(self) -> bool:
        """A decision is made after a private contact, never from a form alone."""
        contacted: bool = self.cleaned_data["contacted"]
        if not contacted:
            raise ValidationError(_("A decision follows a private talk. Please have it first."))
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
        help_text=_("One on each line: a number, a text code, an address."),
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
        }


ResourceForms = forms.formset_factory(ResourceForm, extra=2, can_delete=True, max_num=60)
