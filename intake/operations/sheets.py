"""A person's answer sheet: begun, saved section by section, finished."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from booking.models import Participant
from booking.operations.participants import mark_cleared, mark_uncleared, save_profile
from intake.domain.answers import padded, to_json
from intake.domain.completeness import missing_in
from intake.domain.conditions import applies, is_possible
from intake.domain.definitions import Kind, Question, Section, Tier, Value
from intake.domain.flags import is_looked_at
from intake.domain.loader import library
from intake.domain.merging import Outcome, merged
from intake.domain.profile import to_column
from intake.domain.refusals import NotComplete, NotOpen, PasscodeNeeded
from intake.models import Answer, AnswerSheet
from intake.operations.safety import assess
from intake.queries.answers import opened, opened_answers
from intake.queries.settings import intake_settings
from intake.queries.standings import Standing, standing_of
from practice.operations import journal
from practice.sealing import Tampered, UnknownKey, seal


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as a page sends it: already checked; None takes an earlier answer back.

    `seen` is the fingerprint of what the page was rendered with, None to overwrite.
    """

    value: Value | None
    is_shared: bool = False
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of saving a section."""

    #: Answered differently in another window meanwhile: not stored, the person decides.
    conflicts: Sequence[str]
    #: Required and still without an answer.
    missing: Sequence[str]
    #: An answer says that somebody is in danger now: show help before anything else.
    is_urgent: bool = False


@transaction.atomic(durable=True)
def save_section(
    *, participant_id: UUID, section: str, given: Mapping[str, Given], now: datetime
) -> Saved:
    """Store the answers of one section; what is not in `given` stays as it is.

    The first saving begins the sheet, pinned to the newest version of the form. Answers to
    questions that no longer apply are deleted: what is not asked any more is not kept. A sealed
    answer is written once and then left alone. Whoever had finished and now lacks something
    required is not cleared any more. What the answers make urgent is raised in the same
    transaction.

    The safety section is saved as a whole or, while something required is missing, not at all;
    only an urgent answer is kept at once, whatever else is missing. Setting it aside keeps nothing.

    Raises `NotOpen`, and `PasscodeNeeded` for anything beyond the first section while others
    may see this person's mail and they have no passcode.
    """
    sheet = _locked_sheet(participant_id, now=now)
    own = standing_of(sheet.participant, sheet)
    part = own.form.section(section)
    if part is None or not own.is_open:
        raise NotOpen
    _begin_again(sheet)
    if part.is_safety:
        return _save_safety(sheet, own, part, given, now=now)
    values = dict(own.present)
    shared = set(own.shared)
    conflicts: list[str] = []
    changed: list[Question] = []
    for question in part.questions:
        if question.key not in given or not _is_stored(question):
            continue
        if question.key in own.sealed:
            continue
        answer = given[question.key]
        outcome = merged(
            stored=values.get(question.key),
            stored_shared=question.key in shared,
            given=answer.value,
            given_shared=answer.is_shared and question.can_share,
            seen=answer.seen,
        )
        if outcome is Outcome.CONFLICT:
            conflicts.append(question.key)
        elif outcome is Outcome.STORE:
            changed.append(question)
            _take(question, answer, values, shared)
    _check_passcode(own, part, values)
    dropped = [
        q
        for q in own.form.questions
        if q.key in values
        and q.key not in own.sealed
        and _is_stored(q)
        and not applies(q, values, own.facts)
    ]
    for question in dropped:
        del values[question.key]
        shared.discard(question.key)
    after = replace(
        own,
        answers={k: v for k, v in values.items() if k not in own.sealed},
        shared=frozenset(shared),
    )
    touched = [*changed, *(q for q in dropped if q not in changed)]
    # Booking takes its locks first; only then is a row of booking written.
    _reopen_if_incomplete(sheet, after, now=now)
    if any(is_looked_at(q.key) for q in touched):
        keys = {q.key for q in touched}
        counted = {k: v for k, v in opened_answers(sheet).items() if k not in keys}
        counted |= {q.key: values[q.key] for q in touched if q.key in values}
        assess(sheet, counted, is_set_aside=sheet.safety_set_aside, now=now)
    _store(sheet, touched, values, shared, now=now)
    if section in sheet.skipped and any(q.key in values for q in part.questions):
        sheet.skipped = [slug for slug in sheet.skipped if slug != section]
        sheet.save(update_fields=["skipped"])
    return Saved(
        conflicts=conflicts,
        missing=[q.key for q in missing_in(part, after.present, own.facts)],
    )


def _take(question: Question, answer: Given, values: dict[str, Value], shared: set[str]) -> None:
    if answer.value is None:
        values.pop(question.key, None)
    else:
        values[question.key] = answer.value
    if answer.value is not None and answer.is_shared and question.can_share:
        shared.add(question.key)
    else:
        shared.discard(question.key)


def _save_safety(
    sheet: AnswerSheet, own: Standing, part: Section, given: Mapping[str, Given], *, now: datetime
) -> Saved:
    """The safety section, in the caller's transaction.

    What is stored already stays as it is, but what is given now counts for what is urgent: a
    second window may say what the first one did not.
    """
    _check_passcode(own, part, own.present)
    values = {
        q.key: value
        for q in part.questions
        if is_possible(q, own.facts)
        and q.key in given
        and (value := given[q.key].value) is not None
    }
    stored = opened_answers(sheet)
    urgent = {q.key for q in part.questions if values.get(q.key) in q.urgent}
    is_put_off = any(values.get(q.key) in q.postpones for q in part.questions if q.postpones)
    answers = {**stored, **values}
    if is_put_off:
        kept = urgent
    else:
        kept = urgent | {
            q.key for q in part.questions if q.key in values and applies(q, answers, own.facts)
        }
        lacking = [] if urgent else [q.key for q in missing_in(part, answers, own.facts)]
        if lacking:
            return Saved(conflicts=[], missing=lacking)
    is_first = sheet.safety_at is None or sheet.safety_set_aside
    counted = {**stored, **{key: values[key] for key in kept}}
    # Booking takes its locks first; only then is anything written.
    assess(sheet, counted, is_set_aside=is_put_off and is_first, now=now)
    if kept:
        # A row for each question, asked or not: which of them there are would tell the answers.
        for question in part.questions:
            if not _is_stored(question) or question.key in sheet.closed:
                continue
            value = values[question.key] if question.key in kept else None
            _store_answer(sheet, question, value, is_shared=False, now=now)
    if is_first:
        sheet.safety_at = now
        sheet.safety_set_aside = is_put_off
    sheet.saved_at = now
    sheet.save(update_fields=["safety_at", "safety_set_aside", "saved_at"])
    return Saved(conflicts=[], missing=[], is_urgent=bool(urgent))


@transaction.atomic(durable=True)
def skip_section(*, participant_id: UUID, section: str, now: datetime) -> None:
    """Skip a section as a whole: nothing of it is asked for, and what was saved in it is deleted.

    A sealed answer goes too, and its question takes no other one. What it had raised stays raised.
    Answering something in it later takes this back. Raises `NotOpen` (also for a section that
    cannot be skipped) and `PasscodeNeeded`.
    """
    sheet = _locked_sheet(participant_id, now=now)
    own = standing_of(sheet.participant, sheet)
    part = own.form.section(section)
    if part is None or not own.is_open or not part.may_skip:
        raise NotOpen
    _begin_again(sheet)
    _check_passcode(own, part, own.present)
    keys = {q.key for q in part.questions}
    Answer.objects.filter(sheet=sheet, question__in=keys).delete()
    sheet.closed = sorted({*sheet.closed, *(keys & own.sealed)})
    if section not in sheet.skipped:
        sheet.skipped = [*sheet.skipped, section]
    sheet.saved_at = now
    sheet.save(update_fields=["skipped", "closed", "saved_at"])


@transaction.atomic(durable=True)
def finish(*, participant_id: UUID, now: datetime) -> None:
    """The person says that their part is done; booking is told in the same transaction.

    Raises `NotComplete` with the sections in which something is missing, and `NotOpen`.
    """
    sheet = _locked_sheet(participant_id, now=now)
    own = standing_of(sheet.participant, sheet)
    if not own.is_open:
        raise NotOpen
    if own.incomplete:
        raise NotComplete(own.incomplete)
    if own.needs_passcode:
        raise PasscodeNeeded
    if sheet.finished_at is None:
        sheet.finished_at = now
        sheet.save(update_fields=["finished_at"])
        _note(sheet, "sheet_finished", now=now)
    assess(sheet, opened_answers(sheet), is_set_aside=sheet.safety_set_aside, now=now)
    mark_cleared(participant_id=participant_id, now=now)


def reopen_if_incomplete(*, participant_id: UUID, now: datetime) -> None:
    """Take the clearance back if something is missing now. Runs in the caller's transaction."""
    sheet = _locked_sheet(participant_id, now=now)
    _reopen_if_incomplete(sheet, standing_of(sheet.participant, sheet), now=now)


