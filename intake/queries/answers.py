"""From a stored answer to whoever may read it: every reader passes through `answers_for`."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from booking.domain.states import AppointmentState
from booking.models import Attendance, Participant
from intake.domain.answers import from_json
from intake.domain.definitions import Form, Question, Section, Value
from intake.domain.loader import library
from intake.domain.profile import known_answers
from intake.domain.visibility import Relation, is_joint, may_see
from intake.models import Answer, AnswerSheet, Flag, Separation
from practice.models import Change
from practice.sealing import Tampered, UnknownKey, unseal

#: The journal's kind for a reading of answers by the practitioner.
ANSWERS_READ = "answers_read"
_ANSWER_LABEL = "answer"
_CAME_TOGETHER = (AppointmentState.BOOKED, AppointmentState.FULFILLED)


@dataclass(frozen=True, slots=True)
class Author:
    """The person who answered."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class Fellow:
    """Another person of the same request, as long as they have not left it."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class PractitionerReader:
    """A practitioner, with the journal row that this reading left behind.

    Only `operations.reading` and `operations.feedback` make one: no reading goes without its row.
    """

    practitioner_id: UUID
    audit: Change


type Reader = Author | Fellow | PractitionerReader


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer that its reader may see. `is_unreadable`: its key is lost, or it was altered.

    `is_closed`: it belongs to a joint record that is closed; it is only said to be there.
    """

    section: Section
    question: Question
    value: Value | None
    is_shared: bool
    saved_at: datetime | None
    is_unreadable: bool = False
    is_closed: bool = False


def answers_for(*, reader: Reader, participant_id: UUID) -> Sequence[Shown]:
    """The answers of one person that `reader` may see, in the order of the questionnaire.

    The only way from a stored answer to a reader: pages, exports and whatever comes later call
    this. A stranger, and a practitioner without the journal row of this reading, get nothing.
    """
    participant = Participant.objects.select_related("request").filter(pk=participant_id).first()
    if participant is None:
        return []
    relation = _relation(reader, participant)
    if relation is Relation.STRANGER:
        return []
    is_booked = relation is Relation.ATTENDING and _come_together(
        participant_id, _reader_id(reader)
    )
    if relation is Relation.ATTENDING and not is_booked:
        return []
    sheet = AnswerSheet.objects.filter(participant=participant).first()
    if sheet is None:
        return []
    is_parted = Separation.objects.filter(request_id=participant.request_id).exists()
    if is_parted and relation is Relation.ATTENDING:
        return []
    return [
        _closed(shown)
        if is_parted and is_joint(shown.question, is_shared=shown.is_shared)
        else shown
        for shown in everything(participant, sheet)
        if may_see(shown.question, relation, is_shared=shown.is_shared, is_booked=is_booked)
    ]


def _closed(shown: Shown) -> Shown:
    """What is left of an answer in a closed record: that there is one."""
    return replace(shown, value=None, is_unreadable=False, is_closed=True)


def _reader_id(reader: Reader) -> UUID:
    if isinstance(reader, PractitionerReader):
        return reader.practitioner_id
    return reader.participant_id


def _relation(reader: Reader, participant: Participant) -> Relation:
    """What a reader is to this person, from booking's own rows."""
    match reader:
        case Author():
            is_author = reader.participant_id == participant.id
            return Relation.AUTHOR if is_author else Relation.STRANGER
        case PractitionerReader():
            has_row = (
                reader.audit.kind == ANSWERS_READ and reader.audit.subject_id == participant.id
            )
            is_theirs = participant.request.practitioner_id == reader.practitioner_id
            return Relation.PRACTITIONER if has_row and is_theirs else Relation.STRANGER
        case Fellow():
            is_fellow = (
                reader.participant_id != participant.id
                and Participant.objects.filter(
                    pk=reader.participant_id,
                    request_id=participant.request_id,
                    left_at__isnull=True,
                ).exists()
            )
            return Relation.ATTENDING if is_fellow else Relation.STRANGER


def _come_together(one: UUID, other: UUID) -> bool:
    """Whether a booked appointment has both on its roster."""
    return (
        Attendance.objects.filter(
            participant_id=one,
            left_at__isnull=True,
            appointment__state__in=_CAME_TOGETHER,
            appointment__attendances__participant_id=other,
            appointment__attendances__left_at__isnull=True,
        )
        .filter(appointment__request_id__isnull=False)
        .exists()
    )


def everything(participant: Participant, sheet: AnswerSheet) -> Sequence[Shown]:
    """All answers of a sheet, opened, for this package only: `answers_for` decides who reads."""
    form = form_of(sheet)
    stored = {a.question: a for a in sheet.answers.all()}
    columns = known_answers(form, _columns(participant, form), sheet.profile_answered)
    found = []
    for section in form.sections:
        for question in section.questions:
            if question.key in columns:
                found.append(Shown(section, question, columns[question.key], False, sheet.saved_at))
            elif question.key in stored:
                shown = _opened(section, question, stored[question.key])
                if shown.value is not None or shown.is_unreadable:
                    found.append(shown)
    return found


def _opened(section: Section, question: Question, answer: Answer) -> Shown:
    try:
        value = opened(answer)
    except (UnknownKey, Tampered):
        return Shown(section, question, None, answer.is_shared, answer.saved_at, True)
    return Shown(section, question, value, answer.is_shared, answer.saved_at)


def opened(answer: Answer) -> Value | None:
    """One answer's value; None in a row that stands for a question that was not asked.

    Raises `practice.sealing.UnknownKey` and `Tampered`.
    """
    text = unseal(answer.value_sealed, label=_ANSWER_LABEL, row=answer.id, field=answer.question)
    return from_json(text)


def opened_answers(sheet: AnswerSheet) -> Mapping[str, Value]:
    """Every stored answer of a sheet that can be opened, sealed ones included.

    For scoring inside an operation only: nothing of this may reach a page, a journal or a log.
    """
    found = {}
    for answer in Answer.objects.filter(sheet=sheet):
        with suppress(UnknownKey, Tampered):
            value = opened(answer)
            if value is not None:
                found[answer.question] = value
    return found


def _columns(participant: Participant, form: Form) -> Mapping[str, str | bool]:
    return {q.column: getattr(participant, q.column) for q in form.questions if q.column}


def form_of(sheet: AnswerSheet) -> Form:
    """The form a sheet is pinned to."""
    return library().form(sheet.form, sheet.version)


def flag_sources(flag: Flag) -> Sequence[str]:
    """Why a flag was raised; nothing if its key is lost."""
    try:
        text = unseal(flag.sources_sealed, label="flag", row=flag.id, field="sources")
    except (UnknownKey, Tampered):
        return []
    found: list[str] = json.loads(text)
    return found
