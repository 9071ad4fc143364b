"""The short session that a private link gives to one device.

After the code, the device remembers whose page it may open: for half an hour of quiet, twelve
hours at most, and no longer than the link lives. The token is not in the address bar any more.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, Concatenate
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from booking.models import Participant, PrivateLink
from booking.queries import access
from booking.views.answer import not_here

IDLE_SECONDS = 30 * 60
LIFE_SECONDS = 12 * 60 * 60

_KEY = "people"


def remember(request: HttpRequest, participant: Participant, link: PrivateLink) -> None:
    """Let this device open the person's pages. The session gets a new id."""
    request.session.cycle_key()
    people = request.session.get(_KEY, {})
    now = int(time.time())
    people[str(participant.id)] = {"link": str(link.id), "since": now, "seen": now}
    request.session[_KEY] = people


def unlock_answers(request: HttpRequest, participant: Participant) -> None:
    """Remember that the passcode was given on this device."""
    grant = request.session[_KEY][str(participant.id)]
    grant["answers"] = True
    request.session.modified = True


def knows(request: HttpRequest, participant_id: UUID) -> bool:
    """Whether this device opens the person's pages now."""
    return _granted(request, participant_id) is not None


def forget(request: HttpRequest) -> None:
    """Sign this device out of every person's pages."""
    request.session.flush()


def private_page[**P](
    *, answers: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, Participant, P], HttpResponse]],
    Callable[..., HttpResponse],
]:
    """Open a page to the one person whose device has come in by their link.

    The URL carries `participant_id`; the view gets the participant. Everybody else gets the
    same page with status 404, whether or not the person exists; so does a person for whom the
    view finds nothing (`Http404`). No browser may store an answer. With `answers=True` the
    person's passcode, if they set one, must have been given on this device too.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Participant, P], HttpResponse],
    ) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        @never_cache
        def opened(
            request: HttpRequest, /, participant_id: UUID, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            found = _granted(request, participant_id)
            if found is None:
                return not_here(request)
            participant, grant = found
            if answers and participant.passcode_hash and not grant.get("answers"):
                return redirect("passcode", participant_id=participant.id)
            try:
                return view(request, participant, *args, **kwargs)
            except Http404:
                return not_here(request)

        return opened

    return decorate


def _granted(
    request: HttpRequest, participant_id: UUID
) -> tuple[Participant, dict[str, Any]] | None:
    grant = request.session.get(_KEY, {}).get(str(participant_id))
    now = int(time.time())
    if grant is None or now - grant["seen"] > IDLE_SECONDS or now - grant["since"] > LIFE_SECONDS:
        return None
    participant = access.person_behind(grant["link"], participant_id)
    if participant is None:
        return None
    if now - grant["seen"] > 60:  # a write a minute is enough to measure half an hour
        grant["seen"] = now
        request.session.modified = True
    return participant, grant
