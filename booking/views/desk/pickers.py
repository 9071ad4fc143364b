"""The week of free times that a desk page offers, as components/slot_picker.html wants it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import formats
from django.utils.translation import gettext

from booking.queries import calendar as calendar_queries
from booking.templatetags.times import zone_words
from booking.views.desk.words import moment
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, Service

_DAYS = 7
_WEEKS_AHEAD = 104


@dataclass(frozen=True, slots=True)
class Shown:
    """A slot picker, and the chosen times that are not in the days it shows."""

    picker: dict[str, Any]
    elsewhere: Sequence[dict[str, str]]


def first_day(request: HttpRequest, practitioner: Practitioner, *, now: datetime) -> date:
    """The first day to show: what Earlier or Later asked for, else what was shown, else today."""
    today = local_date(now, zone(practitioner.time_zone))
    for name in ("week", "shown"):
        value = request.POST.get(name) or request.GET.get(name)
        try:
            wanted = date.fromisoformat(value or "")
        except ValueError:
            continue
        return min(max(wanted, today), today + timedelta(weeks=_WEEKS_AHEAD))
    return today


def slot_picker(
    practitioner: Practitioner,
    service: Service,
    *,
    first: date,
    now: datetime,
    kind: str = "radio",
    selected: Sequence[datetime] = (),
    client_zone: str | None = None,
    ignore_claim: UUID | None = None,
) -> Shown:
    """Seven days of the practitioner's own choice, on the grid of the service."""
    tz = zone(practitioner.time_zone)
    own = calendar_queries.own_choice(practitioner, service)
    # Any five minutes can be asked for; the list shows the service's own steps.
    offer = replace(own, rules=replace(own.rules, step_minutes=service.step_minutes))
    end = first + timedelta(days=_DAYS)
    starts = calendar_queries.open_slots(
        offer, first=first, end=end, now=now, ignore_claim=ignore_claim
    )
    other = zone(client_zone) if client_zone and client_zone != practitioner.time_zone else None
    by_day: dict[date, list[dict[str, str]]] = {first + timedelta(days=n): [] for n in range(_DAYS)}
    for start in starts:
        by_day[local_date(start, tz)].append(_slot(start, tz, other))
    today = local_date(now, tz)
    picker = {
        "days": [
            {
                "date": day,
                "label": formats.date_format(day, "D j M"),
                "long_label": formats.date_format(day, "l j F"),
                "slots": slots,
            }
            for day, slots in by_day.items()
        ],
        "name": "times",
        "kind": kind,
        "selected": [s.isoformat() for s in selected],
        "zone_label": _zones(practitioner.time_zone, other, now),
        "previous_value": max(first - timedelta(days=_DAYS), today).isoformat()
        if first > today
        else "",
        "next_value": end.isoformat() if first < today + timedelta(weeks=_WEEKS_AHEAD) else "",
        "shown": first.isoformat(),
    }
    shown = set(starts)
    return Shown(
        picker,
        [{"value": s.isoformat(), "label": moment(s, tz)} for s in selected if s not in shown],
    )


def _zones(own: str, other: ZoneInfo | None, now: datetime) -> str:
    if other is None:
        return zone_words(own, now)
    return gettext("%(own)s; below each, %(other)s") % {
        "own": zone_words(own, now),
        "other": zone_words(str(other), now),
    }


def _slot(start: datetime, tz: ZoneInfo, other: ZoneInfo | None) -> dict[str, str]:
    slot = {"value": start.isoformat(), "label": f"{start.astimezone(tz):%H:%M}"}
    if other is not None:
        there = start.astimezone(other)
        is_same_day = there.date() == start.astimezone(tz).date()
        slot["detail"] = f"{there:%H:%M}" if is_same_day else formats.date_format(there, "D H:i")
    return slot
