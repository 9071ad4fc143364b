"""Another way to somebody whom a message did not reach."""

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import AddressField


class OtherAddressForm(forms.Form):
    """An address that somebody gave when they were asked."""

    address = AddressField(
        label=_("Their other address"),
        help_text=_("They get a code there. Until they enter it, nothing changes."),
    )
