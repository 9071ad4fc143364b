"""Series: looked at before they are booked, and changed date by date or all together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.forms.desk import OneTimeForm, typed_instant
from booking.forms.series import MoreForm, PauseForm, RhythmForm
from booking.models import Request
from booking.operations import cancellations
from booking.operations import series as operations
from booking.queries import series as series_queries
from booking.queries.desk import series as desk_queries
from booking.queries.desk.calendar import AppointmentPage
from booking.queries.desk.series import SeriesPage
from booking.queries.series import Planned
from booking.views.desk import telling, words
from booking.views.desk.appointments import page_of as appointment_of
from booking.views.desk.appointments import show_appointment
from booking.views.desk.changing import show_move
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.pressing import choose_times, press
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.views.desk import desk_page

_USUAL_COUNT = 6
_MORE = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """One date before it is booked, with what can be chosen for it; "" leaves it out."""

    name: str
    label: str
    reason: Promise | str
    options: Sequence[tuple[str, str]]
    chosen: str


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def start(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Repeat an appointment: every date is seen, and conflicts are settled, before it is booked."""
    now = timezone.now()
    page = appointment_of(appointment_id, practitioner, now=now)
    if request.method != "POST" and not page.can_repeat:
        return redirect("desk:appointment", appointment_id)
    typed = request.POST if request.method == "POST" else request.GET
    form = RhythmForm(typed if "every_weeks" in typed else _usual(page))
    planned = (
        series_queries.preview(page.appointment, **form.cleaned_data, now=now)[1:]
        if form.is_valid()
        else []
    )

    def show(notice: Notice | None = None) -> HttpResponse:
        return _show_dates(
            request,
            practitioner,
            {"page": page, "names": names_for(request).all_of(page.people), "form": form},
            planned,
            now=now,
            notice=notice,
        )

    if request.method != "POST" or not form.is_valid():
        return show()

    def book() -> str:
        booked = operations.start_series(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            every_weeks=form.cleaned_data["every_weeks"],
            starts=[page.appointment.starts_at, *_chosen(request.POST, planned)],
            now=now,
        )
        return gettext("Booked: %(count)s dates. Everyone attending hears of them now.") % {
            "count": booked.occurrences
        }

    return press(request, book, back=resolve_url("desk:appointment", appointment_id), show=show)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def renew(request: HttpRequest, practitioner: Practitioner, series_id: UUID) -> HttpResponse:
    """Add dates to a series."""
    now = timezone.now()
    page = page_of(series_id, practitioner, now=now)
    typed = request.POST if request.method == "POST" else request.GET
    usual = {"count": min(_MORE, page.can_add)}
    form = MoreForm(typed if "count" in typed else usual, most=page.can_add)
    if not page.can_add:
        return redirect("desk:series", series_id)
    planned: list[Planned] = []
    if form.is_valid():
        try:
            planned = series_queries.renewal(page.series, count=form.cleaned_data["count"], now=now)
        except InvalidRequest as invalid:
            return show_series(request, practitioner, page, now=now, notice=words.refused(invalid))

    def show(notice: Notice | None = None) -> HttpResponse:
        return _show_dates(
            request,
            practitioner,
            {"series": page, "names": names_for(request).all_of(page.people), "form": form},
            planned,
            now=now,
            notice=notice,
        )

    if request.method != "POST" or not form.is_valid():
        return show()
    starts = _chosen(request.POST, planned)

    def add() -> str:
        operations.renew(
            series_id=series_id, practitioner_id=practitioner.pk, starts=starts, now=now
        )
        return ngettext(
            "%(count)s more date is booked. Everyone attending hears of it now.",
            "%(count)s more dates are booked. Everyone attending hears of them now.",
            len(starts),
        ) % {"count": len(starts)}

    return press(request, add, back=resolve_url("desk:series", series_id), show=show)


@require_safe
@desk_page
def series_page(request: HttpRequest, practitioner: Practitioner, series_id: UUID) -> HttpResponse:
    """Every date of a series, and what can be done with them."""
    now = timezone.now()
    return show_series(request, practitioner, page_of(series_id, practitioner, now=now), now=now)


