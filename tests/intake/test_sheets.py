"""Saving, finishing, taking back: sealed in the database, told to booking, merged."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from booking.models import Participant
from booking.operations import participants
from intake.domain.answers import fingerprint
from intake.domain.modules import DEFAULT_MODULES
from intake.domain.refusals import NotComplete, NotOpen, PasscodeNeeded
from intake.models import Answer, AnswerSheet, Signature
from intake.operations import sheets, underage
from intake.operations.reading import open_answers
from intake.operations.settings import Changes, change_settings
from intake.operations.sheets import Given
from intake.queries.answers import Author, answers_for, opened
from intake.queries.standings import standing
from practice.models import Change
from practice.sealing import Tampered
from tests.booking.factories import Office, enter, people_of, verified
from tests.intake.people import (
    CANARY,
    CONTACT,
    HOPES,
    MORE,
    YOU,
    answer_everything,
    person_of,
    save,
    sign_everything,
    texts_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_answer_is_sealed_in_the_database_and_opens_for_its_author(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU | {"id_access": CANARY}, now)

    with connection.cursor() as cursor:
        cursor.execute("SELECT value_sealed::text FROM intake_answer")
        stored = "".join(row[0] for row in cursor.fetchall())
    assert CANARY.encode().hex() not in stored
    assert texts_of(Author(person.pk), person)["id_access"] == CANARY


def test_profile_answers_become_columns_and_no_answer_rows(office: Office) -> None:
    person = person_of(office)

    save(person, "you", YOU, timezone.now())

    person.refresh_from_db()
    assert (person.chosen_name, person.pronouns, person.time_zone) == (
        "Robin",
        "they",
        "Europe/London",
    )
    assert set(Answer.objects.values_list("question", flat=True)) == {"id_18"}


def test_two_ciphertexts_swapped_do_not_open_as_each_other(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    save(person, "hopes", HOPES, now)
    one, other = Answer.objects.filter(question__in=["go_why_now", "go_better"])
    one.value_sealed, other.value_sealed = other.value_sealed, one.value_sealed
    one.save()
    other.save()

    with pytest.raises(Tampered):
        opened(Answer.objects.get(pk=one.pk))
    shown = answers_for(reader=Author(person.pk), participant_id=person.pk)
    assert [s.question.key for s in shown if s.is_unreadable] == ["go_why_now", "go_better"]


@pytest.mark.parametrize("kind", ["individual", "couple", "non_monogamous", "group"])
def test_finishing_clears_the_person_in_booking(office: Office, kind: str) -> None:
    person = person_of(office, kind)
    answer_everything(person, timezone.now())
    assert Participant.objects.get(pk=person.pk).cleared_at is None

    sheets.finish(participant_id=person.pk, now=timezone.now())

    assert Participant.objects.get(pk=person.pk).cleared_at is not None
    assert Change.objects.filter(kind="participant_cleared").count() == 1


def test_finishing_is_refused_while_something_is_missing(office: Office) -> None:
    person = person_of(office)
    save(person, "you", YOU, timezone.now())

    with pytest.raises(NotComplete) as caught:
        sheets.finish(participant_id=person.pk, now=timezone.now())

    assert caught.value.sections == ["contact", "agreements", "hopes", "quiet"]
    assert Participant.objects.get(pk=person.pk).cleared_at is None


def test_an_answer_taken_back_takes_the_clearance_back(office: Office) -> None:
    person = person_of(office)
    answer_everything(person, timezone.now())
    sheets.finish(participant_id=person.pk, now=timezone.now())

    save(person, "hopes", {"go_better": None}, timezone.now())

    assert Participant.objects.get(pk=person.pk).cleared_at is None
    assert AnswerSheet.objects.get().finished_at is None


def test_two_windows_that_changed_different_answers_both_win(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    save(person, "hopes", HOPES, now)
    seen = {k: fingerprint(v, is_shared=False) for k, v in HOPES.items()}

    for changed in ({"go_why_now": "first window"}, {"go_better": "second window"}):
        given = {k: Given(v, seen=seen[k]) for k, v in {**HOPES, **changed}.items()}
        saved = sheets.save_section(participant_id=person.pk, section="hopes", given=given, now=now)
        assert saved.conflicts == []

    answers = texts_of(Author(person.pk), person)
    assert (answers["go_why_now"], answers["go_better"]) == ("first window", "second window")


def test_the_same_answer_changed_in_two_windows_is_left_to_the_person(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    save(person, "hopes", HOPES, now)
    seen = fingerprint("now", is_shared=False)
    outcomes = [
        sheets.save_section(
            participant_id=person.pk,
            section="hopes",
            given={"go_why_now": Given(words, seen=seen)},
            now=now,
        ).conflicts
        for words in ("first window", "second window")
    ]

    assert outcomes == [[], ["go_why_now"]]
    assert texts_of(Author(person.pk), person)["go_why_now"] == "first window"


def test_an_answer_whose_question_no_longer_applies_is_deleted(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(
        person,
        "contact",
        CONTACT | {"ct_phone": "+1 212 555 0100", "ct_voicemail": "no_calls"},
        now,
    )
    assert Answer.objects.filter(question="ct_voicemail").exists()

    save(person, "contact", {"ct_phone": None}, now)

    assert not Answer.objects.filter(question="ct_voicemail").exists()
    assert Participant.objects.get(pk=person.pk).phone == ""


def test_a_sealed_answer_is_written_once_and_never_returns_to_its_author(office: Office) -> None:
    person = person_of(office, "group")
    now = timezone.now()
    answer_everything(person, now)
    save(person, "more", {"gr_conflict": CANARY}, now)
    save(person, "more", {"gr_conflict": "overwritten"}, now)

    assert "gr_conflict" not in texts_of(Author(person.pk), person)
    assert CANARY not in str(standing(person.pk).answers)
    read = open_answers(practitioner_id=office.practitioner.pk, participant_id=person.pk, now=now)
    assert [s.value for s in read if s.question.key == "gr_conflict"] == [CANARY]


def test_without_a_passcode_nothing_follows_when_others_may_see_the_mail(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)

    for section, answers in (("contact", CONTACT | {"ct_shared": "unsure"}), ("hopes", HOPES)):
        with pytest.raises(PasscodeNeeded):
            save(person, section, answers, now)

    participants.set_passcode(participant_id=person.pk, passcode="quiet river", now=now)
    save(person, "contact", CONTACT | {"ct_shared": "yes"}, now)
    assert Participant.objects.get(pk=person.pk).shared_mailbox == "yes"


def test_nobody_answers_before_they_have_joined(office: Office) -> None:
    now = timezone.now()
    _, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)

    with pytest.raises(NotOpen):
        save(other, "you", YOU, now)

    assert not AnswerSheet.objects.exists()


def test_somebody_under_18_leaves_nothing_behind(office: Office) -> None:
    person = person_of(office)
    answer_everything(person, timezone.now())
    sheets.finish(participant_id=person.pk, now=timezone.now())

    underage.forget(participant_id=person.pk, now=timezone.now())

    person.refresh_from_db()
    assert not Answer.objects.exists()
    assert not Signature.objects.exists()
    assert (person.chosen_name, person.cleared_at) == ("", None)


def test_an_old_sheet_keeps_the_version_it_was_begun_with(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    AnswerSheet.objects.create(
        participant=person, form="individual", version=1, begun_at=now, saved_at=now
    )

    for section, answers in (
        ("you", YOU),
        ("contact", CONTACT),
        ("hopes", HOPES),
        ("more", MORE["individual"]),
    ):
        save(person, section, answers, now + timedelta(days=1))
    sign_everything(person, now)
    sheets.finish(participant_id=person.pk, now=now)

    sheet = AnswerSheet.objects.get()
    assert (sheet.form, sheet.version, sheet.begun_at) == ("individual", 1, now)
    assert [s.slug for s in standing(person.pk).form.sections][-2:] == ["more", "agreements"]
    assert Participant.objects.get(pk=person.pk).cleared_at is not None


def test_a_new_sheet_is_pinned_to_the_newest_version_and_to_what_is_switched_on(
    office: Office,
) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)

    change_settings(
        practitioner_id=office.practitioner.pk, changes=Changes(modules=["phq2"]), now=now
    )

    sheet = AnswerSheet.objects.get()
    assert sheet.version == 2
    assert frozenset(sheet.modules) == DEFAULT_MODULES
    assert standing(person.pk).form.section("health") is not None
    other = person_of(office)
    assert standing(other.pk).form.section("health") is None
