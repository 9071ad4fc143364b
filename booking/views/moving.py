"""Finding another time for an appointment: alone it moves at once, of several all are asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

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
from booking.models import Participant
from booking.operations.moves import ask_move
from booking.queries import calendar as calendar_queries
from booking.queries.people import OwnDate, PersonPage, person_page
from booking.queries.requesting import people_coming
from booking.views.choices import value_of
from booking.views.dates import date_of, too_late
from booking.views.device import private_page
from booking.views.own_times import chosen_times, out_of_sight, own_week
from booking.views.person import back, changed_meanwhile, page_methods, show
from booking.views.picker import few_times
from practice.domain.wall import zone

_TIMES_MAX = 3


@private_page()
@page_methods
def find_time(
    request: HttpRequest, participant: Participant, appointment_id: UUID | None = None
) -> HttpResponse:
    """Open times to move to: one, or for several people up to three."""
    now = timezone.now()
    page = person_page(participant.id, now=now)
    found = date_of(page, appointment_id)
    if found is None or not found.can_cancel or found.is_of_group:
        return changed_meanwhile(request, participant)
    if not found.can_move:
        if now <= found.last_free_change:
            return changed_meanwhile(request, participant)  # a move is being agreed already
        return too_late(request, page, found)
    if request.method != "POST":
        return _pick(request, page, found, [], week=request.GET.get("week", ""))
    chosen = chosen_times(request.POST)
    if "week" in request.POST:
        return _pick(request, page, found, chosen, week=request.POST["week"])
    return _ask(request, page, found, chosen)


def _ask(
    request: HttpRequest, page: PersonPage, found: OwnDate, chosen: list[datetime]
) -> HttpResponse:
    participant, now = page.participant, timezone.now()
    appointment = found.appointment
    try:
        move = ask_move(
            appointment_id=appointment.id, participant_id=participant.id, starts=chosen, now=now
        )
    except TooLateToChange:
        return too_late(request, page, found)
    except (MoveWaiting, NotTheirs, TransitionNotAllowed):
        return changed_meanwhile(request, participant)
    except InvalidRequest as refusal:
        sentences = [_(p.message) % p.params for p in refusal.problems]
        return _pick(request, page, found, chosen, errors=sentences)
    except SlotTaken as taken:
        gone = [start for start in chosen if start != taken.wanted]
        sentence = _("One of these times was taken a moment ago.")
        return _pick(request, page, found, gone, errors=[sentence], nearest=taken.alternatives)
    if move is None:
        return back(request, participant, _("Done: your appointment has its new time."))
    return back(
        request, participant, _("We are asking. Until a new time is agreed, the old one stays.")
    )


def _pick(
    request: HttpRequest,
    page: PersonPage,
    found: OwnDate,
    chosen: Sequence[datetime],
    *,
    week: str = "",
    errors: Sequence[str] = (),
    nearest: Sequence[datetime] = (),
) -> HttpResponse:
    appointment, zone_name = found.appointment, page.participant.time_zone
    if nearest:
        picker = few_times(nearest, zone(zone_name))
    else:
        picker = own_week(
            calendar_queries.bookable(
                appointment.practitioner, appointment.service, appointment.modality
            ),
            zone_name,
            week=week,
            now=timezone.now(),
            ignore_claim=appointment.claim,
        )
    context: dict[str, Any] = {
        "picker": picker,
        "alone": people_coming(appointment) == 1,
        "most": _TIMES_MAX,
        "selected": [value_of(start) for start in chosen],
        "elsewhere": out_of_sight(
            chosen,
            picker.values,
            length=appointment.ends_at - appointment.starts_at,
            zone_name=zone_name,
        ),
        "errors": errors,
        "date": found,
    }
    return show(request, "find_time", page, **context)
