"""What a practitioner hears themselves, and what the practice promises."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import LineField
from notifications.domain.refusals import InvalidWording
from notifications.operations.own import OwnMessages, check_promise
from practice.models import Practitioner

_STEP = 30
_FIRST, _LAST = 4 * 60, 12 * 60
_OFF = "off"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


class OwnMessagesForm(forms.Form):
    """The morning's message and its hour, new requests, ready ones."""

    agenda_minute = forms.TypedChoiceField(
        label=_("Your day"),
        help_text=_("How many appointments there are today; nothing on days without one."),
        coerce=lambda value: None if value == _OFF else int(value),
    )
    hears_of_new = forms.BooleanField(label=_("A new request"), required=False)
    hears_of_ready = forms.BooleanField(label=_("A request is ready for you"), required=False)

    def __init__(self, data: Mapping[str, Any] | None, *, practitioner: Practitioner) -> None:
        now = practitioner.agenda_minute
        chosen = {
            "agenda_minute": _OFF if now is None else now,
            "hears_of_new": practitioner.hears_of_new,
            "hears_of_ready": practitioner.hears_of_ready,
        }
        super().__init__(data, initial=chosen)
        hours = {*range(_FIRST, _LAST + 1, _STEP)} | ({now} if now is not None else set())
        field = self.fields["agenda_minute"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(_OFF, _("Not at all")), *[(m, _clock(m)) for m in sorted(hours)]]

    def choices(self) -> OwnMessages:
        """What was chosen. Call it once the form has been checked."""
        return OwnMessages(**self.cleaned_data)


class PromiseForm(forms.Form):
    """When the practice answers: a part of a sentence."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    text = LineField(
        label=_("You answer …"),
        help_text=_("The end of the sentence “We answer …”, such as “within two working days”."),
        max_length=120,
        error_messages={"required": _("Please say when you answer.")},
    )

    def clean_text(self) -> str:
        """Nothing may be said that must not be read by others."""
        text: str = self.cleaned_data["text"]
        try:
            check_promise(text)
        except InvalidWording as refusal:
            raise forms.ValidationError(list(refusal.problems)) from refusal
        return text
