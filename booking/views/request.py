"""The first steps of a request: where somebody comes from, who it is for, what, and when."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
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

from booking.domain.asking import TIMES_MAX
from booking.forms.details import TOGETHER, WAIT, asks_for_others
from booking.forms.request import WhoForm
from booking.forms.zones import zone_groups, zones_of_countries
from booking.queries.requesting import (
    PublishedGroup,
    WantedTime,
    offered_service,
    open_group,
    practitioners_of,
    published_groups,
    services_to_ask_for,
    type_choices,
    week_of_times,
)
from booking.views import choices as choices_of
from booking.views import drafts
from booking.views.answer import see_other
from booking.views.asked import sent_by
from booking.views.choices import Choices
from booking.views.picker import Picker, parsed_date, week_picker, without
from booking.views.steps import Offered, chosen_offer, chosen_type, frame, request_page
from practice.domain.wall import UnknownZone, zone
from practice.models import Modality, Practice, RelationshipType, Service
from practice.queries import article

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
                rest = (name for name in choices_of.NAMES if name != "time_zone")
                choices = choices_of.forget(request, *rest)
            choices_of.save(request, replace(choices, relationship_type=kind))
            return see_other("request-session")
        return drafts.show_again(request, "who", reverse("request"), typed=request.POST)
    draft = drafts.kept(request, "who")
    form = WhoForm(
        draft.typed if draft else None, choices=offered, initial=choices.relationship_type
    )
    was_sent = sent_by(request) is not None and not choices.relationship_type
    return _page(request, practice, "who", 1, form=form, offered=offered, was_sent=was_sent)


@require_POST
@request_page
def drop_article(request: HttpRequest, practice: Practice) -> HttpResponse:
    """Do not say which article somebody came from."""
    response = see_other("request")
    forget_article(response)
    return response


@request_page
def session(request: HttpRequest, practice: Practice) -> HttpResponse:
    """Which session, and how to meet: one press says both. For a group: which group."""
    choices = choices_of.load(request)
    kind = chosen_type(choices)
    if request.method == "POST":
        slug, modality, cohort = [*request.POST.get("choice", "").split(":", 2), "", ""][:3]
        service = _service_of(slug, kind, cohort)
        if service is not None and modality in service.modalities:
            if (slug, cohort) != (choices.service, choices.cohort):
                choices = choices_of.forget(request, "practitioner", *choices_of.WHEN_NAMES)
            elif modality != choices.modality:  # other hours may be open for it
                choices = choices_of.forget(request, *choices_of.WHEN_NAMES)
            choices = replace(choices, service=slug, modality=modality, cohort=cohort)
            choices_of.save(request, choices)
            return see_other("request-time")
        messages.error(request, _("Please choose one of the sessions offered here."))
        return see_other("request-session")
    is_group = kind == RelationshipType.GROUP
    groups = published_groups(now=timezone.now()) if is_group else []
    # A place in a group is asked for by its group: its services mean nothing by themselves.
    services = [] if groups else services_to_ask_for(kind)
    return _page(
        request,
        practice,
        "session",
        2,
        services=[_service_card(service) for service in services],
        groups=[_group_card(group, choices) for group in groups],
        choices=choices,
        is_group=is_group,
    )


def _service_of(slug: str, kind: str, cohort: str) -> Service | None:
    if not cohort:
        return offered_service(slug, kind)
    group = open_group(cohort, now=timezone.now()) if kind == RelationshipType.GROUP else None
    return group.call_service if group and group.call_service.slug == slug else None


def _service_card(service: Service) -> dict[str, Any]:
    return {
        "service": service,
        "people": [p.display_name for p in practitioners_of(service)],
        "ways": _ways(service),
    }


def _group_card(group: PublishedGroup, choices: Choices) -> dict[str, Any]:
    zone_name = choices.time_zone
    try:
        zone(zone_name)
    except UnknownZone:
        zone_name = group.cohort.practitioner.time_zone
    cohort = group.cohort
    return {
        "group": cohort,
        "is_full": group.is_full,
        "is_chosen": cohort.slug == choices.cohort,
        "how": dict(Modality.choices)[cohort.modality],
        "zone": zone_name,
        "sessions": group.sessions,
        "ways": _ways(cohort.call_service, cohort.slug),
    }


def _ways(service: Service, cohort: str = "") -> list[dict[str, Any]]:
    labels = dict(Modality.choices)
    icons = {Modality.VIDEO: "video", Modality.PHONE: "phone", Modality.IN_PERSON: "place"}
    return [
        {
            "value": ":".join(filter(None, (service.slug, modality, cohort))),
            "modality": modality,
            "label": labels[modality],
            "icon": icons[Modality(modality)],
        }
        for modality in service.modalities
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the page about times was asked: in which zone, for whom, and from which week on."""

    choices: Choices
    offered: Offered
    zone: ZoneInfo
    zone_is_chosen: bool
    zone_is_unknown: bool
    week: str

    @property
    def times(self) -> list[datetime]:
        """The times chosen so far, best first: those of this practitioner's calendar."""
        return self.choices.times

    @property
    def is_full(self) -> bool:
        """Whether a place was asked for in a group that has none left."""
        group = self.offered.group
        return group is not None and group.seats_taken >= group.seats


