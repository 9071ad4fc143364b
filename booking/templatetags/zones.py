"""The choice of a person's own time zone, for the pages that ask them about times."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from booking.forms.zones import zone_groups
from booking.models import Participant
from booking.queries.access import has_chosen_zone
from practice.models import Practitioner

register = template.Library()


@register.inclusion_tag("booking/client/own_zone.html", takes_context=True)
def own_zone(context: Context, participant: Participant, back: str) -> dict[str, Any]:
    """A form of its own; `back` names the page that it leads back to."""
    return {"back": back, "csrf_token": context.get("csrf_token"), **_choice(participant)}


@register.inclusion_tag("booking/client/own_zone_field.html")
def own_zone_field(participant: Participant) -> dict[str, Any]:
    """The same inside another form of the page, which keeps what was typed there."""
    return _choice(participant)


def _choice(participant: Participant) -> dict[str, Any]:
    practitioner = Practitioner.objects.get(pk=participant.request.practitioner_id)
    return {
        "participant": participant,
        "reader_zone": participant.time_zone,
        "is_chosen": has_chosen_zone(participant),
        "zones": zone_groups([participant.time_zone, practitioner.time_zone], now=timezone.now()),
    }
