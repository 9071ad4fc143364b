"""The practitioner's page of messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.views.desk.page import desk_context
from notifications import tasks
from notifications.domain.kinds import Kind
from notifications.messages.times import moment
from notifications.messages.titles import reason_in_words, title
from notifications.models import Delivery
from notifications.operations import sending
from notifications.queries import ledger
from notifications.queries.alerts import called_besides
from notifications.queries.persons import zone_of
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

#: Where the page stands: what it shows, by the value of `?show=`.
_SENT, _UPCOMING, _DROPPED = "sent", "upcoming", "dropped"


@dataclass(frozen=True, slots=True)
class Row:
    """One message as the page shows it."""

    id: UUID
    title: str
    recipient: str
    when: str
    reason: str
    may_retry: bool


@require_safe
@desk_page
def message_list(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """What needs a look, and what was sent, is coming or was dropped."""
    now = database_now()
    tz = zone_of(practitioner.time_zone)
    show = request.GET.get("show", _SENT)
    if show not in (_SENT, _UPCOMING, _DROPPED):
        show = _SENT
    states = Delivery.State
    own = practitioner.pk
    recent = {
        _SENT: lambda: ledger.settled([states.SENT], practitioner_id=own),
        _UPCOMING: lambda: ledger.upcoming(practitioner_id=own, now=now),
        _DROPPED: lambda: ledger.settled([states.SUPERSEDED, states.SKIPPED], practitioner_id=own),
    }[show]()
    context = {
        **desk_context(practitioner, section="messages", now=now),
        "trouble": ledger.trouble(now=now),
        "needing_a_look": _rows(ledger.needing_a_look(practitioner_id=own, now=now), tz),
        "recent": _rows(recent, tz),
        "show": show,
        "tabs": [(_SENT, _("Sent")), (_UPCOMING, _("Coming up")), (_DROPPED, _("Not needed"))],
    }
    return render(request, "notifications/messages.html", context)


@require_POST
@desk_page
def try_again(request: HttpRequest, practitioner: Practitioner, delivery_id: UUID) -> HttpResponse:
    """Give a failed message another chance."""
    try:
        is_waiting = sending.try_again(
            delivery_id=delivery_id, practitioner_id=practitioner.pk, now=database_now()
        )
    except Delivery.DoesNotExist as error:
        raise Http404 from error
    if is_waiting:
        tasks.nudge(tasks.send_due)
        messages.success(request, _("We try again now."))
    else:
        messages.info(request, _("There was nothing to try again."))
    return redirect("messages:list")


def _rows(deliveries: Iterable[Delivery], tz: ZoneInfo) -> list[Row]:
    return [
        Row(
            id=delivery.id,
            title=title(Kind(delivery.kind)),
            recipient=_recipient(delivery),
            when=moment(_when(delivery), tz),
            reason=reason_in_words(delivery.reason),
            may_retry=delivery.state == Delivery.State.FAILED,
        )
        for delivery in deliveries
    ]


def _when(delivery: Delivery) -> datetime:
    return delivery.settled_at or delivery.due_at


def _recipient(delivery: Delivery) -> str:
    if delivery.participant is not None:
        return delivery.participant.chosen_name or delivery.participant.label
    besides = called_besides(Kind(delivery.kind))
    if besides is not None:
        return besides[0] or _("Nobody named")
    return _("You")
