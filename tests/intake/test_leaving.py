"""Taking one's own answers along, and deleting them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, LateWish, Participant, Request
from booking.operations import late
from intake.models import Answer, AnswerSheet, Flag, Signature
from intake.operations import leaving, sheets
from intake.queries.answers import flag_sources
from practice.models import Change
from tests.booking.factories import booked, enter, join, make_office, people_of, verified
from tests.intake.people import answer_everything, device, save

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def two() -> tuple[Participant, Participant]:
    """Two people of one request, both of whom have answered everything."""
    now = timezone.now()
    one, other = people_of(verified(make_office(), "couple", now=now))
    enter(other, now=now)
    join(other, now=now)
    for person in (one, other):
        answer_everything(person, now)
    return one, other


def kept(person: Participant) -> set[str]:
    return set(Answer.objects.filter(sheet__participant=person).values_list("question", flat=True))


def test_the_copy_holds_ones_own_answers_and_none_that_are_sealed(
    two: tuple[Participant, Participant],
) -> None:
    one, other = two
    browser = device(one)

    page = browser.get(reverse("you-copy", args=[one.pk]))
    file = browser.post(reverse("you-copy-file", args=[one.pk]))

    keys = {answer["key"] for answer in file.json()["answers"]}
    assert {"go_better", "em_name", "cp_view"} <= keys
    assert not any(key.startswith("sf_") for key in keys)
    assert file.json()["agreements"]
    assert "calm" in page.content.decode()
    assert file["Content-Disposition"] == 'attachment; filename="copy.json"'
    assert Change.objects.get(kind="export_done").subject_id == one.pk
    assert browser.get(reverse("you-copy", args=[other.pk])).status_code == 404
    assert browser.post(reverse("you-copy-file", args=[other.pk])).status_code == 404


def test_deleting_asks_again_and_leaves_sealed_answers_signatures_and_the_other_person(
    two: tuple[Participant, Participant],
) -> None:
    one, other = two
    sheets.finish(participant_id=one.pk, now=timezone.now())
    before, signed = kept(one), Signature.objects.count()
    address = reverse("you-copy-delete", args=[one.pk])

    assert device(one).post(address).status_code == 422
    assert kept(one) == before
    assert device(one).post(address, {"sure": "yes"}).status_code == 302

    assert kept(one) == {key for key in before if key.startswith("sf_")}
    assert kept(other) == before
    assert Signature.objects.count() == signed
    assert AnswerSheet.objects.get(participant=one).finished_at is None
    assert Participant.objects.get(pk=one.pk).cleared_at is None
    assert Change.objects.get(kind="deletion_done").subject_id == one.pk


# What they wrote beside the questionnaire ---------------------------------------------------------

WORDS, LATE_WORDS, OTHERS = "canary-words-17", "canary-late-42", "canary-other-5"


@pytest.fixture
def wordy() -> tuple[Participant, Participant]:
    """The one who asked and somebody who came along; both asked for a change when it was late."""
    now = timezone.now()
    appointment = booked(make_office(), "couple", now=now, topics=("desire",), words=WORDS)
    one, other = (seat.participant for seat in appointment.attendances.order_by("participant"))
    if not one.is_requester:
        one, other = other, one
    Participant.objects.update(shared_mailbox="no")  # nobody is asked for a passcode
    for person, words in ((one, LATE_WORDS), (other, OTHERS)):
        late.ask_late(
            participant_id=person.pk,
            appointment_id=appointment.pk,
            words=words,
            now=appointment.starts_at - timedelta(hours=3),
        )
    return one, other


def test_the_copy_holds_what_they_wrote_when_they_asked_and_when_it_was_late(
    wordy: tuple[Participant, Participant],
) -> None:
    one, other = wordy
    session = Appointment.objects.get(state="booked").starts_at

    mine = device(one).post(reverse("you-copy-file", args=[one.pk])).json()
    page = device(one).get(reverse("you-copy", args=[one.pk])).content.decode()
    theirs = device(other).post(reverse("you-copy-file", args=[other.pk])).json()
    their_page = device(other).get(reverse("you-copy", args=[other.pk])).content.decode()

    assert mine["request"] == {"topics": ["desire"], "words": WORDS, "unreadable": False}
    assert [(w["session"], w["words"]) for w in mine["asked_late"]] == [
        (session.isoformat(), LATE_WORDS)
    ]
    assert "Different levels of desire" in page
    assert WORDS in page
    assert LATE_WORDS in page
    assert OTHERS not in page
    assert theirs["request"] is None, "they did not ask"
    assert [w["words"] for w in theirs["asked_late"]] == [OTHERS]
    assert WORDS not in their_page


def test_what_cannot_be_opened_is_said_to_be_there(wordy: tuple[Participant, Participant]) -> None:
    one, _other = wordy
    Request.objects.update(words_sealed=b"spoiled")
    LateWish.objects.update(words_sealed=b"spoiled")

    mine = device(one).post(reverse("you-copy-file", args=[one.pk])).json()
    page = device(one).get(reverse("you-copy", args=[one.pk])).content.decode()

    assert mine["request"] == {"topics": [], "words": "", "unreadable": True}
    assert [w["unreadable"] for w in mine["asked_late"]] == [True]
    assert page.count("This cannot be opened at the moment.") == 2


def test_deleting_takes_those_words_as_well_and_leaves_what_the_others_wrote(
    wordy: tuple[Participant, Participant],
) -> None:
    one, other = wordy

    device(one).post(reverse("you-copy-delete", args=[one.pk]), {"sure": "yes"})

    asked = Request.objects.get()
    assert (asked.topics_sealed, asked.words_sealed) == (None, None)
    assert [w.participant_id for w in LateWish.objects.exclude(words_sealed=None)] == [other.pk]
    assert LateWish.objects.count() == 2, "that they asked, and when, stays"


def test_whoever_came_along_deletes_nothing_of_what_the_requester_wrote(
    wordy: tuple[Participant, Participant],
) -> None:
    one, other = wordy

    leaving.delete_own(participant_id=other.pk, now=timezone.now())

    assert Request.objects.get().words_sealed is not None
    assert [w.participant_id for w in LateWish.objects.exclude(words_sealed=None)] == [one.pk]


def test_a_note_goes_with_the_answers_that_it_was_about(
    two: tuple[Participant, Participant],
) -> None:
    one, other = two
    now = timezone.now()
    for person in (one, other):
        save(person, "weeks", {"ph_1": "3", "ph_2": "3"}, now)
    Flag.objects.create(participant=one, level="review", sources_sealed=b"", raised_at=now)

    leaving.delete_own(participant_id=one.pk, now=now)

    left = Flag.objects.order_by("level").values_list("participant", "level")
    assert list(left) == [(other.pk, "note"), (one.pk, "review")]
    [note] = Flag.objects.filter(level="note")
    assert flag_sources(note) == ["phq2"]
    save(one, "weeks", {"ph_1": "3", "ph_2": "3"}, now)
    assert Flag.objects.filter(participant=one, level="note").count() == 1, "answered anew"
