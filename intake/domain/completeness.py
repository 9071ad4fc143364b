"""What is still missing before a person's own part is complete."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from intake.domain.conditions import applies, is_required
from intake.domain.definitions import Consent, Facts, Form, Kind, Question, Section, Value


class Progress(StrEnum):
    """How far a section is."""

    EMPTY = "empty"
    BEGUN = "begun"
    DONE = "done"


def asked(section: Section, answers: Mapping[str, Value], facts: Facts) -> Sequence[Question]:
    """The questions of a section that this person is asked, given the answers so far."""
    return [q for q in section.questions if q.is_asked and applies(q, answers, facts)]


def missing(form: Form, answers: Mapping[str, Value], facts: Facts) -> Sequence[Question]:
    """Every required question without an answer. Signatures are `unsigned`'s."""
    return [q for section in form.sections for q in missing_in(section, answers, facts)]


def missing_in(section: Section, answers: Mapping[str, Value], facts: Facts) -> Sequence[Question]:
    """The required questions of one section without an answer."""
    return [
        q
        for q in asked(section, answers, facts)
        if q.kind is not Kind.SIGN and q.key not in answers and is_required(q, answers, facts)
    ]


def progress(section: Section, answers: Mapping[str, Value], facts: Facts) -> Progress:
    """How far this person is with a section.

    One without required questions counts as done once anything in it is answered.
    """
    questions = asked(section, answers, facts)
    has_any = any(q.key in answers for q in questions)
    if missing_in(section, answers, facts):
        return Progress.BEGUN if has_any else Progress.EMPTY
    return Progress.DONE if has_any or not questions else Progress.EMPTY


def unsigned(
    consents: Sequence[Consent], accepted: Collection[tuple[str, int]]
) -> Sequence[Consent]:
    """The required documents that are not signed in the version that now applies."""
    return [c for c in consents if c.required and (c.key, c.version) not in accepted]
