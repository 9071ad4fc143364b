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


def first_day(
    request: HttpRequest,
    practitioner: Practitioner,
    *,
    now: datetime,
    near: datetime | None = None,
) -> date:
    """The first day to show: what Earlier or Later asked for, else what was shown, else today.

    With `near` one begins with the week of that moment instead of today.
    """
    today = local_date(now, zone(practitioner.time_zone))
    for name in ("week", "shown"):
        value = request.POST.get(name) or request.GET.get(name)
        try:
            wanted = date.fromisoformat(value or "")
        except ValueError:
            continue
        return _shown_from(wanted, today)
    if near is None:
        return today
    day = local_date(near, zone(practitioner.time_zone))
    return _shown_from(day - timedelta(days=day.weekday()), today)


def _shown_from(wanted: date, today: date) -> date:
    return min(max(wanted, today), today + timedelta(weeks=_WEEKS_AHEAD))


def slot_picker(
    practitioner: Practitioner,
    service: Service,
    *,
    first: date,
    now: datetime,
    kind: str = "radio",
    selected: Sequence[datetime] = (),
    client_zones: Sequence[str] = (),
    ignore_claim: UUID | None = None,
    present: datetime | None = None,
) -> Shown:
    """Seven days of the practitioner's own choice, on the grid of the service.

    Below each time stands the clock of every one of the `client_zones` that is another.
    `present`: the time that it has now, which says so.
    """
    tz = zone(practitioner.time_zone)
    own = calendar_queries.own_choice(practitioner, service)
    # Any five minutes can be asked for; the list shows the service's own steps.
    offer = replace(own, rules=replace(own.rules, step_minutes=service.step_minutes))
    end = first + timedelta(days=_DAYS)
    starts = calendar_queries.open_slots(
        offer, first=first, end=end, now=now, ignore_claim=ignore_claim
    )
    others = [zone(z) for z in dict.fromkeys(client_zones) if z != practitioner.time_zone]
    by_day: dict[date, list[dict[str, str]]] = {first + timedelta(days=n): [] for n in range(_DAYS)}
    for start in starts:
        by_day[local_date(start, tz)].append(_slot(start, tz, others, is_present=start == present))
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
        "zone_label": _zones(practitioner.time_zone, others, now),
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


def _zones(own: str, others: Sequence[ZoneInfo], now: datetime) -> str:
    if not others:
        return zone_words(own, now)
    return gettext("%(own)s; below each, %(others)s") % {
        "own": zone_words(own, now),
        "others": ", ".join(zone_words(str(other), now) for other in others),
    }


def _slot(
    start: datetime, tz: ZoneInfo, others: Sequence[ZoneInfo], *, is_present: bool
) -> dict[str, str]:
    slot = {"value": start.isoformat(), "label": f"{start.astimezone(tz):%H:%M}"}
    details = [_there(start, tz, other) for other in others]
    if is_present:
        details.append(gettext("now"))
    if details:
        slot["detail"] = ", ".join(details)
    return slot


def _there(start: datetime, tz: ZoneInfo, other: ZoneInfo) -> str:
    there = start.astimezone(other)
    is_same_day = there.date() == start.astimezone(tz).date()
    return f"{there:%H:%M}" if is_same_day else formats.date_format(there, "D H:i")
