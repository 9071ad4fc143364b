"""What answers make urgent, and how urgent. A flag asks for a conversation; it is no verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from intake.domain import scoring
from intake.domain.definitions import Passed, Value


class Level(StrEnum):
    """How urgent. `acute` and `review` hold the request, `note` is a badge only."""

    ACUTE = "acute"
    REVIEW = "review"
    NOTE = "note"


class Source(StrEnum):
    """What raised a flag. Stored sealed: never rename one."""

    ASQ_NOW = "asq_now"
    ASQ = "asq"
    PHQ9_ITEM9 = "phq9_item9"
    HARK = "hark"
    SPEAK = "speak"
    CHOICE = "choice"
    SET_ASIDE = "set_aside"
    SAY_ALOUD = "say_aloud"
    PHQ2 = "phq2"
    GAD2 = "gad2"
    PCPTSD5 = "pcptsd5"


LEVELS: Mapping[Source, Level] = {
    Source.ASQ_NOW: Level.ACUTE,
    Source.ASQ: Level.REVIEW,
    Source.PHQ9_ITEM9: Level.REVIEW,
    Source.HARK: Level.REVIEW,
    Source.SPEAK: Level.REVIEW,
    Source.CHOICE: Level.REVIEW,
    Source.SET_ASIDE: Level.REVIEW,
    Source.SAY_ALOUD: Level.REVIEW,
    Source.PHQ2: Level.NOTE,
    Source.GAD2: Level.NOTE,
    Source.PCPTSD5: Level.NOTE,
}
#: The levels that hold a request and alert the practice.
HOLDING = (Level.ACUTE, Level.REVIEW)
#: The prefix of every question of the safety section.
_SAFETY = "sf_"


@dataclass(frozen=True, slots=True)
class Found:
    """One reason, with how urgent it is."""

    source: Source
    level: Level


def found_in(answers: Mapping[str, Value], *, is_set_aside: bool) -> Sequence[Found]:
    """Everything in one person's answers that the practitioner has to look at, most urgent first.

    Where the rule says "no or unsure", passing counts as unsure; "I'd rather say this out loud"
    in the safety section asks for exactly the talk that a review is.
    """
    raised = {
        Source.ASQ_NOW: scoring.asq(answers).is_acute,
        Source.ASQ: scoring.asq(answers).is_positive,
        Source.PHQ9_ITEM9: scoring.phq9_item9(answers) > 0,
        Source.HARK: scoring.hark(answers).is_positive,
        Source.SPEAK: _is_not_yes(answers.get("sf_speak")),
        Source.CHOICE: _is_not_yes(answers.get("sf_choice")),
        Source.SET_ASIDE: is_set_aside,
        Source.SAY_ALOUD: any(
            value is Passed.SAY_ALOUD for key, value in answers.items() if key.startswith(_SAFETY)
        ),
        Source.PHQ2: scoring.phq2(answers).is_positive,
        Source.GAD2: scoring.gad2(answers).is_positive,
        Source.PCPTSD5: scoring.pcptsd5(answers).is_positive,
    }
    return [Found(source, LEVELS[source]) for source, is_raised in raised.items() if is_raised]


def is_looked_at(question: str) -> bool:
    """Whether an answer to this question can raise a flag."""
    return question.startswith(_SAFETY) or question in scoring.ITEMS


def _is_not_yes(value: Value | None) -> bool:
    return value is not None and value != "yes"
