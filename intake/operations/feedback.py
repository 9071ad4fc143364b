"""How it goes: said by one person, read by their practitioner, and taken off the list."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from booking.models import Participant
from intake.domain.refusals import AlreadyRead, NotAsked, NotTheirPractitioner
from intake.models import Feedback
from intake.queries.answers import PractitionerReader
from intake.queries.feedback import (
    FEEDBACK_READ,
    LABEL,
    SLIDERS,
    WORDS,
    Marks,
    Said,
    asked_now,
    said_by,
)
from practice.operations import journal
from practice.sealing import seal


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody says: a mark is a number or a way to pass; what they left alone is not in it.

    A lonely `Saying()` says nothing.
    """

    marks: Marks = field(default_factory=dict)
    words: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to keep."""
        return not self.marks and not self.words


@transaction.atomic(durable=True)
def say(*, participant_id: UUID, appointment_id: UUID, saying: Saying, now: datetime) -> bool:
    """Keep what somebody says about the session that they are asked about; whether it is kept.

    It replaces what they said of it before; with nothing, that is deleted. Nobody is told: their
    practitioner finds it on the list. Raises `NotAsked` when this session is not what is asked
    about now, `AlreadyRead` once the practitioner has opened it.
    """
    person = (
        Participant.objects.select_for_update(no_key=True)
        .filter(pk=participant_id, left_at__isnull=True)
        .first()
    )
    asked = asked_now(person, now=now) if person is not None else None
    if asked is None or asked.appointment.pk != appointment_id:
        raise NotAsked
    if asked.is_read:
        raise AlreadyRead
    if not saying.is_empty:
        row = asked.said.id if asked.said is not None else uuid4()
        _keep(row, participant_id, appointment_id, saying, now=now)
    elif asked.said is not None:
        asked.said.delete()
    journal.note(
        kind="feedback_saved",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )
    return not saying.is_empty


def _keep(
    row: UUID, participant_id: UUID, appointment_id: UUID, saying: Saying, *, now: datetime
) -> None:
    words = seal(saying.words, label=LABEL, row=row, field=WORDS) if saying.words else None
    Feedback.objects.update_or_create(
        id=row,
        defaults={
            "participant_id": participant_id,
            "appointment_id": appointment_id,
            "sliders_sealed": seal(json.dumps(saying.marks), label=LABEL, row=row, field=SLIDERS),
            "words_sealed": words,
            "saved_at": now,
        },
    )


@transaction.atomic(durable=True)
def open_feedback(*, practitioner_id: UUID, participant_id: UUID, now: datetime) -> Sequence[Said]:
    """What one person said, for their practitioner, after noting who opens it and when.

    If the row cannot be written, or not be committed, the exception leaves here and nobody reads
    anything. The row names what was opened: from then on it stands. Raises
    `NotTheirPractitioner`.
    """
    # Locked, so that whoever is saving waits and then finds the row, or is read here.
    is_theirs = (
        Participant.objects.select_for_update(no_key=True)
        .filter(pk=participant_id, request__practitioner_id=practitioner_id)
        .first()
    )
    if is_theirs is None:
        raise NotTheirPractitioner
    found = Feedback.objects.filter(participant=participant_id).values_list("pk", flat=True)
    audit = journal.note(
        kind=FEEDBACK_READ,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"feedback": [str(pk) for pk in found]},
    )
    return said_by(reader=PractitionerReader(practitioner_id, audit), participant_id=participant_id)


@transaction.atomic(durable=True)
def take_off_the_list(
    *, practitioner_id: UUID, participant_id: UUID, shown: Collection[UUID], now: datetime
) -> None:
    """The practitioner has looked at these: they are not new any more. Twice does no harm.

    What came in since is not among `shown` and stays on the list. Raises `NotTheirPractitioner`.
    """
    is_theirs = Participant.objects.filter(
        pk=participant_id, request__practitioner_id=practitioner_id
    ).exists()
    if not is_theirs:
        raise NotTheirPractitioner
    rows = Feedback.objects.filter(pk__in=shown, participant=participant_id, seen_at__isnull=True)
    if not rows.update(seen_at=now):
        return
    journal.note(
        kind="feedback_seen",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )
