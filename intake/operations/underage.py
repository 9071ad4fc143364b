"""Somebody under 18: stop, and keep nothing of what they wrote.

Whoever holds the phone can say it, so it undoes nothing that protects a person: while a review is
open, who was flagged stays on the practitioner's list, without why; and what was sealed once takes
no second answer.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.models import Participant
from booking.operations import forgetting
from booking.operations.participants import mark_uncleared, save_profile
from booking.operations.parting import end_for
from intake.domain.definitions import Tier
from intake.domain.flags import HOLDING
from intake.domain.loader import library
from intake.domain.refusals import NotStopped
from intake.models import AnswerSheet, Feedback, Flag, NewPasscode, Review, Signature
from practice.operations import journal
from practice.sealing import seal

#: Not a question's to empty: every time on the page is said in it.
_KEPT_COLUMNS = frozenset({"time_zone"})


@transaction.atomic(durable=True)
def forget(*, participant_id: UUID, now: datetime) -> None:
    """Delete everything a person has answered, signed and said afterwards: they are not kept.

    Leaves the journal's ids and the request itself, until `erase`: it may have been a slip. Leaves
    which sealed questions had an answer, and that there is a flag until its review is closed.
    """
    _forget(participant_id, now=now)


@transaction.atomic(durable=True)
def erase(*, participant_id: UUID, now: datetime) -> None:
    """Delete the rest as well: their name and address, and what they wrote when they asked.

    Their part ends: a request as if they had withdrawn it, sessions ahead as if they had cancelled
    them, so that the practitioner hears of it. Whoever they had named, and who has not come in, is
    deleted with it: nobody else gave those names and addresses.

    Only after `forget`. Raises `NotStopped` for somebody who has answered or signed anything:
    those delete their own answers by `leaving.delete_own`, and a flag is not theirs to delete.
    What `forget` left of one stays here as well.
    """
    sheet = _locked_sheet(participant_id)
    request = forgetting.lock_of(participant_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    is_kept = sheet is not None and sheet.forgotten_at is None
    if is_kept or Signature.objects.filter(participant=participant).exists():
        raise NotStopped
    _forget(participant_id, now=now)
    AnswerSheet.objects.filter(participant=participant).delete()
    if participant.left_at is None:
        request.refresh_from_db()
        end_for(request, participant, now=now)
    forgetting.forget_own_words(participant_id)
    forgetting.forget_person(participant_id, now=now)
    journal.note(
        kind="person_erased",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )


def _forget(participant_id: UUID, *, now: datetime) -> None:
    sheet = _locked_sheet(participant_id)
    mark_uncleared(participant_id=participant_id, now=now)
    Signature.objects.filter(participant_id=participant_id).delete()
    _empty_flags(participant_id, now=now)
    NewPasscode.objects.filter(participant_id=participant_id).delete()
    Feedback.objects.filter(participant_id=participant_id).delete()
    if sheet is None:
        return
    form = library().form(sheet.form, sheet.version)
    columns = {q.column for q in form.questions if q.key in sheet.profile_answered and q.column}
    nobody = Participant()
    blank = {column: getattr(nobody, column) for column in columns - _KEPT_COLUMNS}
    _empty(sheet, now=now)
    save_profile(participant_id=participant_id, profile=blank, now=now)
    Participant.objects.filter(pk=participant_id).update(passcode_hash="")


def _empty(sheet: AnswerSheet, *, now: datetime) -> None:
    """Delete the sheet; where something sealed was in it, all but that there was."""
    keys = {
        q.key for q in library().form(sheet.form, sheet.version).questions if q.tier is Tier.SEALED
    }
    closed = keys & set(sheet.answers.values_list("question", flat=True)) | set(sheet.closed)
    if not closed:
        sheet.delete()
        return
    sheet.answers.all().delete()
    sheet.closed = sorted(closed)
    sheet.skipped = sheet.profile_answered = []
    sheet.finished_at, sheet.saved_at, sheet.forgotten_at = None, now, now
    sheet.save()


def _empty_flags(participant_id: UUID, *, now: datetime) -> None:
    """Delete the flags; while a review is open all but that there is one, and whose it is."""
    flags = Flag.objects.filter(participant_id=participant_id)
    is_open = Review.objects.filter(
        request__participants=participant_id, closed_at__isnull=True
    ).exists()
    if is_open:
        for flag in flags.filter(level__in=HOLDING, emptied_at__isnull=True):
            flag.sources_sealed = seal("[]", label="flag", row=flag.id, field="sources")
            flag.emptied_at = now
            flag.save(update_fields=["sources_sealed", "emptied_at"])
        flags = flags.exclude(level__in=HOLDING)
    flags.delete()


def _locked_sheet(participant_id: UUID) -> AnswerSheet | None:
    return AnswerSheet.objects.select_for_update().filter(participant_id=participant_id).first()
