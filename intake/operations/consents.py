"""Signing the documents, and taking an agreement back."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from intake.domain.documents import Document
from intake.domain.refusals import NoLegalName, NotAgreed, NotOpen, PasscodeNeeded, TextChanged
from intake.models import AnswerSheet, ConsentText, Signature
from intake.operations import sheets
from intake.queries.standings import standing_of
from practice.operations import journal
from practice.sealing import seal


@transaction.atomic(durable=True)
def sign(
    *,
    participant_id: UUID,
    legal_name: str,
    agreed: Mapping[str, bool],
    shown: Mapping[str, str],
    now: datetime,
) -> None:
    """Sign every document in `agreed` at once, under one typed legal name.

    What stands signed under exactly this text is left alone; a text that reads otherwise since is
    signed anew, and the earlier signature stays as it was, with its text.

    `shown` holds the SHA-256 (hex) of the texts that the person read: if one is not the text
    that applies now, `TextChanged` says so and nothing is signed. `NotAgreed` if a required one
    has no agreement, `NoLegalName`, `NotOpen`, `PasscodeNeeded`.
    """
    sheet = sheets.lock_sheet(participant_id=participant_id, now=now)
    own = standing_of(sheet.participant, sheet)
    if not own.is_open:
        raise NotOpen
    if own.needs_passcode:
        raise PasscodeNeeded
    name = " ".join(legal_name.split())
    if not name:
        raise NoLegalName
    wanted = {d.consent.key: d for d in own.documents if d.consent.key in agreed}
    changed = [k for k, d in wanted.items() if shown.get(k) != d.text_hash.hex()]
    if changed:
        raise TextChanged(changed)
    refused = [key for key in own.unsigned if key not in wanted or not agreed[key]]
    if refused:
        raise NotAgreed(refused)
    for key, document in wanted.items():
        before = own.signature_under(document)
        if before is not None and before.accepted == agreed[key]:
            continue
        _sign(sheet, document, name, accepted=agreed[key], now=now)


def _sign(
    sheet: AnswerSheet, document: Document, name: str, *, accepted: bool, now: datetime
) -> None:
    consent = document.consent
    Signature.objects.filter(
        participant_id=sheet.participant_id, document=consent.key, withdrawn_at__isnull=True
    ).update(withdrawn_at=now)
    text, _ = ConsentText.objects.get_or_create(
        text_hash=document.text_hash,
        defaults={
            "document": consent.key,
            "document_version": consent.version,
            "text": document.text,
        },
    )
    signature = Signature(
        id=uuid4(),
        participant_id=sheet.participant_id,
        document=consent.key,
        document_version=consent.version,
        text=text,
        accepted=accepted,
        signed_at=now,
        time_zone=sheet.participant.time_zone,
    )
    signature.legal_name_sealed = seal(
        name, label="signature", row=signature.id, field="legal_name"
    )
    signature.save(force_insert=True)
    _note(
        sheet.participant_id,
        "consent_signed" if accepted else "consent_declined",
        signature,
        now=now,
    )


@transaction.atomic(durable=True)
def take_back(*, participant_id: UUID, document: str, now: datetime) -> None:
    """Withdraw the agreement to a document. Without a required one nobody stays cleared.

    The signature stays as history. Does nothing if there is none.
    """
    sheets.lock_sheet(participant_id=participant_id, now=now)
    signature = Signature.objects.filter(
        participant_id=participant_id, document=document, withdrawn_at__isnull=True
    ).first()
    if signature is None:
        return
    signature.withdrawn_at = now
    signature.save(update_fields=["withdrawn_at"])
    _note(participant_id, "consent_withdrawn", signature, now=now)
    sheets.reopen_if_incomplete(participant_id=participant_id, now=now)


def _note(participant_id: UUID, kind: str, signature: Signature, *, now: datetime) -> None:
    journal.note(
        kind=kind,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
        snapshot={
            "signature": str(signature.id),
            "document": signature.document,
            "version": signature.document_version,
        },
    )
