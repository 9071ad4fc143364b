"""Ending one's part for good, and the way back to what one wrote."""

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.domain.refusals import NotTheirs
from booking.models import Participant
from booking.operations import links
from booking.operations.parting import end_part
from booking.views.device import gave_passcode, private_page, remember, unlock_answers
from intake.queries.parting import may_end
from intake.views.private import show
from practice.queries import database_now


@private_page(answers=True, before_choosing=True)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Ask once more, then end it. The answer shows the one link that is left, and its code."""
    if not may_end(participant):
        return redirect("you", participant_id=participant.id)
    if request.method != "POST":
        return show(request, participant, "end", {})
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Please tick the box first. Nothing has changed."))
        return show(request, participant, "end", {}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    was_unlocked = gave_passcode(request, participant)
    try:
        link = end_part(participant_id=participant.id, now=database_now())
    except NotTheirs:
        return redirect("you", participant_id=participant.id)
    remember(request, participant, link)
    if was_unlocked:
        unlock_answers(request, participant)
    token = links.token(link.id)
    code = links.code(link.id)
    context = {
        "url": settings.BASE_URL + reverse("open", args=[token]),
        "code": f"{code[:3]} {code[3:]}",
    }
    return show(request, participant, "ended", context)
