"""What became of the messages about one appointment or one request: pages of the desk."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from booking.models import Appointment, Request
from booking.views.desk.names import names_for
from booking.views.desk.page import desk_context
from notifications import tasks
from notifications.domain.kinds import Kind
from notifications.messages.explaining import explain
from notifications.messages.times import moment, span
from notifications.messages.titles import title
from notifications.models import Delivery
from notifications.operations import resending
from notifications.queries import ledger
from notifications.queries.persons import zone_of
from notifications.queries.routes import Ways, has_gone_wrong, ways_to
from notifications.views.desk import recipient_of
from notifications.views.routes import where_from
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as the ledger shows it. `standing`: state and label of its badge."""

    id: UUID
    title: str
    when: str
    standing: tuple[str, str]
    story: Sequence[str]
    may_retry: bool
    may_resend: bool
    went_wrong: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """One person and their messages; `ways` to them if one of these did not arrive."""

    name: str
    entries: Sequence[Entry]
    ways: Ways | None


@require_safe
@desk_page
def of_appointment(
    request: HttpRequest, practitioner: Practitioner, appointment_id: UUID
) -> HttpResponse:
    """Every message about one appointment, by person."""
    if not Appointment.objects.filter(pk=appointment_id, practitioner=practitioner).exists():
        raise Http404
    rows = ledger.of_appointment(appointment_id, practitioner_id=practitioner.pk)
    back = ("desk:appointment", appointment_id, _("The appointment"))
    return _page(request, practitioner, rows, back, section="calendar")


@require_safe
@desk_page
def of_request(request: HttpRequest, practitioner: Practitioner, request_id: UUID) -> HttpResponse:
    """Every message of one request until it was booked, by person."""
    if not Request.objects.filter(pk=request_id, practitioner=practitioner).exists():
        raise Http404
    rows = ledger.of_request(request_id, practitioner_id=practitioner.pk)
    back = ("desk:request", request_id, _("The request"))
    tz = zone_of(practitioner.time_zone)
    onward = [(a.pk, span(a.starts_at, a.ends_at, tz)) for a in ledger.appointments_of(request_id)]
    return _page(request, practitioner, rows, back, section="waiting", onward=onward)


@require_POST
@desk_page
def again(request: HttpRequest, practitioner: Practitioner, delivery_id: UUID) -> HttpResponse:
    """Send a message once more: a failed one is tried again, a sent one goes out anew."""
    now = database_now()
    ask: list[Callable[..., bool]] = [resending.try_again, resending.send_again]
    try:
        is_waiting = any(
            operation(delivery_id=delivery_id, practitioner_id=practitioner.pk, now=now)
            for operation in ask
        )
    except Delivery.DoesNotExist as error:
        raise Http404 from error
    if is_waiting:
        tasks.nudge(tasks.send_due)
        messages.success(request, _("It is on its way once more."))
    else:
        messages.info(request, _("There was nothing to send again."))
    return redirect(where_from(request))


def _page(
    request: HttpRequest,
    practitioner: Practitioner,
    deliveries: Iterable[Delivery],
    back: tuple[str, UUID, str],
    *,
    section: str,
    onward: Sequence[tuple[UUID, str]] = (),
) -> HttpResponse:
    tz, names = zone_of(practitioner.time_zone), names_for(request)
    now = database_now()
    # By person and not by name: two of one request may have chosen the same.
    by_reader: dict[tuple[UUID | None, str], list[Delivery]] = {}
    for delivery in deliveries:
        reader = (delivery.participant_id, recipient_of(delivery, names))
        by_reader.setdefault(reader, []).append(delivery)
    missed = {d.participant for ds in by_reader.values() for d in ds if has_gone_wrong(d)}
    ways = ways_to([person for person in missed if person is not None], now=now)
    context = {
        **desk_context(practitioner, section=section, now=now),
        "people": [
            Reader(name, [_entry(d, tz) for d in rows], ways.get(person) if person else None)
            for (person, name), rows in by_reader.items()
        ],
        "back": back,
        "onward": onward,
        "here": request.path,
    }
    return render(request, "notifications/ledger.html", context)


def _entry(delivery: Delivery, tz: ZoneInfo) -> Entry:
    is_sent = delivery.state == Delivery.State.SENT
    # Once more to where it came back from would not leave: other ways stand beside it.
    came_back = delivery.bounced_as in (Delivery.Bounce.HARD, Delivery.Bounce.COMPLAINT)
    return Entry(
        id=delivery.pk,
        title=title(Kind(delivery.kind)),
        when=_when(delivery, tz),
        standing=_standing(delivery),
        story=explain(delivery, list(delivery.tries.all()), tz=tz),
        may_retry=resending.may_try_again(delivery),
        may_resend=is_sent and not came_back and delivery.subject_type in resending.RESENDABLE,
        went_wrong=has_gone_wrong(delivery),
    )


def _when(delivery: Delivery, tz: ZoneInfo) -> str:
    """The date that counts, and what it is the date of."""
    if delivery.settled_at is None:
        return _("Will be sent %(when)s") % {"when": moment(delivery.due_at, tz)}
    said = {
        Delivery.State.SENT: _("Sent %(when)s"),
        Delivery.State.FAILED: _("Given up %(when)s"),
    }.get(Delivery.State(delivery.state), _("Not sent %(when)s"))
    return said % {"when": moment(delivery.settled_at, tz)}


def _standing(delivery: Delivery) -> tuple[str, str]:
    """The look of the badge and its word."""
    state = Delivery.State
    if delivery.bounced_at is not None and delivery.state != state.FAILED:
        return "review", _("Came back")
    if delivery.delivered_at is not None:
        return "confirmed", _("Delivered")
    return {
        state.PENDING: ("received", _("Will be sent")),
        state.SENDING: ("received", _("Being sent")),
        state.SENT: ("confirmed", _("Sent")),
        state.SUPERSEDED: ("closed", _("No longer needed")),
        state.SKIPPED: ("closed", _("Not sent")),
        state.FAILED: ("review", _("Failed")),
    }[state(delivery.state)]
