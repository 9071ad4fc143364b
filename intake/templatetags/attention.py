"""What the desk's frame says of intake: how much waits to be seen, and whether names are hidden."""

from django import template

from intake.queries_desk import attention_count
from practice.models import Practitioner

register = template.Library()


@register.simple_tag
def waits_for_attention(practitioner: Practitioner | str | None) -> int:
    """How many requests wait to be seen or decided. One query; none without a practitioner."""
    return attention_count(practitioner.pk) if isinstance(practitioner, Practitioner) else 0
