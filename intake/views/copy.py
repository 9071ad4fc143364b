"""A person's own answers: to read and print, to take along, to delete."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.models import Participant
from booking.views.device import private_page
from intake.operations import leaving
from intake.queries import Author, answers_for
from intake.views.private import show
from intake.views.told import told
from practice.queries import database_now


@require_safe
@private_page(answers=True)
def copy(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Everything that this person wrote and may see, on one page that prints well."""
    return _page(request, participant)


@require_POST
@private_page(answers=True)
def download(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The same as a file for machines."""
    data = leaving.export_own(participant_id=participant.id, now=database_now())
    response = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="copy.json"'
    return response


@require_POST
@private_page(answers=True)
def delete(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Delete the answers, once the box says that they are sure."""
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Please tick the box first. Nothing was deleted."))
        return _page(request, participant, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    leaving.delete_own(participant_id=participant.id, now=database_now())
    messages.success(request, _("Deleted."))
    return redirect("you", participant_id=participant.id)


def _page(
    request: HttpRequest, participant: Participant, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    answers = answers_for(reader=Author(participant.id), participant_id=participant.id)
    return show(
        request, participant, "copy", {"answers": [told(a) for a in answers]}, status=status
    )
