"""What every step of a request stands on: the practice, the choices so far, what is missing."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from booking.domain import slots
from booking.models import Cohort
from booking.queries import calendar as calendar_queries
from booking.queries.calendar import Bookable
from booking.queries.requesting import (
    offered_service,
    offered_types,
    open_group,
    practitioners_of,
)
from booking.views import choices as choices_of
from booking.views.asked import sent_by
from booking.views.choices import WHEN_NAMES, Choices
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
    #: The group that a place is asked for; the service is the call before it.
    group: Cohort | None = None

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
            if sent_by(request) and not choices_of.load(request).are_begun:
                # Somebody went back after sending: nothing is missing.
                return render(request, "booking/client/sent_before.html", frame(practice, 0))
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
            ("relationship_type", "service", "modality", "practitioner", "cohort", *WHEN_NAMES),
        )
    return choices.relationship_type


def chosen_offer(choices: Choices) -> Offered:
    """The service chosen and its practitioner, the first if there are several. Raises `NotYet`."""
    kind = chosen_type(choices)
    if not choices.service:
        raise NotYet("request-session", "", ())
    group = _chosen_group(choices)
    service = group.call_service if group else offered_service(choices.service, kind)
    if service is None or choices.modality not in service.modalities:
        raise NotYet(
            "request-session",
            _("That session is not offered in this way: please choose one of these."),
            ("service", "modality", "practitioner", "cohort", *WHEN_NAMES),
        )
    practitioners = [group.practitioner] if group else practitioners_of(service)
    wanted = choices.practitioner
    practitioner = next((p for p in practitioners if p.slug == wanted), None)
    if practitioner is None and wanted:
        raise NotYet(
            "request-time",
            _("That person does not offer this session: please choose a time once more."),
            ("practitioner", *WHEN_NAMES),
        )
    practitioner = practitioner or practitioners[0]
    return Offered(
        service=service,
        practitioner=practitioner,
        practitioners=practitioners,
        bookable=calendar_queries.bookable(practitioner, service, choices.modality),
        group=group,
    )


def _chosen_group(choices: Choices) -> Cohort | None:
    if not choices.cohort:
        return None
    group = open_group(choices.cohort, now=timezone.now())
    if group is None or group.call_service.slug != choices.service:
        raise NotYet(
            "request-session",
            _("That group takes no requests any more. These are the ones that do."),
            ("service", "modality", "practitioner", "cohort", *WHEN_NAMES),
        )
    return group


def chosen_zone(choices: Choices) -> ZoneInfo:
    """The reader's zone. Raises `NotYet`."""
    try:
        return zone(choices.time_zone)
    except UnknownZone:
        raise NotYet(
            "request-time",
            _("Please choose your time zone from the list, and a time again."),
            ("time_zone", *WHEN_NAMES),
        ) from None


def open_times(choices: Choices, offered: Offered, *, now: datetime) -> list[datetime]:
    """The times chosen that are still open, best first; none for another way to find one.

    Raises `NotYet` if none was chosen, or none is left.
    """
    if choices.way:
        return []
    if not choices.start:
        raise NotYet("request-time", "", ())
    times = choices.times
    if not times:
        raise NotYet("request-time", _("Please choose one of these times."), WHEN_NAMES)
    still_open = [start for start in times if offered.is_open(start, now=now)]
    if not still_open:
        raise NotYet(
            "request-time",
            _("That time is not free any more. These are the times that are."),
            WHEN_NAMES,
        )
    return still_open
