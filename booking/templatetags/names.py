"""What people are called on the desk's pages, where somebody may be looking at the screen."""

from django import template
from django.template import Context

from booking.models import Participant
from booking.views.desk.names import Names, hides_names, names_for

register = template.Library()


@register.simple_tag(takes_context=True)
def called(context: Context, participant: Participant, in_group: str = "") -> str:
    """A person's name, or their code in privacy mode."""
    request = getattr(context, "request", None)
    names = names_for(request) if request is not None else Names(are_hidden=False)
    return names.of(participant, in_group=in_group)


@register.simple_tag(takes_context=True)
def names_are_hidden(context: Context) -> bool:
    """Whether privacy mode is on in this browser."""
    request = getattr(context, "request", None)
    return request is not None and hides_names(request)
