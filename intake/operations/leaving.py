"""Taking one's own answers along, and deleting them: each person for themselves alone."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.operations import forgetting
from booking.queries.own_words import own_words
from intake.domain.answers import to_json
from intake.domain.definitions import Tier
from intake.domain.flags import Level, found_in
from intake.domain.visibility import is_joint
from intake.models import Answer, AnswerSheet, Feedback, Flag, Signature
from intake.operations import sheets
from intake.queries.answers import Author, answers_for, flag_sources, form_of, opened_answers
from intake.queries.feedback import said_by
from intake.queries.parting import separation_of
from practice.operations import journal
from practice.sealing import seal


@transaction.atomic(durable=True)
def export_own(*, participant_id: UUID, now: datetime) -> Mapping[str, object]:
    """Everything of this person that they may see, ready for JSON. Sealed answers are not in it.

    Nothing of anybody else: neither answers nor names.
    """
    shown = answers_for(reader=Author(participant_id), participant_id=participant_id)
    signatures = Signature.objects.filter(participant_id=participant_id).order_by("signed_at")
    wrote = own_words(participant_id)
    _record("export_done", participant_id, now=now)
    return {
        "made_at": now.isoformat(),
        "request": {
            "topics": list(wrote.asked.topics),
            "words": wrote.asked.words,
            "unreadable": wrote.asked.is_unreadable,
        }
        if wrote.asked
        else None,
        "answers": [
            {
                "section": one.section.title,
                "question": one.question.label,
                "key": one.question.key,
                # Already JSON, in the words of the questionnaire's file.
                "answer": None if one.value is None else json.loads(to_json(one.value)),
                "unreadable": one.is_unreadable,
                # Of a joint record that is closed: that there is an answer, not what it says.
                "closed": one.is_closed,
                "shown_to_others": one.is_shared,
                "saved_at": one.saved_at.isoformat() if one.saved_at else None,
            }
            for one in shown
        ],
        "after_sessions": [
            {
                "session": one.session_at.isoformat(),
                "sliders": {slider.value: mark for slider, mark in one.marks.items()},
                "words": one.words,
                "unreadable": one.is_unreadable,
                "saved_at": one.feedback.saved_at.isoformat(),
            }
            for one in said_by(reader=Author(participant_id), participant_id=participant_id)
        ],
        "asked_late": [
            {
                "session": one.session_at.isoformat(),
                "words": one.words,
                "unreadable": one.is_unreadable,
                "asked_at": one.asked_at.isoformat(),
            }
            for one in wrote.wishes
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
def note_export(*, participant_id: UUID, now: datetime) -> None:
    """That a person takes their answers along as a file that is made from the page's own words."""
    _record("export_done", participant_id, now=now)


@transaction.atomic(durable=True)
def delete_own(*, participant_id: UUID, now: datetime) -> int:
    """Delete what this person wrote, but for the sealed answers; how much went.

    Once people have parted, what they wrote for each other is nobody's alone: it stays closed
    until its time is up.

    How they are reached stays, as long as the request does, and so do signatures. Where something
    required is missing then, their part is not complete any more. A note on answers that are gone
    goes with them; what holds the request stays, for it asks for a talk.
    """
    sheet = sheets.lock_sheet(participant_id=participant_id, now=now)
    forgetting.lock_of(participant_id)
    sealed = [q.key for q in form_of(sheet).questions if q.tier is Tier.SEALED]
    going = Answer.objects.filter(sheet=sheet).exclude(question__in=[*sealed, *_joint(sheet)])
    count, _ = going.delete()
    count += Feedback.objects.filter(participant=participant_id).delete()[0]
    count += forgetting.forget_own_words(participant_id)
    _forget_notes(sheet)
    sheets.reopen_if_incomplete(participant_id=participant_id, now=now)
    _record("deletion_done", participant_id, now=now)
    return count


def _forget_notes(sheet: AnswerSheet) -> None:
    """Delete the notes that nothing which is left gives a reason for."""
    found = found_in(opened_answers(sheet), is_set_aside=sheet.safety_set_aside)
    left = {one.source.value for one in found}
    for flag in Flag.objects.filter(participant=sheet.participant_id, level=Level.NOTE):
        reasons = flag_sources(flag)
        kept = [source for source in reasons if source in left]
        if not kept:
            flag.delete()
        elif kept != reasons:
            flag.sources_sealed = seal(json.dumps(kept), label="flag", row=flag.id, field="sources")
            flag.save(update_fields=["sources_sealed"])


def _joint(sheet: AnswerSheet) -> Sequence[str]:
    """The keys of the answers in a record that is closed; none while it is not."""
    if separation_of(sheet.participant.request_id) is None:
        return []
    shared = set(sheet.answers.filter(is_shared=True).values_list("question", flat=True))
    return [q.key for q in form_of(sheet).questions if is_joint(q, is_shared=q.key in shared)]


def _record(kind: str, participant_id: UUID, *, now: datetime) -> None:
    journal.record(
        kind=kind,
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.client(participant_id),
        at=now,
    )
