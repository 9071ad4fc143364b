"""One appointment: what is known, and what the practitioner can do with it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.domain.refusals import InvalidRequest, NotTheirs, Refusal, SlotTaken
from booking.domain.states import TransitionNotAllowed
from booking.forms.desk import OneTimeForm, add_problems, typed_times
from booking.operations import appointments
from booking.queries.desk import calendar as calendar_queries
from booking.queries.desk.calendar import AppointmentPage
from booking.queries.people import how_to_join, join_details
from booking.views.desk import words
from booking.views.desk.page import desk_response
from booking.views.desk.pickers import first_day, slot_picker
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.queries import the_practice
from practice.views.desk import desk_page


@require_safe
@desk_page
def appointment_page(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID
) -> HttpResponse:
    """Details, who comes, and the history."""
    return _show(request, practitioner, appointment_id, now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def move(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Give it another time; everyone attending is told."""
    now = timezone.now()
    page = _page(appointment_id, practitioner, now=now)
    tz = zone(practitioner.time_zone)
    if request.method != "POST" and not page.can_change:
        return redirect("desk:appointment", appointment_id)
    if request.method != "POST" or "week" in request.POST:
        form = OneTimeForm(initial=typed_times(request.POST), tz=tz)
        return _show_move(request, practitioner, page, form, now=now)
    form = OneTimeForm(request.POST, tz=tz)
    if not form.is_valid():
        return _show_move(request, practitioner, page, form, now=now, status=400)
    try:
        moved = appointments.reschedule(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            starts_at=form.cleaned_data["times"][0],
            now=now,
        )
    except InvalidRequest as invalid:
        add_problems(form, (), invalid.problems)
        return _show_move(request, practitioner, page, form, now=now, status=400)
    except SlotTaken as taken:
        return _show_move(request, practitioner, page, form, now=now, taken=taken, status=409)
    except (Refusal, TransitionNotAllowed) as refusal:
        return _show(request, practitioner, appointment_id, now=now, notice=words.refused(refusal))
    messages.success(
        request,
        gettext("Moved to %(when)s. Everyone attending hears of it now.")
        % {"when": words.moment(moved.starts_at, tz)},
    )
    return redirect("desk:appointment", appointment_id)


@require_POST
@desk_page
def cancel(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Cancel with an apology and, if wanted, new times."""
    now = timezone.now()
    offers = request.POST.get("new_times") == "on"

    def call_off() -> str:
        found = appointments.cancel_by_practitioner(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            offer_new_times=offers,
            now=now,
        )
        if not found:
            return gettext("Cancelled, with an apology. No new times were offered.")
        return gettext("Cancelled, with an apology and new times: %(times)s.") % {
            "times": "; ".join(words.moment(t, zone(practitioner.time_zone)) for t in found)
        }

    return _do(request, practitioner, appointment_id, call_off, now=now)


@require_POST
@desk_page
def ended(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Say how it went: it took place, or it was missed."""
    now = timezone.now()
    outcome = request.POST.get("outcome")
    operations = {
        "fulfilled": (appointments.fulfil, gettext("Marked as having taken place.")),
        "no_show": (
            appointments.mark_no_show,
            gettext("Marked as missed. Nothing is sent by itself."),
        ),
    }
    if outcome not in operations:
        notice = Notice(gettext("Please choose how it went"), status=400)
        return _show(request, practitioner, appointment_id, now=now, notice=notice)
    operation, done = operations[outcome]

    def say() -> str:
        operation(appointment_id=appointment_id, practitioner_id=practitioner.pk, now=now)
        return done

    return _do(request, practitioner, appointment_id, say, now=now)


@require_POST
@desk_page
def add(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID, participant_id: UUID
) -> HttpResponse:
    """Put somebody of the request on the roster."""
    now = timezone.now()

    def put() -> str:
        appointments.add_attendee(
            appointment_id=appointment_id,
            participant_id=participant_id,
            practitioner_id=practitioner.pk,
            now=now,
        )
        return gettext("They come along, and get an invitation of their own.")

    return _do(request, practitioner, appointment_id, put, now=now)


def _do(
    request: HttpRequest,
    practitioner: Practitioner,
    appointment_id: UUID,
    operation: Callable[[], str],
    *,
    now: datetime,
) -> HttpResponse:
    _page(appointment_id, practitioner, now=now)
    try:
        done = operation()
    except (Refusal, TransitionNotAllowed) as refusal:
        return _show(request, practitioner, appointment_id, now=now, notice=words.refused(refusal))
    messages.success(request, done)
    return redirect("desk:appointment", appointment_id)


def _page(appointment_id: UUID, practitioner: Practitioner, *, now: datetime) -> AppointmentPage:
    try:
        return calendar_queries.appointment_page(appointment_id, practitioner.pk, now=now)
    except NotTheirs:
        raise Http404 from None


def _show(
    request: HttpRequest,
    practitioner: Practitioner,
    appointment_id: UUID,
    *,
    now: datetime,
    notice: Notice | None = None,
) -> HttpResponse:
    page = _page(appointment_id, practitioner, now=now)
    asked, practice = page.appointment.request, the_practice()
    known = {str(p.pk): p.chosen_name or p.label for p in (*page.people, *page.left)}
    context = {
        "page": page,
        "names": words.names(page.people),
        "place": words.place(asked.country, asked.region, practice) if asked and practice else "",
        "coming": [(p, how_to_join(page.appointment, p)) for p in page.people],
        "join": join_details(page.appointment),
        "notice": notice,
        "history": words.history(
            calendar_queries.appointment_history(page.appointment),
            names=known,
            tz=zone(practitioner.time_zone),
        ),
    }
    return desk_response(
        request,
        practitioner,
        "appointment.html",
        context,
        section="calendar",
        now=now,
        status=notice.status if notice else 200,
    )


def _show_move(
    request: HttpRequest,
    practitioner: Practitioner,
    page: AppointmentPage,
    form: OneTimeForm,
    *,
    now: datetime,
    taken: SlotTaken | None = None,
    status: int = 200,
) -> HttpResponse:
    appointment = page.appointment
    shown = slot_picker(
        practitioner,
        appointment.service,
        first=first_day(request, practitioner, now=now),
        now=now,
        selected=[t for t in form.chosen if taken is None or t != taken.wanted],
        client_zone=page.people[0].time_zone if page.people else None,
        ignore_claim=appointment.claim,
    )
    context = {
        "page": page,
        "names": words.names(page.people),
        "form": form,
        "shown": shown,
        "notice": words.refused(taken) if taken else None,
    }
    return desk_response(
        request, practitioner, "move.html", context, section="calendar", now=now, status=status
    )
