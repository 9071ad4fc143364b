"""A group is written down, its dates are looked at, and it is published; later it is edited."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain import series as rules_of_series
from booking.domain.refusals import InvalidRequest, SlotTaken
from booking.forms.desk import add_problems, typed_instant
from booking.forms.groups import ComposeForm, EditForm
from booking.operations import groups as operations
from booking.queries.desk import groups as group_queries
from booking.queries.desk.groups import PlannedSession
from booking.views.desk import words
from booking.views.desk.groups import page_of
from booking.views.desk.page import desk_response
from booking.views.desk.words import Notice
from practice.domain.wall import instant, zone
from practice.models import Modality, Practitioner, RelationshipType, Service
from practice.queries import offered_services
from practice.views.desk import desk_page

_USUAL = {
    "seats": 8,
    "minimum": 4,
    "count": 6,
    "every_weeks": 1,
    "modality": Modality.VIDEO,
}
#: So long before the first session it is decided whether it runs.
_DECIDES_BEFORE = timedelta(days=7)
#: What the dates follow from: once one of these is changed they have to be looked at again.
_DATES = ("service", "first_date", "first_time", "count", "every_weeks")


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def compose(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Write down a new group. Its dates are seen, and can be left out, before it is published."""
    now = timezone.now()
    known: dict[str, Any] = {
        "services": [
            s
            for s in offered_services(RelationshipType.GROUP)
            if practitioner in s.practitioners.all()
        ],
        "tz": zone(practitioner.time_zone),
    }
    if request.method != "POST":
        usual = _usual(practitioner, known["services"], now=now)
        form = ComposeForm(initial=usual, **known)
        planned = _first_look(practitioner, usual, known["services"], now=now)
        return _show(request, practitioner, form, now=now, planned=planned, typed=usual)
    form = ComposeForm(request.POST, **known)
    if not form.is_valid():
        return _show(request, practitioner, form, now=now)
    planned = group_queries.planned_sessions(
        practitioner, form.chosen_service, form.starts, now=now
    )
    if "again" in request.POST or request.POST.get("planned") != _planned_from(request.POST):
        return _show(request, practitioner, form, now=now, planned=planned)
    try:
        cohort = operations.publish(
            practitioner_id=practitioner.pk,
            slug=group_queries.free_slug(slugify(form.cleaned_data["title"])),
            title=form.cleaned_data["title"],
            description=form.cleaned_data["description"],
            service_id=form.chosen_service.pk,
            call_service_id=form.chosen_call_service.pk,
            modality=form.cleaned_data["modality"],
            seats=form.cleaned_data["seats"],
            minimum=form.cleaned_data["minimum"],
            decide_date=form.cleaned_data["decide_date"],
            starts=_ticked(request.POST),
            now=now,
        )
    except InvalidRequest as invalid:
        add_problems(form, (), invalid.problems)
        return _show(request, practitioner, form, now=now, planned=planned)
    except SlotTaken as taken:
        notice = words.refused(taken)
        return _show(request, practitioner, form, now=now, planned=planned, notice=notice)
    messages.success(request, gettext("Published. People can ask for a seat now."))
    return redirect("desk:group", cohort.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def edit(request: HttpRequest, practitioner: Practitioner, cohort_id: UUID) -> HttpResponse:
    """Change what a group says and how many it is for; its dates stay as they are."""
    now = timezone.now()
    page = page_of(cohort_id, practitioner, now=now)
    cohort = page.cohort
    form = EditForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(cohort, name) for name in EditForm.base_fields},
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.edit(
                cohort_id=cohort_id, practitioner_id=practitioner.pk, now=now, **form.cleaned_data
            )
        except InvalidRequest as invalid:
            add_problems(form, (), invalid.problems)
        else:
            messages.success(request, gettext("Saved."))
            return redirect("desk:group", cohort_id)
    return desk_response(
        request,
        practitioner,
        "group_edit.html",
        {"page": page, "form": form},
        section="groups",
        now=now,
        status=400 if form.errors else 200,
    )


def _usual(
    practitioner: Practitioner, services: Sequence[Service], *, now: datetime
) -> dict[str, Any]:
    """What a group mostly is: its kind, the call before it, and the first time that is free."""
    session = next((s for s in services if not s.is_call), None)
    call = next((s for s in services if s.is_call and s != session), None)
    usual = _USUAL | {
        "service": str(session.pk) if session else "",
        "call_service": str(call.pk) if call else "",
    }
    first = group_queries.first_free(practitioner, session, now=now) if session else None
    if first is None:
        return usual
    local = first.astimezone(zone(practitioner.time_zone))
    return usual | {
        "first_date": local.date().isoformat(),
        "first_time": f"{local:%H:%M}",
        "decide_date": (local.date() - _DECIDES_BEFORE).isoformat(),
    }


def _first_look(
    practitioner: Practitioner,
    usual: Mapping[str, Any],
    services: Sequence[Service],
    *,
    now: datetime,
) -> Sequence[PlannedSession]:
    """The dates of what the form opens with, so that nobody presses to see where they begin."""
    if "first_date" not in usual:
        return ()
    tz = zone(practitioner.time_zone)
    session = next(s for s in services if str(s.pk) == usual["service"])
    first = datetime.fromisoformat(f"{usual['first_date']}T{usual['first_time']}")
    starts = rules_of_series.occurrences(
        instant(first.date(), first.hour * 60 + first.minute, tz),
        tz,
        usual["every_weeks"],
        usual["count"],
    )
    return group_queries.planned_sessions(practitioner, session, starts, now=now)


def _planned_from(data: Mapping[str, Any]) -> str:
    return "|".join(str(data.get(name, "")) for name in _DATES)


def _ticked(data: QueryDict) -> list[datetime]:
    found = [typed_instant(text) for text in data.getlist("starts")]
    return sorted({at for at in found if at is not None})


def _show(
    request: HttpRequest,
    practitioner: Practitioner,
    form: ComposeForm,
    *,
    now: datetime,
    planned: Sequence[PlannedSession] = (),
    notice: Notice | None = None,
    typed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    tz = zone(practitioner.time_zone)
    typed = typed or request.POST
    is_first_look = request.POST.get("planned") != _planned_from(typed)
    ticked = None if is_first_look else set(_ticked(request.POST))
    context = {
        "form": form,
        "notice": notice,
        "planned": _planned_from(typed),
        "sessions": [
            {
                "value": s.starts_at.isoformat(),
                "label": words.moment(s.starts_at, tz),
                "reason": words.CONFLICTS[s.reason] if s.reason else "",
                "is_ticked": ticked is None or s.starts_at in ticked,
            }
            for s in planned
        ],
    }
    return desk_response(
        request,
        practitioner,
        "group_new.html",
        context,
        section="groups",
        now=now,
        status=notice.status if notice else 400 if form.errors else 200,
    )
