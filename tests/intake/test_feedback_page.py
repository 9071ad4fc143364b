"""Saying how it was: the page of the one who is asked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant
from booking.operations import parting
from intake.domain.definitions import Passed
from intake.domain.feedback import Slider
from intake.domain.refusals import AlreadyRead, NotAsked
from intake.models import Feedback
from intake.operations.feedback import Saying, say
from intake.queries.feedback import FEEDBACK_READ
from practice.models import Change
from tests.booking.factories import Office
from tests.booking.races.harness import PATIENCE, wait_until_somebody_waits
from tests.intake.feedback import SECRET, asked, at_the_desk, last_session, own, page, text, typed
from tests.intake.people import device
from tests.intake.sessions import days_before, took_place

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_said_is_kept_sealed_and_stands_there_again_to_be_changed(office: Office) -> None:
    [person] = asked(office)
    browser = device(person)

    sent = browser.post(page(person), typed(person))
    [said] = own(person)

    assert (sent.status_code, sent["Location"]) == (303, reverse("you", args=[person.pk]))
    assert said.marks == {
        Slider.HEARD: 8,
        Slider.USEFUL: Passed.PREFER_NOT,
        Slider.PACE: 5,
        Slider.SAFE: 2,
    }
    assert said.words == SECRET
    row = Feedback.objects.get()
    assert SECRET.encode() not in bytes(row.words_sealed or b"")
    assert b"heard" not in bytes(row.sliders_sealed)
    shown = text(browser, page(person))
    assert SECRET in shown
    assert "Save the change" in shown

    browser.post(page(person), typed(person, heard="9", words=""))
    [said] = own(person)
    assert (said.marks[Slider.HEARD], said.words, said.feedback.pk) == (9, "", row.pk)


def test_what_is_left_alone_is_not_kept_and_nothing_at_all_leaves_nothing(office: Office) -> None:
    [person] = asked(office)
    browser = device(person)
    about = {"about": str(last_session(person).pk)}

    browser.post(page(person), {**about, "safe": "say_aloud"})
    [said] = own(person)
    assert said.marks == {Slider.SAFE: Passed.SAY_ALOUD}

    browser.post(page(person), about)
    assert not Feedback.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"words": "x" * 2001}, {"heard": "11"}, {"safe": "maybe"}, {"pace": "²"}]
)
def test_a_mistake_leads_back_to_everything_that_was_typed(
    office: Office, wrong: dict[str, str]
) -> None:
    [person] = asked(office)
    browser = device(person)

    answer = browser.post(page(person), {**typed(person, words=SECRET), "useful": "3", **wrong})
    shown = text(browser, page(person))

    assert (answer.status_code, answer["Location"]) == (303, page(person))
    assert "Something needs another look" in shown
    assert "had closed" not in shown
    assert wrong.get("words", SECRET) in shown
    assert not Feedback.objects.exists()
    browser.post(page(person), typed(person))
    assert "Something needs another look" not in text(browser, page(person))


def test_what_was_typed_on_a_page_that_had_closed_is_there_after_coming_in(office: Office) -> None:
    [person] = asked(office)
    browser = Client()

    closed = browser.post(page(person), typed(person))
    assert (closed.status_code, SECRET in closed.content.decode()) == (404, False)
    let_in = device(person)
    session = let_in.session
    session["drafts"] = browser.session["drafts"]
    session.save()
    shown = text(let_in, page(person))

    assert SECRET in shown
    assert "it is not saved yet" in shown
    assert not Feedback.objects.exists()


def test_whoever_shares_a_mailbox_gives_their_passcode_first_and_loses_nothing(
    office: Office,
) -> None:
    [person] = asked(office)
    Participant.objects.filter(pk=person.pk).update(passcode_hash="!")
    person.refresh_from_db()
    browser = device(person, knows_passcode=False)

    answer = browser.post(page(person), typed(person))

    assert answer["Location"] == reverse("passcode", args=[person.pk])
    Participant.objects.filter(pk=person.pk).update(passcode_hash="")
    assert SECRET in text(browser, page(person))


def test_what_comes_too_late_is_shown_to_be_taken_along(office: Office) -> None:
    [person] = asked(office)
    browser = device(person)
    before = typed(person)
    Appointment.objects.filter(pk=last_session(person).pk).update(state="no_show")

    browser.post(page(person), before)
    shown = text(browser, page(person))

    assert "The time for this is over." in shown
    assert SECRET in shown
    assert not Feedback.objects.exists()


def test_what_is_about_an_earlier_session_does_not_pass_for_the_later_one(office: Office) -> None:
    [person] = asked(office, ends=12)
    browser = device(person)
    before = typed(person)
    took_place([person], *days_before(timezone.now(), 6, 4, 2))

    browser.post(page(person), before)
    shown = text(browser, page(person))
    fresh = text(browser, f"{page(person)}?new")

    assert "By now another one is asked about." in shown
    assert SECRET in shown
    assert SECRET not in fresh
    assert str(last_session(person).pk) in fresh
    assert not Feedback.objects.exists()


def test_once_it_has_been_read_it_stands_and_says_so(office: Office, desk: Client) -> None:
    [person] = asked(office)
    browser = device(person)
    browser.post(page(person), typed(person))
    desk.get(at_the_desk(person))

    browser.post(page(person), typed(person, words="never mind"))
    shown = text(browser, page(person))

    assert own(person)[0].words == SECRET
    assert "It has been read, so it stays as it is." in shown
    assert SECRET in shown
    assert "never mind" in shown


def test_saying_waits_for_a_reading_and_then_finds_it(office: Office) -> None:
    [person] = asked(office)
    now = timezone.now()
    about = last_session(person).pk
    say(participant_id=person.pk, appointment_id=about, saying=Saying(words="one"), now=now)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Participant.objects.select_for_update(no_key=True).get(pk=person.pk)
            saying = threads.submit(_says, person, about, now)
            wait_until_somebody_waits()
            Change.objects.create(
                kind=FEEDBACK_READ,
                subject_type="participant",
                subject_id=person.pk,
                actor="practitioner:somebody",
                occurred_at=now,
                snapshot={"feedback": [str(Feedback.objects.get().pk)]},
            )
        with pytest.raises(AlreadyRead):
            saying.result(PATIENCE)

    assert own(person)[0].words == "one"


def _says(person: Participant, about: Any, now: datetime) -> None:
    try:
        say(participant_id=person.pk, appointment_id=about, saying=Saying(words="two"), now=now)
    finally:
        connections.close_all()


def test_who_has_left_says_nothing_more_and_keeps_the_way_to_what_they_said(
    office: Office,
) -> None:
    one, _other = asked(office, kind="couple")
    device(one).post(page(one), typed(one))
    about = last_session(one).pk
    parting.end_part(participant_id=one.pk, now=timezone.now())
    one.refresh_from_db()
    browser = device(one)

    with pytest.raises(NotAsked):
        say(
            participant_id=one.pk,
            appointment_id=about,
            saying=Saying(words="more"),
            now=timezone.now(),
        )
    assert browser.get(page(one)).status_code == 404
    assert SECRET in text(browser, reverse("you-copy", args=[one.pk]))


def test_switched_off_it_can_still_be_changed_and_is_not_asked_anew(office: Office) -> None:
    [person] = asked(office)
    browser = device(person)
    browser.post(page(person), typed(person))
    Participant.objects.update(wants_feedback=False)

    assert SECRET in text(browser, page(person))
    Feedback.objects.all().delete()
    assert browser.get(page(person)).status_code == 404
