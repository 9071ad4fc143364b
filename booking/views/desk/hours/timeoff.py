"""Time off: whole days, or hours."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from booking.domain.availability import Draft
from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.domain.slots import Interval
from booking.forms.days import TimeOffForm
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change
from booking.views.desk import meanwhile, words
from booking.views.desk.hours.words import off_words
from booking.views.desk.meanwhile import Stand
from booking.views.desk.page import desk_response
from booking.views.desk.review import (
    Edit,
    is_going_back,
    review,
)
from booking.views.desk.words import Notice
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, TimeOff
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def time_off(
    request: HttpRequest, practitioner: Practitioner, time_off_id: int | None = None
) -> HttpResponse:
    """Time off: whole days, or hours."""
    now = timezone.now()
    tz = zone(practitioner.time_zone)
    known = queries.overview(practitioner, now=now).time_off
    row = next((t for t in known if t.pk == time_off_id), None)
    if time_off_id is not None and row is None and meanwhile.seen(request) is None:
        raise Http404

    def show(form: TimeOffForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "row": row,
            "notice": notice,
            **(
                meanwhile.carried(request, _stand(practitioner, time_off_id, row), notice=notice)
                if time_off_id
                else {}
            ),
        }
        return desk_response(
            request, practitioner, "timeoff.html", context, section="hours", now=now, status=status
        )

    stored = TimeOffForm(initial=TimeOffForm.initial_of(row, tz) if row else {}, tz=tz, now=now)
    if request.method != "POST":
        return show(stored)
    form = TimeOffForm(request.POST, tz=tz, now=now)
    if is_going_back(request):
        return show(stored if "remove" in request.POST else form)
    if "remove" in request.POST and row is not None:
        edit = _time_off_removed(practitioner, row, known, seen=meanwhile.seen(request), now=now)
    elif "remove" in request.POST:
        raise Http404  # it is gone already
    elif not form.is_valid():
        return show(form, status=400)
    else:
        edit = _time_off_changed(
            practitioner, form, row, known, seen=meanwhile.seen(request), now=now
        )
    if time_off_id:
        stand = _stand(practitioner, time_off_id, row)
        edit = replace(edit, stand=lambda: _stand(practitioner, time_off_id, row))
        if row is None and meanwhile.is_changed(request, stand):
            # Saved now it would be added anew: only for somebody who knows that it is gone.
            return show(form, notice=meanwhile.changed(request, stand), status=409)
    try:
        return review(
            request,
            practitioner,
            edit,
            now=now,
            again=lambda notice: show(
                stored if "remove" in request.POST else form, notice=notice, status=notice.status
            ),
        )
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)
    except NotTheirs:
        raise Http404 from None


def _time_off_changed(
    practitioner: Practitioner,
    form: TimeOffForm,
    row: TimeOff | None,
    known: Sequence[TimeOff],
    *,
    seen: str | None,
    now: datetime,
) -> Edit:
    data = form.cleaned_data
    starts_at, ends_at = data["starts_at"], data["ends_at"]
    off = [Interval(t.starts_at, t.ends_at) for t in known if t != row]
    return Edit(
        title=gettext("Time off"),
        summary=[off_words(starts_at, ends_at, practitioner)],
        change=Change(
            Draft(time_off=[*off, Interval(starts_at, ends_at)]),
            first=local_date(starts_at, zone(practitioner.time_zone)),
        ),
        save=lambda: availability.set_time_off(
            practitioner_id=practitioner.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            label=data["label"],
            time_off_id=row.pk if row else None,
            seen=seen,
            now=now,
        ),
        done=gettext("Your time off is saved."),
    )


def _time_off_removed(
    practitioner: Practitioner,
    row: TimeOff,
    known: Sequence[TimeOff],
    *,
    seen: str | None,
    now: datetime,
) -> Edit:
    return Edit(
        title=gettext("Take this time off back"),
        summary=[
            off_words(row.starts_at, row.ends_at, practitioner),
            gettext("Your hours count again."),
        ],
        change=Change(
            Draft(time_off=[Interval(t.starts_at, t.ends_at) for t in known if t != row]),
            first=local_date(row.starts_at, zone(practitioner.time_zone)),
        ),
        save=lambda: availability.remove_time_off(
            practitioner_id=practitioner.pk, time_off_id=row.pk, seen=seen, now=now
        ),
        done=gettext("It is not time off any more."),
    )


def _stand(practitioner: Practitioner, time_off_id: int, row: TimeOff | None) -> Stand:
    lines = (
        [off_words(row.starts_at, row.ends_at, practitioner), *([row.label] if row.label else [])]
        if row
        else [gettext("It was taken back.")]
    )
    return Stand(versions.of_time_off(practitioner.pk, time_off_id), lines)