def lock_sheet(*, participant_id: UUID, now: datetime) -> AnswerSheet:
    """The person's sheet, begun if need be, locked. Runs in the caller's transaction."""
    return _locked_sheet(participant_id, now=now)


def _locked_sheet(participant_id: UUID, *, now: datetime) -> AnswerSheet:
    participant = Participant.objects.select_related(
        "request__service", "request__practitioner"
    ).get(pk=participant_id)
    form = library().form(participant.request.relationship_type)
    sheet, is_new = AnswerSheet.objects.select_for_update().get_or_create(
        participant=participant,
        defaults={
            "form": form.key,
            "version": form.version,
            "modules": sorted(intake_settings().modules),
            "begun_at": now,
            "saved_at": now,
        },
    )
    if is_new:
        _note(sheet, "sheet_begun", now=now)
    else:
        # Read again under the lock: another window may have saved the profile meanwhile.
        participant = Participant.objects.select_related(
            "request__service", "request__practitioner"
        ).get(pk=participant_id)
    sheet.participant = participant
    return sheet


def _begin_again(sheet: AnswerSheet) -> None:
    """They are 18 or older after all: what was deleted stays so, what comes now is kept."""
    if sheet.forgotten_at is not None:
        sheet.forgotten_at = None
        sheet.save(update_fields=["forgotten_at"])


