"""Other hours on single dates, or none."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain.availability import Draft
from booking.domain.refusals import InvalidRequest
from booking.domain.slots import DatedWindow
from booking.forms.days import DaysForm
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change
from booking.templatetags.times import day_words
from booking.views.desk import meanwhile, words
from booking.views.desk.hours.words import clock_words, dated_words, days_words
from booking.views.desk.meanwhile import Stand
from booking.views.desk.page import desk_response
from booking.views.desk.review import (
    Edit,
    is_going_back,
    review,
)
from booking.views.desk.words import Notice
from practice.domain.hours import clock, dates
from practice.domain.wall import local_date, zone
from practice.models import HoursOverride, Practitioner
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def days(request: HttpRequest, practitioner: Practitioner, day: date | None = None) -> HttpResponse:
    """Other hours on single dates, or none. `day`: one that has hours of its own already."""
    now = timezone.now()
    today = local_date(now, zone(practitioner.time_zone))
    known = queries.overview(practitioner, now=now).overrides
    own = [o for o in known if o.date == day]
    if day is not None and not own and meanwhile.seen(request) is None:
        raise Http404

    def show(form: DaysForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context: dict[str, Any] = {
            "form": form,
            "day": day,
            "day_words": day_words(day) if day else "",
            "wrong": form.wrong if status != 200 else [],
            "notice": notice,
            **(
                meanwhile.carried(request, _stand(practitioner, day, day), notice=notice)
                if day
                else {}
            ),
        }
        return desk_response(
            request,
            practitioner,
            "hours_day.html",
            context,
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        return show(DaysForm.stored(day, own, today=today))
    if "remove" in request.POST and day is not None and not is_going_back(request):
        return review(
            request,
            practitioner,
            _days_removed(practitioner, day, known, seen=meanwhile.seen(request), now=now),
            now=now,
            again=lambda notice: show(
                DaysForm.stored(day, own, today=today), notice=notice, status=notice.status
            ),
        )
    if is_going_back(request) or "add" in request.POST:
        if "remove" in request.POST:
            return show(DaysForm.stored(day, own, today=today))
        more = "add" in request.POST and not is_going_back(request)
        return show(DaysForm.rearranged(request.POST, today=today, day=day, more=more))
    form = DaysForm.sent(request.POST, today=today, day=day)
    if not form.is_valid():
        return show(form, status=400)
    try:
        edit = _days_changed(
            practitioner, form, known, day=day, seen=meanwhile.seen(request), now=now
        )
        return review(
            request,
            practitioner,
            edit,
            now=now,
            again=lambda notice: show(form, notice=notice, status=notice.status),
        )
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)


def _days_changed(
    practitioner: Practitioner,
    form: DaysForm,
    known: Sequence[HoursOverride],
    *,
    day: date | None,
    seen: str | None,
    now: datetime,
) -> Edit:
    first, last, spans = form.first, form.last, form.spans
    # What was looked at is that one date; for other dates it is what the page in between showed.
    looked_at = (day, day) if day else (first, last)
    windows = [
        DatedWindow(day, *window)
        for day in dates(first, last)
        for window in (
            [(s.opens_minute, s.closes_minute, s.modalities) for s in spans]
            if spans
            else [(None, None, ())]
        )
    ]
    which = days_words(first, last)
    hours = ", ".join(f"{clock(s.opens_minute)}–{clock(s.closes_minute)}" for s in spans)
    return Edit(
        title=gettext("Hours on %(days)s") % {"days": which},
        summary=[
            gettext("Open %(hours)s.") % {"hours": hours} if spans else gettext("Closed."),
            gettext("Your weekly hours do not count on this day.")
            if first == last
            else gettext("Your weekly hours do not count on these days."),
        ],
        change=Change(
            Draft(overrides=queries.days_after(_windows(known), first, last, windows)), first=first
        ),
        save=lambda: availability.set_days(
            practitioner_id=practitioner.pk,
            first=first,
            last=last,
            spans=spans,
            seen=seen if looked_at == (first, last) else None,
            now=now,
        ),
        done=gettext("Saved: %(days)s.") % {"days": which},
        stand=lambda: _stand(practitioner, *looked_at),
    )


def _days_removed(
    practitioner: Practitioner,
    day: date,
    known: Sequence[HoursOverride],
    *,
    seen: str | None,
    now: datetime,
) -> Edit:
    return Edit(
        title=gettext("The usual hours on %(day)s") % {"day": day_words(day)},
        summary=[gettext("Your weekly hours count on this day again.")],
        change=Change(
            Draft(overrides=queries.days_after(_windows(known), day, day, [])), first=day
        ),
        save=lambda: availability.clear_days(
            practitioner_id=practitioner.pk, first=day, last=day, seen=seen, now=now
        ),
        done=gettext("%(day)s has its usual hours again.") % {"day": day_words(day)},
        stand=lambda: _stand(practitioner, day, day),
    )


def _stand(practitioner: Practitioner, first: date, last: date) -> Stand:
    rows = queries.dated(practitioner.pk, first, last)
    by_date = {day: [r for r in rows if r.date == day] for day in dates(first, last)}
    return Stand(
        versions.of_days(practitioner.pk, first, last),
        [
            clock_words(practitioner),
            *(
                f"{day_words(day)}: {dated_words(own) if own else gettext('the weekly hours')}"
                for day, own in by_date.items()
            ),
        ],
    )


def _windows(known: Sequence[HoursOverride]) -> list[DatedWindow]:
    return [
        DatedWindow(o.date, o.opens_minute, o.closes_minute, tuple(o.modalities)) for o in known
    ]
