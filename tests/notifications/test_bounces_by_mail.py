"""Messages that came back by mail, and what they say of an address."""

from datetime import timedelta

import pytest

from booking.models import Appointment
from booking.operations import links
from notifications.domain.kinds import Kind
from notifications.domain.replies import Fate
from notifications.models import Unreachable
from notifications.queries.bounces import is_unreachable
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import deliveries, plan_all, send_all
from tests.notifications.incoming import LATER, receive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inbound")]


def returned(message_id: str, status: str, *, action: str = "failed") -> bytes:
    """What a mail server writes when it could not deliver (RFC 3464)."""
    return f"""Message-ID: <{"1" * 32}@mx.example.test>
From: MAILER-DAEMON@mx.example.test
To: calendar@office.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it. Message-ID: <{"0" * 32}@in.the.words>

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; canary@example.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status[0]}50 {status} no such user

--b
Content-Type: text/rfc822-headers

From: Office <calendar@office.example>
Message-ID: <{message_id}@attune.localhost>

--b--
""".encode()


@pytest.mark.parametrize(
    ("status", "action", "bounced_as"),
    [("5.1.1", "failed", "hard"), ("5.2.2", "failed", "soft"), ("4.4.1", "delayed", "")],
)
def test_a_message_that_came_back_by_mail_is_written_down(
    mailcatcher: MailCatcher,
    appointment: Appointment,
    status: str,
    action: str,
    bounced_as: str,
) -> None:
    send_all(NOW)
    delivery = deliveries(Kind.BOOKED)[0]
    mail = returned(delivery.pk.hex, status, action=action)

    fates = [receive(mail), receive(mail)]
    plan_all(LATER)

    delivery.refresh_from_db()
    assert fates == [Fate.CAME_BACK if bounced_as else Fate.NO_CALENDAR] * 2
    assert delivery.bounced_as == bounced_as
    assert Unreachable.objects.exists() is (bounced_as == "hard")
    assert len(deliveries(Kind.PRACTITIONER_BOUNCED)) == bool(bounced_as)


def test_what_comes_back_late_is_held_against_the_address_that_it_went_to(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    send_all(NOW)
    delivery = deliveries(Kind.BOOKED)[0]
    assert delivery.participant is not None
    before = delivery.participant.email
    links.send_to_new_address(
        participant_id=delivery.participant.pk, address="new@example.test", now=LATER
    )
    link = factories.link_of(delivery.participant)
    links.enter(token=links.token(link.pk), code_typed=links.code(link.pk), now=LATER)

    receive(returned(delivery.pk.hex, "5.1.1"), now=LATER + timedelta(minutes=10))

    assert is_unreachable(before, Kind.REMINDER)
    assert not is_unreachable("new@example.test", Kind.REMINDER)


def test_whoever_does_not_know_the_message_cannot_make_it_come_back(
    appointment: Appointment,
) -> None:
    assert receive(returned("a" * 32, "5.1.1")) is Fate.CAME_BACK
    assert not Unreachable.objects.exists()
