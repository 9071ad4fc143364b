"""Fills a person's questionnaire the way the page would, with harmless sample answers."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from booking.models import Participant
from intake.domain.definitions import Connection, Kind, Question, Value
from intake.operations import consents, sheets
from intake.operations.sheets import Given
from intake.queries import AGREEMENTS, standing

_IN_WORDS: Mapping[str, str] = {
    "go_why_now": "We keep having the same argument, and last week it scared me a little.",
    "go_better": "We could disagree without one of us leaving the room.",
    "cp_view": "We are good at logistics and bad at saying what we miss.",
    "cp_strength": "We still make each other laugh.",
    "gr_goal": "To hear how other people handle this, and to feel less alone with it.",
    "em_name": "Alexandra Novak",
    "em_rel": "My sister",
    "em_phone": "+1 555 0142",
}
_CHOICES: Mapping[str, str] = {
    "ct_shared": "no",
    "ct_sender": "office",
    "ct_cal": "event",
    "sf_alone": "yes",
    "sf_speak": "yes",
    "sf_choice": "yes",
    "ph_1": "1",
    "ph_2": "0",
    "ga_1": "1",
    "ga_2": "1",
    **{f"sf_h{n}": "no" for n in range(1, 5)},
    **{f"sf_a{n}": "no" for n in range(1, 6)},
}


def fill_in(*, participant_id: UUID, legal_name: str, now: datetime, finish: bool = True) -> None:
    """Answer every required question, sign every required document and, if asked, finish."""
    own = standing(participant_id)
    sections = own.form.sections if finish else own.form.sections[:2]
    for section in sections:
        given = {
            question.key: Given(value=value)
            for question in section.questions
            if question.is_asked
            and question.kind is not Kind.SIGN
            and (value := _sample(question, own.participant)) is not None
        }
        sheets.save_section(
            participant_id=participant_id, section=section.slug, given=given, now=now
        )
    if not finish:
        return
    documents = standing(participant_id).documents
    if any(section.slug == AGREEMENTS for section in own.form.sections) or documents:
        consents.sign(
            participant_id=participant_id,
            legal_name=legal_name,
            agreed={d.consent.key: d.consent.required for d in documents},
            shown={d.consent.key: d.text_hash.hex() for d in documents},
            now=now,
        )
    sheets.finish(participant_id=participant_id, now=now)


def _sample(question: Question, person: Participant) -> Value | None:
    if question.key in _IN_WORDS:
        return _IN_WORDS[question.key]
    if question.key in _CHOICES:
        return _CHOICES[question.key]
    if question.column == "chosen_name" or question.key == "gr_name":
        return person.label
    if question.column == "time_zone":
        return person.time_zone
    if not question.required or question.format == "phone":
        return None
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            return "I would rather say this when we talk."
        case Kind.SINGLE:
            return question.options[0].key
        case Kind.MULTI:
            return (question.options[0].key,)
        case Kind.SCALE:
            return 6
        case Kind.CONSENT:
            return True
        case Kind.CONNECTIONS:
            return (Connection(label="A."),)
    return None
