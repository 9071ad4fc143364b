"""Claiming, sending over real SMTP, and what is written down about it."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from booking.models import Participant, PrivateLink
from booking.operations import appointments, cancellations
from config.embedded import free_port
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations import resending
from notifications.operations.claiming import DEATHS_MAX, claim_due, reclaim_expired
from notifications.operations.sending import send_due
from notifications.operations.settling import Ending, begin, settle
from notifications.operations.sweep import sweep
from practice.models import Pending
from tests.booking import factories
from tests.booking.factories import NOW
from tests.booking.races.harness import own_connection
from tests.conftest import PATIENCE, MailCatcher
from tests.notifications.helpers import (
    booked,
    calendar_part,
    plan_all,
    send_all,
    the_delivery,
    time_is_up_after,
)

State = Delivery.State


@dataclass
class Grumpy:
    """A mail server that answers as it is told."""

    answers: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.answers and self.answers[0].startswith("RCPT"):
            return self.answers.pop(0).removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        assert isinstance(envelope.original_content, bytes)
        self.recipients += envelope.rcpt_tos
        if answer == "TIME IS UP":
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGALRM)
            await asyncio.sleep(3)
        if answer == "HANG UP":
            self.taken.append(envelope.original_content)
            assert server.transport is not None
            server.transport.close()
            return "250 never seen"
        if answer.startswith("250"):
            self.taken.append(envelope.original_content)
        return answer


@pytest.fixture
def grumpy(settings: Settings) -> Iterator[Grumpy]:
    handler = Grumpy()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MAILERS = {
        "default": {"OPTIONS": {"host": "127.0.0.1", "port": controller.port, "timeout": PATIENCE}}
    }
    yield handler
    controller.stop()


def one_code() -> Delivery:
    """One planned delivery: the code of a new request."""
    factories.submitted(factories.make_office())
    plan_all(NOW)
    return the_delivery(Kind.CODE)


@pytest.mark.django_db
def test_a_due_message_is_sent_once(mailcatcher: MailCatcher) -> None:
    factories.submitted(factories.make_office())

    assert send_all(NOW).sent == 1
    assert send_all(NOW).sent == 0

    assert [m["Subject"] for m in mailcatcher.messages] == ["Your code"]
    assert the_delivery(Kind.CODE).state == State.SENT


@pytest.mark.django_db
def test_many_messages_go_over_one_connection_each_to_one_recipient(grumpy: Grumpy) -> None:
    office = factories.make_office()
    for _ in range(5):
        factories.submitted(office)

    assert send_all(NOW).sent == 5

    assert grumpy.connections == 1
    assert len(grumpy.recipients) == len(grumpy.taken) == 5


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["RCPT 450 4.2.1 busy", "451 4.3.0 later", "421 4.3.2 closing"])
def test_a_server_that_asks_to_wait_is_tried_again_with_the_same_bytes(
    grumpy: Grumpy, answer: str
) -> None:
    grumpy.answers = [answer]
    one_code()

    assert send_due(worker="w", now=NOW).retried == 1

    waiting = the_delivery(Kind.CODE)
    assert waiting.state == State.PENDING
    assert timedelta(seconds=25) < waiting.try_at - NOW < timedelta(seconds=35)
    assert waiting.maybe_sent is False
    assert waiting.reason == " ".join(answer.removeprefix("RCPT ").split()[:2])
    assert send_due(worker="w", now=NOW).total == 0
    assert send_due(worker="w", now=NOW + timedelta(seconds=40)).sent == 1


@pytest.mark.django_db
@pytest.mark.parametrize("answer", ["RCPT 550 5.1.1 <who@example.test>: no", "554 5.7.1 no"])
def test_a_refusal_for_good_stops_and_is_shown_without_the_address(
    grumpy: Grumpy, answer: str
) -> None:
    grumpy.answers = [answer]
    one_code()

    assert send_due(worker="w", now=NOW).failed == 1

    failed = the_delivery(Kind.CODE)
    assert failed.state == State.FAILED
    assert failed.reason == " ".join(answer.removeprefix("RCPT ").split()[:2])


@pytest.mark.django_db
def test_one_refused_address_does_not_disturb_the_others(grumpy: Grumpy) -> None:
    grumpy.answers = ["RCPT 550 5.1.1 no"]
    office = factories.make_office()
    for _ in range(3):
        factories.submitted(office)

    sent = send_all(NOW)

    assert (sent.failed, sent.sent) == (1, 2)


@pytest.mark.django_db
def test_a_connection_that_breaks_after_the_message_leads_to_an_identical_copy(
    grumpy: Grumpy,
) -> None:
    grumpy.answers = ["HANG UP"]
    booked(factories.make_office())
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()

    assert send_due(worker="w", now=NOW).retried == 1
    assert the_delivery(Kind.BOOKED).maybe_sent is True
    assert send_due(worker="w", now=NOW + timedelta(minutes=1)).sent == 1

    first, second = grumpy.taken
    assert first == second


@pytest.mark.django_db
def test_a_reminder_that_may_have_arrived_twice_is_not_sent_a_third_time(grumpy: Grumpy) -> None:
    grumpy.answers = ["HANG UP", "HANG UP"]
    appointment = booked(factories.make_office())
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.REMINDER).delete()
    due = Delivery.objects.latest("due_at").due_at
    Delivery.objects.filter(due_at__lt=due).delete()

    assert send_due(worker="w", now=due).retried == 1
    assert send_due(worker="w", now=due + timedelta(minutes=1)).failed == 1

    assert appointment.starts_at > due + timedelta(minutes=1)
    assert len(grumpy.taken) == 2


@pytest.mark.django_db
def test_with_the_mail_server_down_everything_waits_and_then_follows(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    with mailcatcher.down():
        for _ in range(3):
            booked(office)  # confirming does not fail because of mail
        assert send_all(NOW).sent == 0
        assert not Delivery.objects.filter(state=State.FAILED).exists()

    sent = send_due(worker="w", now=NOW + timedelta(minutes=2)).sent

    assert sent == len(mailcatcher.messages) > 6


@pytest.mark.django_db
def test_what_cannot_be_written_is_parked_and_the_rest_goes_out(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    poison, _fine = factories.submitted(office), factories.submitted(office)
    plan_all(NOW)
    PrivateLink.objects.filter(participant__request=poison).update(address="no address at all")

    sent = send_due(worker="w", now=NOW)

    assert (sent.failed, sent.sent) == (1, 1)
    parked = Delivery.objects.get(state=State.FAILED)
    assert parked.reason.startswith("not writable")
    assert send_due(worker="w", now=NOW + timedelta(days=1)).total == 0


@pytest.mark.django_db
def test_line_breaks_in_names_add_no_headers(mailcatcher: MailCatcher) -> None:
    request = factories.verified(factories.make_office(), "couple")
    Participant.objects.filter(request=request, is_requester=True).update(
        chosen_name="Alex\r\nBcc: everybody@example.test"
    )

    assert send_all(NOW).failed == 0

    assert all(message["Bcc"] is None for message in mailcatcher.messages)


# --- The last look before sending ------------------------------------------------------------


@pytest.mark.django_db
def test_a_reminder_of_a_time_that_has_changed_is_not_sent(mailcatcher: MailCatcher) -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    send_all(NOW)
    mailcatcher.empty()
    due = Delivery.objects.filter(kind=Kind.REMINDER).earliest("due_at").due_at
    appointments.reschedule(  # not planned yet when the reminder falls due
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start + timedelta(hours=1),
        now=due,
    )

    assert send_due(worker="w", now=due).dropped == 1

    assert not mailcatcher.messages
    outdated = Delivery.objects.filter(kind=Kind.REMINDER).earliest("due_at")
    assert (outdated.state, outdated.reason) == (State.SUPERSEDED, "the time has changed")


@pytest.mark.django_db
def test_a_reminder_after_its_time_is_skipped_and_other_news_fails(
    mailcatcher: MailCatcher,
) -> None:
    booked(factories.make_office())
    plan_all(NOW)

    send_due(worker="w", now=NOW + timedelta(days=60))

    assert not mailcatcher.messages
    assert {d.state for d in Delivery.objects.filter(kind=Kind.REMINDER)} == {State.SKIPPED}
    assert the_delivery(Kind.BOOKED).reason == "too late"
    assert the_delivery(Kind.BOOKED).state == State.FAILED


@pytest.mark.django_db
def test_a_link_that_was_replaced_is_not_sent(mailcatcher: MailCatcher) -> None:
    one_code()
    PrivateLink.objects.update(revoked_at=NOW)
    assert send_due(worker="w", now=NOW).dropped == 1
    assert not mailcatcher.messages


# --- Leases ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_dead_senders_message_is_taken_back_after_its_lease(mailcatcher: MailCatcher) -> None:
    one_code()
    (claimed,) = claim_due(claim="dead", now=NOW, limit=10)
    begin(claimed, now=NOW)

    assert reclaim_expired(now=NOW + timedelta(minutes=4)) == 0
    assert reclaim_expired(now=NOW + timedelta(minutes=6)) == 1
    assert send_due(worker="w", now=NOW + timedelta(minutes=6)).sent == 1

    assert the_delivery(Kind.CODE).maybe_sent is True
    assert len(mailcatcher.messages) == 1


@pytest.mark.django_db
def test_a_message_that_keeps_killing_its_senders_is_parked() -> None:
    one_code()
    now = NOW
    for _ in range(DEATHS_MAX):
        (claimed,) = claim_due(claim="dead", now=now, limit=10)
        begin(claimed, now=now)
        now += timedelta(minutes=6)
        reclaim_expired(now=now)

    parked = the_delivery(Kind.CODE)
    assert (parked.state, parked.reason) == (State.FAILED, "the sender died")
    assert not claim_due(claim="next", now=now, limit=10)


@pytest.mark.django_db
def test_a_sender_whose_lease_ran_out_does_not_overwrite_the_next_one(
    mailcatcher: MailCatcher,
) -> None:
    delivery = one_code()
    (slow,) = claim_due(claim="slow", now=NOW, limit=10)
    reclaim_expired(now=NOW + timedelta(minutes=6))
    claim_due(claim="next", now=NOW + timedelta(minutes=6), limit=10)

    settle(slow, Ending(State.FAILED, "late news"), then=None, now=NOW)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.claimed_by) == (State.SENDING, "next")


@pytest.mark.django_db
def test_the_practitioner_can_have_a_failed_message_tried_again(grumpy: Grumpy) -> None:
    grumpy.answers = ["550 5.7.1 no"]
    delivery = one_code()
    send_due(worker="w", now=NOW)

    assert delivery.participant is not None
    owner = delivery.participant.request.practitioner_id
    later = NOW + timedelta(days=9)

    assert resending.try_again(delivery_id=delivery.pk, practitioner_id=owner, now=later) is True

    assert send_due(worker="w", now=later).sent == 1
    assert resending.try_again(delivery_id=delivery.pk, practitioner_id=owner, now=NOW) is False


@pytest.mark.django_db
def test_another_practitioner_cannot_have_it_tried_again(grumpy: Grumpy) -> None:
    grumpy.answers = ["550 5.7.1 no"]
    delivery = one_code()
    send_due(worker="w", now=NOW)

    with pytest.raises(Delivery.DoesNotExist):
        resending.try_again(delivery_id=delivery.pk, practitioner_id=uuid4(), now=NOW)


@pytest.mark.django_db
def test_a_newer_calendar_file_waits_for_the_older_one_on_its_way(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    (claimed,) = claim_due(claim="slow", now=NOW, limit=10)
    begin(claimed, now=NOW)  # the confirmation is on its way
    cancellations.cancel(
        appointment_id=appointment.pk, participant_id=Participant.objects.get().pk, now=NOW
    )
    plan_all(NOW)

    send_due(worker="w", now=NOW)
    assert not [m for m in mailcatcher.messages if calendar_part(m)]

    reclaim_expired(now=NOW + timedelta(minutes=6))
    send_due(worker="w", now=NOW + timedelta(minutes=6))
    files = [part for m in mailcatcher.messages if (part := calendar_part(m))]
    assert [f.method for f in files] == ["CANCEL"]


# --- The worker is to stop --------------------------------------------------------------------


@contextmanager
def time_is_up_at(table: str) -> Iterator[None]:
    """Like `time_is_up_after`, at the first question that is put to a table."""

    def stop(execute: Any, sql: str, *rest: Any) -> Any:
        if f'FROM "{table}"' in sql:
            raise SoftTimeLimitExceeded
        return execute(sql, *rest)

    with connection.execute_wrapper(stop):
        yield


def _two_codes() -> None:
    office = factories.make_office()
    for _ in range(2):
        factories.submitted(office)
    plan_all(NOW)


@pytest.mark.django_db
def test_a_message_on_its_way_when_time_is_up_comes_back_by_its_lease(grumpy: Grumpy) -> None:
    grumpy.answers = ["TIME IS UP"]
    _two_codes()

    with time_is_up_after(PATIENCE), pytest.raises(SoftTimeLimitExceeded):
        send_due(worker="w", now=NOW)

    on_its_way, untouched = Delivery.objects.order_by("-attempts")
    assert (on_its_way.state, on_its_way.attempts) == (State.SENDING, 1)
    assert (untouched.state, untouched.attempts) == (State.PENDING, 0)
    later = NOW + timedelta(minutes=6)
    assert reclaim_expired(now=later) == 1
    assert send_due(worker="w", now=later).sent == 2


@pytest.mark.django_db
def test_a_message_being_written_when_time_is_up_is_not_parked(mailcatcher: MailCatcher) -> None:
    _two_codes()

    with time_is_up_at("booking_privatelink"), pytest.raises(SoftTimeLimitExceeded):
        send_due(worker="w", now=NOW)

    # Neither was begun, so neither has to wait for a lease.
    assert {d.state for d in Delivery.objects.all()} == {State.PENDING}
    assert send_due(worker="w", now=NOW).sent == len(mailcatcher.messages) == 2


@pytest.mark.django_db
def test_a_sweep_whose_time_is_up_stops_and_leaves_the_changes_as_they_were() -> None:
    factories.submitted(factories.make_office())

    with time_is_up_at("booking_privatelink"), pytest.raises(SoftTimeLimitExceeded):
        sweep(worker="w", now=NOW)

    assert Pending.objects.count() == 1


# --- How much work it is ----------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "each"),
    [(Kind.CODE, 1), (Kind.ALL_SET, 1), (Kind.BOOKED, 1), (Kind.PRACTITIONER_BOOKED, 1)],
)
def test_a_message_takes_a_handful_of_queries(
    mailcatcher: MailCatcher, kind: Kind, each: int
) -> None:
    office = factories.make_office()
    for _ in range(6):
        factories.submitted(office) if kind is Kind.CODE else (
            factories.ready(office) if kind is Kind.ALL_SET else booked(office)
        )
    plan_all(NOW)
    Delivery.objects.exclude(kind=kind).delete()

    with CaptureQueriesContext(connection) as queries:
        sent = send_due(worker="w", now=NOW)

    assert sent.total == sent.sent == len(mailcatcher.messages) == 6
    # Claiming twice, the second time in vain, and what is read once for all of them.
    assert len(queries) <= each * 6 + 24


# --- Races -----------------------------------------------------------------------------------


def _thirty_due() -> None:
    office = factories.make_office()
    for _ in range(30):
        factories.submitted(office)
    plan_all(NOW)


def _in_threads(count: int, work: object) -> None:
    barrier = threading.Barrier(count)

    def run(_number: int) -> None:
        own_connection()
        try:
            barrier.wait(PATIENCE)
            work()  # type: ignore[operator]  # any callable
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_two_senders_never_send_one_message_twice(mailcatcher: MailCatcher) -> None:
    _thirty_due()

    _in_threads(4, lambda: send_due(worker="w", now=NOW))

    ids = [m["Message-ID"] for m in mailcatcher.messages]
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.django_db(transaction=True)
def test_the_race_would_be_seen_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a claim that reads and then writes hands out rows twice."""
    _thirty_due()
    handed_out: list[UUID] = []
    met = threading.Barrier(2)

    def claim_carelessly() -> None:
        ids = list(Delivery.objects.filter(state=State.PENDING).values_list("pk", flat=True))
        met.wait(PATIENCE)
        Delivery.objects.filter(pk__in=ids).update(state=State.SENDING)
        handed_out.extend(ids)

    _in_threads(2, claim_carelessly)

    assert len(handed_out) > len(set(handed_out))


@pytest.mark.django_db(transaction=True)
def test_one_change_planned_by_many_at_once_is_planned_once() -> None:
    office = factories.make_office()
    booked(office)

    _in_threads(4, lambda: plan_all(NOW))
    plan_all(NOW)

    planned = Delivery.objects.filter(kind=Kind.BOOKED)
    assert [(d.sequence, d.state) for d in planned] == [(0, State.PENDING)]
