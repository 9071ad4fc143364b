"""What a practitioner hears themselves, and what the practice promises: the settings of both."""

import re
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from notifications.domain.kinds import ALERTS, Kind
from notifications.models import Delivery
from notifications.operations.days import begin_days
from notifications.operations.own import OwnMessages, choose_own_messages
from notifications.queries.persons import recipient
from practice.models import Change, Practice, Practitioner
from tests.booking import factories
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, deliveries, plan_all, send_all

pytestmark = pytest.mark.django_db

State = Delivery.State


def choose(office: Office, **changes: object) -> None:
    chosen = {"agenda_minute": 420, "hears_of_new": True, "hears_of_ready": True} | changes
    choose_own_messages(
        practitioner_id=office.practitioner.pk,
        choices=OwnMessages(**chosen),  # type: ignore[arg-type]  # named by each test
        now=NOW,
    )


def at(day: datetime, hour: int, minute: int = 0) -> datetime:
    """A wall time of the practitioner's on that day."""
    return day.astimezone(NEW_YORK).replace(hour=hour, minute=minute, second=0, microsecond=0)


# --- What is switched off does not come ----------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "kind"),
    [("hears_of_new", Kind.NEW_REQUEST), ("hears_of_ready", Kind.READY)],
)
def test_what_is_switched_off_is_not_planned_and_the_rest_is(
    office: Office, switch: str, kind: Kind
) -> None:
    choose(office, **{switch: False})

    factories.ready(office)
    plan_all(NOW)

    planned = {d.kind for d in Delivery.objects.filter(practitioner__isnull=False)}
    assert planned == {Kind.NEW_REQUEST, Kind.READY} - {kind}


def test_what_waits_while_it_is_switched_off_does_not_leave(
    mailcatcher: MailCatcher, office: Office
) -> None:
    factories.ready(office)
    plan_all(NOW)
    choose(office, hears_of_ready=False)

    send_all(NOW)

    (ready,) = deliveries(Kind.READY)
    assert (ready.state, ready.reason) == (State.SUPERSEDED, "you switched it off")
    (new,) = deliveries(Kind.NEW_REQUEST)
    assert new.state == State.SENT


def test_the_morning_comes_at_the_hour_of_their_choice(office: Office) -> None:
    day = booked(office).starts_at
    choose(office, agenda_minute=9 * 60 + 30)

    too_early = begin_days(now=at(day, 9, 29))
    in_time = begin_days(now=at(day, 9, 30))
    again = begin_days(now=at(day, 9, 31))

    assert (too_early, in_time, again) == (0, 1, 0)


def test_without_a_morning_message_no_day_is_told(office: Office) -> None:
    day = booked(office).starts_at
    choose(office, agenda_minute=None)

    assert begin_days(now=at(day, 9)) == 0
    assert not Change.objects.filter(kind="day_began").exists()


def test_a_morning_that_is_planned_and_then_switched_off_does_not_leave(
    mailcatcher: MailCatcher, office: Office
) -> None:
    day = booked(office).starts_at
    morning = at(day, 7, 5)
    begin_days(now=morning)
    plan_all(morning)
    choose(office, agenda_minute=None)

    send_all(morning)

    (today,) = deliveries(Kind.PRACTITIONER_TODAY)
    assert (today.state, today.reason) == (State.SUPERSEDED, "you switched it off")


def test_with_everything_switched_off_calls_to_look_still_come(office: Office) -> None:
    choose(office, agenda_minute=None, hears_of_new=False, hears_of_ready=False)

    declined = recipient(Practitioner.objects.get()).declines

    assert declined == {Kind.NEW_REQUEST, Kind.READY, Kind.PRACTITIONER_TODAY}
    assert not declined & set(ALERTS)


# --- The page ------------------------------------------------------------------------------------


def test_the_settings_of_messages_lead_to_both_pages(desk: Client) -> None:
    page = desk.get(reverse("messages:wordings")).content.decode()

    for name in ("messages:own", "messages:promise"):
        assert f'<h2 class="card-title"><a href="{reverse(name)}"' in page


