"""What was said about sessions, as the practitioner finds and reads it."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.domain.refusals import NotTheirPractitioner
from intake.models import Feedback
from intake.operations.feedback import open_feedback, take_off_the_list
from intake.queries.answers import Author, Fellow, PractitionerReader
from intake.queries.feedback import FEEDBACK_READ, said_by
from practice.models import Change
from tests.booking.factories import Office, make_practitioner
from tests.intake.feedback import SECRET, asked, at_the_desk, last_session, page, text, typed
from tests.intake.people import device
from tests.intake.sessions import days_before, took_place

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_desk_lists_who_is_new_and_shows_how_it_changed(office: Office, desk: Client) -> None:
    [person] = asked(office, ends=9)
    browser = device(person)
    browser.post(page(person), typed(person, heard="4", words="it was new to me"))
    took_place([person], *days_before(timezone.now(), 8, 5, 2))
    browser.post(page(person), typed(person, heard="7", safe="say_aloud", pace="5"))
    listed = reverse("desk-feedback-list")

    waiting = text(desk, reverse("desk:waiting"))
    new = text(desk, listed)
    shown = text(desk, at_the_desk(person))

    assert "1 person told you how it goes" in waiting
    assert at_the_desk(person) in new
    assert SECRET not in new
    assert "+3 since last time" in shown
    assert "as last time" in shown
    assert "rather say this out loud" in shown
    assert shown.index(SECRET) < shown.index("it was new to me")
    assert 'cx="148"' in shown, "seven of ten"
    assert 'cx="88"' in shown, "four of ten, the time before"

    desk.post(at_the_desk(person), {"shown": [str(f.pk) for f in Feedback.objects.all()]})
    assert "told you how it goes" not in text(desk, reverse("desk:waiting"))
    assert "Nothing new" in text(desk, listed)
    assert at_the_desk(person) in text(desk, listed)
    assert "take it off the list" not in text(desk, at_the_desk(person))


def test_what_came_in_after_the_page_was_opened_stays_on_the_list(
    office: Office, desk: Client
) -> None:
    [person] = asked(office)
    device(person).post(page(person), typed(person))
    shown = ["nonsense", str(last_session(person).pk)]

    desk.post(at_the_desk(person), {"shown": shown})

    assert Feedback.objects.get().seen_at is None


def test_a_low_mark_raises_nothing_and_looks_like_any_other(office: Office, desk: Client) -> None:
    [low] = asked(office)
    [high] = asked(office)
    for person, mark in ((low, "0"), (high, "9")):
        device(person).post(page(person), typed(person, safe=mark))

    assert "needs your attention" not in text(desk, reverse("desk:waiting"))
    kinds = set(Change.objects.filter(subject_id=low.pk).values_list("kind", flat=True))
    assert kinds == set(Change.objects.filter(subject_id=high.pk).values_list("kind", flat=True))
    assert text(desk, at_the_desk(low)).count("pill-warning") == 0


def test_every_opening_leaves_a_row_that_its_author_can_see(office: Office, desk: Client) -> None:
    [person] = asked(office)
    browser = device(person)
    browser.post(page(person), typed(person))
    readers = reverse("you-readers", args=[person.pk])
    before = text(browser, readers)

    desk.get(at_the_desk(person))
    desk.get(at_the_desk(person))

    rows = Change.objects.filter(kind=FEEDBACK_READ)
    assert [r.snapshot for r in rows] == [{"feedback": [str(Feedback.objects.get().pk)]}] * 2
    assert "How it was for you" not in before
    assert text(browser, readers).count("How it was for you</span>") == 2


def test_without_the_row_of_this_reading_nobody_reads(office: Office) -> None:
    one, other = asked(office, kind="couple")
    device(one).post(page(one), typed(one))
    rowan = make_practitioner(slug="rowan")
    elsewhere = Change(kind=FEEDBACK_READ, subject_id=other.pk)
    of_answers = Change(kind="answers_read", subject_id=one.pk)
    right = Change(kind=FEEDBACK_READ, subject_id=one.pk)

    for reader in (
        Author(other.pk),
        Fellow(other.pk),
        PractitionerReader(office.practitioner.pk, elsewhere),
        PractitionerReader(office.practitioner.pk, of_answers),
        PractitionerReader(rowan.pk, right),
    ):
        assert said_by(reader=reader, participant_id=one.pk) == []
    with pytest.raises(NotTheirPractitioner):
        open_feedback(practitioner_id=rowan.pk, participant_id=one.pk, now=timezone.now())
    with pytest.raises(NotTheirPractitioner):
        take_off_the_list(
            practitioner_id=rowan.pk, participant_id=one.pk, shown=[], now=timezone.now()
        )
    assert not Change.objects.filter(kind=FEEDBACK_READ).exists()


def test_it_stands_on_no_page_that_is_printed_and_in_no_history(
    office: Office, desk: Client
) -> None:
    one, _other = asked(office, kind="couple")
    device(one).post(page(one), typed(one))
    desk.get(at_the_desk(one))

    reading = text(desk, reverse("desk-reading", args=[one.request_id]))
    answers = text(desk, reverse("desk-answers", args=[one.request_id]) + f"?person={one.pk}")
    request = text(desk, reverse("desk:request", args=[one.request_id]))

    assert at_the_desk(one) in reading
    assert at_the_desk(one) in answers
    assert [SECRET in page for page in (reading, answers, request)] == [False] * 3
    assert "feedback" not in request


def test_what_cannot_be_opened_says_so_and_hides_nothing_else(office: Office, desk: Client) -> None:
    [person] = asked(office, ends=9)
    device(person).post(page(person), typed(person, words="it was new to me"))
    Feedback.objects.update(words_sealed=b"nonsense")
    took_place([person], *days_before(timezone.now(), 8, 5, 2))
    device(person).post(page(person), typed(person))

    shown = text(desk, at_the_desk(person))

    assert "cannot be opened" in shown
    assert SECRET in shown
