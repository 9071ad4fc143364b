"""What somebody writes about a booked date."""

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.domain.asking import WORDS_MAX
from booking.forms.fields import ParagraphField

#: How late somebody can say that they will be.
MINUTES = (5, 10, 15, 20, 30)


class WishForm(forms.Form):
    """After the cut-off: what should change."""

    words = ParagraphField(
        label=_("What would help you?"),
        help_text=_("For example another time, or that you can't come."),
        max_length=WORDS_MAX,
        error_messages={"required": _("Please write a word or two.")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they are
        vars(self.fields["words"])["visibility"] = "practitioner"
