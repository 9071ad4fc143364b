"""Booking for a client who called."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain.refusals import InvalidRequest, SlotTaken
from booking.domain.states import RequestState
from booking.forms.desk import CallForm, PersonForm, add_problems, people_range, typed_times
from booking.forms.fields import small_number
from booking.models import Request
from booking.operations import calls
from booking.operations.calls import Caller
from booking.queries.access import booked_appointment
from booking.views.desk import words
from booking.views.desk.page import desk_response
from booking.views.desk.pickers import first_day, slot_picker
from practice.domain.wall import zone, zone_names
from practice.models import Modality, Practice, Practitioner, Service
from practice.queries import offered_services, the_practice
from practice.views.desk import desk_page


@dataclass(frozen=True, slots=True)
class Draft:
    """The form as it stands, with a block for each person."""

    form: CallForm
    people: Sequence[PersonForm]
    service: Service | None
    practice: Practice


#: Buttons that change what the form shows and book nothing.
_REARRANGE = ("week", "show", "add", "remove")


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def book(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Enter what was said on the phone. Nothing typed is lost on the way."""
    now = timezone.now()
    practice = the_practice()
    assert practice is not None  # a practitioner belongs to one
    services = [s for s in offered_services() if practitioner in s.practitioners.all()]
    service = _service(request.POST.get("service") or request.GET.get("service"), services)
    known: dict[str, Any] = {
        "tz": zone(practitioner.time_zone),
        "services": services,
        "service": service,
        "practice": practice,
    }
    typed = _people(request.POST, service, practice)
    if request.method != "POST" or any(name in request.POST for name in _REARRANGE):
        form = CallForm(initial=_typed(request.POST, service, practitioner, practice), **known)
        people = [PersonForm(prefix=f"person-{i}", initial=p) for i, p in enumerate(typed)]
        return _show(request, practitioner, Draft(form, people, service, practice), now=now)
    form = CallForm(request.POST, **known)
    people = [PersonForm(request.POST, prefix=f"person-{i}") for i in range(len(typed))]
    draft = Draft(form, people, service, practice)
    are_valid = [form.is_valid(), *[p.is_valid() for p in people]]
    if service is None or not all(are_valid):
        return _show(request, practitioner, draft, now=now, status=400)
    country, region = form.location
    try:
        booked = calls.book_for_caller(
            practitioner_id=practitioner.pk,
            service_id=service.pk,
            starts_at=form.cleaned_data["times"][0],
            people=[Caller(**p.cleaned_data) for p in people],
            modality=form.cleaned_data["modality"],
            country=country,
            region=region,
            time_zone=form.cleaned_data["time_zone"],
            forms_on_paper=form.cleaned_data["forms_on_paper"],
            now=now,
        )
    except InvalidRequest as invalid:
        add_problems(form, people, invalid.problems)
        return _show(request, practitioner, draft, now=now, status=400)
    except SlotTaken as taken:
        return _show(request, practitioner, draft, now=now, taken=taken, status=409)
    return _booked(request, booked)


def _booked(request: HttpRequest, booked: Request) -> HttpResponse:
    if booked.state == RequestState.CONFIRMED:
        messages.success(request, gettext("Booked. Everyone with an address gets their mail now."))
        appointment = booked_appointment(booked.pk)
        assert appointment is not None  # confirmed a moment ago
        return redirect("desk:appointment", appointment.pk)
    messages.success(
        request,
        gettext(
            "The time is held, and each person gets their private link now. It is booked once "
            "everyone has finished."
        ),
    )
    return redirect("desk:request", booked.pk)


def _show(
    request: HttpRequest,
    practitioner: Practitioner,
    draft: Draft,
    *,
    now: datetime,
    taken: SlotTaken | None = None,
    status: int = 200,
) -> HttpResponse:
    form, people, service = draft.form, draft.people, draft.service
    fewest, most = people_range(service, draft.practice)
    client_zone = form["time_zone"].value()
    shown = None
    if service is not None:
        shown = slot_picker(
            practitioner,
            service,
            first=first_day(request, practitioner, now=now),
            now=now,
            selected=[t for t in form.chosen if taken is None or t != taken.wanted],
            client_zones=[client_zone] if client_zone in zone_names() else [],
        )
    context = {
        "form": form,
        "people": people,
        "wrong": [f for f in (form, *people) if f.errors],
        "service": service,
        "carried": _carried(request.POST) if service is None else [],
        "shown": shown,
        "notice": words.refused(taken) if taken else None,
        "can_add": len(people) < most,
        "can_remove": len(people) > fewest,
    }
    return desk_response(
        request, practitioner, "book.html", context, section="book", now=now, status=status
    )


def _service(value: str | None, services: Sequence[Service]) -> Service | None:
    return next((s for s in services if value in (str(s.pk), s.slug)), None)


def _carried(data: QueryDict) -> list[tuple[str, str]]:
    """What was typed, for as long as the page asks for the session only."""
    own = {"service", "csrfmiddlewaretoken", *_REARRANGE}
    return [(name, value) for name, values in data.lists() if name not in own for value in values]


def _typed(
    data: QueryDict, service: Service | None, practitioner: Practitioner, practice: Practice
) -> dict[str, Any]:
    modalities = service.modalities if service else []
    place = practice.locations[0] if len(practice.locations) == 1 else None
    return {
        **typed_times(data),
        "service": str(service.pk) if service else "",
        "modality": data.get("modality") or (modalities[0] if modalities else Modality.VIDEO),
        "place": data.get("place")
        or (f"{place['country']}|{place.get('region', '')}" if place else ""),
        "time_zone": data.get("time_zone") or practitioner.time_zone,
        "forms_on_paper": bool(data.get("forms_on_paper")),
    }


def _people(data: QueryDict, service: Service | None, practice: Practice) -> list[dict[str, str]]:
    """What was typed about each person, after a press of add or remove, as many as fit."""
    fewest, most = people_range(service, practice)
    names = tuple(PersonForm.base_fields)
    typed: list[dict[str, str]] = []
    while f"person-{len(typed)}-name" in data:
        own = {name: data.get(f"person-{len(typed)}-{name}", "") for name in names}
        typed.append({name: value for name, value in own.items() if value})
    if "add" in data:
        typed.append({})
    removed = small_number(data.get("remove", ""))
    if removed is not None and removed < len(typed):
        del typed[removed]
    typed += [{} for _missing in range(fewest - len(typed))]
    return typed[:most]
