"""What became of the messages: the pages about one appointment or request, and in sentences."""

import re
from datetime import timedelta
from functools import partial
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from booking.models import Appointment, Participant
from notifications.domain.kinds import Kind
from notifications.models import Attempt, Delivery, Round
from notifications.operations import resending
from notifications.operations.claiming import claim_due, reclaim_expired
from notifications.operations.sending import send_due
from notifications.operations.settling import begin
from notifications.operations.sweep import sweep
from practice.models import Change, User
from tests.booking import factories
from tests.booking.factories import NOW
from tests.booking.races.harness import all_at_once, lingering_writes
from tests.conftest import MailCatcher
from tests.notifications.helpers import booked, calendar_part, plan_all, send_all, the_delivery

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture
def desk(client: Client, office: factories.Office) -> Client:
    client.force_login(User.objects.get())
    return client


def explained(any_id: object) -> str:
    """What `manage.py explain_delivery` says."""
    output = StringIO()
    call_command("explain_delivery", str(any_id), stdout=output)
    return output.getvalue()


def test_an_appointments_page_tells_of_every_message_and_its_tries(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    with mailcatcher.down():
        send_all(NOW)
    send_due(worker="w", now=NOW + timedelta(minutes=2))

    page = desk.get(reverse("messages:of-appointment", args=[appointment.pk])).content.decode()

    assert "Appointment booked" in page
    assert "Reminder of the appointment" in page
    assert "It left on" in page
    assert Attempt.objects.filter(outcome="later").count() == 1
    assert "It did not leave; it waits for another try (no connection" in explained(
        Attempt.objects.get(outcome="later").delivery_id
    )


def test_with_names_hidden_the_page_says_codes_and_no_number(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    send_all(NOW)
    Participant.objects.update(chosen_name="Wilhelmina", phone="+1 555 0100")
    Delivery.objects.filter(kind=Kind.BOOKED).update(bounced_at=NOW, bounced_as="hard")
    here = reverse("messages:of-appointment", args=[appointment.pk])
    shown = desk.get(here).content.decode()
    assert "Wilhelmina" in shown
    assert '<a class="nowrap" href="tel:+15550100">+1 555 0100</a>' in shown

    desk.post(reverse("desk-privacy"), {"hide": "yes"})

    hidden = desk.get(here).content.decode() + desk.get(reverse("messages:list")).content.decode()
    assert "Wilhelmina" not in hidden
    assert "555 0100" not in hidden


def test_a_requests_page_tells_of_its_links_too(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    request = factories.submitted(office)
    send_all(NOW)

    page = desk.get(reverse("messages:of-request", args=[request.pk])).content.decode()

    assert "Link and code" in page


def test_a_requests_page_leads_on_to_what_came_of_it(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    send_all(NOW)

    page = desk.get(reverse("messages:of-request", args=[appointment.request_id]))

    onward = reverse("messages:of-appointment", args=[appointment.pk])
    assert page.content.decode().count(f'href="{onward}"') == 1


def test_each_date_of_the_page_says_what_it_is_the_date_of(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    send_all(NOW)
    waiting = Delivery.objects.filter(state=State.PENDING, subject_id=appointment.pk)
    dropped, failed = waiting.order_by("due_at")[:2]
    Delivery.objects.filter(pk=dropped.pk).update(state=State.SUPERSEDED, settled_at=NOW)
    Delivery.objects.filter(pk=failed.pk).update(state=State.FAILED, settled_at=NOW)

    page = desk.get(reverse("messages:of-appointment", args=[appointment.pk])).content.decode()
    dates = {re.split(r" (?=[A-Z])", line)[0] for line in re.findall('card-meta">([^<]*)<', page)}

    assert dates >= {"Sent", "Not sent", "Given up"}
    assert dates <= {"Sent", "Not sent", "Given up", "Will be sent"}
    assert "No longer needed" in page


def test_the_pages_are_not_found_for_another_practitioner(
    client: Client, office: factories.Office
) -> None:
    appointment = booked(office)
    stranger = factories.make_practitioner(slug="stranger")
    client.force_login(User.objects.get(practitioner=stranger))

    for name, pk in (
        ("of-appointment", appointment.pk),
        ("of-request", Appointment.objects.get().request_id),
    ):
        assert client.get(reverse(f"messages:{name}", args=[pk])).status_code == 404
    again = reverse("messages:again", args=[the_booking().pk])
    assert client.post(again).status_code == 404


def the_booking() -> Delivery:
    """The message to the client that the appointment is booked."""
    plan_all(NOW)
    return the_delivery(Kind.BOOKED)


def test_sending_again_is_a_new_message_with_the_same_calendar_entry(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    booked(office)
    send_all(NOW)
    first = the_delivery(Kind.BOOKED)
    here = reverse("messages:of-appointment", args=[first.subject_id])

    answer = desk.post(reverse("messages:again", args=[first.pk]), {"next": here})
    desk.post(reverse("messages:again", args=[first.pk]))  # a double click
    send_due(worker="w", now=timezone.now() + timedelta(seconds=1))

    assert answer.headers["Location"] == here
    mails = [m for m in mailcatcher.messages if (p := calendar_part(m)) and p.method == "REQUEST"]
    assert len(mails) == len({m["Message-ID"] for m in mails}) == 2
    entries = [p.event for m in mails if (p := calendar_part(m))]
    assert len({(e["UID"], e["SEQUENCE"], e.DTSTAMP) for e in entries}) == 1
    assert Change.objects.filter(kind="message_sent_again").count() == 1


@pytest.mark.django_db(transaction=True)
def test_pressed_on_a_message_and_its_copy_at_once_it_is_sent_once_more(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    booked(office)
    send_all(NOW)
    first = the_delivery(Kind.BOOKED)
    again = partial(resending.send_again, practitioner_id=office.practitioner.pk, now=NOW)
    again(delivery_id=first.pk)
    send_due(worker="w", now=NOW)
    both = list(Delivery.objects.filter(kind=Kind.BOOKED, state=State.SENT))

    with lingering_writes("notifications_delivery"):
        outcomes = all_at_once([partial(again, delivery_id=d.pk) for d in both])

    assert sorted(map(str, outcomes)) == ["False", "True"]
    assert Delivery.objects.filter(kind=Kind.BOOKED).count() == len(both) + 1 == 3


def test_a_message_that_waits_or_was_dropped_is_not_sent_again(office: factories.Office) -> None:
    booked(office)
    waiting = the_booking()

    is_sent = resending.send_again(
        delivery_id=waiting.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert is_sent is False
    assert Delivery.objects.filter(kind=Kind.BOOKED).count() == 1


def test_a_dead_sender_leaves_one_message_in_doubt_and_the_others_untouched(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    for _ in range(3):
        factories.submitted(office)
    plan_all(NOW)
    claimed = claim_due(claim="dead", now=NOW, limit=10)
    begin(claimed[0], now=NOW)

    later = NOW + timedelta(minutes=6)
    assert reclaim_expired(now=later) == 3
    send_due(worker="w", now=later)

    doubtful = Delivery.objects.get(maybe_sent=True)
    assert doubtful.pk == claimed[0].pk
    assert [a.outcome for a in doubtful.tries.all()] == ["died", "taken"]
    assert "both copies have the same Message-ID" in explained(doubtful.pk)
    assert set(Delivery.objects.exclude(pk=doubtful.pk).values_list("attempts", flat=True)) == {1}


def test_a_delivery_explains_why_it_was_dropped(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    booked(office)
    plan_all(NOW)
    send_due(worker="w", now=NOW + timedelta(days=60))

    assert "It failed on" in explained(the_delivery(Kind.BOOKED).pk)
    reminder = Delivery.objects.filter(kind=Kind.REMINDER).earliest("due_at")
    assert "As a reminder it was due on" in explained(reminder.pk)
    assert "It was not sent" in explained(reminder.pk)


def test_an_unknown_id_is_said_to_be_unknown() -> None:
    with pytest.raises(CommandError, match="No message, appointment or request"):
        explained(uuid4())


# --- The alarm -------------------------------------------------------------------------------


def test_the_health_of_messages_names_the_age_of_the_oldest_and_of_the_last_sweep(
    client: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    assert client.get("/healthz/messages").json()["last_sweep_seconds"] is None
    sweep(worker="w", now=timezone.now())
    assert client.get("/healthz/messages").json()["status"] == "ok"

    factories.submitted(office)
    plan_all(NOW)
    Delivery.objects.update(due_at=timezone.now() - timedelta(minutes=6))

    answer = client.get("/healthz/messages")
    assert answer.status_code == 503
    assert answer.json()["status"] == "degraded"
    assert 355 <= answer.json()["oldest_due_seconds"] <= 400


def test_the_health_of_messages_sees_what_cannot_be_planned(
    client: Client, office: factories.Office
) -> None:
    Round.objects.create(name="sweep", ended_at=timezone.now())
    factories.submitted(office, now=timezone.now() - timedelta(minutes=6))
    assert not Delivery.objects.exists()

    answer = client.get("/healthz/messages")

    assert (answer.status_code, answer.json()["status"]) == (503, "degraded")
    assert 355 <= answer.json()["oldest_due_seconds"] <= 400


def test_without_a_sweep_for_five_minutes_nobody_is_at_work(client: Client) -> None:
    Round.objects.create(name="sweep", ended_at=timezone.now() - timedelta(minutes=6))
    assert client.get("/healthz/messages").status_code == 503


def test_metrics_are_for_whoever_holds_the_token(
    client: Client, office: factories.Office, settings: Settings
) -> None:
    assert client.get("/healthz/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    factories.submitted(office)
    plan_all(NOW)

    wrong = client.get("/healthz/metrics", headers={"authorization": "Bearer other"})
    text = client.get("/healthz/metrics", headers={"authorization": "Bearer a-long-token"})

    assert wrong.status_code == 404
    assert 'attune_messages{state="pending"} 1' in text.content.decode()
    assert "attune_oldest_due_message_seconds" in text.content.decode()
    assert "example.test" not in text.content.decode()
