"""Two windows saving the same section: merged question by question, nothing typed is lost."""

from enum import StrEnum

from intake.domain.answers import fingerprint
from intake.domain.definitions import Value


class Outcome(StrEnum):
    """What to do with one question of a saved section."""

    KEEP = "keep"
    STORE = "store"
    #: Both windows changed it; the person decides.
    CONFLICT = "conflict"


def merged(
    *,
    stored: Value | None,
    stored_shared: bool,
    given: Value | None,
    given_shared: bool,
    seen: str | None,
) -> Outcome:
    """Compare what is stored, what a window sends and what that window had been shown (`seen`).

    `seen` is the `fingerprint` at rendering; None overwrites whatever is stored.
    """
    before = fingerprint(stored, is_shared=stored_shared)
    after = fingerprint(given, is_shared=given_shared)
    if before == after:
        return Outcome.KEEP
    if seen is None or seen == before:
        return Outcome.STORE
    return Outcome.KEEP if after == seen else Outcome.CONFLICT
