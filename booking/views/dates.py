"""One person's booked dates: looking at one, cancelling it, asking about it, running late."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.domain.states import TransitionNotAllowed
from booking.forms.dates import MINUTES, WishForm
from booking.forms.fields import small_number
from booking.models import Participant
from booking.operations import cancellations, late
from booking.queries.dates import OwnDate
from booking.queries.joining import how_to_join
from booking.queries.people import PersonPage, person_page
from booking.views.again import form_again, see_errors
from booking.views.answer import see_other
from booking.views.device import private_page
from booking.views.person import back, changed_meanwhile, page_methods, show


def date_of(page: PersonPage, appointment_id: UUID | None) -> OwnDate | None:
    """The date that an address names; without one, the next."""
    if appointment_id is None:
        return page.dates[0] if page.dates else None
    return next((d for d in page.dates if d.appointment.id == appointment_id), None)


@private_page()
@page_methods
def date(request: HttpRequest, participant: Participant, appointment_id: UUID) -> HttpResponse:
    """One of several dates: when and how, and what can be done about it."""
    page = person_page(participant.id, now=timezone.now())
    found = date_of(page, appointment_id)
    if found is None:
        return changed_meanwhile(request, participant)
    return show(request, "date", page, date=found, join=how_to_join(found.appointment, participant))


@private_page()
@page_methods
def cancel(
    request: HttpRequest, participant: Participant, appointment_id: UUID | None = None
) -> HttpResponse:
    """Cancel the appointment; of three or more people, one leaves and the others come."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    found = date_of(page, appointment_id)
    if found is None or not found.can_cancel:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return show(request, "cancel", page, date=found, is_late=now > found.last_free_change)
    if "appointment" not in request.POST:
        return see_other(request.path)  # a button of another page: say first what happens
    # The press belongs to what the page showed: this time, and these consequences.
    shown = request.POST.get("appointment"), request.POST.get("leaves_alone")
    if shown != (str(found.appointment.id), "yes" if found.leaves_alone else "no"):
        return changed_meanwhile(request, participant)
    try:
        cancelled = cancellations.cancel(
            appointment_id=found.appointment.id, participant_id=participant.id, now=now
        )
    except (NotTheirs, TransitionNotAllowed):
        return changed_meanwhile(request, participant)
    if cancelled.left_only:
        return back(request, participant, _("You are not expected any more."))
    return back(request, participant, _("Your appointment is cancelled."))


@private_page()
@page_methods
def ask(request: HttpRequest, participant: Participant, appointment_id: UUID) -> HttpResponse:
    """After the cut-off: ask the practitioner, who may still find another time."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    found = date_of(page, appointment_id)
    if found is None or not found.can_ask:
        return changed_meanwhile(request, participant)
    if request.method != "POST":
        return too_late(request, page, found)
    form = WishForm(request.POST)
    if form.is_valid():
        try:
            late.ask_late(
                participant_id=participant.id,
                appointment_id=found.appointment.id,
                words=form.cleaned_data["words"],
                now=now,
            )
        except (NotTheirs, InvalidRequest):
            return changed_meanwhile(request, participant)
        return back(
            request,
            participant,
            _("We have passed it on. Until you hear from us, the appointment stands."),
        )
    return see_errors(request, _draft(participant, found), _asking_at(participant, found), form)


def _asking_at(participant: Participant, found: OwnDate) -> str:
    return reverse("ask-about-date", args=[participant.id, found.appointment.id])


def _draft(participant: Participant, found: OwnDate) -> str:
    return f"wish:{participant.id}:{found.appointment.id}"


def too_late(request: HttpRequest, page: PersonPage, found: OwnDate) -> HttpResponse:
    """A change goes through the practitioner now: whom to call, and a way to write."""
    if request.method == "POST":
        return see_other(_asking_at(page.participant, found))
    form = form_again(request, _draft(page.participant, found), WishForm)
    return show(request, "too_late", page, date=found, form=form)


@private_page()
@page_methods
def running_late(
    request: HttpRequest, participant: Participant, appointment_id: UUID
) -> HttpResponse:
    """Say by how much one is late: one press. Only the practitioner learns it."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    found = date_of(page, appointment_id)
    if found is None or not found.can_say_late:
        return changed_meanwhile(request, participant)
    minutes = small_number(request.POST.get("minutes", ""))
    if request.method == "POST" and minutes not in MINUTES:
        return see_other("running-late", participant.id, found.appointment.id)
    if minutes not in MINUTES:
        return show(request, "running_late", page, date=found, choices=_choices(found, now))
    try:
        late.running_late(
            appointment_id=found.appointment.id,
            minutes=minutes,
            now=now,
            participant_id=participant.id,
        )
    except (NotTheirs, InvalidRequest):
        return changed_meanwhile(request, participant)
    return back(request, participant, _("Thank you. You are expected a little later."))


def _choices(found: OwnDate, now: datetime) -> Sequence[int]:
    """How late somebody can say that they will be."""
    length = found.appointment.ends_at - max(found.appointment.starts_at, now)
    return [minutes for minutes in MINUTES if minutes * 60 < length.total_seconds()] or MINUTES[:1]
