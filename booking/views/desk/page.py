"""What every page of the desk has in common."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from booking.queries.desk.waiting import waiting_count
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.queries import the_practice


def desk_context(practitioner: Practitioner, *, section: str, now: datetime) -> dict[str, Any]:
    """What frame/desk.html needs: the practice, the current entry and the number beside Waiting.

    For desk pages of other apps too. A few queries, however much waits.
    """
    return {
        "practice": the_practice(),
        "practitioner": practitioner,
        "section": section,
        "waiting_count": waiting_count(practitioner.pk, now=now),
    }


def desk_response(
    request: HttpRequest,
    practitioner: Practitioner,
    template: str,
    context: Mapping[str, Any],
    *,
    section: str,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    """Render a page of the desk, with every time in the practitioner's own zone."""
    with timezone.override(zone(practitioner.time_zone)):
        return render(
            request,
            f"booking/desk/{template}",
            {**desk_context(practitioner, section=section, now=now), **context},
            status=status,
        )
