"""A person's own answers: to read and print, to take along, to delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.forms.details import TOPIC_LABELS
from booking.models import Participant
from booking.queries.own_words import own_words
from booking.views.device import private_page
from intake.operations import leaving
from intake.queries.answers import Author, answers_for
from intake.queries.parting import separation_of
from intake.queries.retention import kept_until
from intake.views import paper
from intake.views.feedback import told_after
from intake.views.private import show
from intake.views.signed import signed_rows
from intake.views.times import Moment, moment
from intake.views.told import Told, told
from practice.queries import database_now


@dataclass(frozen=True, slots=True)
class Wished:
    """What they wrote about an appointment that they could not change by themselves any more."""

    moment: Moment
    words: str
    is_unreadable: bool


@dataclass(frozen=True, slots=True)
class Wrote:
    """What they wrote beside the questionnaire, in words. `is_there`: something when they asked."""

    is_there: bool
    topics: Sequence[str]
    words: str
    is_unreadable: bool
    wishes: Sequence[Wished]

    def __bool__(self) -> bool:
        return self.is_there or bool(self.wishes)


@require_safe
@private_page(answers=True, after_the_end=True)
def copy(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Everything that this person wrote and may see, on one page that prints well."""
    return _page(request, participant)


@require_POST
@private_page(answers=True, after_the_end=True)
def download(request: HttpRequest, participant: Participant) -> HttpResponse:
    """The same as a file: a PDF to keep, or JSON for machines."""
    if request.POST.get("as_file") == "pdf":
        return _paper(request, participant)
    data = leaving.export_own(participant_id=participant.id, now=database_now())
    response = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="copy.json"'
    return response


@require_POST
@private_page(answers=True, after_the_end=True)
def delete(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Delete the answers, once the box says that they are sure."""
    if request.POST.get("sure") != "yes":
        messages.error(request, _("Please tick the box first. Nothing was deleted."))
        return _page(request, participant, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    leaving.delete_own(participant_id=participant.id, now=database_now())
    messages.success(request, _("Deleted."))
    return redirect("you", participant_id=participant.id)


def _paper(request: HttpRequest, participant: Participant) -> HttpResponse:
    if not paper.is_possible():
        return paper.not_possible(request, "you-copy", participant.id)
    now = database_now()
    leaving.note_export(participant_id=participant.id, now=now)
    context = {
        "sections": _by_section(participant),
        "wrote": _wrote(participant),
        "after": told_after(participant),
        "signatures": signed_rows(participant),
        "made": moment(now, None, participant.time_zone),
    }
    return paper.paper(request, "copy", context, file_name="copy.pdf")


def _by_section(participant: Participant) -> list[tuple[str, list[Told]]]:
    """The answers in words, under the titles of their sections."""
    sections: dict[str, list[Told]] = {}
    for answer in answers_for(reader=Author(participant.id), participant_id=participant.id):
        sections.setdefault(_(answer.section.title), []).append(told(answer))
    return list(sections.items())


def _wrote(participant: Participant) -> Wrote:
    found = own_words(participant.id)
    asked = found.asked
    return Wrote(
        is_there=asked is not None,
        topics=[str(TOPIC_LABELS.get(topic, topic)) for topic in asked.topics] if asked else [],
        words=asked.words if asked else "",
        is_unreadable=asked is not None and asked.is_unreadable,
        wishes=[
            Wished(moment(w.session_at, None, participant.time_zone), w.words, w.is_unreadable)
            for w in found.wishes
        ],
    )


def _until(participant: Participant) -> Moment | None:
    """When what they wrote is deleted by itself; None while nothing has ended."""
    at = kept_until(participant.request, now=database_now())
    return moment(at, None, participant.time_zone) if at else None


def _page(
    request: HttpRequest, participant: Participant, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    context = {
        "sections": _by_section(participant),
        "wrote": _wrote(participant),
        "after": told_after(participant),
        "until": _until(participant),
        "is_closed": separation_of(participant.request_id) is not None,
    }
    return show(request, participant, "copy", context, status=status)
