"""Agreements: what was signed and read, refused while it changes, and taken back."""

import pytest
from django.utils import timezone

from booking.models import Participant
from intake.domain.refusals import NotAgreed, TextChanged
from intake.models import ConsentText, Signature
from intake.operations import consents, sheets
from intake.queries.standings import standing
from tests.booking.factories import Office
from tests.intake.people import (
    CANARY,
    CONTACT,
    YOU,
    answer_everything,
    person_of,
    save,
    sign_everything,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_agreement_taken_back_takes_the_clearance_back_and_stays_as_history(
    office: Office,
) -> None:
    person = person_of(office)
    answer_everything(person, timezone.now())
    sheets.finish(participant_id=person.pk, now=timezone.now())

    consents.take_back(participant_id=person.pk, document="cn_data", now=timezone.now())

    assert Participant.objects.get(pk=person.pk).cleared_at is None
    assert standing(person.pk).unsigned == ["cn_data"]
    sign_everything(person, timezone.now())
    sheets.finish(participant_id=person.pk, now=timezone.now())
    assert Signature.objects.filter(document="cn_data").count() == 2
    assert Participant.objects.get(pk=person.pk).cleared_at is not None


def test_a_signature_keeps_version_exact_text_zone_and_a_sealed_name(office: Office) -> None:
    person = person_of(office)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)

    sign_everything(person, now, name=CANARY)

    signature = Signature.objects.get(document="cn_cancel")
    assert signature.document_version == 1
    assert signature.time_zone == "Europe/London"
    assert CANARY.encode() not in bytes(signature.legal_name_sealed)
    assert "until 24 hours before it begins" in signature.text.text
    assert ConsentText.objects.count() == Signature.objects.count()


def test_a_text_that_changed_while_it_was_read_is_not_signed(office: Office) -> None:
    person = person_of(office)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    documents = standing(person.pk).documents
    shown = {d.consent.key: d.text_hash.hex() for d in documents}
    service = office.service("individual")
    service.cancel_minutes = 72 * 60
    service.save()

    with pytest.raises(TextChanged) as caught:
        consents.sign(
            participant_id=person.pk,
            legal_name="Robin",
            agreed={d.consent.key: True for d in documents},
            shown=shown,
            now=timezone.now(),
        )

    assert caught.value.documents == ["cn_cancel"]
    assert not Signature.objects.exists()


def test_nothing_is_signed_while_one_required_document_is_not(office: Office) -> None:
    person = person_of(office)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    documents = standing(person.pk).documents
    agreed = {d.consent.key: d.consent.key != "cn_scope" for d in documents}

    with pytest.raises(NotAgreed):
        consents.sign(
            participant_id=person.pk,
            legal_name="Robin",
            agreed=agreed,
            shown={d.consent.key: d.text_hash.hex() for d in documents},
            now=timezone.now(),
        )

    assert not Signature.objects.exists()
