"""Taking one's own answers along, and deleting them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from intake.models import Answer, AnswerSheet, Signature
from intake.operations import sheets
from practice.models import Change
from tests.booking.factories import enter, join, make_office, people_of, verified
from tests.intake.people import answer_everything, device

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
