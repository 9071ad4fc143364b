"""The frame of intake's pages for the practitioner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from booking.views.desk.names import Names, hides_names, names_for
from booking.views.desk.page import desk_context
from practice.domain.wall import zone
from practice.models import Practitioner

#: Whose names pages show is booking's to say: its pages and these keep to one setting.
__all__ = ["Names", "hides_names", "names_for", "show"]


def show(
    request: HttpRequest,
    practitioner: Practitioner,
    name: str,
    context: Mapping[str, Any],
    *,
    section: str,
    now: datetime,
    status: int = 200,
) -> HttpResponse:
    """A page of the desk, with every time in the practitioner's own zone."""
    everything = {
        **desk_context(practitioner, section=section, now=now),
        "hides_names": hides_names(request),
        "now": now,
        **context,
    }
    with timezone.override(zone(practitioner.time_zone)):
        return render(request, f"intake/{name}.html", everything, status=status)
