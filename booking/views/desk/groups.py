"""Groups: what they look like from the desk, and who gets a place."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import NotTheirs
from booking.forms.desk import OneTimeForm
from booking.models import Cohort
from booking.operations import groups as operations
from booking.operations import places
from booking.queries.desk import groups as group_queries
from booking.queries.desk.groups import GroupPage, Member
from booking.views.desk import telling, words
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.pickers import first_day, slot_picker
from booking.views.desk.pressing import Choosing, choose_times, press
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.views.desk import desk_page


@require_safe
@desk_page
def groups(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Every group, the next to meet first."""
    now = timezone.now()
    found = group_queries.groups(practitioner, now=now)
    context = {
        "current": [g for g in found if g.next_at and g.cohort.state != Cohort.State.CALLED_OFF],
        "over": [g for g in found if not g.next_at or g.cohort.state == Cohort.State.CALLED_OFF],
    }
    return desk_response(request, practitioner, "groups.html", context, section="groups", now=now)


@require_safe
@desk_page
def group_page(request: HttpRequest, practitioner: Practitioner, cohort_id: UUID) -> HttpResponse:
    """One group: its dates, its members, and who asks to join."""
    return show_group(request, practitioner, cohort_id, now=timezone.now())


@require_POST
@desk_page
def give(
    request: HttpRequest, practitioner: Practitioner, cohort_id: UUID, seat_id: UUID
) -> HttpResponse:
    """Give somebody a place; they come to every session from now on."""
    now = timezone.now()
    member = _member(cohort_id, seat_id, practitioner, now=now)

    def seat() -> str:
        places.give_seat(
            seat_id=seat_id,
            practitioner_id=practitioner.pk,
            without_call=request.POST.get("without_call") == "on",
            now=now,
        )
        return gettext("%(name)s has a place, and hears of it now.") % {
            "name": names_for(request).of(member.participant)
        }

    return _press(request, practitioner, cohort_id, seat, now=now)


@require_POST
@desk_page
def refuse(
    request: HttpRequest, practitioner: Practitioner, cohort_id: UUID, seat_id: UUID
) -> HttpResponse:
    """Not this time, in the kind wording."""
    now = timezone.now()
    member = _member(cohort_id, seat_id, practitioner, now=now)

    def send_away() -> str:
        places.refuse_seat(seat_id=seat_id, practitioner_id=practitioner.pk, now=now)
        return gettext("%(name)s gets a kind no. Their seat is free again.") % {
            "name": names_for(request).of(member.participant)
        }

    return _press(request, practitioner, cohort_id, send_away, now=now)


@require_POST
@desk_page
def call_off(request: HttpRequest, practitioner: Practitioner, cohort_id: UUID) -> HttpResponse:
    """The group will not run: every date to come is cancelled."""
    now = timezone.now()

    def stop() -> str:
        cancelled = operations.call_off(
            cohort_id=cohort_id, practitioner_id=practitioner.pk, now=now
        )
        return gettext("Called off: %(count)s dates are cancelled. Everyone hears of it now.") % {
            "count": len(cancelled)
        }

    return _press(request, practitioner, cohort_id, stop, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def add_session(request: HttpRequest, practitioner: Practitioner, cohort_id: UUID) -> HttpResponse:
    """One more date; everybody with a place comes to it."""
    now = timezone.now()
    page = page_of(cohort_id, practitioner, now=now)
    if page.cohort.state == Cohort.State.CALLED_OFF:
        return redirect("desk:group", cohort_id)

    def add(starts: list[datetime]) -> str:
        session = operations.add_session(
            cohort_id=cohort_id, practitioner_id=practitioner.pk, starts_at=starts[0], now=now
        )
        return gettext("Added: %(when)s. Everyone with a place hears of it now.") % {
            "when": words.moment(session.starts_at, zone(practitioner.time_zone))
        }

    return choose_times(
        request,
        OneTimeForm,
        zone(practitioner.time_zone),
        take=add,
        ask=lambda choosing: _show_add(request, practitioner, page, choosing, now=now),
        refused=lambda notice: show_group(request, practitioner, cohort_id, now=now, notice=notice),
        back=resolve_url("desk:group", cohort_id),
    )


def page_of(cohort_id: UUID, practitioner: Practitioner, *, now: datetime) -> GroupPage:
    """The page of one's own group; somebody else's looks like none at all."""
    try:
        return group_queries.group_page(cohort_id, practitioner, now=now)
    except NotTheirs:
        raise Http404 from None


def show_group(
    request: HttpRequest,
    practitioner: Practitioner,
    cohort_id: UUID,
    *,
    now: datetime,
    notice: Notice | None = None,
) -> HttpResponse:
    """The page as it stands now, with why something was refused."""
    page = page_of(cohort_id, practitioner, now=now)
    everyone = (*page.members, *page.undecided, *page.ended)
    shown = names_for(request)
    names = shown.by_id([m.participant for m in everyone])
    names |= {str(m.seat.pk): shown.of(m.participant) for m in everyone}
    context = {
        "page": page,
        "notice": notice,
        "history": telling.history(
            group_queries.group_history(page.cohort),
            names=names,
            tz=zone(practitioner.time_zone),
        ),
    }
    return desk_response(
        request,
        practitioner,
        "group.html",
        context,
        section="groups",
        now=now,
        status=notice.status if notice else 200,
    )


def _member(cohort_id: UUID, seat_id: UUID, practitioner: Practitioner, *, now: datetime) -> Member:
    page = page_of(cohort_id, practitioner, now=now)
    for member in (*page.members, *page.undecided, *page.ended):
        if member.seat.pk == seat_id:
            return member
    raise Http404


def _press(
    request: HttpRequest,
    practitioner: Practitioner,
    cohort_id: UUID,
    operation: Callable[[], str],
    *,
    now: datetime,
) -> HttpResponse:
    page_of(cohort_id, practitioner, now=now)
    return press(
        request,
        operation,
        back=resolve_url("desk:group", cohort_id),
        show=lambda notice: show_group(request, practitioner, cohort_id, now=now, notice=notice),
    )


def _show_add(
    request: HttpRequest,
    practitioner: Practitioner,
    page: GroupPage,
    choosing: Choosing,
    *,
    now: datetime,
) -> HttpResponse:
    shown = slot_picker(
        practitioner,
        page.cohort.service,
        first=first_day(request, practitioner, now=now),
        now=now,
        selected=choosing.selected,
        client_zones=[m.participant.time_zone for m in page.members],
    )
    context = {"page": page, "form": choosing.form, "shown": shown, "notice": choosing.notice}
    return desk_response(
        request,
        practitioner,
        "group_session.html",
        context,
        section="groups",
        now=now,
        status=choosing.status,
    )