def _reopen_if_incomplete(sheet: AnswerSheet, own: Standing, *, now: datetime) -> None:
    if sheet.finished_at is None or not own.incomplete:
        return
    sheet.finished_at = None
    sheet.save(update_fields=["finished_at"])
    _note(sheet, "sheet_reopened", now=now)
    mark_uncleared(participant_id=sheet.participant_id, now=now)


def _check_passcode(own: Standing, part: Section, values: Mapping[str, Value]) -> None:
    if own.participant.passcode_hash or part is own.form.sections[0]:
        return
    says = next(
        (values.get(q.key) for q in own.form.questions if q.column == "shared_mailbox"), None
    )
    if says != Participant.SharedMailbox.NO:
        raise PasscodeNeeded


def _is_stored(question: Question) -> bool:
    """Whether the answer is kept here or in the profile; signatures are rows of their own."""
    return question.is_asked and question.kind is not Kind.SIGN


def _store(
    sheet: AnswerSheet,
    changed: Sequence[Question],
    values: Mapping[str, Value],
    shared: set[str],
    *,
    now: datetime,
) -> None:
    if not changed:
        return
    profile: dict[str, str | bool] = {}
    answered = set(sheet.profile_answered)
    for question in changed:
        value = values.get(question.key)
        if question.column:
            if value is None:
                answered.discard(question.key)
                if question.kind is Kind.SHORT:
                    profile[question.column] = ""
            else:
                answered.add(question.key)
                profile[question.column] = to_column(question, value)
        elif value is None:
            Answer.objects.filter(sheet=sheet, question=question.key).delete()
        else:
            _store_answer(sheet, question, value, is_shared=question.key in shared, now=now)
    sheet.profile_answered = sorted(answered)
    sheet.saved_at = now
    sheet.save(update_fields=["profile_answered", "saved_at"])
    save_profile(participant_id=sheet.participant_id, profile=profile, now=now)


def _store_answer(
    sheet: AnswerSheet, question: Question, value: Value | None, *, is_shared: bool, now: datetime
) -> None:
    """Write one answer, sealed for its own row; the row of a later value keeps its id.

    A sealed one is written once. None: the question was not asked; it may be later.
    """
    answer = Answer.objects.filter(sheet=sheet, question=question.key).first()
    is_sealed, is_new = question.tier is Tier.SEALED, answer is None
    if answer is None:
        answer = Answer(id=uuid4(), sheet=sheet, question=question.key)
    elif is_sealed and (value is None or _is_answered(answer)):
        return
    text = padded(to_json(value)) if is_sealed else to_json(value)
    answer.value_sealed = seal(text, label="answer", row=answer.id, field=question.key)
    answer.is_shared = is_shared
    answer.saved_at = now
    answer.save(force_insert=is_new, force_update=not is_new)


def _is_answered(answer: Answer) -> bool:
    """Whether there is an answer in a row; what cannot be opened is left alone as one."""
    try:
        return opened(answer) is not None
    except (UnknownKey, Tampered):
        return True


def _note(sheet: AnswerSheet, kind: str, *, now: datetime) -> None:
    journal.note(
        kind=kind,
        subject_type="participant",
        subject_id=sheet.participant_id,
        actor=journal.client(sheet.participant_id),
        at=now,
        snapshot={"sheet": str(sheet.id), "form": sheet.form, "version": sheet.version},
    )
