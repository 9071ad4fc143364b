"""Small steps that tests of messages share: plan everything, send everything, look inside."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from icalendar import Calendar, Event

from booking.models import Appointment, Participant
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.planning import plan_change
from notifications.operations.sending import Sent, send_due
from practice.models import Pending
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher


def booked(
    office: factories.Office, relationship_type: str = "individual", **changes: Any
) -> Appointment:
    """A booked appointment of people who say that nobody else reads their mail."""
    appointment = factories.booked(office, relationship_type, **changes)
    Participant.objects.update(shared_mailbox=Participant.SharedMailbox.NO)
    return appointment


def plan_all(now: datetime) -> None:
    """Plan every change in the outbox, in order."""
    for change_id in Pending.objects.order_by("change_id").values_list("change_id", flat=True):
        plan_change(change_id=change_id, now=now)


def send_all(now: datetime) -> Sent:
    """Plan what there is and send what is due."""
    plan_all(now)
    return send_due(worker="test", now=now)


def deliveries(kind: Kind) -> list[Delivery]:
    """Every delivery of a kind, in the order of their due times."""
    return list(Delivery.objects.filter(kind=kind).order_by("due_at", "key"))


def the_delivery(kind: Kind) -> Delivery:
    """The only delivery of a kind."""
    return Delivery.objects.get(kind=kind)


@dataclass(frozen=True)
class CalendarPart:
    """A calendar file inside a message."""

    content: bytes
    method: str
    event: Event


def calendar_part(message: EmailMessage) -> CalendarPart | None:
    """The calendar part that calendar programs read, if the message has one."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            calendar = Calendar.from_ical(content)
            assert not calendar.errors
            event = next(iter(calendar.walk("VEVENT")))
            assert isinstance(event, Event)
            assert not event.errors
            return CalendarPart(content, str(part.get_param("method")), event)
    return None


def body_of(message: EmailMessage, subtype: str) -> str:
    """The plain or HTML text of a message."""
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}":
            content = part.get_content()
            assert isinstance(content, str)
            return content
    raise AssertionError(f"no text/{subtype}")


@contextmanager
def time_is_up_after(seconds: float) -> Iterator[None]:
    """Celery's soft time limit: a signal whose handler raises wherever the worker is.

    Somebody else may send it (SIGALRM) before the seconds are over.
    """

    def stop(_number: int, _frame: object) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def kind_of(message: EmailMessage) -> Kind:
    """Which kind a message is of, by the delivery that its id names."""
    return Kind(Delivery.objects.get(pk=UUID(message["Message-ID"][1:33])).kind)


def kinds_for(mail: MailCatcher, address: str) -> list[Kind]:
    """What arrived for one address, by kind."""
    return [kind_of(m) for m in mail.to(address)]


def only(mail: MailCatcher, kind: Kind) -> EmailMessage:
    """The only message of a kind that arrived."""
    [message] = [m for m in mail.messages if kind_of(m) is kind]
    return message


def subjects_for(mail: MailCatcher, person: Participant) -> list[str]:
    """The subjects of all that arrived for a person."""
    return [str(m["Subject"]) for m in mail.to(person.email)]


def path_in(message: EmailMessage) -> str:
    """The path of the last link in a message."""
    last: str = re.findall(r"https?://\S+", body_of(message, "plain"))[-1]
    return urlsplit(last).path


def a_booking(office: Office, *, now: datetime = NOW) -> tuple[Appointment, Participant]:
    """Booked and planned; what came before the booking is of no interest here."""
    appointment = booked(office, now=now)
    plan_all(now)
    to_person = Delivery.objects.filter(participant__isnull=False)
    to_person.exclude(kind__in=(Kind.BOOKED, Kind.REMINDER)).delete()
    return appointment, Participant.objects.get()


def one_code() -> Delivery:
    """One planned delivery: the code of a new request."""
    factories.submitted(factories.make_office())
    plan_all(NOW)
    return the_delivery(Kind.CODE)
