"""Finding another time for an appointment: alone it moves at once, of several all are asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from booking.domain.refusals import (
    InvalidRequest,
    MoveWaiting,
    NotTheirs,
    SlotTaken,
    TooLateToChange,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Participant
from booking.operations.moves import ask_move, take_back_move
from booking.queries.dates import OwnDate
from booking.queries.moving import move_offer, own_week_begins
from booking.queries.people import PersonPage, person_page
from booking.views import drafts
from booking.views.choices import instant_of, value_of
from booking.views.dates import date_of, too_late
from booking.views.device import private_page
from booking.views.own_times import chosen_times, out_of_sight, own_week
from booking.views.person import back, changed_meanwhile, page_methods, show
from booking.views.picker import few_times, without
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
        return _times_again(request, page, found)
    if "week" in request.POST:
        return _keep(request, participant, found)
    return _ask(request, page, found, chosen_times(request.POST))


@private_page()
@require_POST
def keep(request: HttpRequest, participant: Participant, appointment_id: UUID) -> HttpResponse:
    """Take one's wish for another time back."""
    try:
        take_back_move(
            appointment_id=appointment_id, participant_id=participant.id, now=timezone.now()
        )
    except NotTheirs:
        return changed_meanwhile(request, participant)
    return back(request, participant, _("Done: the appointment stays as it was."))


def _draft(participant: Participant, found: OwnDate) -> str:
    return f"move:{participant.id}:{found.appointment.id}"


def _keep(
    request: HttpRequest,
    participant: Participant,
    found: OwnDate,
    *errors: str,
    nearest: Sequence[datetime] = (),
    gone: datetime | None = None,
) -> HttpResponse:
    return drafts.show_again(
        request,
        _draft(participant, found),
        reverse("move-date", args=[participant.id, found.appointment.id]),
        typed=request.POST,
        errors=errors,
        nearest=[value_of(start) for start in nearest],
        gone=value_of(gone) if gone else "",
    )


def _times_again(request: HttpRequest, page: PersonPage, found: OwnDate) -> HttpResponse:
    draft = drafts.kept(request, _draft(page.participant, found))
    if draft is None:
        return _pick(request, page, found, [], week=request.GET.get("week", ""))
    gone = instant_of(draft.note["gone"])
    return _pick(
        request,
        page,
        found,
        [start for start in chosen_times(draft.typed) if start != gone],
        week=draft.typed.get("week", draft.typed.get("shown", "")),
        errors=draft.note["errors"],
        nearest=[datetime.fromisoformat(start) for start in draft.note["nearest"]],
    )


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
        return _keep(request, participant, found, *sentences)
    except SlotTaken as taken:
        sentence = _("One of these times was taken a moment ago.")
        return _keep(
            request, participant, found, sentence, nearest=taken.alternatives, gone=taken.wanted
        )
    drafts.drop(request, _draft(participant, found))
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
    appointment, zone_name, now = found.appointment, page.participant.time_zone, timezone.now()
    if nearest:
        picker = few_times(nearest, zone(zone_name))
    else:
        picker = own_week(
            move_offer(appointment, now=now),
            zone_name,
            week=week,
            now=now,
            ignore_claim=appointment.claim,
            begins=own_week_begins(appointment, zone(zone_name)),
        )
    # The time they have is no other time.
    picker = without(picker, [appointment.starts_at])
    chosen = [start for start in chosen if start != appointment.starts_at]
    context: dict[str, Any] = {
        "picker": picker,
        "alone": found.moves_at_once,
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
