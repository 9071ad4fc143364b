"""Messages in the practice's own words: written, and brought back to ours."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from notifications.domain.refusals import InvalidWording, WordingMoved
from notifications.messages import subjects
from notifications.messages.lint import paragraphs_of, problems
from notifications.messages.slots import Slot
from notifications.models import WordingEdition
from notifications.queries.persons import practitioner_names
from notifications.queries.wordings import article_titles, version_of
from practice.models import Practice
from practice.operations import journal


def check_wording(*, slot: Slot, subject: str, text: str) -> Sequence[str]:
    """The paragraphs of what was typed. Raises `InvalidWording`."""
    paragraphs = paragraphs_of(text)
    found = problems(
        paragraphs, kind=slot.kind, names=practitioner_names(), titles=article_titles()
    )
    if found:
        raise InvalidWording(found)
    if subject and subject not in dict(subjects.choices_for(slot.kind)):
        raise ValueError(f"no subject for {slot.key}: {subject}")
    return paragraphs


@transaction.atomic(durable=True)
def set_wording(
    *, slot: Slot, subject: str, text: str, seen: int, practitioner_id: UUID, now: datetime
) -> None:
    """Send this message in these words from now on.

    `subject` is a key of the fixed list, or empty. `seen` is the version that the writer had
    before them. Raises `InvalidWording`, `WordingMoved`.
    """
    paragraphs = check_wording(slot=slot, subject=subject, text=text)
    _save(slot, subject, paragraphs, seen=seen, practitioner_id=practitioner_id, now=now)


@transaction.atomic(durable=True)
def reset_wording(*, slot: Slot, seen: int, practitioner_id: UUID, now: datetime) -> None:
    """Send this message in our words again. Raises `WordingMoved`."""
    _save(slot, "", [], seen=seen, practitioner_id=practitioner_id, now=now)


def _save(
    slot: Slot,
    subject: str,
    paragraphs: Sequence[str],
    *,
    seen: int,
    practitioner_id: UUID,
    now: datetime,
) -> None:
    practice = Practice.objects.select_for_update().get()
    version = version_of(slot)
    if version != seen:
        raise WordingMoved
    edition = WordingEdition.objects.create(
        slot=slot.key,
        version=version + 1,
        subject=subject,
        words=list(paragraphs),
        created_at=now,
        practitioner_id=practitioner_id,
    )
    others = {key: w for key, w in practice.wordings.items() if key != slot.key}
    own = {slot.key: {"subject": subject, "words": list(paragraphs)}} if paragraphs else {}
    practice.wordings = others | own
    practice.save(update_fields=["wordings"])
    journal.note(
        kind="wording_changed",
        subject_type="wording",
        subject_id=edition.id,
        revision=edition.version,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"slot": slot.key, "is_ours": not paragraphs},
    )
