"""The first steps of a request: where somebody comes from, who it is for, what, and when."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.forms.request import WhoForm, zone_choices
from booking.queries.requesting import (
    offered_service,
    practitioners_of,
    type_choices,
    week_of_times,
)
from booking.views import choices as choices_of
from booking.views.answer import see_other
from booking.views.picker import Picker, parsed_date, week_picker
from booking.views.steps import Offered, chosen_offer, chosen_type, frame, request_page
from practice.domain.wall import UnknownZone, zone
from practice.models import Modality, Practice, RelationshipType, Service
from practice.queries import article, offered_services

_ARTICLE_COOKIE = "from"
_ARTICLE_SECONDS = 12 * 60 * 60
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


def article_slug(request: HttpRequest) -> str:
    """The article that this browser came from, if it said so; empty otherwise."""
    try:
        slug = request.get_signed_cookie(_ARTICLE_COOKIE, salt="request", max_age=_ARTICLE_SECONDS)
    except (KeyError, BadSignature):
        return ""
    return slug or ""


def known_slug(text: str) -> str:
    """The slug that a page's address or form names; empty if it is none."""
    return text if _SLUG.fullmatch(text) else ""


def article_title(slug: str) -> str:
    """What to call an article: it may stand on the practice's own site, then its slug must do."""
    if not slug:
        return ""
    found = article(slug)
    return found.title if found else re.sub(r"[-_]+", " ", slug).strip().capitalize()


def forget_article(response: HttpResponse) -> None:
    """Let the browser forget which article it came from."""
    response.delete_cookie(_ARTICLE_COOKIE, path=reverse("request"), samesite="Lax")


def _remember_article(response: HttpResponse, slug: str) -> None:
    response.set_signed_cookie(
        _ARTICLE_COOKIE,
        slug,
        salt="request",
        max_age=_ARTICLE_SECONDS,
        path=reverse("request"),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


@request_page
def who(request: HttpRequest, practice: Practice) -> HttpResponse:
    """Who is this session for? An article's link leads here, and is taken out of the address."""
    if "article" in request.GET:
        response = redirect("request")
        slug = known_slug(request.GET["article"])
        if slug:
            _remember_article(response, slug)
        return response
    choices = choices_of.load(request)
    offered = type_choices()
    if request.method == "POST":
        form = WhoForm(request.POST, choices=offered)
        if form.is_valid():
            kind = form.cleaned_data["relationship_type"]
            if kind != choices.relationship_type:
                choices = choices_of.forget(request, "service", "modality", "practitioner", "start")
            choices_of.save(request, replace(choices, relationship_type=kind))
            return see_other("request-session")
    else:
        form = WhoForm(choices=offered, initial=choices.relationship_type)
    return _page(request, practice, "who", 1, form=form, offered=offered)


@require_POST
@request_page
def drop_article(request: HttpRequest, practice: Practice) -> HttpResponse:
    """Do not say which article somebody came from."""
    response = see_other("request")
    forget_article(response)
    return response


@request_page
def session(request: HttpRequest, practice: Practice) -> HttpResponse:
    """Which session, and how to meet: one press says both."""
    choices = choices_of.load(request)
    kind = chosen_type(choices)
    wrong = False
    if request.method == "POST":
        slug, _colon, modality = request.POST.get("choice", "").partition(":")
        service = offered_service(slug, kind)
        if service is not None and modality in service.modalities:
            if slug != choices.service:
                choices = choices_of.forget(request, "practitioner", "start")
            choices_of.save(request, replace(choices, service=slug, modality=modality))
            return see_other("request-time")
        wrong = True
    return _page(
        request,
        practice,
        "session",
        2,
        services=[_service_card(service) for service in offered_services(kind)],
        choices=choices,
        is_group=kind == RelationshipType.GROUP,
        wrong=wrong,
    )


def _service_card(service: Service) -> dict[str, Any]:
    labels = dict(Modality.choices)
    icons = {Modality.VIDEO: "video", Modality.PHONE: "phone", Modality.IN_PERSON: "place"}
    return {
        "service": service,
        "people": [p.display_name for p in practitioners_of(service)],
        "ways": [
            {
                "value": f"{service.slug}:{modality}",
                "modality": modality,
                "label": labels[modality],
                "icon": icons[Modality(modality)],
            }
            for modality in service.modalities
        ],
    }


@request_page
def time(request: HttpRequest, practice: Practice) -> HttpResponse:
    """When: true availability in the reader's own zone. One press chooses."""
    choices = choices_of.load(request)
    asked = request.POST if request.method == "POST" else request.GET
    choices = replace(choices, practitioner=asked.get("practitioner", choices.practitioner))
    offered = chosen_offer(choices)
    zone_name = asked.get("zone", choices.time_zone)
    try:
        reader_zone, is_chosen, unknown = zone(zone_name), True, False
    except UnknownZone:
        reader_zone, is_chosen, unknown = offered.bookable.zone, False, bool(zone_name)
    if request.method == "POST":
        start = choices_of.instant_of(request.POST.get("start", ""))
        if start is not None and not unknown and offered.is_open(start, now=timezone.now()):
            choices_of.save(
                request,
                replace(
                    choices,
                    practitioner=offered.practitioner.slug,
                    time_zone=reader_zone.key,
                    start=request.POST["start"],
                ),
            )
            return see_other("request-details")
        if not unknown:
            messages.warning(
                request, _("That time is not free any more. These are the times that are.")
            )
    return _page(
        request,
        practice,
        "time",
        3,
        **_times(request, offered, reader_zone),
        is_chosen=is_chosen,
        unknown_zone=unknown,
    )


def _times(request: HttpRequest, offered: Offered, reader_zone: ZoneInfo) -> dict[str, Any]:
    asked = request.POST if request.method == "POST" else request.GET
    typed_week = asked.get("week", "")
    week = week_of_times(
        offered.bookable, first=parsed_date(typed_week), zone=reader_zone, now=timezone.now()
    )
    picker = week_picker(week, reader_zone)
    return _week_links(picker, offered, reader_zone) | {
        "offered": offered,
        "picker": picker,
        "week": week.first.isoformat(),
        "asked_week": week.first.isoformat() if parsed_date(typed_week) else "",
        "unknown_week": bool(typed_week) and parsed_date(typed_week) is None,
        "reader_zone": reader_zone.key,
        "zones": zone_choices(),
        "is_group": offered.service.relationship_type == RelationshipType.GROUP,
    }


def _week_links(picker: Picker, offered: Offered, reader_zone: ZoneInfo) -> dict[str, Any]:
    def link(week: str) -> str:
        if not week:
            return ""
        rest = {"zone": reader_zone.key, "practitioner": offered.practitioner.slug}
        return f"{reverse('request-time')}?{urlencode({'week': week} | rest)}"

    return {
        "previous_url": link(picker.earlier),
        "next_url": link(picker.later),
        "next_available": picker.next_open
        and {"label": picker.next_open_label, "url": link(picker.next_open)},
    }


@require_safe
@request_page
def younger(request: HttpRequest, practice: Practice) -> HttpResponse:
    """For people under 18: kind words, where else to turn, and nothing kept."""
    return render(request, "booking/client/younger.html", frame(practice, 0))


def _page(
    request: HttpRequest, practice: Practice, name: str, step: int, **context: Any
) -> HttpResponse:
    slug = article_slug(request)
    return render(
        request,
        f"booking/client/{name}.html",
        frame(practice, step, article_title=article_title(slug), **context),
    )
