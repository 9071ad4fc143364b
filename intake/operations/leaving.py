"""Taking one's own answers along, and deleting them: each person for themselves alone."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from intake.domain.answers import to_json
from intake.domain.definitions import Tier
from intake.models import Answer, Signature
from intake.operations import sheets
from intake.queries import Author, answers_for, form_of
from practice.operations import journal


@transaction.atomic(durable=True)
def export_own(*, participant_id: UUID, now: datetime) -> Mapping[str, object]:
    """Everything of this person that they may see, ready for JSON. Sealed answers are not in it.

    Nothing of anybody else: neither answers nor names.
    """
    shown = answers_for(reader=Author(participant_id), participant_id=participant_id)
    signatures = Signature.objects.filter(participant_id=participant_id).order_by("signed_at")
    _record("export_done", participant_id, now=now)
    return {
        "made_at": now.isoformat(),
        "answers": [
            {
                "section": one.section.title,
                "question": one.question.label,
                "key": one.question.key,
                # Already JSON, in the words of the questionnaire's file.
                "answer": None if one.value is None else json.loads(to_json(one.value)),
                "unreadable": one.is_unreadable,
                "shown_to_others": one.is_shared,
                "saved_at": one.saved_at.isoformat() if one.saved_at else None,
            }
            for one in shown
        ],
        "agreements": [
            {
                "document": one.document,
                "version": one.document_version,
                "accepted": one.accepted,
                "signed_at": one.signed_at.isoformat(),
                "time_zone": one.time_zone,
                "taken_back_at": one.withdrawn_at.isoformat() if one.withdrawn_at else None,
            }
            for one in signatures
        ],
    }


@transaction.atomic(durable=True)
def delete_own(*, participant_id: UUID, now: datetime) -> int:
    """Delete this person's answers, but for the sealed ones; how many went.

    How they are reached stays, as long as the request does, and so do signatures. Where something
    required is missing then, their part is not complete any more.
    """
    sheet = sheets.lock_sheet(participant_id=participant_id, now=now)
    sealed = [q.key for q in form_of(sheet).questions if q.tier is Tier.SEALED]
    going = Answer.objects.filter(sheet=sheet).exclude(question__in=sealed)
    count, _ = going.delete()
    sheets.reopen_if_incomplete(participant_id=participant_id, now=now)
    _record("deletion_done", participant_id, now=now)
    return count


def _record(kind: str, participant_id: UUID, *, now: datetime) -> None:
    journal.record(
        kind=kind,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )
