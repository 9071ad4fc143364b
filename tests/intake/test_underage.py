"""Somebody under 18: it stops, nothing is kept, and there are people to turn to."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, LateWish, Participant, Request, Seat
from booking.operations.participants import set_passcode
from intake.domain.loader import library
from intake.domain.refusals import NotContacted
from intake.models import Alert, Answer, AnswerSheet, Feedback, Flag, Review, Signature
from intake.operations import safety, sheets
from intake.queries.answers import flag_sources
from intake.queries.standings import standing
from practice.models import Change, Pending
from tests.booking.api.caller import body_of
from tests.booking.factories import (
    Office,
    booked,
    member,
    open_starts,
    people_of,
    published,
    ready,
    requester_of,
    verified,
)
from tests.intake.people import (
    QUIET,
    YOU,
    answer_everything,
    begun,
    device,
    part,
    save,
    typed,
)
from tests.intake.sessions import took_place

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, int]:
    """How many rows each table holds; sessions of browsers are no table of ours."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.managed and model._meta.label != "sessions.Session"
    }


def stop(person: Participant) -> Client:
    """Say in the first section that one is under 18, and once more where it is asked."""
    browser = device(person)
    stopped = reverse("you-stopped", args=[person.pk])
    answer = browser.post(
        reverse("you-section", args=[person.pk, "you"]), typed(YOU | {"id_18": "under"})
    )
    if answer["Location"] != stopped:
        answer = browser.post(reverse("you-stop", args=[person.pk]))
    assert answer["Location"] == stopped
    return browser


def decide(review: Review, contacted: list[UUID]) -> None:
    safety.close(
        review_id=review.pk,
        practitioner_id=review.request.practitioner_id,
        contacted=contacted,
        decision="decline",
        supervised=False,
        now=timezone.now(),
    )


def sealed_of(person: Participant) -> set[str]:
    """The sealed questions of this person that have an answer."""
    keys = library().sealed
    return set(
        Answer.objects.filter(sheet__participant=person, question__in=keys).values_list(
            "question", flat=True
        )
    )


def test_a_program_that_says_under_18_leaves_no_row_in_any_table(office: Office) -> None:
    body = body_of(office, adult=False)
    before = rows()

    response = Client().post("/api/v1/requests/", body, content_type="application/json")

    assert response.status_code == 422
    assert rows() == before


def test_what_was_typed_before_in_that_sitting_is_gone_too(office: Office) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    empty = rows()
    answer_everything(person, timezone.now())
    sheets.finish(participant_id=person.pk, now=timezone.now())
    set_passcode(participant_id=person.pk, passcode="old river", now=timezone.now())
    sealed = sealed_of(person)

    stop(person)

    journal = {"practice.Change", "practice.Pending", "intake.ConsentText"}
    left = {name: count for name, count in rows().items() if name not in journal}
    expected = {name: count for name, count in empty.items() if name not in journal}
    assert left == expected | {"intake.AnswerSheet": 1}
    sheet = AnswerSheet.objects.get()
    assert (sheet.profile_answered, sheet.skipped, sheet.finished_at) == ([], [], None)
    assert set(sheet.closed) == sealed, "which questions take no second answer, and no more"
    person.refresh_from_db()
    fresh = Participant()
    columns = ("chosen_name", "pronouns", "phone", "shared_mailbox", "sender_name", "may_name_me")
    assert {c: getattr(person, c) for c in columns} == {c: getattr(fresh, c) for c in columns}
    assert (person.passcode_hash, person.cleared_at) == ("", None)
    assert Change.objects.exists(), "the journal holds ids and states only"
    assert Pending.objects.count() <= Change.objects.count()


def test_the_first_answer_stops_before_a_sheet_is_begun(office: Office) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    before = rows()

    stop(person)

    assert rows() == before
    assert not AnswerSheet.objects.exists()


def test_the_page_names_people_for_the_young_of_that_country(office: Office) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    Request.objects.filter(pk=person.request_id).update(country="GB")

    page = stop(person).get(reverse("you-stopped", args=[person.pk])).content.decode()

    assert "0800 1111" in page
    assert "Child Helpline International" in page
    assert "1-800-422-4453" not in page, "that is for another country"


