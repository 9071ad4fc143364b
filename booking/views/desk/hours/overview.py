"""Everything that makes up one's hours, and what comes of it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from booking.domain.availability import OF_THE_HOURS
from booking.queries import availability as queries
from booking.queries.availability import Change, Overview
from booking.templatetags.times import clock_in, day_words
from booking.views.desk.hours.week import week_words
from booking.views.desk.hours.words import dated_words, off_words, rule_words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.review import (
    effect_context,
    outside_rows,
    uuid_or_none,
)
from practice.domain.wall import instant, zone
from practice.models import HoursOverride, Practitioner
from practice.views.desk import desk_page


@require_safe
@desk_page
def overview(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everything that makes up one's hours, and what comes of it in the next four weeks."""
    now = timezone.now()
    known = queries.overview(practitioner, now=now)
    found = {
        key: own & OF_THE_HOURS
        for key, own in queries.outside(practitioner, now=now).items()
        if own & OF_THE_HOURS
    }
    effect = queries.effect(
        practitioner, Change(), now=now, counted=uuid_or_none(request.GET.get("counted"))
    )
    listed = queries.listed(found)
    tz = zone(practitioner.time_zone)
    context = {
        **effect_context(effect, names_for(request), now=now),
        "outside": outside_rows(listed, tz, names_for(request)),
        "outside_more": len(found) - len(listed),
        "clock": clock_in(now, practitioner.time_zone),
        "week": week_words(known.weekly),
        "dates": _coming(known, practitioner),
        "energy": [rule_words(rule) for rule in known.energy],
    }
    return desk_response(request, practitioner, "hours.html", context, section="hours", now=now)


@dataclass(frozen=True, slots=True)
class Coming:
    """A date or stretch that is unlike the week, as the overview lists it."""

    when: str
    what: str
    url_name: str
    url_arg: date | int
    sort: tuple[datetime, int]


def _coming(known: Overview, practitioner: Practitioner) -> list[Coming]:
    """Single days and time off together, in order."""
    tz = zone(practitioner.time_zone)
    by_date: dict[date, list[HoursOverride]] = {}
    for row in known.overrides:
        by_date.setdefault(row.date, []).append(row)
    found = [
        Coming(
            day_words(day),
            dated_words(rows),
            "desk:hours-day",
            day,
            (instant(day, 0, tz), 0),
        )
        for day, rows in by_date.items()
    ]
    found += [
        Coming(
            off_words(row.starts_at, row.ends_at, practitioner),
            row.label or gettext("Time off"),
            "desk:time-off-one",
            row.pk,
            (row.starts_at, 1),
        )
        for row in known.time_off
    ]
    return sorted(found, key=lambda c: c.sort)
