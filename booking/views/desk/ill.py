""" "I'm ill: cancel today": one page that says what will happen, one press, one page after it."""

from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from booking.domain.refusals import InvalidRequest
from booking.operations import cancellations
from booking.queries.desk import calendar as calendar_queries
from booking.templatetags.times import day_words
from booking.views.desk import words
from booking.views.desk.calendar import entry_rows
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.words import Notice
from practice.domain.wall import local_date, zone
from practice.models import Practitioner
from practice.views.desk import desk_page

_DAYS_AHEAD = 7


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def ill(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Say what cancelling a day will do, and do it at a press."""
    now = timezone.now()
    today = local_date(now, zone(practitioner.time_zone))
    if request.method != "POST":
        shown = _day(request.GET.get("day"), today) or today
        return _ask(request, practitioner, shown, now=now)
    day = _day(request.POST.get("day"), today)
    if day is None:
        notice = Notice(gettext("Please choose a day"), status=400)
        return _ask(request, practitioner, today, now=now, notice=notice)
    try:
        cancellations.cancel_day(practitioner_id=practitioner.pk, day=day, now=now)
    except InvalidRequest as invalid:
        return _ask(request, practitioner, day, now=now, notice=words.refused(invalid))
    return redirect("desk:ill-done", day)


@require_safe
@desk_page
def done(request: HttpRequest, practitioner: Practitioner, day: date) -> HttpResponse:
    """What was cancelled, and which times are offered instead."""
    now = timezone.now()
    cancelled = calendar_queries.cancelled_by_practitioner(practitioner, day)
    context = {
        "day": day,
        "day_words": day_words(day),
        "rows": [
            {**entry_rows(c.entry, names_for(request)), "new_times": c.new_times} for c in cancelled
        ],
    }
    return desk_response(
        request, practitioner, "ill_done.html", context, section="calendar", now=now
    )


def _ask(
    request: HttpRequest,
    practitioner: Practitioner,
    day: date,
    *,
    now: datetime,
    notice: Notice | None = None,
) -> HttpResponse:
    today = local_date(now, zone(practitioner.time_zone))
    context = {
        "day": day,
        "day_words": day_words(day),
        "is_today": day == today,
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "notice": notice,
        "rows": [
            entry_rows(e, names_for(request))
            for e in calendar_queries.rest_of_day(practitioner, day, now=now)
        ],
    }
    return desk_response(
        request,
        practitioner,
        "ill.html",
        context,
        section="calendar",
        now=now,
        status=notice.status if notice else 200,
    )


def _day(value: str | None, today: date) -> date | None:
    """A day from today to a week ahead; an illness further off is time off."""
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return None
    return day if today <= day <= today + timedelta(days=_DAYS_AHEAD) else None
