"""The form of a document's words."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.forms.fields import LineField, ParagraphField
from intake.domain.definitions import Consent
from intake.domain.documents import InvalidText, Wording, wording_of

_TEXT_MAX = 20_000


class DocumentForm(forms.Form):
    """The words of one document. `seen` is the version that the page was opened with."""

    use_required_attribute = False

    title = LineField(max_length=120, label=gettext_lazy("Title"))
    summary = LineField(max_length=300, label=gettext_lazy("In one line"))
    text = ParagraphField(
        max_length=_TEXT_MAX,
        label=gettext_lazy("Text"),
        help_text=gettext_lazy(
            "An empty line begins a new paragraph. Lines that begin with “- ” become a list."
        ),
        widget=forms.Textarea(attrs={"rows": 18}),
    )
    agree = LineField(max_length=200, label=gettext_lazy("What people agree to"))
    decline = LineField(max_length=200, label=gettext_lazy("What they choose to decline"))
    seen = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, consent: Consent, data: Mapping[str, Any] | None = None) -> None:
        words = wording_of(consent)
        initial = {
            "title": words.title,
            "summary": words.summary,
            "text": words.text,
            "agree": words.agree,
            "decline": words.decline,
            "seen": consent.version,
        }
        super().__init__(data=data, initial=initial, label_suffix="")
        if consent.required:
            del self.fields["decline"]

    @property
    def wording(self) -> Wording:
        """The words as they were typed."""
        typed = self.cleaned_data
        return Wording(
            title=typed["title"],
            summary=typed["summary"],
            text=typed["text"].strip(),
            agree=typed["agree"],
            decline=typed.get("decline", ""),
        )

    def clean(self) -> dict[str, Any]:
        """Every placeholder is one that can be filled."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.wording.check()
            except InvalidText as invalid:
                self.add_error(invalid.field, _in_words(invalid))
        return cleaned


def _in_words(invalid: InvalidText) -> str:
    names = ", ".join("{" + name + "}" for name in invalid.unknown)
    if not names:
        return _("A brace stands alone here. Braces only hold placeholders.")
    if invalid.field not in ("summary", "text"):
        return _("Placeholders are not filled in here: %(names)s.") % {"names": names}
    return _("There is no such placeholder: %(names)s.") % {"names": names}
