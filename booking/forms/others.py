"""Somebody else whom the requester names."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking.domain.asking import LABEL_MAX, OtherPerson
from booking.forms.fields import AddressField, DetailedChoices, LineField
from booking.models import Participant


class PersonForm(forms.Form):
    """Somebody else: what to call them, whether they come, and how they are reached."""

    label = LineField(
        label=_("What should we call them here?"),
        help_text=_("A first name, an initial or a nickname."),
        max_length=LABEL_MAX,
        error_messages={"required": _("Please write what to call them: an initial is enough.")},
    )
    attends = forms.ChoiceField(
        label=_("Will they come?"),
        choices=Participant.Attends.choices,
        initial=Participant.Attends.YES,
        widget=DetailedChoices(
            {
                "yes": _("They get a private page of their own."),
                "sometimes": _("They get a private page, and nothing waits for them."),
                "no": _("We never contact them, and nobody who comes sees their name."),
            }
        ),
    )
    agreed = forms.ChoiceField(
        label=_("Have they agreed that we contact them?"),
        choices=[("yes", _("Yes")), ("no", _("Not yet"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please answer this.")},
    )
    route = forms.ChoiceField(
        label=_("How do they get their page?"),
        choices=[
            (Participant.Route.EMAIL.value, _("We send them an e-mail")),
            (Participant.Route.LINK.value, _("I pass on a private link")),
        ],
        widget=DetailedChoices(
            {
                "email": _("Only if they agreed."),
                "link": _("You get it after your own code. It shows nobody's name."),
            }
        ),
        error_messages={"required": _("Please choose how they get their page.")},
    )
    email = AddressField(
        label=_("Their e-mail address"),
        help_text=_("One that only they read."),
        error_messages={"required": _("Please give an address that we can write to.")},
    )
    invited_as = forms.ChoiceField(
        label=_("In that e-mail, what do we call you?"),
        help_text=_(
            "Rather no name at all? Then pass on a link: a nameless mail looks like a trick."
        ),
        choices=Participant.InvitedAs.choices,
        initial=Participant.InvitedAs.NAME,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, always_comes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.always_comes = always_comes
        if always_comes:
            del self.fields["attends"]
        if self.is_bound:  # what is folded away on the page is not asked for
            is_reached = self.data.get(self.add_prefix("attends")) != Participant.Attends.NO
            by_mail = self.data.get(self.add_prefix("route")) == Participant.Route.EMAIL
            for name in ("agreed", "route"):
                self.fields[name].required = is_reached or always_comes
            for name in ("email", "invited_as"):
                self.fields[name].required = by_mail and (is_reached or always_comes)
        vars(self.fields["label"])["visibility"] = "shared"
        for name in ("agreed", "route", "invited_as"):
            vars(self.fields[name])["look"] = "two"

    def coming(self) -> str:
        """yes, sometimes or no. Call it once the form has been checked."""
        if self.always_comes:
            return Participant.Attends.YES
        return str(self.cleaned_data.get("attends") or Participant.Attends.YES)

    def person(self) -> OtherPerson:
        """What was typed. Nothing about how to reach somebody who is only mentioned."""
        typed = self.cleaned_data
        label = str(typed.get("label", ""))
        if self.coming() == Participant.Attends.NO:
            return OtherPerson(label=label, attends=self.coming())
        route = str(typed.get("route") or Participant.Route.LINK)
        by_mail = route == Participant.Route.EMAIL
        return OtherPerson(
            label=label,
            attends=self.coming(),
            agreed=typed.get("agreed") == "yes",
            route=route,
            email=str(typed.get("email", "")) if by_mail else "",
            invited_as=str(typed.get("invited_as") or Participant.InvitedAs.NAME),
        )
