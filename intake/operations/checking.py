"""The practice says that it has read something and stands behind it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from intake.domain.refusals import EditedMeanwhile, UnknownSetting
from intake.models import TextCheck
from intake.queries.checking import to_check
from practice.operations import journal


@transaction.atomic(durable=True)
def note_check(*, practitioner_id: UUID, key: str, seen: str, now: datetime) -> None:
    """Note that the text with the fingerprint `seen` (hex) was checked; a later one replaces it.

    Raises `UnknownSetting` if there is no such thing, `EditedMeanwhile` if it says something else
    by now.
    """
    thing = next((one for one in to_check() if one.key == key), None)
    if thing is None:
        raise UnknownSetting(key)
    if thing.text_hash.hex() != seen:
        raise EditedMeanwhile
    TextCheck.objects.update_or_create(
        key=key,
        defaults={
            "text_hash": thing.text_hash,
            "checked_at": now,
            "checked_by_id": practitioner_id,
        },
    )
    journal.note(
        kind="text_checked",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"key": key},
    )
