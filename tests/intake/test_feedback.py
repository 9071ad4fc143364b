"""How it goes: asked of one person, said to their practitioner, and known to nobody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant, Request, Seat
from booking.operations import absences, parting
from intake.domain.definitions import Passed
from intake.domain.feedback import Slider
from intake.domain.refusals import AlreadyRead, NotAsked, NotTheirPractitioner
from intake.models import Feedback
from intake.operations.feedback import Saying, open_feedback, say, take_off_the_list
from intake.operations.parting import record_separation
from intake.operations.retention import purge
from intake.queries.answers import Author, Fellow, PractitionerReader
from intake.queries.feedback import FEEDBACK_READ, asked_now, held_by, said_by
from practice.models import Change
from tests.booking.factories import (
    NOW,
    Office,
    booked,
    make_practitioner,
    member,
    people_of,
    published,
    ready,
    requester_of,
)
from tests.booking.races.harness import PATIENCE, wait_until_somebody_waits
from tests.intake.people import device
from tests.intake.sessions import days_before, took_place

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "I nearly did not come"
SAID: dict[str, str] = {
    "heard": "8",
    "useful": "prefer_not",
    "pace": "5",
    "safe": "2",
    "words": SECRET,
}


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    return client


def asked(office: Office, *, kind: str = "individual", ends: float = 2) -> list[Participant]:
    """People after their third session, `ends` days ago; the first of them wants to be asked."""
    now = timezone.now()
    people = people_of(ready(office, kind, now=now))
    Request.objects.filter(pk=people[0].request_id).update(state="confirmed")
    Participant.objects.filter(request=people[0].request_id).update(shared_mailbox="no")
    Participant.objects.filter(pk=people[0].pk).update(wants_feedback=True)
    took_place(people, *days_before(now, ends + 14, ends + 7, ends))
    return [Participant.objects.get(pk=p.pk) for p in people]


def last_session(person: Participant) -> Appointment:
    return Appointment.objects.filter(attendances__participant=person).latest("ends_at")


def page(person: Participant) -> str:
    return reverse("you-after", args=[person.pk])


def at_the_desk(person: Participant) -> str:
    return reverse("desk-feedback", args=[person.request_id, person.pk])


def typed(person: Participant, **other: str) -> dict[str, str]:
    return {**SAID, "about": str(last_session(person).pk), **other}


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content.decode()
    return " ".join(response.content.decode().split())


def own(person: Participant) -> Any:
    return said_by(reader=Author(person.pk), participant_id=person.pk)


# Who is asked, and when -----------------------------------------------------------------------


def counted(person: Participant) -> int:
    return len(held_by([person])[person.pk])


def test_only_what_took_place_with_them_counts(office: Office) -> None:
    one, other = asked(office, kind="couple")
    now = timezone.now()
    took_place([one, other], *days_before(now, 30), state="no_show")
    took_place([one, other], *days_before(now, 31), state="cancelled")
    [left] = took_place([one, other], *days_before(now, 32))
    left.attendances.filter(participant=one).update(left_at=now)
    [missed] = took_place([one, other], *days_before(now, 33))
    absences.tell_absent(
        appointment_id=missed.pk,
        participant_id=one.pk,
        practitioner_id=office.practitioner.pk,
        again=False,
        now=now,
    )

    assert (counted(one), counted(other)) == (3, 5)


def test_the_sessions_of_another_request_are_never_counted_even_of_the_same_address(
    office: Office,
) -> None:
    [one] = asked(office)
    [other] = asked(office)
    Participant.objects.filter(pk=other.pk).update(email=one.email)

    assert (counted(one), counted(other)) == (3, 3)


def test_a_call_before_joining_a_group_is_no_session_of_it(office: Office) -> None:
    cohort = published(office)
    person = member(office, cohort)
    assert Seat.objects.filter(request=person.request_id).exists()
    [call] = took_place([person], *days_before(NOW, 9))
    [evening] = took_place([person], *days_before(NOW, 2))
    Appointment.objects.filter(pk=evening.pk).update(request=None, cohort=cohort)

    assert [held.appointment_id for held in held_by([person])[person.pk]] == [evening.pk]
    assert call.pk != evening.pk


def test_after_a_parting_nobody_is_asked(office: Office) -> None:
    one, _other = asked(office, kind="couple")
    assert asked_now(one, now=timezone.now()) is not None

    record_separation(
        request_id=one.request_id, practitioner_id=office.practitioner.pk, now=timezone.now()
    )

    assert asked_now(one, now=timezone.now()) is None


@pytest.mark.parametrize(
    ("ends", "is_there"), [(0.9, False), (1.1, True), (14.9, True), (15.1, False)]
)
def test_the_page_is_there_from_a_day_after_the_session_for_two_weeks(
    office: Office, ends: float, is_there: bool
) -> None:
    [person] = asked(office, ends=ends)
    browser = device(person)

    assert browser.get(page(person)).status_code == (200 if is_there else 404)
    home = browser.get(reverse("you", args=[person.pk])).content.decode()
    assert (page(person) in home) is is_there


def test_who_did_not_choose_it_is_not_asked(office: Office) -> None:
    _one, other = asked(office, kind="couple")
    browser = device(other)

    assert browser.get(page(other)).status_code == 404
    assert browser.post(page(other), typed(other)).status_code == 303
    assert not Feedback.objects.exists()
    assert page(other) not in browser.get(reverse("you", args=[other.pk])).content.decode()


def test_a_second_session_is_none_and_a_fourth_asks_about_the_third_still(office: Office) -> None:
    [person] = asked(office)
    third = last_session(person)
    took_place([person], *days_before(timezone.now(), 1.5))
    found = asked_now(person, now=timezone.now())

    assert found is not None
    assert found.appointment == third
    Appointment.objects.filter(pk=third.pk).update(state="no_show")
    found = asked_now(person, now=timezone.now())
    assert found is not None
    assert found.appointment == last_session(person)
    Appointment.objects.filter(pk=last_session(person).pk).update(state="no_show")
    assert asked_now(person, now=timezone.now()) is None


# Their page -----------------------------------------------------------------------------------


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


# At the desk ----------------------------------------------------------------------------------


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


# The others -----------------------------------------------------------------------------------


def test_the_other_person_reads_the_same_whether_or_not_it_was_asked_and_answered(
    office: Office,
) -> None:
    one, other = asked(office, kind="couple")
    browser = device(other)
    pages = ("you", "you-copy", "you-readers", "you-others", "you-answers-seen")

    def all_of_it() -> list[bytes]:
        return [
            _without_tokens(browser.get(reverse(name, args=[other.pk])).content) for name in pages
        ]

    Participant.objects.filter(pk=one.pk).update(wants_feedback=False)
    not_asked = all_of_it()
    Participant.objects.filter(pk=one.pk).update(wants_feedback=True)
    was_asked = all_of_it()
    device(one).post(page(one), typed(one))
    open_feedback(practitioner_id=office.practitioner.pk, participant_id=one.pk, now=timezone.now())

    assert not_asked == was_asked == all_of_it()
    assert browser.get(page(one)).status_code == 404


def _without_tokens(content: bytes) -> bytes:
    lines = content.split(b"\n")
    return b"\n".join(line for line in lines if b"csrf" not in line and b"nonce" not in line)


# What is kept, and for how long ---------------------------------------------------------------


def test_it_is_in_the_copy_to_take_along_and_goes_with_the_rest_on_a_press(office: Office) -> None:
    one, other = asked(office, kind="couple")
    Participant.objects.filter(pk=other.pk).update(wants_feedback=True)
    for person in (one, other):
        device(person).post(page(person), typed(person, words=f"{SECRET} {person.position}"))
    browser = device(one)

    shown = text(browser, reverse("you-copy", args=[one.pk]))
    [taken] = browser.post(reverse("you-copy-file", args=[one.pk])).json()["after_sessions"]
    browser.post(reverse("you-copy-delete", args=[one.pk]), {"sure": "yes"})

    assert f"{SECRET} {one.position}" in shown
    assert f"{SECRET} {other.position}" not in shown
    assert taken["words"] == f"{SECRET} {one.position}"
    assert taken["sliders"] == {"heard": 8, "useful": "prefer_not", "pace": 5, "safe": 2}
    assert [f.participant_id for f in Feedback.objects.all()] == [other.pk]


def test_it_is_kept_as_long_as_answers_are(office: Office) -> None:
    [person] = asked(office)
    device(person).post(page(person), typed(person))
    last = last_session(person).ends_at

    purge(now=last + timedelta(days=364))
    kept = Feedback.objects.count()
    purge(now=last + timedelta(days=366))

    assert (kept, Feedback.objects.count()) == (1, 0)


def test_it_survives_a_parting_for_its_author_and_the_practitioner(
    office: Office, desk: Client
) -> None:
    one, other = asked(office, kind="couple")
    device(one).post(page(one), typed(one))

    record_separation(
        request_id=one.request_id, practitioner_id=office.practitioner.pk, now=timezone.now()
    )

    assert SECRET in text(device(one), reverse("you-copy", args=[one.pk]))
    assert SECRET in text(desk, at_the_desk(one))
    assert SECRET not in text(device(other), reverse("you-copy", args=[other.pk]))


def test_nobody_is_asked_before_anything_has_taken_place(office: Office) -> None:
    booked(office, now=timezone.now())
    person = requester_of(Request.objects.get())
    Participant.objects.update(wants_feedback=True, shared_mailbox="no")

    assert device(person).get(page(person)).status_code == 404
