"""Documents in the practice's own words, and asking people to sign the new ones."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from intake.domain.documents import Wording, wording_of
from intake.domain.refusals import EditedMeanwhile, UnknownDocument
from intake.models import ConsentEdition
from intake.operations import sheets
from intake.queries.documents import consent_now
from intake.queries.signing import (
    DOCUMENT_CHANGED,
    outdated,
    signers,
    was_asked,
)
from intake.queries.standings import standing
from practice.operations import journal


def edit_document(
    *, practitioner_id: UUID, document: str, wording: Wording, seen: int, now: datetime
) -> int:
    """Store a document in new words, as a new version, and return the version that applies.

    `seen` is the version that the editor started from. The same words again change nothing.
    Whoever had signed an earlier version and is still expected is not cleared any more: nobody
    can be confirmed on a text that has changed. Nobody is told; `ask_to_sign_again` does that.

    Raises `UnknownDocument`, `EditedMeanwhile`, and `InvalidText` for a text that cannot be shown.
    """
    version = _store(
        practitioner_id=practitioner_id, document=document, wording=wording, seen=seen, now=now
    )
    # One transaction for each: holding one person's sheet while waiting for another's calendar
    # would deadlock with people who are answering. Stopped half-way, asking again does the rest.
    for participant_id in signers(document=document).values_list("pk", flat=True):
        _hold(participant_id, now=now)
    return version


@transaction.atomic(durable=True)
def _store(
    *, practitioner_id: UUID, document: str, wording: Wording, seen: int, now: datetime
) -> int:
    wording.check()
    try:
        current = consent_now(document)
    except KeyError as error:
        raise UnknownDocument(document) from error
    if current.version != seen:
        raise EditedMeanwhile
    if wording_of(current) == wording:
        return current.version
    edition = ConsentEdition(
        id=uuid4(),
        document=document,
        version=current.version + 1,
        edited_at=now,
        edited_by_id=practitioner_id,
        **asdict(wording),
    )
    try:
        with transaction.atomic():
            edition.save(force_insert=True)
    except IntegrityError as error:  # two at the same moment
        raise EditedMeanwhile from error
    journal.note(
        kind="document_edited",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"document": document, "version": edition.version, "edition": str(edition.id)},
    )
    return edition.version


@transaction.atomic(durable=True)
def _hold(participant_id: UUID, *, now: datetime) -> None:
    sheets.reopen_if_incomplete(participant_id=participant_id, now=now)


def ask_to_sign_again(*, practitioner_id: UUID, now: datetime) -> int:
    """Ask everybody who signed an earlier version to sign the one that applies; how many.

    Those of this practitioner who are still expected at a session. Whoever was asked for these
    versions already is not asked twice, so doing it again, or after it stopped, is safe.
    """
    found = signers(practitioner_id=practitioner_id, expected_at=now)
    ids: Sequence[UUID] = list(found.values_list("pk", flat=True))
    return sum(_ask(participant_id, practitioner_id, now=now) for participant_id in ids)


@transaction.atomic(durable=True)
def _ask(participant_id: UUID, practitioner_id: UUID, *, now: datetime) -> bool:
    # The sheet's lock first: two askings at once are one, and a signature that is being
    # written is seen.
    sheets.lock_sheet(participant_id=participant_id, now=now)
    own = standing(participant_id)
    missing = outdated(own)
    if not own.is_open or not missing or was_asked(own):
        return False
    sheets.reopen_if_incomplete(participant_id=participant_id, now=now)
    journal.record(
        kind=DOCUMENT_CHANGED,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"documents": dict(missing)},
    )
    return True
