"""What every step of a request stands on: the practice, the choices so far, what is missing."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from booking.domain import slots
from booking.queries import calendar as calendar_queries
from booking.queries.calendar import Bookable
from booking.queries.requesting import offered_service, offered_types, practitioners_of
from booking.views import choices as choices_of
from booking.views.choices import Choices
from practice.domain.wall import UnknownZone, local_date, zone
from practice.models import Practice, Practitioner, Service
from practice.queries import the_practice


class NotYet(Exception):
    """A step was opened before what it needs was chosen, or what was chosen is gone.

    `drop` names the choices that do not hold any more.
    """

    def __init__(self, step: str, sentence: str, drop: tuple[str, ...]) -> None:
        super().__init__(sentence)
        self.step = step
        self.sentence = sentence
        self.drop = drop


@dataclass(frozen=True, slots=True)
class Offered:
    """A service, and the practitioner whose calendar is looked at."""

    service: Service
    practitioner: Practitioner
    practitioners: list[Practitioner]
    bookable: Bookable

    def end_of(self, start: datetime) -> datetime:
        """When a session that starts then ends."""
        return start + timedelta(minutes=self.service.duration_minutes)

    def is_open(self, start: datetime, *, now: datetime) -> bool:
        """Whether exactly this start can be asked for, as far as can be seen without a lock."""
        day = local_date(start, self.bookable.zone)
        facts = calendar_queries.calendar(
            self.bookable, first=day, end=day + timedelta(days=1), now=now
        )
        return slots.is_open(facts, self.bookable.rules, start, now=now)


def request_page(
    view: Callable[[HttpRequest, Practice], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """A step of the request: not stored by browsers, and led back to what is missing."""

    @functools.wraps(view)
    @never_cache
    def opened(request: HttpRequest) -> HttpResponse:
        practice = the_practice()
        if practice is None:
            return redirect("home")
        try:
            return view(request, practice)
        except NotYet as missing:
            choices_of.forget(request, *missing.drop)
            if missing.sentence:
                messages.warning(request, missing.sentence)
            return redirect(missing.step)

    return opened


def frame(practice: Practice, step: int, **context: Any) -> dict[str, Any]:
    """The context of a step's page; `step` counts from 1, 0 is none."""
    names = (
        ("request", _("Who")),
        ("request-session", _("Session")),
        ("request-time", _("Time")),
        ("request-details", _("About you")),
    )
    return {
        "practice": practice,
        "practice_url": reverse("home"),
        "steps": [{"name": name, "url": reverse(url)} for url, name in names],
        "current": step,
        **context,
    }


def chosen_type(choices: Choices) -> str:
    """Who it is for. Raises `NotYet`."""
    if not choices.relationship_type:
        raise NotYet("request", "", ())
    if choices.relationship_type not in offered_types():
        raise NotYet(
            "request",
            _("Please choose once more who the session is for."),
            ("relationship_type", "service", "modality", "practitioner", "start"),
        )
    return choices.relationship_type


def chosen_offer(choices: Choices) -> Offered:
    """The service chosen and its practitioner, the first if there are several. Raises `NotYet`."""
    kind = chosen_type(choices)
    if not choices.service:
        raise NotYet("request-session", "", ())
    service = offered_service(choices.service, kind)
    if service is None or choices.modality not in service.modalities:
        raise NotYet(
            "request-session",
            _("That session is not offered in this way: please choose one of these."),
            ("service", "modality", "practitioner", "start"),
        )
    practitioners = practitioners_of(service)
    wanted = choices.practitioner
    practitioner = next((p for p in practitioners if p.slug == wanted), None)
    if practitioner is None and wanted:
        raise NotYet(
            "request-time",
            _("That person does not offer this session: please choose a time once more."),
            ("practitioner", "start"),
        )
    practitioner = practitioner or practitioners[0]
    return Offered(
        service=service,
        practitioner=practitioner,
        practitioners=practitioners,
        bookable=calendar_queries.bookable(practitioner, service),
    )


def chosen_zone(choices: Choices) -> ZoneInfo:
    """The reader's zone. Raises `NotYet`."""
    try:
        return zone(choices.time_zone)
    except UnknownZone:
        raise NotYet(
            "request-time",
            _("Please choose your time zone from the list, and a time again."),
            ("time_zone", "start"),
        ) from None


def chosen_start(choices: Choices) -> datetime:
    """The time asked for. Raises `NotYet`."""
    if not choices.start:
        raise NotYet("request-time", "", ())
    start = choices_of.instant_of(choices.start)
    if start is None:
        raise NotYet("request-time", _("Please choose one of these times."), ("start",))
    return start
