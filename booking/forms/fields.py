"""Fields that several forms of clients share."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

CODE_DIGITS = 6
_SMALL_DIGITS = 3
_TOO_LONG = _(
    "Please keep this to at most %(limit_value)d characters. It has %(show_value)d: nothing of it "
    "was cut off."
)


def small_number(text: str) -> int | None:
    """The number that a form's own hidden field or button sends; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _SMALL_DIGITS else None


class WholeTextField(forms.CharField):
    """Text of which nothing is cut off.

    A browser told the longest length silently drops the rest of what somebody pastes. It is not
    told: the server says that the text is too long, and the text stays.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages.setdefault("max_length", _TOO_LONG)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Everything but the longest length."""
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class LineField(WholeTextField):
    """One line of text: line breaks, tabs and control characters become single spaces."""

    def to_python(self, value: Any) -> str:
        """The text on one line."""
        text = super().to_python(value) or ""
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class ParagraphField(WholeTextField):
    """A few words. A line break counts as one character, as it does in the browser."""

    def to_python(self, value: Any) -> str:
        """The text with plain line breaks and no other control characters."""
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        return "".join(c for c in text if c == "\n" or c.isprintable())


class AddressField(WholeTextField, forms.EmailField):
    """An e-mail address, in lower case: that is how addresses are compared."""

    widget = forms.EmailInput(
        attrs={"autocomplete": "email", "inputmode": "email", "spellcheck": "false"}
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)
        self.error_messages["invalid"] = _("This does not look like an e-mail address.")

    def clean(self, value: Any) -> str:
        """The address, compared without regard to case."""
        return str(super().clean(value)).lower()


class DetailedChoices(forms.RadioSelect):
    """Radio buttons whose options explain themselves; `details` maps values to sentences."""

    def __init__(self, details: Mapping[str, Any]) -> None:
        super().__init__()
        self.details = details

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """An option with its `detail`."""
        option = super().create_option(name, value, *args, **kwargs)
        return option | {"detail": self.details.get(str(value), "")}


class CodeForm(forms.Form):
    """The six digits from the mail."""

    code = WholeTextField(
        label=_("Code"),
        max_length=200,
        error_messages={"required": _("Please enter the code from the message.")},
        widget=forms.TextInput(
            attrs={
                "class": "input-code",
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "spellcheck": "false",
            }
        ),
    )

    def clean_code(self) -> str:
        """Six digits, however they were typed."""
        digits = "".join(c for c in self.cleaned_data["code"] if c.isdecimal())
        if len(digits) != CODE_DIGITS:
            raise forms.ValidationError(_("The code has six digits."))
        return digits


class AddressForm(forms.Form):
    """One's own address."""

    email = AddressField(
        label=_("Your e-mail address"),
        error_messages={"required": _("Please give an address that we can write to.")},
    )


class InvitationAddressForm(forms.Form):
    """Where another person is invited."""

    email = AddressField(
        label=_("Their e-mail address"),
        error_messages={"required": _("Please give an address that we can write to.")},
    )
    agreed = forms.BooleanField(
        label=_("They know about this and agreed that you write to them"),
        error_messages={"required": _("We write only to people who agreed.")},
    )
