"""Do the people asked agree on one of the times offered?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Agreement:
    """The outcome: `waiting` for somebody; else the `candidate` agreed, or None: nothing suits."""

    waiting: bool
    candidate: UUID | None = None


def agreement(
    *,
    candidates: Sequence[UUID],
    people: Collection[UUID],
    answers: Mapping[tuple[UUID, UUID], bool],
) -> Agreement:
    """The best-ranked candidate that everybody accepts, once everybody has answered.

    `candidates` in order of rank; `answers` maps (candidate, person) to yes or no. Nothing is
    settled before all have answered, not even a plain refusal: an early end would tell the
    others that somebody said no.
    """
    if any((c, p) not in answers for c in candidates for p in people):
        return Agreement(waiting=True)
    for candidate in candidates:
        if all(answers[candidate, person] for person in people):
            return Agreement(waiting=False, candidate=candidate)
    return Agreement(waiting=False)
