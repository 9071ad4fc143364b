"""What the practitioner can do with an appointment."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from booking.forms.desk import OneTimeForm
from booking.forms.fields import small_number
from booking.models import LateWish
from booking.operations import appointments, cancellations, late
from booking.queries.desk.calendar import AppointmentPage
from booking.templatetags.times import clock_in, zone_words
from booking.views.desk import words
from booking.views.desk.appointments import page_of, show_appointment
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_response
from booking.views.desk.pickers import first_day, slot_picker
from booking.views.desk.pressing import Choosing, choose_times, press
from booking.views.desk.words import Notice
from practice.domain.wall import zone
from practice.models import Practitioner
from practice.views.desk import desk_page


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def move(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Give it another time; everyone attending is told."""
    now = timezone.now()
    page = page_of(appointment_id, practitioner, now=now)
    if request.method != "POST" and not page.can_change:
        return redirect("desk:appointment", appointment_id)

    def go(starts: list[datetime]) -> str:
        moved = appointments.reschedule(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            starts_at=starts[0],
            offer_to_waitlist=request.POST.get("to_waitlist") == "on",
            now=now,
        )
        return gettext("Moved to %(when)s. Everyone attending hears of it now.") % {
            "when": words.moment(moved.starts_at, zone(practitioner.time_zone))
        }

    return choose_times(
        request,
        OneTimeForm,
        zone(practitioner.time_zone),
        take=go,
        ask=lambda choosing: show_move(request, practitioner, page, choosing, now=now),
        refused=lambda notice: show_appointment(
            request, practitioner, appointment_id, now=now, notice=notice
        ),
        back=resolve_url("desk:appointment", appointment_id),
    )


@require_POST
@desk_page
def cancel(request: HttpRequest, practitioner: Practitioner, appointment_id: UUID) -> HttpResponse:
    """Cancel with an apology and, if wanted, new times; the freed time may go to the waitlist."""
    now = timezone.now()
    offers = request.POST.get("new_times") == "on"

    def call_off() -> str:
        found = cancellations.cancel_by_practitioner(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            offer_new_times=offers,
            offer_to_waitlist=request.POST.get("to_waitlist") == "on",
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
            gettext("Marked as missed."),
        ),
    }
    if outcome not in operations:
        notice = Notice(gettext("Please choose how it went"), status=400)
        return show_appointment(request, practitioner, appointment_id, now=now, notice=notice)
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


@require_POST
@desk_page
def running_late(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID
) -> HttpResponse:
    """Tell everyone attending that it begins a little later."""
    now = timezone.now()
    minutes = small_number(request.POST.get("minutes", "")) or 0

    def say() -> str:
        late.running_late(
            appointment_id=appointment_id,
            practitioner_id=practitioner.pk,
            minutes=minutes,
            now=now,
        )
        return gettext("Everyone attending hears now that you are %(minutes)s minutes late.") % {
            "minutes": minutes
        }

    return _do(request, practitioner, appointment_id, say, now=now)


@require_POST
@desk_page
def keep(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID, wish_id: UUID
) -> HttpResponse:
    """Somebody asked for a change after the cut-off, and it stays as it is."""
    now = timezone.now()

    def stay() -> str:
        late.settle_late(
            wish_id=wish_id,
            practitioner_id=practitioner.pk,
            outcome=LateWish.Outcome.KEPT,
            now=now,
        )
        return gettext("It stays as it is. Whoever asked hears of it now, and nobody else.")

    return _do(request, practitioner, appointment_id, stay, now=now)


def _do(
    request: HttpRequest,
    practitioner: Practitioner,
    appointment_id: UUID,
    operation: Callable[[], str],
    *,
    now: datetime,
) -> HttpResponse:
    page_of(appointment_id, practitioner, now=now)
    return press(
        request,
        operation,
        back=resolve_url("desk:appointment", appointment_id),
        show=lambda notice: show_appointment(
            request, practitioner, appointment_id, now=now, notice=notice
        ),
    )


def show_move(
    request: HttpRequest,
    practitioner: Practitioner,
    page: AppointmentPage,
    choosing: Choosing,
    *,
    now: datetime,
    following: bool = False,
) -> HttpResponse:
    """Times to choose from for an appointment, on every clock of those who come.

    `following`: all later dates of its series move with it.
    """
    appointment = page.appointment
    shown = slot_picker(
        practitioner,
        appointment.service,
        first=first_day(request, practitioner, now=now, near=appointment.starts_at),
        now=now,
        selected=choosing.selected,
        client_zones=[p.time_zone for p in page.people],
        ignore_claim=appointment.claim,
        present=appointment.starts_at,
    )
    elsewhere = dict.fromkeys(p.time_zone for p in page.people)
    context = {
        "page": page,
        "names": names_for(request).entry(appointment, page.people),
        "their_clocks": [
            f"{clock_in(appointment.starts_at, z)} {zone_words(z, appointment.starts_at)}"
            for z in elsewhere
            if z != practitioner.time_zone
        ],
        "following": following,
        "form": choosing.form,
        "to_waitlist": request.POST.get("to_waitlist") == "on",
        "shown": shown,
        "notice": choosing.notice,
    }
    return desk_response(
        request,
        practitioner,
        "move.html",
        context,
        section="calendar",
        now=now,
        status=choosing.status,
    )
