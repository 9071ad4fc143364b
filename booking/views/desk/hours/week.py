"""The weekly hours."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain.availability import Draft
from booking.domain.refusals import InvalidRequest
from booking.forms.week import WeekForm, weekday_name
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change
from booking.templatetags.times import day_words
from booking.views.desk import meanwhile, words
from booking.views.desk.hours.words import between, clock_words, ways
from booking.views.desk.meanwhile import Stand
from booking.views.desk.page import desk_response
from booking.views.desk.review import Edit, is_going_back, review
from booking.views.desk.words import Notice
from practice.domain.hours import clock
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, WeeklyHours
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def week(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """The weekly hours."""
    now = timezone.now()
    rows = queries.overview(practitioner, now=now).weekly

    def show(form: WeekForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "wrong": form.wrong,
            "notice": notice,
            **meanwhile.carried(request, _stand(practitioner, rows), notice=notice),
        }
        return desk_response(
            request,
            practitioner,
            "hours_week.html",
            context,
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        return show(WeekForm.stored(rows))
    if is_going_back(request) or "add" in request.POST or "copy" in request.POST:
        return show(WeekForm.rearranged(request.POST))
    form = WeekForm.sent(request.POST)
    if not form.is_valid():
        return show(form, status=400)
    edit = _edit(practitioner, form, rows, seen=meanwhile.seen(request), now=now)
    try:
        return review(
            request,
            practitioner,
            edit,
            now=now,
            again=lambda notice: show(form, notice=notice, status=notice.status),
        )
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)


def _edit(
    practitioner: Practitioner,
    form: WeekForm,
    rows: Sequence[WeeklyHours],
    *,
    seen: str | None,
    now: datetime,
) -> Edit:
    today = local_date(now, zone(practitioner.time_zone))
    after = availability.week_after(
        queries.weekly_spans(practitioner.pk), form.spans, form.from_date, today=today
    )
    later = form.from_date if form.from_date and form.from_date > today else None
    return Edit(
        title=gettext("Your weekly hours"),
        summary=[
            gettext("From %(day)s on. Until then your hours stay as they are.")
            % {"day": day_words(later)}
        ]
        if later
        else [],
        change=Change(Draft(weekly=queries.windows(after)), first=later),
        save=lambda: availability.set_week(
            practitioner_id=practitioner.pk,
            spans=form.spans,
            from_date=form.from_date,
            seen=seen,
            now=now,
        ),
        done=gettext("Your weekly hours are saved."),
        stand=lambda: _stand(practitioner, rows),
    )


def _stand(practitioner: Practitioner, rows: Sequence[WeeklyHours]) -> Stand:
    return Stand(
        versions.of_week(practitioner.pk),
        [
            clock_words(practitioner),
            *(
                f"{day['name']}: "
                + (
                    ", ".join(
                        f"{w['hours']} ({w['more']})" if w["more"] else w["hours"]
                        for w in day["windows"]
                    )
                    or gettext("Closed")
                )
                for day in week_words(rows)
            ),
        ],
    )


def week_words(rows: Sequence[WeeklyHours]) -> list[dict[str, Any]]:
    """Each weekday with its windows."""
    by_day: Mapping[int, list[dict[str, str]]] = {n: [] for n in range(7)}
    for row in rows:
        by_day[row.weekday].append(
            {
                "hours": f"{clock(row.opens_minute)}–{clock(row.closes_minute)}",
                "more": ", ".join([*ways(row.modalities), *between(row)]),
            }
        )
    return [{"name": weekday_name(n), "windows": own} for n, own in by_day.items()]
