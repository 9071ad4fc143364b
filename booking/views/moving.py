"""Finding another time for an appointment: alone it moves at once, of several all are asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.domain.refusals import (
    InvalidRequest,
    MoveWaiting,
    NotTheirs,
    SlotTaken,
    TooLateToChange,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Participant
from booking.operations.moves import ask_move
from booking.queries import calendar as calendar_queries
from booking.queries.people import PersonPage, person_page
from booking.queries.requesting import people_coming, week_of_times
from booking.templatetags.times import spelled_span
from booking.views.choices import instant_of
from booking.views.device import private_page
from booking.views.person import back, changed_meanwhile, page_methods, show
from booking.views.picker import Picker, few_times, parsed_date, value_of, week_picker
from practice.domain.wall import zone

_TIMES_MAX = 3


@private_page()
@page_methods
def find_time(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Open times to move to: one, or for several people up to three."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    appointment = page.appointment
    if appointment is None or not page.can_cancel:
        return changed_meanwhile(request, participant)
    if not page.can_move:
        if page.last_free_change is not None and now <= page.last_free_change:
            return changed_meanwhile(request, participant)  # a move is being agreed already
        return show(request, "too_late", page)
    if request.method != "POST":
        return _pick(request, page, appointment, [], week=request.GET.get("week", ""))
    chosen = _chosen(request)
    if "week" in request.POST:
        return _pick(request, page, appointment, chosen, week=request.POST["week"])
    return _ask(request, page, appointment, chosen)


def _chosen(request: HttpRequest) -> list[datetime]:
    found = (instant_of(text) for text in request.POST.getlist("times"))
    return sorted({start for start in found if start is not None})


def _ask(
    request: HttpRequest, page: PersonPage, appointment: Appointment, chosen: list[datetime]
) -> HttpResponse:
    participant, now = page.participant, timezone.now()
    try:
        move = ask_move(
            appointment_id=appointment.id, participant_id=participant.id, starts=chosen, now=now
        )
    except TooLateToChange:
        return show(request, "too_late", page)
    except (MoveWaiting, NotTheirs, TransitionNotAllowed):
        return changed_meanwhile(request, participant)
    except InvalidRequest as refusal:
        sentences = [_(p.message) % p.params for p in refusal.problems]
        return _pick(request, page, appointment, chosen, errors=sentences)
    except SlotTaken as taken:
        gone = [start for start in chosen if start != taken.wanted]
        sentence = _("One of these times was taken a moment ago.")
        return _pick(
            request, page, appointment, gone, errors=[sentence], nearest=taken.alternatives
        )
    if move is None:
        return back(request, participant, _("Done: your appointment has its new time."))
    return back(
        request, participant, _("We are asking. Until a new time is agreed, the old one stays.")
    )


def _pick(
    request: HttpRequest,
    page: PersonPage,
    appointment: Appointment,
    chosen: Sequence[datetime],
    *,
    week: str = "",
    errors: Sequence[str] = (),
    nearest: Sequence[datetime] = (),
) -> HttpResponse:
    reader_zone = zone(page.participant.time_zone)
    if nearest:
        picker = few_times(nearest, reader_zone)
    else:
        offer = calendar_queries.bookable(appointment.practitioner, appointment.service)
        found = week_of_times(
            offer,
            first=parsed_date(week),
            zone=reader_zone,
            now=timezone.now(),
            ignore_claim=appointment.claim,
        )
        picker = week_picker(found, reader_zone)
    context: dict[str, Any] = {
        "picker": picker,
        "alone": people_coming(appointment) == 1,
        "most": _TIMES_MAX,
        "selected": [value_of(start) for start in chosen],
        "elsewhere": _out_of_sight(appointment, picker, chosen, page.participant.time_zone),
        "errors": errors,
    }
    return show(request, "find_time", page, **context)


def _out_of_sight(
    appointment: Appointment, picker: Picker, chosen: Sequence[datetime], zone_name: str
) -> list[dict[str, str]]:
    """Times chosen in a week that is not shown: they stay chosen until taken back."""
    length = appointment.ends_at - appointment.starts_at
    return [
        {"value": value_of(start), "label": spelled_span(start, start + length, zone_name)}
        for start in chosen
        if value_of(start) not in picker.values
    ]
