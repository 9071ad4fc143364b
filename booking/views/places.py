"""Waiting for a time, and a place in a group: joining the list, leaving the list or the group."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from booking.domain.refusals import NotTheirs
from booking.domain.states import TransitionNotAllowed
from booking.models import Participant
from booking.operations import places, waitlist
from booking.queries.people import person_page
from booking.views.device import private_page
from booking.views.person import back, changed_meanwhile, page_methods, show


@private_page()
@require_POST
def wait(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Be told when a fitting time opens up; or say that one still waits."""
    try:
        waitlist.join(participant_id=participant.id, now=timezone.now())
    except NotTheirs:
        return changed_meanwhile(request, participant)
    return back(request, participant, _("You are on the list."))


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
    """Leave the group, or take back that one asked for a place in it."""
    page = person_page(participant.id, now=timezone.now())
    if page.group is None or not page.group.can_leave:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return show(request, "leave_group", page)
    try:
        places.leave_group(participant_id=participant.id, now=timezone.now())
    except (NotTheirs, TransitionNotAllowed):
        return changed_meanwhile(request, participant)
    return back(request, participant, _("You have left the group. Nothing more is expected."))