def test_deleting_everything_leaves_no_name_address_or_word_of_theirs(office: Office) -> None:
    one, other = people_of(verified(office, "couple", now=timezone.now()))
    answer_everything(one, timezone.now())
    browser = stop(one)

    done = browser.post(reverse("you-erase", args=[one.pk]))

    assert done["Location"] == reverse("link-done")
    for person in (one, other):
        person.refresh_from_db()
        assert (person.email, person.label, person.chosen_name) == ("", "", "")
    asked = Request.objects.get(pk=one.request_id)
    assert (asked.state, asked.words_sealed, asked.topics_sealed) == ("withdrawn", None, None)
    assert not AnswerSheet.objects.exists()
    assert not Answer.objects.exists()
    assert not Signature.objects.exists()
    assert not Flag.objects.exists()
    assert browser.get(reverse("you", args=[one.pk])).status_code == 404


def test_who_did_not_say_it_deletes_nothing_by_that_address(office: Office) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    answer_everything(person, timezone.now())
    before = rows()

    refused = device(person).post(reverse("you-erase", args=[person.pk]))

    assert refused.status_code == 404
    assert rows() == before
    email = person.email
    person.refresh_from_db()
    assert (person.email, person.left_at) == (email, None)


def test_a_session_ahead_is_cancelled_and_the_practitioner_hears_of_it(office: Office) -> None:
    appointment = booked(office, "couple", now=timezone.now())
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    browser = stop(one)

    browser.post(reverse("you-erase", args=[one.pk]))

    appointment.refresh_from_db()
    one.refresh_from_db()
    other.refresh_from_db()
    assert (appointment.state, one.email) == ("cancelled", "")
    assert (one.left_at is not None, other.left_at) == (True, None)
    cancelled = Change.objects.get(kind="appointment_cancelled", subject_id=appointment.pk)
    assert Pending.objects.filter(change=cancelled).exists()
    assert Change.objects.filter(kind="part_ended", subject_id=one.request_id).exists()


def test_a_place_in_a_group_is_given_back(office: Office) -> None:
    now = timezone.now()
    starts = open_starts(office, office.service("group"), now=now, days=30)
    cohort = published(
        office,
        now=now,
        decide_date=(now + timedelta(days=10)).date(),
        starts=[next(s for s in starts if s > now + timedelta(weeks=2))],
    )
    person = member(office, cohort, name="Gus", now=now)

    stop(person).post(reverse("you-erase", args=[person.pk]))

    assert Seat.objects.get(request=person.request_id).state == "left"
    assert not person.attendances.filter(left_at__isnull=True).exists()


# A tap undoes nothing that protects a person ------------------------------------------------------


def test_with_something_saved_it_is_asked_once_more_and_going_back_loses_nothing(
    office: Office,
) -> None:
    person = begun(office)
    before = rows()
    browser = device(person)

    led = browser.post(
        part(person, "you"), typed(YOU | {"id_18": "under", "id_pronouns": "they/xe"})
    )
    asked = browser.get(led["Location"]).content.decode()
    back = browser.get(part(person, "you")).content.decode()

    assert led["Location"] == reverse("you-stop", args=[person.pk])
    assert "Are you under 18?" in asked
    assert part(person, "you") in asked
    assert rows() == before
    assert "they/xe" in back, "what was typed stands there again"
    assert 'value="under" checked' not in back


def test_whoever_goes_on_leaves_no_draft_behind(office: Office) -> None:
    person = begun(office)

    browser = stop(person)

    assert browser.session.get("drafts", {}) == {}


def test_while_a_review_is_open_the_practitioner_still_sees_who_and_not_why(
    office: Office,
) -> None:
    person = begun(office)
    save(person, "quiet", {**QUIET, "sf_h1": "yes", "sf_attending": "yes"}, timezone.now())
    alert = Alert.objects.get()

    stop(person)

    flag = Flag.objects.get()
    assert (flag.participant_id, flag.level, flag_sources(flag)) == (person.pk, "review", [])
    assert flag.emptied_at is not None
    assert Alert.objects.get(acknowledged_at=None) == alert, "it still asks to be seen"
    review = Review.objects.get(closed_at=None)
    desk = Client()
    assert office.practitioner.user is not None
    desk.force_login(office.practitioner.user)
    page = desk.get(reverse("desk-review", args=[person.request_id])).content.decode()
    assert reverse("desk-flags", args=[person.request_id, person.pk]) in page
    with pytest.raises(NotContacted):
        decide(review, [])

    decide(review, [person.pk])

    assert not Flag.objects.exists(), "with the review goes what was kept for it"


