"""The frame of intake's pages for the practitioner, and whose names they show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from booking.models import Participant, Request
from booking.views.desk.page import desk_context
from intake.domain.codes import person_code, record_code
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.views.desk import desk_page

_HIDES_NAMES = "hides_names"


@dataclass(frozen=True, slots=True)
class Names:
    """How a page calls people: by name, by initial, or by the code of their request."""

    are_hidden: bool
    are_initials: bool = False

    def of(self, participant: Participant) -> str:
        """One person."""
        if self.are_hidden:
            return person_code(participant.request_id, participant.position)
        return self.text(participant.chosen_name or participant.label)

    def text(self, name: str) -> str:
        """A name that somebody wrote, of a person who has no code."""
        if self.are_hidden:
            return _("somebody")
        return f"{name[0]}." if self.are_initials and name else name

    def request(self, request: Request, people: list[Participant]) -> str:
        """Everybody in a request."""
        if self.are_hidden:
            return record_code(request.id)
        return ", ".join(self.of(p) for p in people)


def names_for(request: HttpRequest) -> Names:
    """By name, unless privacy mode is on in this browser."""
    return Names(are_hidden=hides_names(request))


def hides_names(request: HttpRequest) -> bool:
    """Whether privacy mode is on: somebody may be looking at this screen."""
    return bool(request.session.get(_HIDES_NAMES))


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


@require_POST
@desk_page
def privacy(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Switch privacy mode for this browser, and go back to where it was pressed."""
    request.session[_HIDES_NAMES] = request.POST.get("hide") == "yes"
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/desk")
    return redirect(back if is_ours else "desk:waiting")
