"""What mail services post: reports about messages, signed and told once, and mail for us."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from booking.models import Appointment, Participant
from booking.operations import links
from notifications.domain.kinds import Kind
from notifications.models import Delivery, IncomingMail, MailEvent, Reply, Unreachable
from notifications.operations.incoming import MAIL_MAX
from practice.models import User
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    booked,
    deliveries,
    plan_all,
    send_all,
    the_delivery,
)
from tests.notifications.incoming import AUTHSERV, reply_to

pytestmark = pytest.mark.django_db

SECRET = "service:a-long-random-password"
State = Delivery.State


@pytest.fixture(autouse=True)
def services(settings: Settings) -> None:
    settings.WEBHOOK_PROVIDERS = ["postmark", "mailgun"]
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key"}
    settings.INBOUND_ADDRESS = "calendar@office.example"
    settings.TRUSTED_AUTHSERV_ID = AUTHSERV


@pytest.fixture
def appointment(mailcatcher: MailCatcher, office: factories.Office) -> Appointment:
    """Booked, and everybody has been told."""
    found = booked(office)
    send_all(NOW)
    mailcatcher.empty()
    return found


def post(what: str, body: Any, *, provider: str = "postmark", secret: str = SECRET) -> int:
    """Post as a service does; the status it is answered with."""
    basic = base64.b64encode(secret.encode()).decode()
    return (
        Client(enforce_csrf_checks=True)
        .post(
            reverse("messages:webhook", args=[provider, what]),
            json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Basic {basic}"},
        )
        .status_code
    )


def bounce(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    """A bounce as Postmark reports it."""
    address = delivery.participant.email if delivery.participant else "nobody@example.test"
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 4323372036854775807,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"delivery": delivery.pk.hex},
        "Email": address,
        "BouncedAt": NOW.isoformat(),
        "Description": "The server was unable to deliver your message",
        "Details": "smtp;550 5.1.1 <canary@example.test> no such user",
    } | changes


def delivered(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    address = delivery.participant.email if delivery.participant else "nobody@example.test"
    return {
        "RecordType": "Delivery",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"delivery": delivery.pk.hex},
        "Recipient": address,
        "DeliveredAt": NOW.isoformat(),
        "Details": "",
    } | changes


# --- Who may post ----------------------------------------------------------------------------


def test_only_services_that_are_named_and_know_the_password_are_heard(
    settings: Settings, appointment: Appointment
) -> None:
    report = bounce(the_delivery(Kind.BOOKED))

    answers = {
        "no such service": post("tracking", report, provider="nobody"),
        "not named": post("tracking", report, provider="brevo"),
        "no such purpose": post("opening", report),
        "wrong password": post("tracking", report, secret="service:guessed"),
        "right": post("tracking", report),
    }
    settings.ANYMAIL = {}
    answers["no password set"] = post("tracking", report)

    assert answers == {
        "no such service": 404,
        "not named": 404,
        "no such purpose": 404,
        "wrong password": 400,
        "right": 200,
        "no password set": 404,
    }
    assert MailEvent.objects.count() == 1


def signed_by_mailgun(body: dict[str, Any], key: str) -> dict[str, Any]:
    timestamp, token = "1760281200", "t" * 50
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": body,
    }


def test_where_a_service_signs_its_signature_is_held_against_its_key(
    appointment: Appointment,
) -> None:
    delivery = the_delivery(Kind.BOOKED)
    report = {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "timestamp": NOW.timestamp(),
        "recipient": delivery.participant.email if delivery.participant else "",
        # Over SMTP the service keeps the Message-ID that we gave.
        "message": {"headers": {"message-id": f"{delivery.pk.hex}@attune.localhost"}},
        "delivery-status": {"code": 550, "message": "no such user"},
    }

    forged = post("tracking", signed_by_mailgun(report, "another-key"), provider="mailgun")
    before = MailEvent.objects.count()
    genuine = post("tracking", signed_by_mailgun(report, "signing-key"), provider="mailgun")

    assert (forged, before, genuine) == (400, 0, 200)
    delivery.refresh_from_db()
    assert delivery.bounced_as == "hard"


# --- Reports ---------------------------------------------------------------------------------


def test_that_a_message_arrived_is_written_down(appointment: Appointment) -> None:
    delivery = the_delivery(Kind.BOOKED)

    post("tracking", delivered(delivery))

    delivery.refresh_from_db()
    assert (delivery.delivered_at, delivery.state) == (NOW, State.SENT)


def test_the_same_report_counts_once_however_often_it_is_told(appointment: Appointment) -> None:
    report = bounce(the_delivery(Kind.BOOKED))

    statuses = [post("tracking", report) for _ in range(3)]
    plan_all(NOW)

    assert statuses == [200, 200, 200]
    assert MailEvent.objects.count() == 1
    assert len(deliveries(Kind.PRACTITIONER_BOUNCED)) == 1


@pytest.mark.parametrize(
    ("type_", "bounced_as", "stops"),
    [
        ("HardBounce", "hard", True),
        ("SoftBounce", "soft", False),
        ("SpamComplaint", "complaint", True),
    ],
)
def test_only_what_is_for_good_stops_the_mail(
    appointment: Appointment, type_: str, bounced_as: str, stops: bool
) -> None:
    delivery = the_delivery(Kind.BOOKED)
    record = "SpamComplaint" if type_ == "SpamComplaint" else "Bounce"

    post("tracking", bounce(delivery, Type=type_, RecordType=record))

    delivery.refresh_from_db()
    assert (delivery.bounced_as, delivery.bounced_at) == (bounced_as, NOW)
    assert Unreachable.objects.exists() is stops


def test_a_report_about_no_message_of_ours_is_noted_and_left_alone(
    appointment: Appointment,
) -> None:
    report = bounce(the_delivery(Kind.BOOKED), Metadata={}, Email="reset@example.test")

    assert post("tracking", report) == 200
    assert MailEvent.objects.get().delivery is None
    assert not Unreachable.objects.exists()


def test_the_practitioner_hears_of_it_with_a_code_and_without_a_name(
    mailcatcher: MailCatcher, office: factories.Office, appointment: Appointment
) -> None:
    post("tracking", bounce(the_delivery(Kind.BOOKED)))
    send_all(NOW + timedelta(hours=1))

    (message,) = mailcatcher.to(office.practitioner.email)

    assert message["Subject"] == "A message didn't arrive"
    text = body_of(message, "plain")
    assert f"A-{appointment.pk.hex[:5].upper()}" in text
    assert reverse("messages:came-back") in text
    person = Participant.objects.get()
    assert person.email not in message.as_string()
    assert person.label not in message.as_string()


def test_nothing_more_goes_to_an_address_that_is_gone(
    mailcatcher: MailCatcher, office: factories.Office, appointment: Appointment
) -> None:
    person = Participant.objects.get()
    post("tracking", bounce(the_delivery(Kind.BOOKED)))
    reminder = deliveries(Kind.REMINDER)[0]

    send_all(reminder.due_at)

    assert mailcatcher.to(person.email) == []
    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == (State.SKIPPED, "address unreachable")


@pytest.mark.parametrize("who", ["practitioner", "person", "new address"])
def test_mail_goes_out_again_once_somebody_acts(
    mailcatcher: MailCatcher, office: factories.Office, appointment: Appointment, who: str
) -> None:
    person = Participant.objects.get()
    bounced = the_delivery(Kind.BOOKED)
    post("tracking", bounce(bounced))
    desk = Client()
    desk.force_login(User.objects.get())
    if who == "practitioner":
        page = desk.get(reverse("messages:came-back")).content.decode()
        assert person.label in page
        desk.post(reverse("messages:write-again", args=[bounced.pk]))
    elif who == "person":
        later = timezone.now() + timedelta(minutes=1)
        links.send_again(address=person.email, now=later)
        link = factories.link_of(person)
        links.enter(token=links.token(link.pk), code_typed=links.code(link.pk), now=later)
    else:
        Participant.objects.update(email="new.address@example.test")

    reminder = deliveries(Kind.REMINDER)[0]
    send_all(reminder.due_at)

    reminder.refresh_from_db()
    assert reminder.state == State.SENT
    assert "Nothing has come back" in desk.get(reverse("messages:came-back")).content.decode()


def test_a_code_is_sent_even_to_an_address_that_sent_something_back(
    mailcatcher: MailCatcher, office: factories.Office, appointment: Appointment
) -> None:
    person = Participant.objects.get()
    post("tracking", bounce(the_delivery(Kind.BOOKED)))

    links.send_again(address=person.email, now=NOW)
    send_all(NOW)

    assert [m["Subject"] for m in mailcatcher.to(person.email)] == ["Your code"]


def test_no_address_of_a_report_is_kept(appointment: Appointment) -> None:
    post("tracking", bounce(the_delivery(Kind.BOOKED)))

    kept = json.dumps(
        [list(m.objects.values()) for m in (MailEvent, Unreachable, Delivery)], default=str
    )
    assert "canary" not in kept
    assert Participant.objects.get().email not in kept


def test_reports_are_forgotten_after_three_months(appointment: Appointment) -> None:
    delivery = the_delivery(Kind.BOOKED)
    post("tracking", delivered(delivery))
    MailEvent.objects.update(received_at=timezone.now() - timedelta(days=91))

    post("tracking", bounce(delivery))

    assert [event.kind for event in MailEvent.objects.all()] == ["hard"]


def test_another_practitioner_cannot_free_an_address(
    office: factories.Office, appointment: Appointment
) -> None:
    bounced = the_delivery(Kind.BOOKED)
    post("tracking", bounce(bounced))
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    client = Client()
    client.force_login(other.user)

    answer = client.post(reverse("messages:write-again", args=[bounced.pk]))

    assert answer.status_code == 404
    assert Unreachable.objects.count() == 1


# --- Mail for us -----------------------------------------------------------------------------


def passed_on(content: bytes) -> dict[str, Any]:
    """A mail as Postmark passes it on with the raw mail included."""
    return {
        "MessageID": "22c74902-a0c1-4511-804f-341342852c90",
        "FromFull": {"Email": "alex@example.test", "Name": ""},
        "ToFull": [],
        "Headers": [],
        "RawEmail": content.decode("latin-1"),
    }


def test_an_answer_by_mail_comes_in_through_a_service(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office, now=timezone.now())
    plan_all(timezone.now())
    mail = reply_to(appointment, partstat="DECLINED", stamped_at=timezone.now()).mail()

    status = post("inbound", passed_on(mail))

    assert status == 200
    assert Reply.objects.get().answer == "declined"
    assert IncomingMail.objects.get().fate == "taken"


@pytest.mark.parametrize(
    ("body", "fate"),
    [
        (passed_on(b"From: a@b.test\r\n\r\nHello"), "no_calendar"),
        (passed_on(b"x" * (MAIL_MAX + 1)), "too_large"),
        (passed_on(b"x" * 600_000), "too_large"),  # above what Django reads of a form
        ({"nothing": "of the kind"}, "no_calendar"),
        ([1, 2], "unreadable"),
    ],
)
def test_whatever_comes_through_a_service_is_taken_off_it(
    office: factories.Office, body: Any, fate: str
) -> None:
    assert post("inbound", body) == 200
    assert [m.fate for m in IncomingMail.objects.all()] == [fate]


def test_a_stranger_cannot_fill_the_notes(office: factories.Office) -> None:
    heap = passed_on(b"x" * (MAIL_MAX + 1))

    assert post("inbound", heap, secret="service:guessed") == 400
    assert not IncomingMail.objects.exists()
