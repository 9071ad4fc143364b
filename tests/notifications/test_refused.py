"""A mailbox refused while a message is handed over: it counts as a message that came back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from booking.models import Appointment, Participant
from booking.operations import links
from booking.operations.issuing import address_hash
from notifications.domain.kinds import Kind
from notifications.models import Attempt, Delivery, Unreachable
from notifications.operations import bounces, resending
from notifications.operations.claiming import claim_due, reclaim_expired
from notifications.operations.sending import send_due
from notifications.operations.settling import Ending
from tests.booking.factories import NOW, Office
from tests.notifications.door import GONE, Door
from tests.notifications.helpers import (
    a_booking,
    booked,
    deliveries,
    plan_all,
    send_all,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State


def refused(office: Office, door: Door, answer: str = GONE) -> tuple[Appointment, Participant]:
    """Booked; the confirmation is refused at the door."""
    appointment, person = a_booking(office)
    door.refuses[person.email] = answer
    send_all(NOW)
    return appointment, person


@pytest.mark.parametrize(
    "answer", [GONE, "550 5.2.1 mailbox disabled", "550 no such user here", "551 not local"]
)
def test_a_refused_mailbox_stops_the_address_and_is_told_once(
    office: Office, door: Door, answer: str
) -> None:
    _appointment, person = refused(office, door, answer)

    send_all(NOW + timedelta(minutes=1))
    send_all(NOW + timedelta(minutes=2))

    failed = the_delivery(Kind.BOOKED)
    assert (failed.state, failed.bounced_as) == (State.FAILED, "hard")
    assert Unreachable.objects.get().address_hash == address_hash(person.email)
    assert door.taken.count(office.practitioner.email) >= 1
    told = the_delivery(Kind.PRACTITIONER_BOUNCED)
    assert (told.state, told.practitioner_id) == (State.SENT, office.practitioner.pk)


def test_after_a_refused_mailbox_nothing_more_is_tried_there(office: Office, door: Door) -> None:
    _appointment, person = refused(office, door)
    tries = door.asked.count(person.email)
    reminder = deliveries(Kind.REMINDER)[0]

    send_all(reminder.due_at)

    reminder.refresh_from_db()
    assert (reminder.state, reminder.reason) == (State.SKIPPED, "address unreachable")
    assert door.asked.count(person.email) == tries


def test_what_else_goes_there_in_the_same_batch_is_not_tried(office: Office, door: Door) -> None:
    _appointment, person = a_booking(office)
    door.refuses[person.email] = GONE
    to_person = Delivery.objects.filter(participant=person)
    to_person.update(due_at=NOW, try_at=NOW)
    assert to_person.count() > 1

    send_due(worker="w", now=NOW)

    assert door.asked.count(person.email) == 1
    assert Attempt.objects.filter(outcome="refused").count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 policy",
        "552 5.2.2 mailbox full",
        "552 5.3.4 too big",
        "554 no",
        "550 relay not permitted",
    ],
)
def test_any_other_refusal_parks_this_message_and_no_other(
    office: Office, door: Door, answer: str
) -> None:
    _appointment, person = refused(office, door, answer)
    door.refuses.clear()
    reminder = deliveries(Kind.REMINDER)[0]

    send_all(reminder.due_at)

    reminder.refresh_from_db()
    assert (the_delivery(Kind.BOOKED).state, reminder.state) == (State.FAILED, State.SENT)
    assert the_delivery(Kind.BOOKED).bounced_at is None
    assert not Unreachable.objects.exists()
    assert deliveries(Kind.PRACTITIONER_BOUNCED) == []
    assert person.email in door.taken


@pytest.mark.parametrize(
    ("answer", "stops"),
    [("550 5.1.1 no such user", True), ("550 refused", False), ("554 5.7.1 spam", False)],
)
def test_after_data_only_a_status_code_can_say_that_the_mailbox_is_meant(
    office: Office, door: Door, answer: str, stops: bool
) -> None:
    booked(office)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    door.data = answer

    send_due(worker="w", now=NOW)

    assert the_delivery(Kind.BOOKED).state == State.FAILED
    assert Unreachable.objects.exists() is stops


def test_a_refused_sender_says_nothing_about_any_mailbox(office: Office, door: Door) -> None:
    a_booking(office)
    Delivery.objects.filter(practitioner__isnull=False).delete()
    door.sender = "550 5.1.0 sender rejected"

    send_due(worker="w", now=NOW)

    assert the_delivery(Kind.BOOKED).state == State.PENDING
    assert not Unreachable.objects.exists()


def test_a_sender_whose_lease_ran_out_stops_no_address(office: Office) -> None:
    booked(office)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    (slow,) = claim_due(claim="slow", now=NOW, limit=1)
    reclaim_expired(now=NOW + timedelta(minutes=6))
    claim_due(claim="next", now=NOW + timedelta(minutes=6), limit=1)

    ending = Ending(State.FAILED, "550 5.1.1", Attempt.Outcome.REFUSED, is_gone=True)
    bounces.settle_refused(slow, ending, then=None, now=NOW)

    assert the_delivery(Kind.BOOKED).state == State.SENDING
    assert not Unreachable.objects.exists()


def test_trying_again_says_that_the_address_works(office: Office, door: Door) -> None:
    refused(office, door)
    door.refuses.clear()
    failed = the_delivery(Kind.BOOKED)
    later = NOW + timedelta(minutes=5)

    resending.try_again(delivery_id=failed.pk, practitioner_id=office.practitioner.pk, now=later)
    send_all(later)

    failed.refresh_from_db()
    assert (failed.state, failed.bounced_at) == (State.SENT, None)
    assert not Unreachable.objects.exists()


def test_a_refused_code_to_another_address_is_listed_although_the_first_one_works(
    office: Office, door: Door, desk: Client
) -> None:
    booked(office)
    send_all(NOW)
    person = Participant.objects.get()
    door.refuses["typo@example.test"] = GONE
    links.send_to_new_address(participant_id=person.pk, address="typo@example.test", now=NOW)
    send_all(NOW)

    page = desk.get(reverse("messages:came-back")).content.decode()

    assert person.label in page
    assert "Nothing has come back" not in page
    assert not Unreachable.objects.filter(address_hash=address_hash(person.email)).exists()
