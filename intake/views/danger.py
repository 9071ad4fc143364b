"""Somebody says that they are in danger now: help is the answer, whatever else is wrong.

Looked at before anything else, in what was sent and not in a form: a page may have closed, a text
to agree to may be new, the question may have been switched off meanwhile. Nothing of that is asked
about first.

Where this device knows the person, it is raised as well; what the page held besides is saved if
it can be. For nobody in particular, the help of every country is shown.
"""

import logging
from collections.abc import Callable, Mapping
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from booking.forms.fields import AddressForm
from booking.models import Participant
from booking.views.device import gave_passcode, knows
from intake.domain.definitions import Value
from intake.domain.loader import library
from intake.operations import safety
from intake.views.private import show
from intake.views.support import support_context
from practice.queries import database_now

logger = logging.getLogger(__name__)


def said_in(request: HttpRequest) -> Mapping[str, Value]:
    """The answers in what was sent that say danger now, by question, in whichever form."""
    return library().danger_in(dict(request.POST.lists()))


def heard(
    request: HttpRequest, participant_id: UUID, rest: Callable[[], HttpResponse]
) -> HttpResponse:
    """Raise it for the person whom this device knows, and show help. `rest` saves what it can."""
    safety.hear(participant_id=participant_id, said=said_in(request), now=database_now())
    try:
        rest()
    except Exception:  # it is raised already, and help must not wait for the rest of a page
        logger.exception("a page that said danger was not saved")
    participant = Participant.objects.select_related("request").get(pk=participant_id)
    if not gave_passcode(request, participant):
        passcode = reverse("passcode", args=[participant_id])
        return outside(request, after=passcode, is_heard=True)
    after = reverse("you-support", args=[participant_id])
    context = {"after": after, "address": after, **support_context(participant.request.country)}
    return show(request, participant, "help_now", context)


def outside(
    request: HttpRequest, *, after: str = "", is_heard: bool = False, status: int = 404
) -> HttpResponse:
    """Help where the page is closed; `after` is where this device comes in again, if it may."""
    context = {
        "form": AddressForm(),
        "after": after,
        "address": after,
        "is_heard": is_heard,
        **support_context(country=""),
    }
    answer = render(request, "intake/help_now_closed.html", context, status=status)
    add_never_cache_headers(answer)
    return answer


def without_token(request: HttpRequest) -> HttpResponse | None:
    """Help for a form that could not prove that it is one of ours; None if it says no danger.

    Its cookie is gone after *Leave this page* or a sign-out in another window. It counts where the
    browser itself says that the form was on a page of this site: no other site can say so.
    """
    if not said_in(request):
        return None
    match = request.resolver_match
    participant_id = match.kwargs.get("participant_id") if match else None
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if participant_id is None or not is_ours or not knows(request, participant_id):
        return outside(request, status=403)
    safety.hear(participant_id=participant_id, said=said_in(request), now=database_now())
    return outside(request, is_heard=True, status=403)
