"""Nudges, documents to sign again, a new address and what people asked for, through real SMTP."""

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from django.db import transaction

from booking.models import Participant
from booking.operations import links, participants
from intake.domain.documents import wording_of
from intake.operations import consents
from intake.operations.documents import ask_to_sign_again, edit_document
from intake.operations.nudges import nudge
from intake.queries.documents import consent_now
from intake.queries.standings import standing
from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from practice.models import Change
from practice.operations import journal
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.intake.people import CONTACT, YOU, answer_everything, save, sign_everything
from tests.notifications.helpers import (
    body_of,
    booked,
    deliveries,
    plan_all,
    send_all,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State
WEEK = timedelta(days=7)
NEW = "new@example.test"


def record(kind: str, person: Participant) -> None:
    """What intake writes when it has done something for one person."""
    with transaction.atomic():
        journal.record(
            kind=kind,
            subject_type="participant",
            subject_id=person.pk,
            actor=journal.SYSTEM,
            at=NOW,
        )


def with_subject(mail: MailCatcher, subject: str) -> list[EmailMessage]:
    return [m for m in mail.messages if m["Subject"] == subject]


# --- The practitioner's nudge ------------------------------------------------------------------


def test_a_nudge_is_the_neutral_reminder_in_the_same_words(
    mailcatcher: MailCatcher, office: Office
) -> None:
    request = factories.verified(office, "couple")
    one, other = factories.people_of(request)
    factories.enter(other)
    factories.join(other)
    factories.clear(other)
    send_all(NOW)
    mailcatcher.empty()

    nudge(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    send_all(NOW)
    send_all(NOW + timedelta(hours=26))

    nudged, reminded = mailcatcher.messages
    assert {str(m["To"]) for m in (nudged, reminded)} == {one.email}
    assert the_delivery(Kind.STEP_NUDGE).participant_id == one.pk
    assert nudged["Subject"] == reminded["Subject"] == "A step is waiting"
    assert body_of(nudged, "plain") == body_of(reminded, "plain")


def test_a_nudge_at_night_outlives_other_plans_but_not_the_step(
    mailcatcher: MailCatcher, office: Office
) -> None:
    request = factories.verified(office)
    person = factories.requester_of(request)
    send_all(NOW)
    mailcatcher.empty()
    night = NOW.replace(hour=5)  # midnight in Chicago
    nudge(request_id=request.pk, practitioner_id=office.practitioner.pk, now=night)
    plan_all(night)
    save(person, "you", YOU, night)
    plan_all(night)
    assert the_delivery(Kind.STEP_NUDGE).state == State.PENDING

    factories.clear(person)
    plan_all(night)

    nudged = the_delivery(Kind.STEP_NUDGE)
    assert (nudged.state, nudged.reason) == (State.SUPERSEDED, "nothing is waiting")


# --- Documents ---------------------------------------------------------------------------------


def a_signer(office: Office) -> Participant:
    """Somebody with a booked appointment who has signed everything, and took one back."""
    booked(office)
    person = Participant.objects.get()
    answer_everything(person, NOW)
    send_all(NOW)
    return Participant.objects.get()


def change_a_document(person: Participant) -> None:
    """As good as a new version: one of the required documents waits for a signature."""
    consents.take_back(participant_id=person.pk, document="cn_scope", now=NOW)
    assert standing(person.pk).unsigned == ["cn_scope"]
    record("document_changed", person)


def test_the_practice_edits_a_document_and_asks_those_who_signed_before(
    mailcatcher: MailCatcher, office: Office
) -> None:
    a_signer(office)
    mailcatcher.empty()
    practitioner = office.practitioner.pk
    words = replace(wording_of(consent_now("cn_scope")), text="In our own words.")

    edit_document(practitioner_id=practitioner, document="cn_scope", wording=words, seen=1, now=NOW)
    send_all(NOW)
    assert mailcatcher.messages == []
    ask_to_sign_again(practitioner_id=practitioner, now=NOW)
    ask_to_sign_again(practitioner_id=practitioner, now=NOW)
    send_all(NOW)

    assert [m["Subject"] for m in mailcatcher.messages] == ["A document to review"]


def test_a_changed_document_is_told_now_and_again_after_a_week(
    mailcatcher: MailCatcher, office: Office
) -> None:
    person = a_signer(office)
    mailcatcher.empty()

    change_a_document(person)
    send_all(NOW)
    assert len(with_subject(mailcatcher, "A document to review")) == 1
    send_all(NOW + WEEK)
    send_all(NOW + 3 * WEEK)

    now, later = with_subject(mailcatcher, "A document to review")
    assert (str(now["To"]), str(later["To"])) == (person.email, person.email)
    assert "sign it there before your next appointment" in " ".join(body_of(now, "plain").split())
    for message in (now, later):
        assert forbidden_words(message.as_string() + body_of(message, "plain")) == []


def test_once_signed_a_document_is_not_mentioned_again(
    mailcatcher: MailCatcher, office: Office
) -> None:
    person = a_signer(office)
    change_a_document(person)
    send_all(NOW)
    mailcatcher.empty()
    sign_everything(person, NOW)

    send_all(NOW + WEEK)

    assert with_subject(mailcatcher, "A document to review") == []
    waiting = the_delivery(Kind.DOCUMENT_WAITING)
    assert (waiting.state, waiting.reason) == (State.SUPERSEDED, "nothing is waiting")


def test_other_changes_of_a_person_leave_the_reminder_of_a_document_alone(office: Office) -> None:
    person = a_signer(office)
    change_a_document(person)
    plan_all(NOW)
    with transaction.atomic():
        participants.save_profile(
            participant_id=person.pk, profile={"pronouns": "she"}, now=NOW + WEEK / 2
        )

    plan_all(NOW + WEEK / 2)

    waiting = the_delivery(Kind.DOCUMENT_WAITING)
    assert (waiting.state, waiting.due_at) == (State.PENDING, NOW + WEEK)


def test_whoever_switches_reminders_off_is_not_reminded_of_a_document(office: Office) -> None:
    person = a_signer(office)
    change_a_document(person)
    plan_all(NOW)
    with transaction.atomic():
        participants.save_profile(
            participant_id=person.pk, profile={"wants_reminders": False}, now=NOW
        )
    plan_all(NOW)
    assert the_delivery(Kind.DOCUMENT_WAITING).state == State.SUPERSEDED


# --- A new address -----------------------------------------------------------------------------


def move_to(person: Participant, address: str) -> None:
    links.send_to_new_address(participant_id=person.pk, address=address, now=NOW)
    link = person.links.filter(address=address).latest("created_at")
    links.enter(token=links.token(link.id), code_typed=links.code(link.id), now=NOW)


def test_both_addresses_hear_of_a_change_and_the_old_one_gets_no_way_in(
    mailcatcher: MailCatcher, office: Office
) -> None:
    booked(office)
    person = Participant.objects.get()
    old = person.email
    send_all(NOW)
    mailcatcher.empty()

    move_to(person, NEW)
    send_all(NOW)

    changed = with_subject(mailcatcher, "Your settings changed")
    assert {str(m["To"]) for m in changed} == {old, NEW}
    (before,) = [m for m in changed if m["To"] == old]
    everything = before.as_string() + body_of(before, "plain") + body_of(before, "html")
    for secret in (NEW, "Your code", "Send me my link"):
        assert secret not in everything
    ways = re.findall(r"https?://[^\s\"]+", body_of(before, "plain"))
    assert [urlsplit(way).path.rpartition("/open/undo/")[1] for way in ways] == ["/open/undo/"]
    assert forbidden_words(body_of(before, "plain")) == []
    change = Change.objects.get(kind="address_changed")
    assert "@" not in str(change.snapshot), "the journal holds no addresses"


def test_each_change_is_told_to_the_address_that_it_replaced(
    mailcatcher: MailCatcher, office: Office
) -> None:
    booked(office)
    person = Participant.objects.get()
    old = person.email
    for address in (NEW, "newer@example.test"):
        move_to(Participant.objects.get(), address)
    mailcatcher.empty()

    send_all(NOW)

    told = [str(m["To"]) for m in with_subject(mailcatcher, "Your settings changed")]
    assert len(deliveries(Kind.SETTINGS_CHANGED_BEFORE)) == 2
    assert sorted(told) == sorted([old, NEW, "newer@example.test", "newer@example.test"])


def test_a_typing_error_before_the_first_code_is_told_to_nobody(
    mailcatcher: MailCatcher, office: Office
) -> None:
    request = factories.submitted(office)
    person = factories.requester_of(request)
    typed = person.email

    move_to(person, NEW)
    send_all(NOW)

    assert with_subject(mailcatcher, "Your settings changed") == []
    assert mailcatcher.to(typed) == []


def test_a_shared_mailbox_is_told_no_more_than_another(
    mailcatcher: MailCatcher, office: Office
) -> None:
    booked(office)
    person = Participant.objects.get()
    participants.set_passcode(participant_id=person.pk, passcode="2468 1357", now=NOW)
    save(person, "contact", CONTACT | {"ct_shared": "yes"}, NOW)
    send_all(NOW)
    mailcatcher.empty()

    move_to(person, NEW)
    send_all(NOW)

    (before,) = [m for m in mailcatcher.to(person.email) if m["Subject"] != "Your code"]
    assert "We do not write to this address any more" in body_of(before, "plain")
    for secret in (NEW, "http://", "href"):
        assert secret not in before.as_string() + body_of(before, "html")


# --- What people asked for ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["export_done", "deletion_done"])
def test_whoever_asked_for_their_data_hears_that_it_is_done(
    mailcatcher: MailCatcher, office: Office, kind: str
) -> None:
    booked(office, "couple")
    one, other = Participant.objects.all()
    send_all(NOW)
    mailcatcher.empty()
    Participant.objects.filter(pk=one.pk).update(left_at=NOW)

    record(kind, one)
    send_all(NOW)

    (message,) = mailcatcher.messages
    assert (str(message["To"]), message["Subject"]) == (one.email, "Your request is done")
    everything = message.as_string() + body_of(message, "plain")
    assert forbidden_words(everything, also=[other.email, other.label]) == []
    assert "http" not in body_of(message, "plain")
