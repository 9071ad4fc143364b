"""Addresses that a person hands on or follows, for templates."""

from uuid import UUID

from django import template
from django.conf import settings
from django.urls import reverse

from booking.models import Appointment
from booking.operations.links import token
from booking.queries import people

register = template.Library()


@register.filter
def open_url(link_id: UUID) -> str:
    """The whole address of a private link, ready to be copied and handed over."""
    return f"{settings.BASE_URL}{reverse('open', args=[token(link_id)])}"


@register.filter
def join_details(appointment: Appointment) -> str:
    """How to come: the video link, the phone number or the address."""
    return people.join_details(appointment)
