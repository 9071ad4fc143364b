"""When the people of a request part; and the days on which one of them came, for a letter."""

from datetime import date
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.domain.states import OPEN_REQUEST_STATES
from booking.queries.desk.request import next_appointment
from intake.domain.refusals import NothingJoint, NotTheirPractitioner, StillOpen
from intake.forms.desk import AttendanceForm
from intake.operations.parting import Extract, extract_attendance, record_separation
from intake.queries.attention import attention_of
from intake.queries.parting import dates_attended, is_of_several, separation_of
from intake.queries.people import people_to_read
from intake.views import paper
from intake.views.desk_frame import names_for, show
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_DAY = "j F Y"


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def separation(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Record that the people of a request have parted, once it is sure."""
    found = attention_of(request_id, practitioner.pk)
    people = people_to_read(request_id, practitioner.pk)
    if found is None or not people:
        raise Http404
    now = database_now()
    status = HTTPStatus.OK
    if request.method == "POST":
        if request.POST.get("sure") == "yes":
            return _record(request, practitioner, request_id)
        messages.error(request, _("Please tick the box first. Nothing has changed."))
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    names = names_for(request)
    context = {
        "asked": found.request,
        "names": names.request(found.request, list(people)),
        "people": [(one, names.of(one)) for one in people],
        "separation": separation_of(request_id),
        "is_of_several": is_of_several(request_id),
        "is_open": found.request.state in OPEN_REQUEST_STATES,
        "has_dates": next_appointment(request_id, now=now) is not None,
    }
    return show(
        request, practitioner, "desk_parting", context, section="waiting", now=now, status=status
    )


def _record(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    try:
        record_separation(
            request_id=request_id, practitioner_id=practitioner.pk, now=database_now()
        )
    except NotTheirPractitioner:
        raise Http404 from None
    except NothingJoint:
        messages.info(request, _("One person alone came: there is nothing to close."))
    except StillOpen:
        messages.info(request, _("It waits for your decision still: decline it instead."))
    else:
        messages.success(request, _("Closed. Each of them keeps what is their own."))
    return redirect("desk-parting", request_id=request_id)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def attendance(
    request: HttpRequest, practitioner: Practitioner, request_id: UUID, participant_id: UUID
) -> HttpResponse:
    """The days on which one person came: shown, or as a file with nothing else in it."""
    people = people_to_read(request_id, practitioner.pk)
    person = next((p for p in people if p.id == participant_id), None)
    if person is None:
        raise Http404
    names = names_for(request)
    form = AttendanceForm(
        request.POST if request.method == "POST" else None,
        initial={"name": "" if names.are_hidden else person.chosen_name or person.label},
    )
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            return _file(request, practitioner, request_id, participant_id, form)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "name": names.of(person),
        "request_id": request_id,
        "form": form,
        "dates": dates_attended(participant_id, practitioner.pk) or [],
    }
    return show(
        request,
        practitioner,
        "desk_attendance",
        context,
        section="waiting",
        now=database_now(),
        status=status,
    )


def _file(
    request: HttpRequest,
    practitioner: Practitioner,
    request_id: UUID,
    participant_id: UUID,
    form: AttendanceForm,
) -> HttpResponse:
    wants_text = form.cleaned_data["as_file"] == "text"
    if not wants_text and not paper.is_possible():
        return paper.not_possible(request, "desk-attendance", request_id, participant_id)
    try:
        extract = extract_attendance(
            participant_id=participant_id, practitioner_id=practitioner.pk, now=database_now()
        )
    except NotTheirPractitioner:
        raise Http404 from None
    with timezone.override(zone(practitioner.time_zone)):
        said = _said(extract, practitioner, form.cleaned_data["name"])
        if not wants_text:
            return paper.paper(request, "attendance", said, file_name="dates.pdf")
    lines = [said["title"], "", said["name"], said["by"], "", *said["days"], "", said["made"]]
    response = HttpResponse("\n".join(map(str, lines)) + "\n", content_type="text/plain")
    response["Content-Disposition"] = 'attachment; filename="dates.txt"'
    return response


def _said(extract: Extract, practitioner: Practitioner, name: str) -> dict[str, Any]:
    days = [_day(d) for d in extract.dates]
    return {
        "title": _("Dates of attendance"),
        "name": _("Name: %(name)s") % {"name": name},
        "by": _("Confirmed by: %(name)s") % {"name": practitioner.display_name},
        "days": days or [_("No date is recorded.")],
        "made": _("Made on %(day)s. It says nothing but these dates.")
        % {"day": _day(timezone.localdate(extract.made_at))},
    }


def _day(day: date) -> str:
    return date_format(day, _DAY)
