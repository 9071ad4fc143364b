"""Sending over real SMTP, the last look before it, and what is written down about it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booking.models import Participant, PrivateLink
from booking.operations import appointments
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.grumpy import Grumpy
from tests.notifications.helpers import booked, one_code, plan_all, send_all, the_delivery

State = Delivery.State


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
