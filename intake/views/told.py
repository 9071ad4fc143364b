"""Answers in words, for the pages that only show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from intake.forms.words import in_words
from intake.queries.answers import Shown


@dataclass(frozen=True, slots=True)
class Told:
    """One answer to read."""

    label: str
    lines: Sequence[str]
    tier: str
    is_shared: bool
    is_unreadable: bool
    is_closed: bool = False


def told(shown: Shown) -> Told:
    """An answer in the reader's language; nothing in place of one that cannot be opened."""
    return Told(
        label=_(shown.question.label),
        lines=[] if shown.value is None else in_words(shown.question, shown.value),
        tier=shown.question.tier.value,
        is_shared=shown.is_shared,
        is_unreadable=shown.is_unreadable,
        is_closed=shown.is_closed,
    )
