"""Waiting for a time, and a place in a group: joining the list, leaving the list or the group."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from booking.domain.refusals import NotTheirs
from booking.domain.states import TransitionNotAllowed
from booking.forms.waiting import WaitForm
from booking.models import Participant
from booking.operations import places, waitlist
from booking.queries.people import person_page
from booking.views.again import form_again, see_errors
from booking.views.device import private_page
from booking.views.person import back, changed_meanwhile, page_methods, show


@private_page()
@page_methods
def wait(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Be told when a time opens up, and say which would suit; or say that one still waits."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    waiting = page.waiting
    if not waiting.is_on and not waiting.can_join:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        form = form_again(request, _draft(participant), WaitForm, wishes=waiting.wishes)
        return show(request, "wait", page, form=form)
    said = WaitForm(request.POST, wishes=waiting.wishes) if "asked" in request.POST else None
    if said is not None and not said.is_valid():
        return see_errors(
            request, _draft(participant), reverse("wait", args=[participant.id]), said
        )
    try:
        waitlist.join(participant_id=participant.id, now=now, wishes=said.wishes if said else None)
    except NotTheirs:
        return changed_meanwhile(request, participant)
    return back(request, participant, _("You are on the list."))


def _draft(participant: Participant) -> str:
    return f"wishes:{participant.id}"


@private_page()
@require_POST
def stop_waiting(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Leave the list. Everything else stays as it is."""
    try:
        waitlist.leave(participant_id=participant.id, now=timezone.now())
    except NotTheirs:
        return changed_meanwhile(request, participant)
    return back(request, participant, _("You are not on the list any more."))


@private_page()
@page_methods
def leave_group(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Leave the group, or take back that one asked for a place in it or waits for one."""
    page = person_page(participant.id, now=timezone.now())
    if page.group is None or not page.group.can_leave:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return show(request, "leave_group", page)
    try:
        places.leave_group(participant_id=participant.id, now=timezone.now())
    except (NotTheirs, TransitionNotAllowed):
        return changed_meanwhile(request, participant)
    if page.group.is_waiting:
        return back(request, participant, _("You are not on the list any more."))
    if not page.group.has_seat:
        return back(request, participant, _("You have given up the place. Nothing is expected."))
    return back(request, participant, _("You have left the group. Nothing more is expected."))
