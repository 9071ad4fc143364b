"""Edits of hours and services: first what it does, then a press that saves it.

The page in between carries everything that was typed in hidden fields, so it can be saved,
or changed again, and works without a script. Nothing is stored until "Save".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from booking.domain.availability import Reason
from booking.domain.refusals import ChangedMeanwhile
from booking.domain.slots import Interval
from booking.domain.states import AppointmentState
from booking.operations.availability import Saved
from booking.queries import availability as queries
from booking.queries.availability import Change, Effect, Outside, PreviewDay
from booking.templatetags.times import city, clock_in, day_words, span_words
from booking.views.desk import meanwhile
from booking.views.desk.meanwhile import Stand
from booking.views.desk.names import Names, names_for
from booking.views.desk.page import desk_response
from booking.views.desk.words import Notice
from practice.domain.wall import instant, local_date
from practice.models import Practitioner

#: What the page in between adds to the form; everything else is what was typed.
_OWN_NAMES = ("csrfmiddlewaretoken", "save", "edit", "counted", "recount")

REASONS: Mapping[Reason, Promise] = {
    Reason.CLOSED: _("outside your hours"),
    Reason.WAY: _("not in hours for this way to meet"),
    Reason.TIME_OFF: _("in time off"),
    Reason.NOT_OFFERED: _("this session is not on offer any more"),
    Reason.WAY_OF_SERVICE: _("this way to meet is not on offer any more"),
    Reason.DAY_CAP: _("more than you take on in one day"),
    Reason.WEEK_CAP: _("more than you take on in one week"),
    Reason.AT_MOST: _("more of its kind than you take on in one day"),
    Reason.NOT_AFTER: _("after something it should not follow"),
}


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know before it is saved: sentences under a heading."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Edit:
    """What is about to change, and how it is saved. `summary`: the edit in sentences."""

    title: str
    summary: Sequence[str]
    change: Change
    save: Callable[[], Saved]
    done: str
    section: str = "hours"
    back: str = "desk:hours"
    stand: Callable[[], Stand] | None = None  # what is stored of it now; None: it is new
    notes: Sequence[Note] = ()


def review(
    request: HttpRequest,
    practitioner: Practitioner,
    edit: Edit,
    *,
    now: datetime,
    again: Callable[[Notice], HttpResponse],
) -> HttpResponse:
    """Save at the second press; until then say what the edit does.

    `again` shows the form with what was typed, where something else stands there meanwhile.
    """
    stand = edit.stand() if edit.stand else None
    if "save" in request.POST:
        try:
            return _saved(request, edit, edit.save())
        except ChangedMeanwhile:
            assert edit.stand is not None  # only what is stored can have changed
            return again(meanwhile.changed(request, edit.stand()))
    if stand is not None and meanwhile.is_changed(request, stand):
        return again(meanwhile.changed(request, stand))
    effect = queries.effect(
        practitioner, edit.change, now=now, counted=uuid_or_none(request.POST.get("counted"))
    )
    context = {
        "edit": edit,
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            if name not in _OWN_NAMES
            for value in values
        ]
        + _looked_at(request, stand),
        **effect_context(effect, names_for(request), now=now),
    }
    return desk_response(
        request, practitioner, "hours_review.html", context, section=edit.section, now=now
    )


def _looked_at(request: HttpRequest, stand: Stand | None) -> list[tuple[str, str]]:
    """What a form did not carry because only now it is known what it is about."""
    if stand is None or meanwhile.seen(request) is not None:
        return []
    return list(meanwhile.carried(request, stand).items())


def is_going_back(request: HttpRequest) -> bool:
    """Whether somebody on the page in between wants to change what they typed."""
    return "edit" in request.POST


def _saved(request: HttpRequest, edit: Edit, saved: Saved) -> HttpResponse:
    count = len(saved.outside)
    if count:
        messages.warning(
            request,
            edit.done
            + " "
            + ngettext(
                "%(count)s session that is booked or held does not fit any more. It stays.",
                "%(count)s sessions that are booked or held do not fit any more. They stay.",
                count,
            )
            % {"count": count},
        )
    else:
        messages.success(request, edit.done)
    return redirect(edit.back)


def effect_context(effect: Effect, names: Names, *, now: datetime) -> dict[str, Any]:
    """An effect in the words of hours_weeks.html and hours_outside.html."""
    here, tz = effect.zone_before, effect.zone_after
    return {
        "effect": effect,
        "range": gettext("%(first)s to %(last)s")
        % {"first": day_words(effect.days[0].date), "last": day_words(effect.days[-1].date)},
        "starts_today": effect.days[0].date == local_date(now, tz),
        "weeks": _weeks(effect.days, here, tz, today=local_date(now, tz)),
        "clocks": None if here == tz else {"here": city(here.key), "there": city(tz.key)},
        "changed_days": sum(day.is_changed for day in effect.days),
        "outside": outside_rows(effect.newly, here, names, then=None if here == tz else tz),
        "outside_more": effect.newly_count - len(effect.newly),
    }


def outside_rows(
    found: Sequence[Outside], tz: ZoneInfo, names: Names, *, then: ZoneInfo | None = None
) -> list[dict[str, Any]]:
    """What does not fit, with why, as hours_outside.html wants it. `then`: another clock, too."""
    rows = []
    for one in found:
        appointment = one.appointment
        rows.append(
            {
                "appointment": appointment,
                "day": day_words(local_date(appointment.starts_at, tz)),
                "time": span_words(appointment.starts_at, appointment.ends_at, str(tz)),
                "then": _elsewhere(appointment.starts_at, appointment.ends_at, tz, then)
                if then
                else "",
                "names": names.entry(appointment, one.people),
                "is_held": appointment.state == AppointmentState.HELD,
                "reasons": [str(REASONS[reason]) for reason in Reason if reason in one.reasons],
            }
        )
    return rows


def _elsewhere(starts_at: datetime, ends_at: datetime, here: ZoneInfo, there: ZoneInfo) -> str:
    """The same moments on another clock: "04:00 to 04:50 in New York"; another day is named."""
    day = local_date(starts_at, there)
    words = {"time": span_words(starts_at, ends_at, there.key), "place": city(there.key)}
    if day == local_date(starts_at, here):
        return gettext("%(time)s in %(place)s") % words
    return gettext("%(day)s, %(time)s in %(place)s") % {**words, "day": day_words(day)}


def hours_words(intervals: Sequence[Interval], tz: ZoneInfo) -> list[str]:
    """Open hours of one day: "09:00–13:00"."""
    return [f"{clock_in(i.start, str(tz))}–{_end(i, tz)}" for i in intervals]


def _end(interval: Interval, tz: ZoneInfo) -> str:
    next_day = local_date(interval.start, tz) + timedelta(days=1)
    return "24:00" if interval.end == instant(next_day, 0, tz) else clock_in(interval.end, str(tz))


def _on_the_clock_until_now(day: PreviewDay, here: ZoneInfo) -> list[str]:
    """The hours that a date will have, on the clock that counted before: "Sun 15:00–19:00"."""
    found = []
    for words, interval in zip(hours_words(day.after, here), day.after, strict=True):
        date_here = local_date(interval.start, here)
        weekday = "" if date_here == day.date else f"{formats.date_format(date_here, 'D')} "
        found.append(f"{weekday}{words}")
    return found


def _weeks(
    days: Sequence[PreviewDay], here: ZoneInfo, tz: ZoneInfo, *, today: date
) -> list[dict[str, Any]]:
    weeks: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for day in days:
        before, after = hours_words(day.before, here), hours_words(day.after, tz)
        weeks.setdefault(day.date.isocalendar()[:2], []).append(
            {
                "label": formats.date_format(
                    day.date, "D j M" if day.date.day == 1 or day == days[0] else "D j"
                ),
                "long_label": day_words(day.date),
                "is_today": day.date == today,
                "place": day.date.isocalendar().weekday,
                "before": before,
                "after": after,
                "hours_changed": before != after,
                "is_changed": day.is_changed,
                "elsewhere": [] if here == tz else _on_the_clock_until_now(day, here),
                "starts": day.starts_after,
                "starts_before": day.starts_before,
                "starts_changed": day.starts_after != day.starts_before,
                "is_bookable": day.is_bookable,
            }
        )
    return [{"number": number, "days": own} for (_year, number), own in weeks.items()]


def uuid_or_none(text: str | None) -> UUID | None:
    """The id that a form's own list sends; None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
