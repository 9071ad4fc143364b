"""What the desk's frame and its board say of intake: how much waits to be seen, how urgently."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.utils.functional import Promise

from intake.domain.flags import Level
from intake.forms.flag_words import LEVELS
from intake.queries.attention import acute_count, attention, attention_count
from intake.queries.feedback import count_new
from practice.models import Practitioner

register = template.Library()


@register.simple_tag
def waits_for_attention(practitioner: Practitioner | str | None) -> int:
    """How many requests wait for the practitioner's eyes. One query; none without one."""
    return attention_count(practitioner.pk) if isinstance(practitioner, Practitioner) else 0


@register.simple_tag
def waits_acutely(practitioner: Practitioner) -> int:
    """How many of those requests are acute. One query."""
    return acute_count(practitioner.pk)


@register.simple_tag
def urgent_first(
    rows: Sequence[Mapping[str, Any]], practitioner: Practitioner
) -> list[tuple[Mapping[str, Any], Level | None, Promise | str]]:
    """Rows of the board with how urgent each request is, as the page of what is urgent says it."""
    levels = {found.request.pk: found.level for found in attention(practitioner.pk)}
    order = [*Level, None]
    found = [(row, levels.get(row["waiting"].request.pk)) for row in rows]
    return [
        (row, level, LEVELS[level] if level else "")
        for row, level in sorted(found, key=lambda pair: order.index(pair[1]))
    ]


@register.simple_tag
def said_after_sessions(practitioner: Practitioner | str | None) -> int:
    """How many people said something new about how it goes. One query; none without one."""
    return count_new(practitioner.pk) if isinstance(practitioner, Practitioner) else 0