def test_no_two_messages_of_the_settings_have_the_same_name(desk: Client) -> None:
    page = desk.get(reverse("messages:wordings")).content.decode()

    names = re.findall('<th scope="row"><a [^>]*>([^<]*)</a>', page)

    assert "Reminder: a step is waiting" in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name", ["messages:wordings", "messages:own", "messages:promise", "messages:desk-feed"]
)
def test_each_page_of_the_settings_stands_under_their_heading_and_says_which_it_is(
    desk: Client, name: str
) -> None:
    page = desk.get(reverse(name)).content.decode()
    tabs = page.partition('<nav class="tabs"')[2].partition("</nav>")[0]

    assert "<h1>Settings</h1>" in page
    assert tabs.count('aria-current="page"') == 1


def test_the_page_saves_what_is_chosen_and_shows_it(desk: Client) -> None:
    answer = desk.post(reverse("messages:own"), {"agenda_minute": "510", "hears_of_new": "on"})

    row = Practitioner.objects.get()
    assert answer.status_code == 302
    assert (row.agenda_minute, row.hears_of_new, row.hears_of_ready) == (510, True, False)
    page = desk.get(reverse("messages:own")).content.decode()
    assert '<option value="510" selected>08:30</option>' in page
    change = Change.objects.get(kind="own_messages_changed")
    assert change.snapshot == {"agenda_minute": 510, "hears_of_new": True, "hears_of_ready": False}


def test_the_page_can_switch_the_morning_off(desk: Client) -> None:
    desk.post(reverse("messages:own"), {"agenda_minute": "off"})

    row = Practitioner.objects.get()
    assert (row.agenda_minute, row.hears_of_new, row.hears_of_ready) == (None, False, False)


def test_an_hour_that_is_none_changes_nothing(desk: Client) -> None:
    answer = desk.post(reverse("messages:own"), {"agenda_minute": "1441"})

    assert answer.status_code == 422
    assert Practitioner.objects.get().agenda_minute == 420


def test_looking_changes_nothing(desk: Client) -> None:
    before = Change.objects.count()

    desk.get(reverse("messages:own"), {"agenda_minute": "off"})
    desk.get(reverse("messages:promise"), {"text": "soon"})

    assert Change.objects.count() == before


# --- What the practice promises ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Please say when you answer."),
        ("once our therapist has read it", "“therapist” cannot stand in a message"),
        ("after your intake", "“intake” cannot stand in a message"),
        ("as soon as Morgan is back", "some people chose a sender that does not name you"),
        ("when you write to me@example.org", "No addresses, please"),
        ("within {hours} hours", "No braces, please"),
        ("within two working days.", "Please leave the full stop to us"),
    ],
)
def test_a_promise_that_must_not_be_sent_is_refused_with_the_reason(
    desk: Client, text: str, sentence: str
) -> None:
    seen = Practice.objects.get().reply_promise

    answer = desk.post(reverse("messages:promise"), {"text": text, "seen": seen})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Practice.objects.get().reply_promise == seen


def test_a_promise_is_what_the_first_message_says_from_then_on(
    mailcatcher: MailCatcher, office: Office, desk: Client
) -> None:
    seen = Practice.objects.get().reply_promise

    answer = desk.post(reverse("messages:promise"), {"text": "  by Friday\nat noon ", "seen": seen})
    request = factories.verified(office)
    send_all(NOW)

    assert answer.status_code == 302
    (person,) = factories.people_of(request)
    received = [m for m in mailcatcher.to(person.email) if m["Subject"] == "We got your message"]
    assert "We answer by Friday at noon." in body_of(received[0], "plain")


def test_two_who_change_the_promise_at_once_overwrite_nothing_unseen(desk: Client) -> None:
    seen = Practice.objects.get().reply_promise
    address = reverse("messages:promise")
    desk.post(address, {"text": "within a day", "seen": seen})

    second = desk.post(address, {"text": "within a week", "seen": seen})
    third = desk.post(address, {"text": "within a week", "seen": "within a day"})

    assert (second.status_code, third.status_code) == (422, 302)
    assert "Somebody saved another one meanwhile: “within a day”" in second.content.decode()
    assert 'value="within a day"' in second.content.decode()
    assert Practice.objects.get().reply_promise == "within a week"