@require_POST
@desk_page
def skip(
    request: HttpRequest, practitioner: Practitioner, series_id: UUID, appointment_id: UUID
) -> HttpResponse:
    """Leave one date out; the others stand."""
    now = timezone.now()
    page = page_of(series_id, practitioner, now=now)
    if appointment_id not in {turn.appointment.pk for turn in page.turns}:
        raise Http404

    def leave_out() -> str:
        cancellations.cancel_by_practitioner(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            offer_new_times=False,
            offer_to_waitlist=request.POST.get("to_waitlist") == "on",
            now=now,
        )
        return gettext("Left out. Everyone attending hears of it now; the other dates stand.")

    return _press(request, practitioner, series_id, leave_out, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def move_following(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID
) -> HttpResponse:
    """Give this date and all later ones another weekday and time, or none of them."""
    now = timezone.now()
    page = appointment_of(appointment_id, practitioner, now=now)
    series_id = page.appointment.series_id
    if series_id is None or (request.method != "POST" and not page.can_change):
        return redirect("desk:appointment", appointment_id)

    def go(starts: list[datetime]) -> str:
        moved = operations.move_following(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            starts_at=starts[0],
            now=now,
        )
        return ngettext(
            "%(count)s date moved. Everyone attending hears of it now.",
            "%(count)s dates moved. Everyone attending hears of it now.",
            len(moved),
        ) % {"count": len(moved)}

    return choose_times(
        request,
        OneTimeForm,
        zone(practitioner.time_zone),
        take=go,
        ask=lambda choosing: show_move(
            request, practitioner, page, choosing, now=now, following=True
        ),
        refused=lambda notice: show_appointment(
            request, practitioner, appointment_id, now=now, notice=notice
        ),
        back=resolve_url("desk:series", series_id),
    )


def _usual(page: AppointmentPage) -> dict[str, int]:
    asked = page.appointment.request
    every = 2 if asked is not None and asked.cadence == Request.Cadence.FORTNIGHTLY else 1
    return {"every_weeks": every, "count": _USUAL_COUNT}


def page_of(series_id: UUID, practitioner: Practitioner, *, now: datetime) -> SeriesPage:
    """One's own series; somebody else's looks like none at all."""
    try:
        return desk_queries.series_page(series_id, practitioner.pk, now=now)
    except NotTheirs:
        raise Http404 from None


def _press(
    request: HttpRequest,
    practitioner: Practitioner,
    series_id: UUID,
    operation: Callable[[], str],
    *,
    now: datetime,
) -> HttpResponse:
    return press(
        request,
        operation,
        back=resolve_url("desk:series", series_id),
        show=lambda notice: show_series(
            request, practitioner, page_of(series_id, practitioner, now=now), now=now, notice=notice
        ),
    )


def _name(planned: Planned) -> str:
    """The name of the field of a turn: its day and time, so that a choice stays with it."""
    return f"turn-{planned.starts_at:%Y%m%dT%H%M}"


def _chosen(data: QueryDict, planned: Sequence[Planned]) -> list[datetime]:
    """What was chosen for each turn; nothing for those left out."""
    found = [typed_instant(data.get(_name(turn), "")) for turn in planned]
    return [at for at in found if at is not None]


def _turns(data: QueryDict, planned: Sequence[Planned], tz: ZoneInfo) -> list[Turn]:
    turns = []
    for turn in planned:
        usual = [(turn.starts_at.isoformat(), gettext("Book it"))] if turn.is_open else []
        instead = [
            (at.isoformat(), gettext("Instead: %(when)s") % {"when": words.moment(at, tz)})
            for at in turn.replacements
        ]
        options = [*usual, *instead, ("", gettext("Leave it out"))]
        typed = data.get(_name(turn))
        values = [value for value, _label in options]
        unasked = values[0] if turn.is_open else ""
        turns.append(
            Turn(
                name=_name(turn),
                label=words.moment(turn.starts_at, tz),
                reason=words.CONFLICTS.get(turn.reason, ""),
                options=options,
                chosen=typed if typed is not None and typed in values else unasked,
            )
        )
    return turns


def _show_dates(
    request: HttpRequest,
    practitioner: Practitioner,
    context: dict[str, Any],
    planned: Sequence[Planned],
    *,
    now: datetime,
    notice: Notice | None,
) -> HttpResponse:
    turns = _turns(request.POST, planned, zone(practitioner.time_zone))
    form: forms.Form = context["form"]
    status = notice.status if notice else 400 if form.errors else 200
    context |= {
        "turns": turns,
        "conflicts": sum(bool(t.reason) for t in turns),
        "notice": notice,
    }
    return desk_response(
        request,
        practitioner,
        "series_dates.html",
        context,
        section="calendar",
        now=now,
        status=status,
    )


def show_series(
    request: HttpRequest,
    practitioner: Practitioner,
    page: SeriesPage,
    *,
    now: datetime,
    notice: Notice | None = None,
    form: PauseForm | None = None,
) -> HttpResponse:
    """The page as it stands now, with why something was refused."""
    context = {
        "page": page,
        "names": names_for(request).all_of(page.people),
        "rhythm": words.RHYTHMS[page.series.every_weeks],
        "form": form or PauseForm(),
        "notice": notice,
        "history": telling.history(
            desk_queries.series_history(page.series),
            names=names_for(request).by_id(page.people),
            tz=zone(practitioner.time_zone),
        ),
    }
    status = notice.status if notice else 400 if form else 200
    return desk_response(
        request,
        practitioner,
        "series.html",
        context,
        section="calendar",
        now=now,
        status=status,
    )
