"""The practitioner's reading of answers: the journal's row is written first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.models import Participant
from intake.domain.refusals import NotTheirPractitioner
from intake.models import Answer, AnswerSheet
from intake.queries import ANSWERS_READ, PractitionerReader, Shown, answers_for
from practice.operations import journal


@transaction.atomic(durable=True)
def open_answers(*, practitioner_id: UUID, participant_id: UUID, now: datetime) -> Sequence[Shown]:
    """A person's answers for their practitioner, after noting who opens them and when.

    If the row cannot be written, or not be committed, the exception leaves here and nobody
    reads anything. Raises `NotTheirPractitioner`.
    """
    is_theirs = Participant.objects.filter(
        pk=participant_id, request__practitioner_id=practitioner_id
    ).exists()
    if not is_theirs:
        raise NotTheirPractitioner
    sheet = AnswerSheet.objects.filter(participant_id=participant_id).first()
    audit = journal.note(
        kind=ANSWERS_READ,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={
            "sheet": str(sheet.id) if sheet else None,
            "answers": Answer.objects.filter(sheet=sheet).count() if sheet else 0,
        },
    )
    return answers_for(
        reader=PractitionerReader(practitioner_id, audit), participant_id=participant_id
    )
