"""The passcode that guards one's saved answers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

PASSCODE_MIN = 6
_PASSCODE_MAX = 128


class PasscodeForm(forms.Form):
    """A passcode for reading one's own saved answers. Spaces around it do not count."""

    use_required_attribute = False

    passcode = forms.CharField(
        label=_("A passcode of your own"),
        help_text=_(
            "At least 6 characters. On every device it is asked for before anything that you have "
            "answered is shown. Choose one that nobody near you would guess."
        ),
        min_length=PASSCODE_MIN,
        max_length=_PASSCODE_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Please choose a passcode.")},
    )
    again = forms.CharField(
        label=_("Once more"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Please type it a second time.")},
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data=data, label_suffix="")

    def clean(self) -> dict[str, Any]:
        """Both the same."""
        cleaned = super().clean() or {}
        if "passcode" in cleaned and "again" in cleaned and cleaned["passcode"] != cleaned["again"]:
            self.add_error("again", gettext("The two are not the same."))
        return cleaned


class EnterPasscodeForm(forms.Form):
    """The passcode, on a device that has not given it yet."""

    use_required_attribute = False

    passcode = forms.CharField(
        label=_("Your passcode"),
        max_length=_PASSCODE_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Please type your passcode.")},
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data=data, label_suffix="")


class NewPasscodeForm(PasscodeForm):
    """A new passcode, with the number that the practitioner has read out."""

    word = forms.CharField(
        label=_("The number that you were told"),
        help_text=_("Eight digits. It works for half an hour, and once."),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Please type the number that you were told.")},
    )

    field_order = ("word", "passcode", "again")
