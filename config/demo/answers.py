"""Fills a person's questionnaire the way the page would, with harmless sample answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from booking.models import Participant
from intake.domain.definitions import Connection, Kind, Question, Value
from intake.operations import consents, sheets
from intake.operations.sheets import Given
from intake.queries.standings import AGREEMENTS, standing

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


_SCALES: Mapping[str, int] = {
    "go_distress": 7,
    "cp_close": 6,
    "cp_trust": 8,
    "cp_talk": 3,
    "cp_sex": 5,
}

#: What people of one request see otherwise than whoever asked, by their place in it.
VOICES: Sequence[Mapping[str, Value]] = (
    {},
    {
        "go_why_now": "I was asked to come along, and I am curious what we would find out.",
        "go_better": "We would make plans again that are not about the week ahead.",
        "go_distress": 4,
        "cp_view": "We talk a lot, and mostly about what has to be done.",
        "cp_strength": "When it matters, we are there for each other.",
        "cp_close": 8,
        "cp_trust": 9,
        "cp_talk": 6,
        "cp_sex": 3,
    },
    {
        "go_why_now": "Things changed quickly this spring, and nobody said it out loud.",
        "go_better": "I would know what we have agreed on, and so would everybody else.",
        "go_distress": 5,
        "cp_view": "There is much warmth, and too little time for each of us.",
        "cp_strength": "We are honest, even when it is late to be.",
        "cp_close": 7,
        "cp_trust": 6,
        "cp_talk": 5,
        "cp_sex": 7,
    },
)

#: A person who is not sure that they could speak openly: enough to hold a request for a talk.
UNSURE: Mapping[str, Value] = {"sf_speak": "unsure", "sf_choice": "unsure"}


def fill_in(
    *,
    participant_id: UUID,
    legal_name: str,
    now: datetime,
    finish: bool = True,
    instead: Mapping[str, Value] = MappingProxyType({}),
) -> None:
    """Answer every required question, sign every required document and, if asked, finish.

    `instead` holds the answers that this person makes otherwise than the usual sample.
    """
    own = standing(participant_id)
    sections = own.form.sections if finish else own.form.sections[:2]
    for section in sections:
        given = {
            question.key: Given(value=value)
            for question in section.questions
            if question.is_asked
            and question.kind is not Kind.SIGN
            and (value := instead.get(question.key, _sample(question, own.participant))) is not None
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
            return _SCALES.get(question.key, 6)
        case Kind.CONSENT:
            return True
        case Kind.CONNECTIONS:
            return (Connection(label="A."),)
    return None
