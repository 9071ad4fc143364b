"""The short session that a private link gives to one device.

After the code, the device remembers whose page it may open: for half an hour of quiet, twelve
hours at most, and no longer than the link lives. The token is not in the address bar any more.
"""

import functools
import time
from collections.abc import Callable, Mapping
from typing import Any, Concatenate
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.cache import never_cache

from booking.models import Participant, PrivateLink
from booking.queries import access
from booking.views.answer import not_here

IDLE_SECONDS = 30 * 60
LIFE_SECONDS = 12 * 60 * 60

_KEY = "people"
#: Where a page that came to the passcode first was asked for, in a person's grant.
_ON_THE_WAY = "on_the_way"


def remember(request: HttpRequest, participant: Participant, link: PrivateLink) -> None:
    """Let this device open the person's pages. The session gets a new id."""
    request.session.cycle_key()
    people = request.session.get(_KEY, {})
    now = int(time.time())
    people[str(participant.id)] = {"link": str(link.id), "since": now, "seen": now}
    request.session[_KEY] = people


def unlock_answers(request: HttpRequest, participant: Participant) -> None:
    """Remember that the passcode of now was given on this device; a new one locks it again.

    Whoever was on the way to a page has arrived: `on_the_way` tells of it before.
    """
    grant = request.session[_KEY][str(participant.id)]
    grant.pop(_ON_THE_WAY, None)
    grant["answers"] = _mark(access.passcode_hash_of(participant.id))
    request.session.modified = True


def on_the_way(request: HttpRequest, participant: Participant) -> str:
    """The address of the page that they wanted before the passcode came first: one of their own."""
    own = reverse("you", args=[participant.id])
    wanted = str(request.session[_KEY][str(participant.id)].get(_ON_THE_WAY, ""))
    return wanted if wanted.startswith(own) else own


def passcode_first(request: HttpRequest, participant: Participant, name: str) -> HttpResponse:
    """Send them to a page about the passcode, by its name, and remember the page they wanted.

    Only a page that is shown: what is sent is not sent again, and a file leads nowhere.
    """
    if request.method == "GET" and not request.path.endswith("/file/"):
        request.session[_KEY][str(participant.id)][_ON_THE_WAY] = request.path
        request.session.modified = True
    return redirect(name, participant_id=participant.id)


def gave_passcode(request: HttpRequest, participant: Participant) -> bool:
    """Whether the passcode was given on this device, or none is asked for."""
    grant = request.session.get(_KEY, {}).get(str(participant.id), {})
    return _is_unlocked(grant, participant)


def _is_unlocked(grant: Mapping[str, Any], participant: Participant) -> bool:
    if not participant.passcode_hash:
        return True
    return constant_time_compare(str(grant.get("answers")), _mark(participant.passcode_hash))


def _mark(passcode_hash: str) -> str:
    """What a session keeps of a passcode: enough to tell that it is another one now."""
    return salted_hmac("booking.device.passcode", passcode_hash, algorithm="sha256").hexdigest()


def knows(request: HttpRequest, participant_id: UUID) -> bool:
    """Whether this device opens the person's pages now."""
    return _granted(request, participant_id) is not None


def forget(request: HttpRequest) -> None:
    """Sign this device out of every person's pages."""
    request.session.flush()


def private_page[**P](
    *, answers: bool = False, before_choosing: bool = False, after_the_end: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, Participant, P], HttpResponse]],
    Callable[..., HttpResponse],
]:
    """Open a page to the one person whose device has come in by their link.

    The URL carries `participant_id`; the view gets the participant. Everybody else gets the
    same page with status 404, whether or not the person exists; so does a person for whom the
    view finds nothing (`Http404`). No browser may store an answer. With `answers=True` the
    person's passcode must have been given on this device too; pages of a date (calling it off,
    moving it, running late) never ask for it, for that is pressed in a hurry and ends nothing but
    a date. Whoever has none, though others may see their mail, chooses one first: only pages with
    `before_choosing=True` open to them before.

    Whoever has left comes in by the one link to what they wrote themselves: only pages with
    `after_the_end=True` are there for them.
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
            if participant.left_at is not None and not after_the_end:
                return not_here(request)
            if answers and not _is_unlocked(grant, participant):
                return passcode_first(request, participant, "passcode")
            if answers and not before_choosing and participant.needs_passcode:
                return passcode_first(request, participant, "you-passcode")
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
