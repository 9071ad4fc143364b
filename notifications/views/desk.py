"""The practitioner's page of messages."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.templatetags.times import city
from booking.views.desk.names import Names, names_for
from booking.views.desk.page import desk_context
from notifications import tasks
from notifications.domain.kinds import Kind
from notifications.messages.times import moment, short_moment
from notifications.messages.titles import reason_in_words, title
from notifications.models import Delivery
from notifications.operations import resending
from notifications.queries import ledger
from notifications.queries.alerts import called_besides
from notifications.queries.bounces import came_back
from notifications.queries.persons import zone_of
from notifications.queries.routes import Ways, has_gone_wrong, ways_to
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

#: Where the page stands: what it shows, by the value of `?show=`.
_SENT, _UPCOMING, _DROPPED = "sent", "upcoming", "dropped"


@dataclass(frozen=True, slots=True)
class Row:
    """One message as the page shows it. `short`: when, for a table that says the zone once."""

    id: UUID
    title: str
    recipient: str
    when: str
    short: str
    reason: str
    may_retry: bool
    ways: Ways | None = None


@require_safe
@desk_page
def message_list(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """What needs a look, and what was sent, is coming or was dropped."""
    now = database_now()
    tz, names = zone_of(practitioner.time_zone), names_for(request)
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
        "needing_a_look": _to_look_at(practitioner, tz, names, now=now),
        "came_back": len(came_back(own)),
        "here": request.path,
        "recent": _rows(recent, tz, names),
        "place": city(tz.key),
        "show": show,
        "tabs": [(_SENT, _("Sent")), (_UPCOMING, _("Coming up")), (_DROPPED, _("Not needed"))],
    }
    return render(request, "notifications/messages.html", context)


@require_POST
@desk_page
def try_again(request: HttpRequest, practitioner: Practitioner, delivery_id: UUID) -> HttpResponse:
    """Give a failed message another chance."""
    try:
        is_waiting = resending.try_again(
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


def _to_look_at(
    practitioner: Practitioner, tz: ZoneInfo, names: Names, *, now: datetime
) -> list[Row]:
    """What failed and what is late, with other ways to those whom it did not reach."""
    found = ledger.needing_a_look(practitioner_id=practitioner.pk, now=now)
    people = {d.participant for d in found if d.participant and has_gone_wrong(d)}
    ways = ways_to(people, now=now)
    return [
        replace(row, ways=ways.get(d.participant_id) if d.participant_id else None)
        if has_gone_wrong(d)
        else row
        for row, d in zip(_rows(found, tz, names), found, strict=True)
    ]


def _rows(deliveries: Iterable[Delivery], tz: ZoneInfo, names: Names) -> list[Row]:
    return [
        Row(
            id=delivery.id,
            title=title(Kind(delivery.kind)),
            recipient=recipient_of(delivery, names),
            when=moment(_when(delivery), tz),
            short=short_moment(_when(delivery), tz),
            reason=reason_in_words(delivery.reason),
            may_retry=resending.may_try_again(delivery),
        )
        for delivery in deliveries
    ]


def _when(delivery: Delivery) -> datetime:
    return delivery.settled_at or delivery.due_at


def recipient_of(delivery: Delivery, names: Names) -> str:
    """Whom a message is for, as the desk calls them."""
    if delivery.participant is not None:
        return names.of(delivery.participant)
    besides = called_besides(Kind(delivery.kind))
    if besides is not None:
        return names.text(besides[0]) if besides[0] else _("Nobody named")
    return _("You")
