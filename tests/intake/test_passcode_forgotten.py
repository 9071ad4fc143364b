"""A forgotten passcode: the practitioner knows who it is, and no mailbox opens anything."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from booking.operations.participants import set_passcode
from intake.domain.refusals import NotTheirPractitioner, TooManyTries, WrongPasscode
from intake.models import NewPasscode
from intake.operations import passcodes
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from practice.models import Change
from tests.booking.factories import Office, make_practitioner, requester_of, verified
from tests.intake.people import answer_everything, device
from tests.notifications.helpers import plan_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(office: Office) -> Participant:
    """Somebody with saved answers behind a passcode."""
    now = timezone.now()
    found = requester_of(verified(office, now=now))
    answer_everything(found, now)
    set_passcode(participant_id=found.pk, passcode="old river", now=now)
    found.refresh_from_db()
    return found


def signed_in(office: Office) -> Client:
    browser = Client()
    assert office.practitioner.user is not None
    browser.force_login(office.practitioner.user)
    return browser


def test_asked_for_allowed_and_chosen_it_opens_what_was_saved(
    office: Office, person: Participant
) -> None:
    browser = device(person, knows_passcode=False)
    desk = signed_in(office)

    browser.post(reverse("passcode-ask", args=[person.pk]))
    listed = desk.get(reverse("desk-attention")).content.decode()
    address = reverse("desk-passcode", args=[person.request_id, person.pk])
    page = desk.post(address, {"sure": "yes"}).content.decode()
    word = page.split('<strong class="numbers nowrap">')[1].split("<")[0]
    before = browser.get(reverse("you-copy", args=[person.pk]))
    chosen = browser.post(
        reverse("passcode-forgotten", args=[person.pk]),
        {"word": word, "passcode": "new valley", "again": "new valley"},
    )
    after = browser.get(reverse("you-copy", args=[person.pk]))

    assert address in listed
    assert before["Location"] == reverse("passcode", args=[person.pk])
    assert chosen["Location"] == reverse("you", args=[person.pk])
    assert "calm" in after.content.decode()
    assert not NewPasscode.objects.exists(), "the word works once"
    assert word not in desk.get(address).content.decode(), "it is shown once"


def test_a_forgotten_passcode_is_seen_on_every_page_of_the_desk_and_told_by_mail(
    office: Office, person: Participant
) -> None:
    desk = signed_in(office)
    before = desk.get(reverse("desk:waiting")).content.decode()

    device(person, knows_passcode=False).post(reverse("passcode-ask", args=[person.pk]))
    waiting = desk.get(reverse("desk:waiting")).content.decode()
    listed = desk.get(reverse("desk-attention")).content.decode()
    plan_all(timezone.now())

    assert "1 request needs your attention" not in before
    assert "1 request needs your attention" in waiting
    assert reverse("desk-attention") in waiting
    assert "Nothing needs your attention" not in listed
    told = Delivery.objects.get(kind=Kind.NEEDS_A_LOOK)
    assert told.practitioner_id == office.practitioner.pk


def test_whoever_reads_the_mailbox_gets_no_word_and_no_answers(
    office: Office, person: Participant
) -> None:
    browser = device(person, knows_passcode=False)
    browser.post(reverse("passcode-ask", args=[person.pk]))
    word = passcodes.give_word(
        participant_id=person.pk, practitioner_id=office.practitioner.pk, now=timezone.now()
    )

    pages = [
        browser.get(reverse(name, args=[person.pk])).content.decode()
        for name in ("you", "passcode", "passcode-forgotten")
    ]

    assert not mail.outbox
    assert not any(word in page or "calm" in page for page in pages)
    kept = NewPasscode.objects.get()
    assert word not in kept.word_hash
    assert not any(word in str(change.snapshot) for change in Change.objects.all())


def test_who_cannot_wait_for_the_practitioner_finds_support_without_a_passcode(
    person: Participant,
) -> None:
    browser = device(person, knows_passcode=False)
    support = reverse("you-support", args=[person.pk])

    page = browser.get(reverse("passcode-forgotten", args=[person.pk]))

    lead_there = page.content.decode().split("<main")[1].split("</main>")[0]
    assert f'href="{support}"' in lead_there
    assert browser.get(support).status_code == 200


def test_a_word_ends_after_half_an_hour(office: Office, person: Participant) -> None:
    now = timezone.now()
    word = passcodes.give_word(
        participant_id=person.pk, practitioner_id=office.practitioner.pk, now=now
    )

    with pytest.raises(WrongPasscode):
        passcodes.choose_with_word(
            participant_id=person.pk,
            word=word,
            passcode="new valley",
            now=now + timedelta(minutes=31),
        )

    before = person.passcode_hash
    person.refresh_from_db()
    assert person.passcode_hash == before


def test_words_cannot_be_guessed_in_a_row(office: Office, person: Participant) -> None:
    now = timezone.now()
    word = passcodes.give_word(
        participant_id=person.pk, practitioner_id=office.practitioner.pk, now=now
    )
    wrong = "00000000" if word != "00000000" else "11111111"
    for _ in range(passcodes.TRIES_MAX):
        with pytest.raises(WrongPasscode):
            passcodes.choose_with_word(
                participant_id=person.pk, word=wrong, passcode="new valley", now=now
            )

    with pytest.raises(TooManyTries):
        passcodes.choose_with_word(
            participant_id=person.pk, word=word, passcode="new valley", now=now
        )


def test_no_word_without_the_box_and_none_for_anybody_elses_client(
    office: Office, person: Participant
) -> None:
    address = reverse("desk-passcode", args=[person.request_id, person.pk])
    stranger = make_practitioner(slug="other")
    assert stranger.user is not None
    elsewhere = Client()
    elsewhere.force_login(stranger.user)

    assert signed_in(office).post(address).status_code == 422
    assert elsewhere.post(address, {"sure": "yes"}).status_code == 404
    with pytest.raises(NotTheirPractitioner):
        passcodes.give_word(
            participant_id=person.pk, practitioner_id=stranger.pk, now=timezone.now()
        )
    assert not NewPasscode.objects.exclude(word_hash="").exists()


def test_a_new_passcode_locks_the_devices_that_the_old_one_had_opened(
    office: Office, person: Participant
) -> None:
    address = reverse("you-copy", args=[person.pk])
    old = device(person, knows_passcode=False)
    old.post(reverse("passcode", args=[person.pk]), {"passcode": "old river"})
    opened = old.get(address)
    word = passcodes.give_word(
        participant_id=person.pk, practitioner_id=office.practitioner.pk, now=timezone.now()
    )
    own = device(person, knows_passcode=False)

    own.post(
        reverse("passcode-forgotten", args=[person.pk]),
        {"word": word, "passcode": "new valley", "again": "new valley"},
    )

    assert opened.status_code == 200
    assert old.get(address)["Location"] == reverse("passcode", args=[person.pk])
    assert own.get(address).status_code == 200
