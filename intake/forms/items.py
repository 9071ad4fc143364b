"""One question as a page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.forms.boundfield import BoundField
from django.utils.translation import gettext

from intake.domain.definitions import Question


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """The bound fields of one person in a connections question."""

    number: int
    label: BoundField
    links: BoundField
    scales: Sequence[BoundField]
    is_blank: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One question as the page shows it."""

    question: Question
    field: BoundField | None
    own: BoundField | None
    passing: BoundField | None
    share: BoundField | None
    rows: Sequence[ConnectionRow]
    #: The condition as JSON for the page's script; empty: always asked.
    when: str
    when_words: str
    #: Sealed and answered: only said, not shown.
    is_sealed: bool
    #: Known already: what it says.
    known: str = ""
    #: The answers to which help is shown at once, as a condition for the page's script.
    urgent: str = ""

    @property
    def label(self) -> str:
        """The question in the reader's language."""
        return gettext(self.question.label)

    @property
    def help(self) -> str:
        """What helps to answer it."""
        return gettext(self.question.help) if self.question.help else ""

    @property
    def intro(self) -> str:
        """What stands above the first item of an instrument."""
        return gettext(self.question.intro) if self.question.intro else ""

    @property
    def source(self) -> str:
        """Where an instrument comes from."""
        return gettext(self.question.source) if self.question.source else ""

    @property
    def can_grow(self) -> bool:
        """Whether another person can be added."""
        return len(self.rows) < self.question.rows_max

    @property
    def has_passed(self) -> bool:
        """Whether passing is chosen, so that the page opens it."""
        return self.passing is not None and bool(self.passing.value())
