"""What answers make urgent: raised once, held, alerted; never shown, never sent out."""

import json

import pytest
from django.db import connection
from django.utils import timezone

from booking.models import Participant, Request
from booking.operations.participants import set_passcode
from intake.domain.definitions import Passed
from intake.domain.refusals import NotOpen, PasscodeNeeded
from intake.models import Alert, Answer, AnswerSheet, Flag, Review
from intake.operations import sheets
from intake.operations.reading import open_answers
from intake.operations.settings import Changes, change_settings
from intake.queries.answers import Author, answers_for, flag_sources, opened_answers
from intake.queries.standings import standing
from practice.models import Change, Pending
from tests.booking.factories import Office, requester_of, verified
from tests.intake.people import ALERTS, YOU, answer_safety, save

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"sf_a1": "no", "sf_a2": "no", "sf_a3": "no", "sf_a4": "no"}


def sources() -> list[list[str]]:
    return [list(flag_sources(f)) for f in Flag.objects.order_by("raised_at", "level")]


def test_calm_answers_raise_nothing_and_complete_the_section(one: Participant) -> None:
    saved = answer_safety(one)

    assert (saved.missing, saved.is_urgent) == ([], False)
    assert not Flag.objects.exists()
    assert not Review.objects.exists()
    assert Request.objects.get().review_open is False
    assert "quiet" not in standing(one.pk).incomplete


def test_a_flag_opens_a_review_and_alerts_without_any_content(one: Participant) -> None:
    answer_safety(one, sf_h2="yes", sf_attending="yes", sf_speak="unsure")

    assert sources() == [["hark", "speak"]]
    assert [r.closed_at for r in Review.objects.all()] == [None]
    assert [(a.level, a.acknowledged_at) for a in Alert.objects.all()] == [("review", None)]
    assert Request.objects.get().review_open is True
    raised = Change.objects.get(kind="flag_raised")
    assert (raised.subject_type, raised.subject_id) == ("request", one.request_id)
    assert raised.snapshot == {"alert": str(Alert.objects.get().pk)}, "not how urgent it is"
    assert Pending.objects.filter(change=raised).exists(), "the practice hears of it"
    opened = Change.objects.get(kind="review_opened")
    assert not Pending.objects.filter(change=opened).exists(), "nobody is told of a review"


def test_what_raised_a_flag_is_sealed_in_the_database(one: Participant) -> None:
    answer_safety(one, sf_h2="yes", sf_attending="no")

    with connection.cursor() as cursor:
        cursor.execute("SELECT sources_sealed::text FROM intake_flag")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(snapshot::text, '') FROM practice_change")
        journal = cursor.fetchone()[0]
    assert b"hark".hex() not in stored
    assert "hark" not in journal


def test_the_same_reason_is_raised_once_however_often_it_is_looked_at(one: Participant) -> None:
    answer_safety(one, sf_speak="no")
    answer_safety(one, sf_speak="no")
    save(one, "weeks", {"ph_1": "0"}, timezone.now())

    assert sources() == [["speak"]]
    assert Change.objects.filter(kind="flag_raised").count() == 1


def test_safety_answers_are_written_once_and_never_shown_to_their_author(
    one: Participant, office: Office
) -> None:
    answer_safety(one, sf_private_route="the back door")
    answer_safety(one, sf_private_route="overwritten", sf_h1="yes", sf_attending="no")

    mine = {s.question.key for s in answers_for(reader=Author(one.pk), participant_id=one.pk)}
    assert not any(key.startswith("sf_") for key in mine)
    assert "the back door" not in str(standing(one.pk))
    read = {
        s.question.key: s.value
        for s in open_answers(
            practitioner_id=office.practitioner.pk, participant_id=one.pk, now=timezone.now()
        )
    }
    assert read["sf_private_route"] == "the back door"
    assert read["sf_h1"] == "no"
    assert sources() == [["hark"]], "what a second window said still counts"


def test_the_section_is_saved_as_a_whole_or_not_at_all(one: Participant) -> None:
    saved = answer_safety(one, sf_h3=None)

    assert saved.missing == ["sf_h3"]
    assert not Answer.objects.filter(question__startswith="sf_").exists()
    assert AnswerSheet.objects.get().safety_at is None


def test_whoever_is_not_alone_sets_it_aside_and_may_come_back(one: Participant) -> None:
    save(one, "quiet", {"sf_alone": "not_now", "sf_h1": "yes"}, timezone.now())

    sheet = AnswerSheet.objects.get()
    assert (sheet.safety_set_aside, sheet.safety_at is not None) == (True, True)
    assert not Answer.objects.filter(question__startswith="sf_").exists()
    assert sources() == [["set_aside"]]
    assert "quiet" not in standing(one.pk).incomplete, "nothing names this section to them"
    assert not standing(one.pk).is_over(standing(one.pk).form.sections[-1])

    answer_safety(one)

    sheet.refresh_from_db()
    assert sheet.safety_set_aside is False
    assert sources() == [["set_aside"]]
    assert Request.objects.get().review_open is True, "the practitioner decides, not the second try"


