"""Somebody says that they are under 18: asked once more, then stopped, and deleted if they wish."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from booking.models import Participant
from booking.views.device import forget as forget_device
from booking.views.device import private_page
from intake.domain.refusals import NotStopped
from intake.forms.sections import SectionForm
from intake.operations import underage
from intake.queries.standings import Standing, standing
from intake.views.private import show
from intake.views.support import for_youth
from intake.views.unsaved import AFTERWARDS, drop, keep
from practice.queries import database_now


def stopping(request: HttpRequest, own: Standing, form: SectionForm) -> HttpResponse:
    """An answer says it: at once while nothing is saved, else after asking once more.

    What was typed besides is there again for whoever goes back.
    """
    if not own.has_saved:
        return _forgotten(request, own)
    keep(request, own.participant, own.form.sections[0].slug, without=form.stops)
    return redirect("you-stop", participant_id=own.participant.id)


@private_page(answers=True, before_choosing=True)
def stop(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Before what is saved is deleted: was it a slip?"""
    own = standing(participant.id)
    if not own.is_open:
        return redirect("you", participant_id=participant.id)
    if request.method == "POST":
        return _forgotten(request, own)
    return show(request, participant, "stop", {"first": own.form.sections[0].slug})


def _forgotten(request: HttpRequest, own: Standing) -> HttpResponse:
    underage.forget(participant_id=own.participant.id, now=database_now())
    for slug in [AFTERWARDS, *(s.slug for s in own.form.sections)]:
        drop(request, own.participant, slug)
    return redirect("you-stopped", participant_id=own.participant.id)


@private_page()
def stopped(request: HttpRequest, participant: Participant) -> HttpResponse:
    """For somebody under 18: nothing was kept, and where help is."""
    context = {"for_youth": for_youth(participant.request.country)}
    return show(request, participant, "stopped", context)


@private_page(answers=True, before_choosing=True)
@require_POST
def erase(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Delete the rest of what somebody under 18 wrote, the request included."""
    try:
        underage.erase(participant_id=participant.id, now=database_now())
    except NotStopped:
        raise Http404 from None
    forget_device(request)
    return redirect("link-done")
