"""Who reads whose answers, and the row that stands first."""

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from booking.models import Participant
from intake.domain.refusals import NotTheirPractitioner
from intake.models import Answer
from intake.operations import sheets
from intake.operations.reading import open_answers
from intake.operations.sheets import Given
from intake.queries.answers import Author, Fellow
from practice.models import Change
from tests.booking.factories import (
    Office,
    booked,
    enter,
    join,
    make_practitioner,
    people_of,
    verified,
)
from tests.intake.people import (
    CANARY,
    CONTACT,
    MORE,
    YOU,
    answer_everything,
    person_of,
    save,
    texts_of,
)

pytestmark = pytest.mark.django_db(transaction=True)


def couple_of(office: Office) -> tuple[Participant, Participant]:
    """Two people who have both joined."""
    now = timezone.now()
    request = verified(office, "couple", now=now)
    one, other = people_of(request)
    enter(other, now=now)
    join(other, accepts=True, now=now)
    return Participant.objects.get(pk=one.pk), Participant.objects.get(pk=other.pk)


def test_the_other_sees_nothing_before_and_only_shared_answers_after_booking(
    office: Office,
) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    save(one, "you", YOU, now)
    save(one, "contact", CONTACT | {"ct_safe_times": CANARY}, now)
    sheets.save_section(
        participant_id=one.pk,
        section="more",
        given={
            "cp_view": Given("shown", is_shared=True),
            "cp_strength": Given("we laugh"),
            "cp_lean": Given("out", is_shared=True),
        },
        now=now,
    )

    seen = texts_of(Fellow(other.pk), one)

    assert seen == {
        "id_chosen": "Robin",
        "id_pronouns": "they",
        "cp_view": "shown",
        "cp_strength": "we laugh",
    }


def test_nothing_is_shared_while_the_appointment_is_not_booked(office: Office) -> None:
    one, other = couple_of(office)
    answer_everything(one, timezone.now())

    assert texts_of(Fellow(other.pk), one) == {}


def test_a_stranger_reads_nothing_whatever_they_claim_to_be(office: Office) -> None:
    one = person_of(office)
    stranger = person_of(office)
    answer_everything(one, timezone.now())

    assert texts_of(Author(stranger.pk), one) == {}
    assert texts_of(Fellow(stranger.pk), one) == {}


def test_reading_by_the_practitioner_leaves_a_row_first(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    answer_everything(person, now)

    read = open_answers(practitioner_id=office.practitioner.pk, participant_id=person.pk, now=now)

    row = Change.objects.get(kind="answers_read")
    assert row.subject_id == person.pk
    assert row.actor == f"practitioner:{office.practitioner.pk}"
    assert row.snapshot["answers"] == Answer.objects.count()
    assert MORE["individual"]["in_rel"] in [s.value for s in read]


def test_reading_is_refused_when_its_row_cannot_be_written(office: Office) -> None:
    person = person_of(office)
    answer_everything(person, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE practice_change ADD CONSTRAINT full_disk CHECK (kind <> 'answers_read')"
        )
    try:
        with pytest.raises(IntegrityError, match="full_disk"):
            open_answers(
                practitioner_id=office.practitioner.pk,
                participant_id=person.pk,
                now=timezone.now(),
            )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE practice_change DROP CONSTRAINT full_disk")


def test_another_practitioner_reads_nothing_and_leaves_no_row(office: Office) -> None:
    person = person_of(office)
    answer_everything(person, timezone.now())
    other = make_practitioner(slug="river")

    with pytest.raises(NotTheirPractitioner):
        open_answers(practitioner_id=other.pk, participant_id=person.pk, now=timezone.now())

    assert not Change.objects.filter(kind="answers_read").exists()
