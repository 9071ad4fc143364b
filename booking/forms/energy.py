"""The form of what can be given in one day."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from practice.models import EnergyRule, RelationshipType

#: How the kinds of sessions are called where they are counted.
KINDS: Mapping[str, Any] = {
    RelationshipType.INDIVIDUAL: _("one person"),
    RelationshipType.COUPLE: _("two people"),
    RelationshipType.NON_MONOGAMOUS: _("a non-monogamous relationship"),
    RelationshipType.GROUP: _("a group"),
}


class EnergyForm(forms.Form):
    """What can be given in one day: a number and a list of boxes for each kind of session."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, name in KINDS.items():
            self.fields[f"at_most_{kind}"] = forms.IntegerField(
                required=False,
                min_value=1,
                max_value=20,
                label=gettext("For %(kind)s, at most") % {"kind": name},
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )
        for kind, name in KINDS.items():
            self.fields[f"not_after_{kind}"] = forms.MultipleChoiceField(
                required=False,
                choices=[
                    (other, gettext("After %(kind)s") % {"kind": words})
                    for other, words in KINDS.items()
                    if other != kind
                ],
                label=gettext("No session for %(kind)s") % {"kind": name},
                widget=forms.CheckboxSelectMultiple,
            )

    @staticmethod
    def initial_of(rules: Sequence[EnergyRule]) -> dict[str, Any]:
        """The rules as they are."""
        initial: dict[str, Any] = {}
        for rule in rules:
            if rule.kind == EnergyRule.Kind.AT_MOST:
                initial[f"at_most_{rule.relationship_type}"] = rule.limit
            else:
                own = initial.setdefault(f"not_after_{rule.relationship_type}", [])
                own.append(rule.after_type)
        return initial

    @property
    def limits(self) -> list[forms.BoundField]:
        """The fields of the numbers."""
        return [self[f"at_most_{kind}"] for kind in KINDS]

    @property
    def orders(self) -> list[forms.BoundField]:
        """The fields of what may not follow what."""
        return [self[f"not_after_{kind}"] for kind in KINDS]

    @property
    def at_most(self) -> dict[str, int]:
        """The limits of valid data."""
        data = self.cleaned_data
        return {str(k): data[f"at_most_{k}"] for k in KINDS if data[f"at_most_{k}"] is not None}

    @property
    def not_after(self) -> set[tuple[str, str]]:
        """The pairs of valid data."""
        data = self.cleaned_data
        return {(str(k), str(after)) for k in KINDS for after in data[f"not_after_{k}"]}
