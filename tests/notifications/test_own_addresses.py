"""The practice's own addresses send something back: alerts go on, and the desk says so."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from notifications.domain.kinds import ALERTS, Kind
from notifications.models import Delivery
from notifications.operations import bounces, resending
from notifications.operations.sending import send_due
from notifications.queries import ledger
from practice.models import User
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import booked, deliveries, plan_all, send_all, the_delivery
from tests.notifications.test_alerts import ACUTE, name_people, raise_flag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailcatcher")]

State = Delivery.State
CAME_BACK = "A message to the practice itself came back"


@pytest.fixture
def desk(office: Office) -> Client:
    client = Client()
    assert office.practitioner.user is not None
    client.force_login(User.objects.get())
    return client


def complain(delivery: Delivery, *, address: str = "", now: datetime = NOW) -> None:
    """Its reader marks it as unwanted."""
    bounces.report(
        key=delivery.key[:60],
        kind=Delivery.Bounce.COMPLAINT,
        delivery_id=delivery.pk,
        address=address,
        at=now,
        now=now,
    )


def told_practitioner(office: Office) -> Delivery:
    """Something ordinary that the practitioner was told."""
    booked(office)
    send_all(NOW)
    return Delivery.objects.filter(practitioner=office.practitioner, state=State.SENT)[0]


def test_a_complaint_of_the_practitioners_own_mailbox_silences_no_alert(
    mailcatcher: MailCatcher, office: Office
) -> None:
    complain(told_practitioner(office))
    mailcatcher.empty()
    name_people(office, alert_email=office.practitioner.email)

    raise_flag(office, ACUTE)
    send_all(NOW)

    subjects = [m["Subject"] for m in mailcatcher.to(office.practitioner.email)]
    assert "Please open your list" in subjects
    skipped = Delivery.objects.filter(kind__in=ALERTS, reason="address unreachable")
    assert not skipped.exists()


@pytest.mark.parametrize("path", ["desk:waiting", "messages:list"])
def test_the_desk_says_that_the_practitioners_own_address_sent_something_back(
    office: Office, desk: Client, path: str
) -> None:
    message = told_practitioner(office)
    assert CAME_BACK not in desk.get(reverse(path)).content.decode()
    complain(message)

    page = desk.get(reverse(path)).content.decode()

    assert page.count(CAME_BACK) == 1
    assert ledger.trouble(now=NOW).own_unreachable == 1
    desk.post(reverse("messages:write-again", args=[message.pk]))
    assert CAME_BACK not in desk.get(reverse(path)).content.decode()


def test_an_address_that_answers_alerts_is_named_and_can_be_trusted_again(
    office: Office, desk: Client
) -> None:
    name_people(office)
    raise_flag(office, ACUTE)
    send_all(NOW)
    (alert,) = [d for d in deliveries(Kind.ALERT_NAMED) if d.state == State.SENT]
    complain(alert)

    page = desk.get(reverse("messages:came-back")).content.decode()

    assert ledger.trouble(now=NOW).own_unreachable == 1
    assert reverse("messages:write-again", args=[alert.pk]) in page
    desk.post(reverse("messages:write-again", args=[alert.pk]))
    assert ledger.trouble(now=NOW).own_unreachable == 0


def test_what_was_not_even_tried_needs_a_look_and_can_be_tried(
    mailcatcher: MailCatcher, office: Office, desk: Client
) -> None:
    now = timezone.now()
    appointment = booked(office, now=now)
    plan_all(now)
    person = Participant.objects.get()
    complain(the_delivery(Kind.BOOKED), address=person.email, now=now)
    Delivery.objects.filter(participant=person).update(due_at=now, try_at=now)
    send_due(worker="w", now=now)

    skipped = the_delivery(Kind.BOOKED)
    trouble = ledger.trouble(now=now)
    shown = ledger.needing_a_look(practitioner_id=office.practitioner.pk, now=now)

    assert (skipped.state, skipped.reason) == (State.SKIPPED, "address unreachable")
    reminders = Delivery.objects.filter(kind=Kind.REMINDER, reason="address unreachable")
    assert reminders.exists()
    assert {Kind(d.kind) for d in shown if d.reason == "address unreachable"} == {Kind.BOOKED}
    assert trouble.untried == 1
    page = desk.get(reverse("messages:list")).content.decode()
    assert reverse("messages:try-again", args=[skipped.pk]) in page
    resending.try_again(delivery_id=skipped.pk, practitioner_id=office.practitioner.pk, now=now)
    mailcatcher.empty()
    send_due(worker="w", now=now)
    assert len(mailcatcher.to(person.email)) == 1
    assert (ledger.trouble(now=now).untried, appointment.state) == (0, "booked")
