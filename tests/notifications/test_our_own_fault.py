"""What is no fault of a message: settings that are refused, connections that break before it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from booking.models import Participant
from notifications.domain.kinds import Kind
from notifications.models import Attempt, Delivery
from notifications.operations.sending import send_due
from notifications.queries import ledger
from practice.models import User
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.notifications.door import Door
from tests.notifications.helpers import booked, deliveries, plan_all, the_delivery

pytestmark = pytest.mark.django_db

State = Delivery.State
REFUSED = "550 5.7.1 you may not send from here"


@contextmanager
def closing_at(settings: Settings, word: bytes) -> Iterator[list[bytes]]:
    """A mail server that hangs up without a word when it hears this one; what it heard."""
    heard: list[bytes] = []
    usual = {b"data": b"354 go on\r\n"}

    def talk(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            is_message = False
            for line in lines:
                command = line.split(maxsplit=1)[0].lower() if line.split() else b""
                if is_message and line != b".\r\n":
                    continue
                is_message = command == b"data"
                heard.append(command)
                if command == word:
                    return
                connection.sendall(usual.get(command, b"250 fine\r\n"))

    def serve(listening: socket.socket) -> None:
        while True:
            try:
                connection, _peer = listening.accept()
            except OSError:
                return
            talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings.MAILERS = {
            "default": {"OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5}}
        }
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield heard
        finally:
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=10)


# --- A refused sender, a refused name ------------------------------------------------------------


def test_a_refused_sender_makes_everything_wait_and_nothing_fail(
    office: Office, door: Door
) -> None:
    booked(office)
    plan_all(NOW)
    due = Delivery.objects.filter(due_at__lte=NOW)
    assert due.count() > 1
    door.sender = REFUSED

    send_due(worker="w", now=NOW)
    tried = Delivery.objects.filter(attempts__gt=0)

    # The next one would be refused as well, so it is not even tried.
    assert [(d.state, d.reason) for d in tried] == [(State.PENDING, "settings refused: 550 5.7.1")]
    door.sender = "250 OK"
    assert send_due(worker="w", now=NOW + timedelta(minutes=2)).sent > 1
    assert not due.filter(state__in=(State.PENDING, State.FAILED)).exists()


def test_a_message_that_is_too_large_for_its_sender_is_no_fault_of_the_settings(
    office: Office, door: Door
) -> None:
    booked(office)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    door.sender = "552 5.3.4 message too big"

    send_due(worker="w", now=NOW)

    failed = the_delivery(Kind.BOOKED)
    assert (failed.state, failed.reason) == (State.FAILED, "552 5.3.4")


@pytest.mark.parametrize("path", ["desk:waiting", "messages:list"])
def test_the_desk_says_that_our_settings_are_refused_until_something_leaves(
    office: Office, door: Door, path: str
) -> None:
    now = timezone.now()
    desk = Client()
    desk.force_login(User.objects.get())
    booked(office, now=now)
    plan_all(now)
    door.sender = REFUSED
    send_due(worker="w", now=now)
    sentence = "The mail server refuses our mail settings"
    assert ledger.trouble(now=now).is_refused
    before = desk.get(reverse(path)).content.decode()

    door.sender = "250 OK"
    send_due(worker="w", now=now + timedelta(minutes=2))

    after = desk.get(reverse(path)).content.decode()
    assert (before.count(sentence), after.count(sentence)) == (1, 0)


def test_a_name_that_is_refused_is_ours(office: Office, settings: Settings) -> None:
    booked(office)
    plan_all(NOW)
    with refusing_names(settings):
        send_due(worker="w", now=NOW)

    (tried,) = Delivery.objects.filter(attempts__gt=0)
    assert (tried.state, tried.reason) == (State.PENDING, "settings refused: 550 5.7.1")


@contextmanager
def refusing_names(settings: Settings) -> Iterator[None]:
    """A mail server that refuses whoever says who they are."""

    def serve(listening: socket.socket) -> None:
        connection, _peer = listening.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 here\r\n")
            for _line in lines:
                connection.sendall(b"550 5.7.1 not with that name\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings.MAILERS = {
            "default": {"OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5}}
        }
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield
        thread.join(timeout=10)


# --- A connection that breaks --------------------------------------------------------------------


@pytest.mark.parametrize("word", [b"mail", b"rcpt", b"data"])
def test_what_broke_off_before_the_message_was_said_has_not_arrived_and_is_tried_on(
    office: Office, settings: Settings, word: bytes
) -> None:
    booked(office)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.REMINDER).delete()
    reminder = deliveries(Kind.REMINDER)[-1]
    Delivery.objects.exclude(pk=reminder.pk).delete()
    with closing_at(settings, word) as heard:
        for minutes in (0, 2, 10, 30):
            send_due(worker="w", now=reminder.due_at + timedelta(minutes=minutes))

    reminder.refresh_from_db()
    assert heard.count(word) == 4
    assert (reminder.state, reminder.maybe_sent) == (State.PENDING, False)
    assert set(reminder.tries.values_list("outcome", flat=True)) == {Attempt.Outcome.LATER}


def test_what_broke_off_after_its_last_line_may_have_arrived(
    office: Office, settings: Settings
) -> None:
    booked(office)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    with closing_at(settings, b".") as heard:
        send_due(worker="w", now=NOW)

    told = the_delivery(Kind.BOOKED)
    assert heard[-1] == b"."
    assert (told.state, told.maybe_sent) == (State.PENDING, True)


# --- One mailbox and its domain ------------------------------------------------------------------


def test_a_full_mailbox_does_not_keep_the_others_of_its_domain_waiting(
    office: Office, door: Door
) -> None:
    booked(office)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    full = Participant.objects.get()
    door.refuses[full.email] = "452 4.2.2 mailbox full"
    at = NOW
    for _ in range(7):
        send_due(worker="w", now=at)
        at = the_delivery(Kind.BOOKED).try_at
    later = factories.booked(office)
    plan_all(NOW)
    other = Participant.objects.get(request=later.request_id)
    news = Delivery.objects.get(kind=Kind.BOOKED, participant=other)
    domains = {who.email.partition("@")[2] for who in (full, other)}

    send_due(worker="w", now=at)

    news.refresh_from_db()
    assert (len(domains), news.state) == (1, State.SENT)


def test_a_code_leaves_while_its_domain_rests(office: Office, door: Door) -> None:
    booked(office, "couple")
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    Delivery.objects.update(due_at=NOW, try_at=NOW)
    for person in Participant.objects.all():
        door.refuses[person.email] = "451 4.7.1 slow down"
    send_due(worker="w", now=NOW)
    later = NOW + timedelta(seconds=5)
    ordinary = factories.booked(office)
    factories.submitted(office)
    plan_all(NOW)
    Delivery.objects.filter(kind=Kind.REMINDER).delete()

    send_due(worker="w", now=later)

    code = Delivery.objects.filter(kind=Kind.CODE).latest("planned_at")
    news = Delivery.objects.get(kind=Kind.BOOKED, subject_id=ordinary.pk)
    assert (code.state, news.state, news.reason) == (State.SENT, State.PENDING, "waits its turn")
