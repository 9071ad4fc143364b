"""Words that must not appear in a message: the list lies in `practice`, for set-up asks it too."""

from practice.domain.discretion import (
    FORBIDDEN_WORDS,
    as_read,
    forbidden_words,
    is_plain_name,
    leads_elsewhere,
    names_in_address,
    one_line,
    reason_for,
    words_in_address,
)

__all__ = [
    "FORBIDDEN_WORDS",
    "as_read",
    "forbidden_words",
    "is_plain_name",
    "leads_elsewhere",
    "names_in_address",
    "one_line",
    "reason_for",
    "words_in_address",
]
