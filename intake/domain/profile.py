"""Answers that are kept as columns of a person's profile, because planning messages needs them."""

from collections.abc import Collection, Mapping

from intake.domain.definitions import Form, Question, Value

#: The option that means yes, for columns that are yes or no.
_YES = {"wants_reminders": "email", "may_name_me": "yes"}
_NO = {"wants_reminders": "page", "may_name_me": "no"}


def to_column(question: Question, value: Value | None) -> str | bool:
    """What is written to the column; an answer taken back leaves an empty text."""
    if question.column in _YES:
        return value == _YES[question.column]
    return value if isinstance(value, str) else ""


def from_column(question: Question, stored: str | bool) -> str | None:
    """The answer a column holds; None for an empty text."""
    if question.column in _YES:
        return _YES[question.column] if stored else _NO[question.column]
    return str(stored) or None


def known_answers(
    form: Form, columns: Mapping[str, str | bool], answered: Collection[str]
) -> dict[str, Value]:
    """The answers kept in columns, by question.

    Columns have defaults, so a value alone does not tell that the person chose it: only the
    questions in `answered` count.
    """
    return {
        question.key: value
        for question in form.questions
        if question.column and question.key in answered
        if (value := from_column(question, columns[question.column])) is not None
    }
