"""The first step of a request: who it is for."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.forms.fields import DetailedChoices
from practice.models import RelationshipType

#: What stands below the words of each relationship type.
_TYPE_DETAILS: Mapping[str, Any] = {
    RelationshipType.INDIVIDUAL: _("You come alone, whatever it is about."),
    RelationshipType.COUPLE: _("Each of you gets a private page of your own."),
    RelationshipType.NON_MONOGAMOUS: _(
        "As many of you as want to come; others can simply be mentioned."
    ),
    RelationshipType.GROUP: _(
        "You ask for yourself, and we meet for a short first call before the group."
    ),
}


class WhoForm(forms.Form):
    """Who is this session for?"""

    relationship_type = forms.ChoiceField(
        label=_("Who is this session for?"),
        error_messages={
            "required": _("Please choose who the session is for."),
            "invalid_choice": _("Please choose one of these."),
        },
    )

    def __init__(
        self, data: Any = None, *, choices: Sequence[tuple[str, str]], initial: str = ""
    ) -> None:
        super().__init__(data, initial={"relationship_type": initial})
        field = self.fields["relationship_type"]
        assert isinstance(field, forms.ChoiceField)
        field.widget = DetailedChoices(_TYPE_DETAILS)
        field.choices = choices
