"""The page on which people choose how they are written to, and see what exactly will appear."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant
from notifications.domain.kinds import Kind
from notifications.messages.times import span
from notifications.models import Delivery
from notifications.operations.sending import send_due
from notifications.queries.persons import zone_of
from practice.models import Change, Pending
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.intake.people import device as came_in
from tests.notifications.helpers import body_of, booked, calendar_part, plan_all, send_all

pytestmark = pytest.mark.django_db

USUAL: dict[str, Any] = {
    "shared_mailbox": "no",
    "channel": "email",
    "sender_name": "office",
    "subject_style": "plain",
    "calendar_entry": "event",
    "event_title": "",
    "reminders": "usual",
    "quiet_from": "1200",
    "quiet_until": "480",
}


@pytest.fixture
def person() -> Participant:
    booked(factories.make_office())
    return Participant.objects.get()


def url(person: Participant) -> str:
    return reverse("messages:choices", args=[person.pk])


def look(client: Client, person: Participant, **said: Any) -> str:
    """The page after a press on "See what will appear"."""
    page = client.post(url(person), USUAL | said | {"look": "yes"})
    assert page.status_code == 200
    return page.content.decode()


def appears(page: str) -> str:
    """The part of the page that shows what will appear."""
    return page.partition('id="appears"')[2]


def test_only_their_own_device_opens_the_page(client: Client, person: Participant) -> None:
    assert client.get(url(person)).status_code == 404


def test_the_page_shows_what_is_sent_now_by_the_code_that_sends(
    person: Participant, mailcatcher: MailCatcher
) -> None:
    page = came_in(person).get(url(person)).content.decode()
    send_all(NOW)

    sent = next(m for m in mailcatcher.messages if m["Subject"] == "Your appointment")
    file = calendar_part(sent)
    assert file is not None
    shown = appears(page)
    assert sent["From"].addresses[0].display_name in shown
    assert sent["Subject"] in shown
    assert body_of(sent, "plain").splitlines()[0] in shown
    assert str(file.event["SUMMARY"]) in shown
    assert str(file.event["LOCATION"]) in shown


def test_the_day_shown_is_their_own_and_only_an_example_while_nothing_is_booked() -> None:
    appointment = booked(factories.make_office(), now=timezone.now())
    person = Participant.objects.get()
    client = came_in(person)
    own = appears(client.get(url(person)).content.decode())
    Appointment.objects.update(state="cancelled")
    none = appears(client.get(url(person)).content.decode())

    when = span(appointment.starts_at, appointment.ends_at, zone_of(person.time_zone))
    example = "Nothing is booked for you yet: the day and the time are an example."
    assert f"<p>{when}</p>" in own
    assert example not in own
    assert f"<p>{when}</p>" not in none
    assert example in none


def test_each_hint_stands_below_the_box_that_it_is_about(person: Participant) -> None:
    page = came_in(person).get(url(person)).content.decode()

    box = page.index('name="wants_aftercare"')
    assert box < page.index("A few calm lines from us") < page.index("</fieldset>", box)


def test_looking_shows_the_choices_and_saves_nothing(person: Participant) -> None:
    client = came_in(person)
    before = Participant.objects.values().get()

    shown = appears(
        look(client, person, sender_name="initials", subject_style="quiet", event_title="Blue")
    )

    assert person.request.practitioner.initials in shown
    assert "A message for you" in shown
    assert "Your appointment is confirmed" not in shown
    assert "<strong>Blue</strong>" in shown
    assert "Not saved yet." in shown
    assert Participant.objects.values().get() == before


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"calendar_entry": "link"}, "The link in the message leads to the time."),
        ({"calendar_entry": "nothing"}, "Nothing appears in your calendar."),
        ({"channel": "page"}, "Only your page does: please look at it often."),
        ({"shared_mailbox": "yes"}, "holds a link and no time, place or name"),
        ({"event_title": "Therapy"}, "may tell more than you want: Therapy."),
    ],
)
def test_each_choice_says_what_it_leads_to(
    person: Participant, said: dict[str, str], sentence: str
) -> None:
    assert sentence in " ".join(appears(look(came_in(person), person, **said)).split())


def test_what_is_saved_is_what_is_sent(person: Participant, mailcatcher: MailCatcher) -> None:
    choices = {"sender_name": "initials", "subject_style": "quiet", "event_title": "Blue"}
    answer = came_in(person).post(url(person), USUAL | choices)
    assert answer.status_code == 302

    send_all(NOW)

    (sent,) = [m for m in mailcatcher.to(person.email) if calendar_part(m)]
    file = calendar_part(sent)
    assert file is not None
    assert sent["Subject"] == "A message for you"
    assert sent["From"].addresses[0].display_name == person.request.practitioner.initials
    assert body_of(sent, "plain").splitlines()[:3] == [
        "Open it when you have a moment.",
        "",
        "Your appointment is confirmed.",
    ]
    assert str(file.event["SUMMARY"]) == "Blue"


def reminders() -> list[str]:
    """Which reminders wait to be sent, the earliest first."""
    waiting = Delivery.objects.filter(kind=Kind.REMINDER, state="pending").order_by("due_at")
    return [d.key.split(":")[1].split("@")[0] for d in waiting]


def test_reminders_that_wait_already_follow_the_new_choice_at_once() -> None:
    now = timezone.now()
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"], now=now)[-20]
    booked(office, times=(start,), now=now)
    person = Participant.objects.get()
    plan_all(now)
    assert reminders() == ["4320m", "1440m", "120m"]

    for chosen, expected in (("short", ["120m"]), ("none", []), ("evening", ["eve"])):
        came_in(person).post(url(person), USUAL | {"reminders": chosen})
        assert reminders() == expected


def test_on_the_page_only_nothing_is_sent_but_the_way_in(
    person: Participant, mailcatcher: MailCatcher, client: Client
) -> None:
    came_in(person).post(url(person), USUAL | {"channel": "page"})
    send_all(NOW)
    send_due(worker="w", now=NOW + timedelta(days=60))
    assert [m["Subject"] for m in mailcatcher.to(person.email)] == ["Your code"]
    kept_back = Delivery.objects.get(kind=Kind.BOOKED, participant=person)
    assert (kept_back.state, kept_back.reason) == ("superseded", "they read their page only")

    client.post(reverse("link-again"), {"email": person.email})
    change = Change.objects.filter(kind="link_issued").latest("pk")
    plan_all(change.occurred_at)
    send_due(worker="w", now=change.occurred_at)
    assert [m["Subject"] for m in mailcatcher.to(person.email)] == ["Your code"] * 2


# --- Who shares a mailbox ---------------------------------------------------------------------


def test_whoever_begins_to_share_gets_a_link_only_unless_they_choose_an_entry_anew(
    person: Participant,
) -> None:
    device = came_in(person)
    passcode = {"passcode": "old river", "again": "old river"}
    device.post(url(person), USUAL | {"shared_mailbox": "yes"} | passcode)
    person.refresh_from_db()
    assert (person.shared_mailbox, person.calendar_entry) == ("yes", "link")

    device.post(url(person), USUAL | {"shared_mailbox": "yes"})
    person.refresh_from_db()
    assert (person.shared_mailbox, person.calendar_entry) == ("yes", "event")
    assert "Whoever sees your calendar sees this entry." in device.get(url(person)).content.decode()


def test_whoever_shares_and_never_chose_sees_that_they_get_a_link(person: Participant) -> None:
    Participant.objects.update(shared_mailbox="unsure", calendar_entry="event")
    page = came_in(person).get(url(person)).content.decode()
    (checked,) = re.findall(r'name="calendar_entry" value="(\w+)"[^>]* checked', page)
    assert checked == "link"


@pytest.mark.parametrize("says", ["yes", "unsure"])
def test_whoever_shares_chooses_a_passcode_in_the_same_form_or_nothing_is_saved(
    person: Participant, says: str
) -> None:
    Participant.objects.update(shared_mailbox="no")
    device = came_in(person)
    without = device.post(url(person), USUAL | {"shared_mailbox": says})
    person.refresh_from_db()
    assert (without.status_code, person.shared_mailbox) == (422, "no")
    assert "Please choose a passcode." in without.content.decode()

    passcode = {"passcode": "old river", "again": "old river"}
    saved = device.post(url(person), USUAL | {"shared_mailbox": says} | passcode)
    person.refresh_from_db()
    assert (saved.status_code, person.shared_mailbox) == (302, says)
    assert check_password("old river", person.passcode_hash)
    assert device.get(reverse("you-copy", args=[person.pk])).status_code == 200


def test_a_page_that_says_others_see_the_mail_shows_what_appears_before_any_passcode(
    person: Participant,
) -> None:
    shown = look(came_in(person), person, shared_mailbox="yes")
    person.refresh_from_db()
    assert "holds a link and no time, place or name" in " ".join(shown.split())
    assert person.passcode_hash == ""


# --- Refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"quiet_from": "480", "quiet_until": "450"},
        {"quiet_from": "17"},
        {"sender_name": "somebody"},
        {"channel": ""},
        {"event_title": "x" * 61},
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_changes(
    person: Participant, said: dict[str, str]
) -> None:
    before = Participant.objects.values().get()
    page = came_in(person).post(url(person), USUAL | said)
    assert page.status_code == 422
    assert "has-error" in page.content.decode()
    assert Participant.objects.values().get() == before


def test_a_choice_is_recorded_without_saying_what_was_chosen(person: Participant) -> None:
    Pending.objects.all().delete()
    came_in(person).post(url(person), USUAL | {"event_title": "Blue", "wants_aftercare": "on"})
    change = Change.objects.get(kind="profile_changed")
    assert change.snapshot == {}
    person.refresh_from_db()
    assert person.wants_aftercare is True
