"""The four sliders and the room for something private."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from intake.domain.answers import SCALE_TOP
from intake.domain.definitions import Passed
from intake.domain.feedback import WORDS_MAX, Slider
from intake.forms.building import passes
from intake.forms.fields import Choice, Paragraphs, Radios
from intake.forms.words import PROBLEMS
from intake.queries.feedback import Said

#: What each slider says, and what stands at its two ends.
SLIDERS: Mapping[Slider, tuple[str | Promise, str | Promise, str | Promise]] = {
    Slider.HEARD: (_("I felt heard"), _("Not at all"), _("Completely")),
    Slider.USEFUL: (_("It was useful to me"), _("Not at all"), _("Very")),
    Slider.PACE: (_("The pace"), _("Too slow"), _("Too fast")),
    Slider.SAFE: (_("I felt safe"), _("Not at all"), _("Completely")),
}
_READER = "practitioner"
_ROWS = 5


class FeedbackForm(forms.Form):
    """Everything may be left alone or passed. `about` is the session that the page showed."""

    about = forms.UUIDField(widget=forms.HiddenInput)
    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, said: Said | None = None) -> None:
        super().__init__(data, initial=_initial(said), label_suffix="")
        numbers = [(str(n), str(n)) for n in range(SCALE_TOP + 1)]
        for slider, (label, low, high) in SLIDERS.items():
            field = Choice(
                label=str(label), required=False, choices=[*numbers, *passes()], widget=Radios()
            )
            field.look, field.visibility = "scale", _READER
            field.low, field.high = str(low), str(high)
            self.fields[slider.value] = field
        words = Paragraphs(
            label=_("Anything to tell me privately"),
            required=False,
            max_length=WORDS_MAX,
            widget=forms.Textarea(attrs={"rows": _ROWS, "autocomplete": "off"}),
        )
        words.visibility = _READER
        self.fields["words"] = words

    def clean(self) -> dict[str, Any]:
        """Each mark is a number of the scale, a way to pass, or not there."""
        typed = super().clean() or self.cleaned_data
        for slider in Slider:
            said = typed.get(slider.value, "")
            if said and _mark(said) is None:
                self.add_error(slider.value, gettext(str(PROBLEMS["unknown_option"])))
        return typed

    @property
    def marks(self) -> dict[Slider, int | Passed]:
        """What was marked. Call it once the form has been checked."""
        found = {slider: _mark(self.cleaned_data[slider.value]) for slider in Slider}
        return {slider: mark for slider, mark in found.items() if mark is not None}


def _mark(said: str) -> int | Passed | None:
    if said in Passed:
        return Passed(said)
    is_number = said.isascii() and said.isdecimal() and len(said) <= len(str(SCALE_TOP))
    return int(said) if is_number and int(said) <= SCALE_TOP else None


def _initial(said: Said | None) -> dict[str, object]:
    if said is None:
        return {}
    marks = {slider.value: str(mark) for slider, mark in said.marks.items()}
    return {**marks, "words": said.words}