def test_not_now_after_an_answer_changes_nothing(one: Participant) -> None:
    answer_safety(one)
    save(one, "quiet", {"sf_alone": "not_now"}, timezone.now())

    assert AnswerSheet.objects.get().safety_set_aside is False
    assert not Flag.objects.exists()


@pytest.fixture
def asking(office: Office) -> Office:
    """A practice that asks the questions on suicide."""
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["hark", "asq", "phq9"], **ALERTS),
        now=timezone.now(),
    )
    return office


def test_danger_now_is_kept_at_once_whatever_else_is_missing(
    asking: Office, one: Participant
) -> None:
    saved = save(one, "quiet", {"sf_a5": "yes"}, timezone.now())

    assert saved.is_urgent
    assert {(f.level, *flag_sources(f)) for f in Flag.objects.all()} == {
        ("acute", "asq_now"),
        ("review", "asq"),
    }
    assert Request.objects.get().review_open is True
    assert "quiet" not in standing(one.pk).incomplete, "nobody is sent back to it"


def test_acute_and_review_alert_each_and_open_one_review(asking: Office, one: Participant) -> None:
    saved = answer_safety(one, **{**ASKED, "sf_a2": "yes", "sf_a5": "yes"})

    assert saved.is_urgent
    assert {(f.level, *flag_sources(f)) for f in Flag.objects.all()} == {
        ("acute", "asq_now"),
        ("review", "asq"),
    }
    assert {a.level for a in Alert.objects.all()} == {"acute", "review"}
    assert Review.objects.count() == 1


def test_the_fifth_question_is_asked_after_a_yes_or_a_refusal_only(
    asking: Office, one: Participant
) -> None:
    assert answer_safety(one, **{**ASKED, "sf_a1": Passed.SAY_ALOUD}).missing == ["sf_a5"]
    assert answer_safety(one, **ASKED).missing == []


def test_a_sheet_begun_before_is_not_asked_about_suicide(office: Office, one: Participant) -> None:
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["asq"], **ALERTS),
        now=timezone.now(),
    )

    assert "asq" not in standing(one.pk).facts.modules
    assert "hark" in standing(one.pk).facts.modules


def test_an_answer_to_what_is_not_asked_is_not_kept(one: Participant) -> None:
    saved = answer_safety(one, sf_a1="yes", sf_a5="yes")

    assert not saved.is_urgent
    assert not Flag.objects.exists()
    kept = opened_answers(AnswerSheet.objects.get(participant=one))
    assert {key for key in kept if key.startswith("sf_a")} == {"sf_alone"}


def test_the_ninth_item_of_the_phq_holds_and_the_short_form_only_notes(
    asking: Office, one: Participant
) -> None:
    save(one, "weeks", {"ph_1": "2", "ph_2": "1"}, timezone.now())
    assert [f.level for f in Flag.objects.all()] == ["note"]
    assert Request.objects.get().review_open is False
    assert not Alert.objects.exists()

    save(one, "weeks", {"ph_9": "1"}, timezone.now())

    assert sources()[-1] == ["phq9_item9"]
    assert Request.objects.get().review_open is True


def test_nothing_a_participant_is_told_of_is_recorded(one: Participant) -> None:
    before = set(Change.objects.values_list("pk", flat=True))

    answer_safety(one, sf_choice="no")

    new = Change.objects.exclude(pk__in=before)
    assert sorted(new.values_list("kind", flat=True)) == ["flag_raised", "review_opened"]
    assert "no" not in json.dumps([c.snapshot for c in new])


def test_without_a_passcode_nothing_is_written_when_others_may_see_the_mail(
    office: Office,
) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    save(person, "you", YOU, timezone.now())
    with pytest.raises(PasscodeNeeded):
        answer_safety(person)
    with pytest.raises(PasscodeNeeded):
        sheets.skip_section(participant_id=person.pk, section="health", now=timezone.now())

    set_passcode(participant_id=person.pk, passcode="quiet river", now=timezone.now())
    answer_safety(person)

    assert AnswerSheet.objects.get().safety_at is not None


# Skipping --------------------------------------------------------------------------------------


def test_history_and_health_are_skipped_as_a_whole_and_taken_up_again(one: Participant) -> None:
    save(one, "health", {"he_concern": ("pain",), "he_sat": 3}, timezone.now())
    assert "health" in standing(one.pk).incomplete, "whether somebody has looked at the pain"

    for section in ("earlier", "health"):
        sheets.skip_section(participant_id=one.pk, section=section, now=timezone.now())

    assert not Answer.objects.filter(question__startswith="he_").exists()
    assert standing(one.pk).settled == {"earlier", "health"}
    assert not {"earlier", "health"} & set(standing(one.pk).incomplete)
    save(one, "health", {"he_sat": 4}, timezone.now())
    assert standing(one.pk).settled == {"earlier"}


def test_only_what_may_be_skipped_can_be_skipped(one: Participant) -> None:
    for section in ("you", "hopes", "quiet", "agreements", "nowhere"):
        with pytest.raises(NotOpen):
            sheets.skip_section(participant_id=one.pk, section=section, now=timezone.now())