def test_without_an_open_review_no_flag_is_left(office: Office) -> None:
    person = begun(office)
    save(person, "weeks", {"ph_1": "3", "ph_2": "3"}, timezone.now())
    assert [f.level for f in Flag.objects.all()] == ["note"], "the control"

    stop(person)

    assert not Flag.objects.exists()


def test_what_was_sealed_takes_no_second_answer(office: Office) -> None:
    person = begun(office)
    save(person, "quiet", {**QUIET, "sf_h1": "yes", "sf_attending": "yes"}, timezone.now())
    stop(person)

    answer_everything(person, timezone.now())

    own = standing(person.pk)
    assert "quiet" not in own.incomplete
    page = device(person).get(part(person, "quiet")).content.decode()
    assert "You have answered this. It is not shown again." in page
    assert sealed_of(person) == set()
    assert AnswerSheet.objects.get().forgotten_at is None, "they go on after all"


def test_who_deletes_everything_takes_no_flag_off_an_open_review(office: Office) -> None:
    person = begun(office)
    save(person, "quiet", {**QUIET, "sf_h1": "yes", "sf_attending": "yes"}, timezone.now())

    stop(person).post(reverse("you-erase", args=[person.pk]))

    person.refresh_from_db()
    flag = Flag.objects.get()
    assert (person.email, flag.participant_id, flag_sources(flag)) == ("", person.pk, [])
    desk = Client()
    assert office.practitioner.user is not None
    desk.force_login(office.practitioner.user)
    page = desk.get(reverse("desk-review", args=[person.request_id])).content.decode()
    assert "Somebody whose name is deleted" in page
    decide(Review.objects.get(), [])
    assert not Flag.objects.exists(), "nobody is left who could be talked to"


def test_somebody_who_answers_again_deletes_nothing_by_the_address_of_the_young(
    office: Office,
) -> None:
    person = begun(office)
    save(person, "quiet", QUIET, timezone.now())
    browser = stop(person)
    save(person, "you", YOU, timezone.now())

    refused = browser.post(reverse("you-erase", args=[person.pk]))

    assert refused.status_code == 404


def test_what_they_said_after_a_session_goes_with_what_they_answered(office: Office) -> None:
    person, other = people_after_a_session(office)

    stop(person)

    assert [said.participant for said in Feedback.objects.all()] == [other]


def test_deleting_everything_takes_what_they_said_after_a_session_without_a_sheet(
    office: Office,
) -> None:
    person, other = people_after_a_session(office)
    assert not AnswerSheet.objects.exists(), "their forms are on paper, say"

    device(person).post(reverse("you-erase", args=[person.pk]))

    person.refresh_from_db()
    assert person.email == ""
    assert [said.participant for said in Feedback.objects.all()] == [other]


@pytest.mark.parametrize("who", [0, 1])
def test_deleting_everything_takes_their_own_wishes_and_leaves_those_of_others(
    office: Office, who: int
) -> None:
    people = people_after_a_session(office)
    session = Appointment.objects.get(state="fulfilled")
    for each in people:
        LateWish.objects.create(
            appointment=session,
            participant=each,
            words_sealed=b"sealed",
            asked_at=timezone.now(),
        )

    stop(people[who]).post(reverse("you-erase", args=[people[who].pk]))

    left = LateWish.objects.exclude(words_sealed=None)
    assert [wish.participant for wish in left] == [people[1 - who]]


def people_after_a_session(office: Office) -> list[Participant]:
    """Two people after a session, of which each has said how it went."""
    now = timezone.now()
    people = people_of(ready(office, "couple", now=now))
    Request.objects.filter(pk=people[0].request_id).update(state="confirmed")
    [session] = took_place(people, now - timedelta(days=1))
    for person in people:
        Feedback.objects.create(
            participant=person, appointment=session, sliders_sealed=b"sealed", saved_at=now
        )
    return people