@request_page
def time(request: HttpRequest, practice: Practice) -> HttpResponse:
    """When: true availability in the reader's own zone. One press chooses; up to three, ranked.

    Several people may rather find a time together, and whom nothing suits may wait for one.
    """
    asked = _asked(request)
    if request.method == "POST":
        pressed = request.POST
        if asked.zone_is_unknown:
            return _same_week(asked, zone=pressed["zone"])
        if pressed.get("way") in (TOGETHER, WAIT):
            return _another_way(request, asked, pressed["way"])
        if "remove" in pressed:
            gone = choices_of.instant_of(pressed["remove"])
            return _kept(request, asked, [t for t in asked.times if t != gone])
        if "go" in pressed and asked.times:
            _save(request, asked, replace(asked.choices, way=""))
            return see_other("request-details")
        start = choices_of.instant_of(pressed.get("start", ""))
        if start is not None and asked.offered.is_open(start, now=timezone.now()):
            return _kept(request, asked, [*asked.times, start])
        messages.warning(
            request, _("That time is not free any more. These are the times that are.")
        )
        _save(request, asked, asked.choices)
        return _same_week(asked)
    return _page(request, practice, "time", 3, **_times(asked, practice))


def _asked(request: HttpRequest) -> _Asked:
    asked = request.POST if request.method == "POST" else request.GET
    choices = choices_of.load(request)
    practitioner = asked.get("practitioner", choices.practitioner)
    if choices.practitioner and practitioner != choices.practitioner:
        choices = choices.with_times([])  # they were somebody else's
    choices = replace(choices, practitioner=practitioner)
    offered = chosen_offer(choices)
    zone_name = asked.get("zone", choices.time_zone)
    try:
        reader_zone, is_chosen, is_unknown = zone(zone_name), True, False
    except UnknownZone:
        reader_zone, is_chosen, is_unknown = offered.bookable.zone, False, bool(zone_name)
    return _Asked(choices, offered, reader_zone, is_chosen, is_unknown, asked.get("week", ""))


def _save(request: HttpRequest, asked: _Asked, choices: Choices) -> None:
    choices_of.save(
        request,
        replace(choices, practitioner=asked.offered.practitioner.slug, time_zone=asked.zone.key),
    )


def _another_way(request: HttpRequest, asked: _Asked, way: str) -> HttpResponse:
    _save(request, asked, replace(asked.choices.with_times([]), way=way))
    return see_other("request-details")


def _kept(request: HttpRequest, asked: _Asked, times: list[datetime]) -> HttpResponse:
    """The times chosen so far; the same week again, for another choice."""
    _save(request, asked, replace(asked.choices, way="").with_times(list(dict.fromkeys(times))))
    return _same_week(asked)


def _same_week(asked: _Asked, **query: str) -> HttpResponse:
    if parsed_date(asked.week):
        query["week"] = asked.week
    return see_other(f"{reverse('request-time')}{'?' if query else ''}{urlencode(query)}")


def _times(asked: _Asked, practice: Practice) -> dict[str, Any]:
    now = timezone.now()
    week = week_of_times(
        asked.offered.bookable, first=parsed_date(asked.week), zone=asked.zone, now=now
    )
    picker = without(week_picker(week, asked.zone), asked.times)
    countries = [place["country"] for place in practice.locations]
    is_week = parsed_date(asked.week) is not None
    return _week_links(picker, asked.offered, asked.zone) | {
        "offered": asked.offered,
        "picker": picker,
        "chosen": [
            {
                "value": choices_of.value_of(start),
                "time": WantedTime(start, asked.offered.end_of(start)),
            }
            for start in asked.times
        ],
        "can_add": len(asked.times) < TIMES_MAX,
        "week": week.first.isoformat(),
        "asked_week": week.first.isoformat() if is_week else "",
        "unknown_week": bool(asked.week) and not is_week,
        "reader_zone": asked.zone.key,
        "is_chosen": asked.zone_is_chosen,
        "unknown_zone": asked.zone_is_unknown,
        "zones": zone_groups(
            [asked.zone.key, asked.offered.bookable.zone.key, *zones_of_countries(countries)],
            now=now,
        ),
        "is_group": asked.offered.service.relationship_type == RelationshipType.GROUP,
        "is_full": asked.is_full,
        "for_others": asks_for_others(asked.choices.relationship_type),
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
