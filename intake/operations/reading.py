"""The practitioner's reading of answers: the journal's row is written first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.models import Participant
from intake.domain.flags import Source
from intake.domain.refusals import NotTheirPractitioner
from intake.models import Answer, AnswerSheet, Flag
from intake.queries.answers import (
    ANSWERS_READ,
    PractitionerReader,
    Shown,
    answers_for,
    flag_sources,
)
from practice.models import Change
from practice.operations import journal


@dataclass(frozen=True, slots=True)
class Reason:
    """One flag with why it was raised; no sources if its key is lost."""

    flag: Flag
    sources: Sequence[Source]


@dataclass(frozen=True, slots=True)
class OpenedFlags:
    """What is behind the flag of one person."""

    reasons: Sequence[Reason]
    answers: Sequence[Shown]


@transaction.atomic(durable=True)
def open_answers(*, practitioner_id: UUID, participant_id: UUID, now: datetime) -> Sequence[Shown]:
    """A person's answers for their practitioner, after noting who opens them and when.

    If the row cannot be written, or not be committed, the exception leaves here and nobody
    reads anything. Raises `NotTheirPractitioner`.
    """
    audit = _noted(practitioner_id, participant_id, now=now)
    return answers_for(
        reader=PractitionerReader(practitioner_id, audit), participant_id=participant_id
    )


@transaction.atomic(durable=True)
def open_flags(*, practitioner_id: UUID, participant_id: UUID, now: datetime) -> OpenedFlags:
    """Why a person was flagged, with their answers, after noting who opens them and when.

    The row is that of any other reading: a person who looks at who read their answers must not
    learn from it that they were flagged. Raises `NotTheirPractitioner`.
    """
    audit = _noted(practitioner_id, participant_id, now=now)
    answers = answers_for(
        reader=PractitionerReader(practitioner_id, audit), participant_id=participant_id
    )
    flags = Flag.objects.filter(participant_id=participant_id)
    return OpenedFlags(
        reasons=[Reason(f, [Source(s) for s in flag_sources(f)]) for f in flags], answers=answers
    )


def _noted(practitioner_id: UUID, participant_id: UUID, *, now: datetime) -> Change:
    """The journal's row of a reading, in the transaction of that reading."""
    is_theirs = Participant.objects.filter(
        pk=participant_id, request__practitioner_id=practitioner_id
    ).exists()
    if not is_theirs:
        raise NotTheirPractitioner
    sheet = AnswerSheet.objects.filter(participant_id=participant_id).first()
    return journal.note(
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
