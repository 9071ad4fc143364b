"""The week, and the days ahead."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from booking.domain.states import AppointmentState, RequestState
from booking.models import Appointment
from booking.queries.desk import calendar as calendar_queries
from booking.queries.desk.calendar import ClockChange, Entry, Week
from booking.queries.joining import join_details
from booking.templatetags.times import clock_in, day_words, span_words
from booking.views.desk import grid
from booking.views.desk.names import Names, names_for
from booking.views.desk.page import desk_response
from practice.domain.wall import local_date, zone
from practice.models import Modality, Practitioner
from practice.views.desk import desk_page

_YEARS = range(2000, 2100)


@require_safe
@desk_page
def calendar(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """A week: what is booked, what is held, the hours and the time off."""
    now = timezone.now()
    today = local_date(now, zone(practitioner.time_zone))
    this_monday = today - timedelta(days=today.weekday())
    asked_for = _monday(request.GET.get("week"))
    monday = asked_for or this_monday
    week = calendar_queries.week(practitioner, monday, now=now)
    if asked_for is None and today > this_monday and week.is_over(now=now):
        monday += timedelta(days=7)
        week = calendar_queries.week(practitioner, monday, now=now)
    first_hour, last_hour, days = _days(week, names_for(request), today=today)
    sunday = monday + timedelta(days=6)
    context = {
        "week": week,
        "title": gettext("%(monday)s to %(sunday)s")
        % {
            "monday": formats.date_format(monday, "j F" if monday.month != sunday.month else "j"),
            "sunday": formats.date_format(sunday, "j F Y"),
        },
        "number": monday.isocalendar().week,
        "first_hour": first_hour,
        "last_hour": last_hour,
        "hours": [{"hour": h, "label": f"{h}:00"} for h in range(first_hour, last_hour)],
        "days": days,
        "previous": _week_name(monday - timedelta(days=7)),
        "next": _week_name(monday + timedelta(days=7)),
        "this": _week_name(this_monday),
        "is_this_week": monday == this_monday,
        "today_number": today.isoweekday(),
        "ill": _ill(practitioner, today, now=now),
        "clock_notes": [_clock_note(change) for change in week.clock_changes],
    }
    return desk_response(
        request, practitioner, "calendar.html", context, section="calendar", now=now
    )


@require_safe
@desk_page
def agenda(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """The next thirty days as a list, with how each person is reached."""
    now = timezone.now()
    tz = zone(practitioner.time_zone)
    today = local_date(now, tz)
    names = names_for(request)
    by_day: dict[date, list[dict[str, Any]]] = {today: []}
    for entry in calendar_queries.agenda(practitioner, now=now):
        day = max(local_date(entry.appointment.starts_at, tz), today)
        by_day.setdefault(day, []).append(entry_rows(entry, names))
    context = {
        "days": [
            {"label": day_words(day), "is_today": day == today, "entries": entries}
            for day, entries in by_day.items()
        ],
        "count": sum(len(entries) for entries in by_day.values()),
        "days_shown": calendar_queries.AGENDA_DAYS,
        "ill": _ill(practitioner, today, now=now),
    }
    return desk_response(request, practitioner, "agenda.html", context, section="agenda", now=now)


def entry_rows(entry: Entry, names: Names) -> dict[str, Any]:
    """An appointment as lists show it, with both time zones and every person."""
    appointment = entry.appointment
    own_zone = appointment.practitioner.time_zone
    return {
        "appointment": appointment,
        "time": span_words(appointment.starts_at, appointment.ends_at, own_zone),
        "names": names.entry(appointment, entry.people),
        "people": [
            {"person": p, "name": names.of(p, in_group=entry.in_group.get(p.pk, ""))}
            for p in entry.people
        ],
        # By phone each person's own line says who is called.
        "join": join_details(appointment) if appointment.modality != Modality.PHONE else "",
        "state": "" if appointment.state == AppointmentState.BOOKED else appointment.state,
    }


def _ill(practitioner: Practitioner, today: date, *, now: datetime) -> dict[str, Any] | None:
    """The day that "I'm ill" leads to: none while there is nothing to cancel."""
    day = calendar_queries.next_day_to_cancel(practitioner, now=now)
    return {"day": day, "is_today": day == today} if day else None


def _monday(week: str | None) -> date | None:
    """The Monday of "2026-W50"; None for anything that is no week."""
    year, _w, number = (week or "").partition("-W")
    if not (year.isascii() and year.isdigit() and number.isascii() and number.isdigit()):
        return None
    try:
        monday = date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        return None
    return monday if monday.year in _YEARS else None


def _week_name(monday: date) -> str:
    iso = monday.isocalendar()
    return f"{iso.year}-W{iso.week:02d}"


def _clock_note(change: ClockChange) -> str:
    day = day_words(change.date)
    if change.minutes < 0:
        return gettext(
            "The clocks go forward on %(day)s: that day is %(minutes)s minutes shorter. People in "
            "other zones may see their times shift."
        ) % {"day": day, "minutes": -change.minutes}
    return gettext(
        "The clocks go back on %(day)s: that day is %(minutes)s minutes longer. People in other "
        "zones may see their times shift."
    ) % {"day": day, "minutes": change.minutes}


def _days(week: Week, names: Names, *, today: date) -> tuple[int, int, list[dict[str, Any]]]:
    tz = week.zone
    placed = [
        piece
        for entry in week.entries
        for piece in grid.pieces(
            entry.appointment.starts_at,
            entry.appointment.ends_at,
            tz,
            _says(entry, str(tz), names),
        )
    ]
    windows = [
        piece
        for _day, window in week.open_windows
        for piece in grid.pieces(window.start, window.end, tz, {})
    ]
    off = [
        piece
        for time_off in week.time_off
        for piece in grid.pieces(
            time_off.starts_at,
            time_off.ends_at,
            tz,
            {
                "kind": "busy",
                "title": time_off.label or gettext("Time off"),
                "time": _off_words(time_off.starts_at, time_off.ends_at, tz),
            },
        )
    ]
    first_hour, last_hour = grid.hours_shown([*placed, *windows])
    days = []
    for offset in range(7):
        day = week.monday + timedelta(days=offset)
        days.append(
            {
                "date": day,
                "label": formats.date_format(day, "D j"),
                "long_label": day_words(day),
                "is_today": day == today,
                "open": [
                    grid.span(w.start, w.end) for w in windows if w.date == day and w.end > w.start
                ],
                "entries": grid.cut(
                    [p for p in (*off, *placed) if p.date == day], first_hour, last_hour
                ),
            }
        )
    return first_hour, last_hour, days


def _off_words(starts_at: datetime, ends_at: datetime, tz: ZoneInfo) -> str:
    hours = (ends_at - starts_at) / timedelta(hours=1)
    return _span(starts_at, ends_at, str(tz)) if hours < 23 else gettext("All day")


def _span(starts_at: datetime, ends_at: datetime, zone_name: str) -> str:
    """From when to when, short enough for a seventh of the page."""
    return f"{clock_in(starts_at, zone_name)}–{clock_in(ends_at, zone_name)}"


def _says(entry: Entry, own_zone: str, names: Names) -> dict[str, Any]:
    appointment = entry.appointment
    is_held = appointment.state == AppointmentState.HELD
    kind = str(appointment.state)
    if (
        is_held
        and appointment.request is not None
        and appointment.request.state == RequestState.PROPOSED
    ):
        kind = "proposed"
    if is_held:
        url = (
            reverse("desk:request", args=[appointment.request_id]) if appointment.request_id else ""
        )
    else:
        url = reverse("desk:appointment", args=[appointment.pk])
    how = Modality(appointment.modality).label
    return {
        "url": url,
        "kind": kind,
        "time": _span(appointment.starts_at, appointment.ends_at, own_zone),
        "title": names.entry(appointment, entry.people),
        "detail": _held_words(appointment) if is_held else f"{appointment.service.name} · {how}",
    }


def _held_words(appointment: Appointment) -> str:
    service = {"service": appointment.service.name}
    if appointment.suggested_by_id is not None:
        return gettext("Suggested by them · %(service)s") % service
    return gettext("Held · %(service)s") % service
