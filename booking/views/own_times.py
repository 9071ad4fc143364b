"""Open times that a person chooses from on their own pages: to move to, or to suggest."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import QueryDict

from booking.domain.asking import TIMES_MAX
from booking.queries import calendar as calendar_queries
from booking.queries.calendar import Bookable
from booking.queries.people import PersonPage
from booking.queries.requesting import week_of_times
from booking.templatetags.times import spelled_span
from booking.views.choices import instant_of, value_of
from booking.views.picker import Picker, parsed_date, week_picker, without
from practice.domain.wall import zone


def chosen_times(typed: QueryDict) -> list[datetime]:
    """The times that were ticked, earliest first."""
    found = (instant_of(text) for text in typed.getlist("times"))
    return sorted({start for start in found if start is not None})


def own_week(
    offer: Bookable,
    zone_name: str,
    *,
    week: str,
    now: datetime,
    ignore_claim: UUID | None = None,
    begins: date | None = None,
) -> Picker:
    """A week of open times in this person's zone; `begins` is the one to open with."""
    reader_zone = zone(zone_name)
    found = week_of_times(
        offer,
        first=parsed_date(week) or begins,
        zone=reader_zone,
        now=now,
        ignore_claim=ignore_claim,
    )
    return week_picker(found, reader_zone)


def out_of_sight(
    chosen: Sequence[datetime], shown: Collection[str], *, length: timedelta, zone_name: str
) -> list[dict[str, str]]:
    """Times chosen in a week that is not shown: they stay chosen until taken back."""
    return [
        {"value": value_of(start), "label": spelled_span(start, start + length, zone_name)}
        for start in chosen
        if value_of(start) not in shown
    ]


def suggest_context(page: PersonPage, typed: QueryDict, *, now: datetime) -> dict[str, Any]:
    """What the page needs on which somebody suggests other times than those offered."""
    request, zone_name = page.request, page.participant.time_zone
    offer = calendar_queries.bookable(request.practitioner, request.service, request.modality)
    offered = [time.appointment.starts_at for time in page.to_answer]
    week = typed.get("week", typed.get("shown", ""))
    # What else is held for this request (a suggestion of somebody else) must not show as taken.
    claim = page.to_answer[0].appointment.claim
    picker = without(own_week(offer, zone_name, week=week, now=now, ignore_claim=claim), offered)
    chosen = chosen_times(typed)
    length = timedelta(minutes=request.service.duration_minutes)
    return {
        "picker": picker,
        "most": TIMES_MAX,
        "selected": [value_of(start) for start in chosen],
        "elsewhere": out_of_sight(chosen, picker.values, length=length, zone_name=zone_name),
    }
