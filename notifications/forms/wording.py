"""One message in the practice's own words."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import ParagraphField
from notifications.domain.refusals import InvalidWording
from notifications.messages import subjects
from notifications.messages.slots import Slot
from notifications.operations.wordings import check_wording

#: The message's own subject, in the form.
OURS = "ours"


class WordingForm(forms.Form):
    """The subject, from a fixed list, and the paragraphs; the rest of a message is always ours."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    subject = forms.ChoiceField(label=_("Subject"))
    text = ParagraphField(
        label=_("What it says"),
        help_text=_("An empty line begins a new paragraph."),
        error_messages={"required": _("Please write what the message says, or bring ours back.")},
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def __init__(self, *args: Any, slot: Slot, our_subject: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._slot = slot
        self.paragraphs: Sequence[str] = ()
        subject = self.fields["subject"]
        assert isinstance(subject, forms.ChoiceField)
        ours = gettext("%(subject)s (as it comes with Attune)") % {"subject": our_subject}
        subject.choices = [(OURS, ours), *subjects.choices_for(slot.kind)]

    def clean(self) -> dict[str, Any]:
        """Nothing may be said that must not be read by others."""
        typed = super().clean() or self.cleaned_data
        if "subject" in typed and "text" in typed:
            typed["subject"] = "" if typed["subject"] == OURS else typed["subject"]
            try:
                self.paragraphs = check_wording(
                    slot=self._slot, subject=typed["subject"], text=typed["text"]
                )
            except InvalidWording as refusal:
                for problem in refusal.problems:
                    self.add_error("text", problem)
        return typed
