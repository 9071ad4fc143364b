"""The form of the time zone in which hours are kept."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from practice.domain.wall import zone_names

#: Nothing that names a zone is as long; of what does not, so much is said back.
_LONGEST = 60


class TimeZoneForm(forms.Form):
    """A zone from the list that clients' pages have; the page draws the list itself."""

    zone = forms.CharField(
        label=_("Time zone of your hours"),
        help_text=_("Your hours keep their clock times, and the clock is the one there."),
        error_messages={"required": _("Please choose a time zone from the list.")},
    )

    def clean_zone(self) -> str:
        """One that there is."""
        name: str = self.cleaned_data["zone"]
        if name not in zone_names():
            raise ValidationError(
                _("We don't know the time zone “%(zone)s”. Please choose one from the list."),
                params={"zone": name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"},
            )
        return name
