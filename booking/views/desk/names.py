"""Whose names the desk shows: privacy mode puts codes in their place, for as long as it is on.

The setting belongs to a browser (its session), not to a practitioner: it is about who may be
looking at this screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from booking.domain.codes import person_code, record_code
from booking.models import Appointment, Participant, Request
from practice.models import Practitioner
from practice.views.desk import desk_page

_HIDES_NAMES = "hides_names"


@dataclass(frozen=True, slots=True)
class Names:
    """How a page calls people: by name, by initial, or by the code of their request."""

    are_hidden: bool
    are_initials: bool = False

    def of(self, participant: Participant, *, in_group: str = "") -> str:
        """One person; `in_group`: by the name that they chose for a group, where it is one."""
        if self.are_hidden:
            return person_code(participant.request_id, participant.position)
        return self.text(in_group or participant.chosen_name or participant.label)

    def text(self, name: str) -> str:
        """A name that somebody wrote, of a person who has no code."""
        if self.are_hidden:
            return gettext("somebody")
        return f"{name[0]}." if self.are_initials and name else name

    def request(self, request: Request, people: Sequence[Participant]) -> str:
        """Everybody in a request."""
        if self.are_hidden:
            return record_code(request.id)
        return ", ".join(self.of(p) for p in people)

    def all_of(self, people: Sequence[Participant]) -> str:
        """Who something is for, in one line: "Kai and Noor", or the code of their request."""
        if self.are_hidden and people:
            return ", ".join(dict.fromkeys(record_code(p.request_id) for p in people))
        found = [self.of(p) for p in people]
        if len(found) < 2:
            return found[0] if found else gettext("Nobody")
        return gettext("%(names)s and %(last)s") % {
            "names": ", ".join(found[:-1]),
            "last": found[-1],
        }

    def entry(self, appointment: Appointment, people: Sequence[Participant]) -> str:
        """What an appointment is called in lists: its group, or its people."""
        if appointment.cohort is not None:
            return appointment.cohort.title
        return self.all_of(people)

    def by_id(self, people: Sequence[Participant]) -> dict[str, str]:
        """What people are called, by their ids."""
        return {str(p.pk): self.of(p) for p in people}


def names_for(request: HttpRequest) -> Names:
    """By name, unless privacy mode is on in this browser."""
    return Names(are_hidden=hides_names(request))


def hides_names(request: HttpRequest) -> bool:
    """Whether privacy mode is on: somebody may be looking at this screen."""
    return bool(request.session.get(_HIDES_NAMES))


@require_POST
@desk_page
def privacy(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Switch privacy mode for this browser, and go back to where it was pressed."""
    request.session[_HIDES_NAMES] = request.POST.get("hide") == "yes"
    back = request.POST.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/desk")
    return redirect(back if is_ours else "desk:waiting")
