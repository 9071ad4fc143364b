"""A passcode or an address that somebody else changed: its owner hears of it, and can go back."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.domain.refusals import LinkUnusable
from booking.models import DoNotContact, Participant
from booking.operations import forgetting, links, participants, undoing
from booking.operations.issuing import address_hash
from booking.operations.undoing import UNDO_LIVES, undo_address
from notifications.domain.kinds import Kind
from practice.models import Change
from tests.booking import factories
from tests.booking.factories import Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, calendar_part, deliveries, send_all

pytestmark = pytest.mark.django_db

NOW = timezone.now()
NEW = "new@example.test"


@pytest.fixture
def person() -> Participant:
    """Somebody with an appointment, whose mailbox is theirs alone."""
    office: Office = factories.make_office()
    booked(office, now=NOW)
    return Participant.objects.get()


def move_to(person: Participant, address: str) -> None:
    links.send_to_new_address(participant_id=person.pk, address=address, now=NOW)
    link = person.links.filter(address=address).latest("created_at")
    links.enter(token=links.token(link.id), code_typed=links.code(link.id), now=NOW)


def the_token() -> str:
    return undoing.undo_token(Change.objects.get(kind="address_changed"))


# --- A passcode --------------------------------------------------------------------------------


def test_the_first_passcode_is_told_to_nobody(
    person: Participant, mailcatcher: MailCatcher
) -> None:
    participants.set_passcode(participant_id=person.pk, passcode="old river", now=NOW)
    send_all(NOW)
    assert deliveries(Kind.SETTINGS_CHANGED) == []


def test_a_passcode_in_place_of_another_is_told_to_its_owner_at_once(
    person: Participant, mailcatcher: MailCatcher
) -> None:
    participants.set_passcode(participant_id=person.pk, passcode="old river", now=NOW)
    Participant.objects.update(channel="page")
    send_all(NOW)
    mailcatcher.empty()

    participants.set_passcode(participant_id=person.pk, passcode="new river", now=NOW)
    send_all(NOW)

    (mail,) = mailcatcher.to(person.email)
    plain = " ".join(body_of(mail, "plain").split())
    assert mail["Subject"] == "Your settings changed"
    assert "The passcode of your page has been replaced by a new one." in plain
    assert "From now on we write to you" not in plain
    assert "river" not in mail.as_string()


# --- An address --------------------------------------------------------------------------------


def test_who_reads_at_the_address_before_can_go_back_to_it(
    person: Participant, mailcatcher: MailCatcher, client: Client
) -> None:
    old = person.email
    move_to(person, NEW)
    mailcatcher.empty()
    send_all(NOW)
    (told,) = [m for m in mailcatcher.to(old) if m["Subject"] == "Your settings changed"]
    (way,) = re.findall(r"https?://\S+", body_of(told, "plain"))
    path = urlsplit(way).path
    mailcatcher.empty()

    page = client.get(path)
    assert page.status_code == 200
    assert old not in page.content.decode()
    assert NEW not in page.content.decode()
    assert Participant.objects.get().email == NEW, "opening it changes nothing"
    answer = client.post(path)
    send_all(timezone.now())

    assert answer["Location"] == reverse("address-undone")
    assert (
        "We write to your earlier address again" in client.get(answer["Location"]).content.decode()
    )
    assert Participant.objects.get().email == old
    taken = person.links.get(address=NEW)
    assert taken.revoked_at is not None
    (back,) = [m for m in mailcatcher.to(old) if calendar_part(m) is None]
    assert "Your code:" in body_of(back, "plain"), "it brings a way in"
    (gone,) = mailcatcher.to(NEW)
    assert "http" not in body_of(gone, "plain"), "going back cannot be taken back"


def test_what_was_taken_back_opens_no_more(person: Participant, client: Client) -> None:
    move_to(person, NEW)
    token = the_token()
    undo_address(token=token, now=NOW)

    path = reverse("undo-address", args=[token])

    assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]


def test_after_a_week_it_opens_no_more(person: Participant) -> None:
    move_to(person, NEW)
    with pytest.raises(LinkUnusable):
        undo_address(token=the_token(), now=NOW + UNDO_LIVES)
    undo_address(token=the_token(), now=NOW + UNDO_LIVES - timedelta(minutes=1))
    assert Participant.objects.get().email != NEW


@pytest.mark.parametrize("shared", ["yes", "unsure", ""])
def test_a_mailbox_that_others_see_gets_no_way_back(person: Participant, shared: str) -> None:
    Participant.objects.update(shared_mailbox=shared)
    move_to(person, NEW)
    assert the_token() == ""


def test_a_change_after_it_is_taken_back_by_its_own_link_alone(person: Participant) -> None:
    move_to(person, NEW)
    token = the_token()
    move_to(Participant.objects.get(), "newer@example.test")

    with pytest.raises(LinkUnusable):
        undo_address(token=token, now=NOW)


def test_whoever_has_left_stays_away(person: Participant) -> None:
    move_to(person, NEW)
    Participant.objects.update(left_at=NOW)
    with pytest.raises(LinkUnusable):
        undo_address(token=the_token(), now=NOW)


@pytest.mark.parametrize("token", ["", "nonsense", "A" * 43, "ü"])
def test_what_we_did_not_make_opens_nothing(person: Participant, token: str) -> None:
    move_to(person, NEW)
    with pytest.raises(LinkUnusable):
        undo_address(token=token, now=NOW)


def test_the_token_of_a_link_in_is_none_to_go_back_by(person: Participant) -> None:
    move_to(person, NEW)
    link = person.links.get(address=NEW)
    with pytest.raises(LinkUnusable):
        undo_address(token=links.token(link.id), now=NOW)


def test_somebody_whose_name_and_address_are_deleted_gets_no_address_back(
    person: Participant,
) -> None:
    move_to(person, NEW)
    token = the_token()
    with transaction.atomic():
        forgetting.forget_person(person.pk, now=NOW)

    with pytest.raises(LinkUnusable):
        undo_address(token=token, now=NOW)

    assert Participant.objects.get().email == ""


def test_an_address_that_takes_no_mail_any_more_is_not_gone_back_to(person: Participant) -> None:
    old = person.email
    move_to(person, NEW)
    DoNotContact.objects.create(address_hash=address_hash(old), created_at=NOW)

    with pytest.raises(LinkUnusable):
        undo_address(token=the_token(), now=NOW)

    assert Participant.objects.get().email == NEW
    assert person.links.filter(address=NEW, revoked_at=None).exists(), "their way in stays"


def test_an_address_before_that_is_deleted_is_not_gone_back_to(person: Participant) -> None:
    old = person.email
    move_to(person, NEW)
    person.links.filter(address=old).update(address="")

    with pytest.raises(LinkUnusable):
        undo_address(token=the_token(), now=NOW)

    assert Participant.objects.get().email == NEW
