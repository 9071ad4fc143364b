"""The practitioner's page of messages, what every desk page says, and `manage.py sweep`."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.queries import ledger
from notifications.views.banner import message_trouble
from practice.models import Pending, User
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import plan_all, send_all, the_delivery

pytestmark = pytest.mark.django_db
State = Delivery.State


@pytest.fixture
def desk(client: Client, office: factories.Office) -> Client:
    client.force_login(User.objects.get())
    return client


def failed_delivery(office: factories.Office) -> Delivery:
    """A message that the mail server refused a minute ago."""
    factories.submitted(office)
    plan_all(NOW)
    delivery = the_delivery(Kind.CODE)
    delivery.state = State.FAILED
    delivery.reason = "550 5.1.1"
    delivery.settled_at = timezone.now() - timedelta(minutes=1)
    delivery.save()
    return delivery


def test_the_page_is_for_those_who_signed_in(client: Client, office: factories.Office) -> None:
    assert client.get(reverse("messages:list")).status_code == 302


def test_a_failed_message_is_shown_with_its_reason_and_can_be_tried_again(
    desk: Client, office: factories.Office
) -> None:
    delivery = failed_delivery(office)

    page = desk.get(reverse("messages:list"))
    assert "The mail server refused the address (550 5.1.1)" in page.content.decode()

    answer = desk.post(reverse("messages:try-again", args=[delivery.pk]))

    assert answer.status_code == 302
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING


def test_looking_at_a_page_changes_nothing(desk: Client, office: factories.Office) -> None:
    delivery = failed_delivery(office)
    again = reverse("messages:try-again", args=[delivery.pk])
    assert desk.get(again).status_code == 405
    delivery.refresh_from_db()
    assert delivery.state == State.FAILED


def test_an_unknown_message_is_not_found(desk: Client) -> None:
    unknown = reverse("messages:try-again", args=["6f0c6b6e-8d4f-4c4a-9c66-0a5a3b1d2c3e"])
    assert desk.post(unknown).status_code == 404


@pytest.mark.parametrize("show", ["sent", "upcoming", "dropped", "nonsense"])
def test_each_list_of_messages_opens(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher, show: str
) -> None:
    factories.booked(office)
    send_all(NOW)
    assert desk.get(reverse("messages:list"), {"show": show}).status_code == 200


def test_the_table_says_its_zone_once_and_its_dates_in_short(
    desk: Client, office: factories.Office, mailcatcher: MailCatcher
) -> None:
    factories.submitted(office)
    send_all(NOW)
    sent = Delivery.objects.filter(state=State.SENT).earliest("settled_at").settled_at
    assert sent is not None

    page = desk.get(reverse("messages:list")).content.decode()
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]

    on_the_wall = sent.astimezone(ZoneInfo("America/New_York"))
    assert page.count("Every time is on the clock of New York.") == 1
    assert f"{on_the_wall:%a} {on_the_wall.day} {on_the_wall:%b, %H:%M}" in table
    assert "New York" not in table


def test_a_quiet_page_says_so(desk: Client) -> None:
    assert "Everything has gone out" in desk.get(reverse("messages:list")).content.decode()


def test_trouble_is_what_failed_what_is_late_and_what_cannot_be_planned(
    office: factories.Office,
) -> None:
    failed_delivery(office)
    factories.submitted(office)
    Pending.objects.latest("change_id")  # NOW is long past: this one should have been planned

    trouble = ledger.trouble(now=timezone.now())

    assert (trouble.failed, trouble.unplanned) == (1, 1)
    plan_all(NOW)
    assert ledger.trouble(now=NOW + timedelta(minutes=6)).late == 1
    assert ledger.oldest_due(now=NOW + timedelta(minutes=6)) == timedelta(minutes=6)


def test_pages_that_do_not_ask_for_trouble_cost_no_query(
    rf: RequestFactory, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]  # a fixture of pytest-django
        context = message_trouble(rf.get("/"))
    assert context["message_trouble"].total == 0


# --- manage.py sweep -------------------------------------------------------------------------


def swept(**options: str) -> str:
    output = StringIO()
    call_command("sweep", stdout=output, **options)
    return output.getvalue()


def test_sweep_says_what_it_did(
    office: factories.Office, mailcatcher: MailCatcher, settings: Settings
) -> None:
    settings.EMBEDDED = True
    factories.submitted(office)

    said = swept(now=NOW.isoformat())

    assert "1 change planned, 1 message sent." in said
    assert len(mailcatcher.messages) == 1
    assert "0 changes planned, 0 messages sent." in swept(now=NOW.isoformat())


def test_sweep_ends_while_the_mail_server_is_down(
    office: factories.Office, mailcatcher: MailCatcher, settings: Settings
) -> None:
    settings.EMBEDDED = True
    factories.booked(office)
    with mailcatcher.down():
        said = swept(now=NOW.isoformat())
    assert "could not be handed over and will be tried again" in said


def test_time_travel_is_for_embedded_servers_only(
    office: factories.Office, settings: Settings
) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="embedded servers only"):
        swept(now=NOW.isoformat())


@pytest.mark.parametrize("text", ["tomorrow", "2026-03-03T18:00:00"])
def test_a_time_must_be_one(office: factories.Office, settings: Settings, text: str) -> None:
    settings.EMBEDDED = True
    with pytest.raises(CommandError):
        swept(now=text)


def test_reminders_come_when_the_clock_reaches_them(
    office: factories.Office, mailcatcher: MailCatcher, settings: Settings
) -> None:
    settings.EMBEDDED = True
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    factories.booked(office, times=(start,))
    send_all(NOW)
    for hours in (72, 24, 2):
        mailcatcher.empty()
        swept(now=(start - timedelta(hours=hours) + timedelta(minutes=1)).isoformat())
        subjects = [m["Subject"] for m in mailcatcher.messages]
        assert [s for s in subjects if s.startswith("Appointment ")], hours
    assert start > datetime(2026, 10, 12, tzinfo=UTC)
