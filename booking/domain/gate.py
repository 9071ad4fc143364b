"""May this request be confirmed? A pure function of booking's own facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from booking.domain.states import RequestState


class Unmet(StrEnum):
    """A reason why a request cannot be confirmed now."""

    DECIDED = "decided"
    UNVERIFIED = "unverified"
    NOT_JOINED = "not_joined"
    NOT_FINISHED = "not_finished"
    NOT_MARKED = "not_marked"
    REVIEW_OPEN = "review_open"
    LOCATION = "location"
    NO_TIME = "no_time"
    TIME_NOT_ACCEPTED = "time_not_accepted"
    TIME_PASSED = "time_passed"
    BEFORE_BATCH = "before_batch"
    NOBODY = "nobody"
    PARTED = "parted"


@dataclass(frozen=True, slots=True)
class Person:
    """What the gate needs to know of somebody who is to attend."""

    joined: bool
    cleared: bool
    accepted_time: bool
    #: Where people find a time together: they have said which starts suit them.
    marked: bool = True


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the gate decides from. `people` are those who attend, not the "sometimes" ones."""

    state: str
    people: Sequence[Person]
    review_open: bool
    location_allowed: bool
    has_live_hold: bool
    starts_in_future: bool


def unmet(facts: GateFacts) -> list[Unmet]:
    """Everything that still stands in the way, most basic first; empty: the gate is open."""
    state = RequestState(facts.state)
    if state not in (RequestState.RECEIVED, RequestState.GATHERING, RequestState.READY):
        return [Unmet.TIME_NOT_ACCEPTED if state is RequestState.PROPOSED else Unmet.DECIDED]
    checks = [
        (state is RequestState.RECEIVED, Unmet.UNVERIFIED),
        (not facts.people, Unmet.NOBODY),
        (any(not p.joined for p in facts.people), Unmet.NOT_JOINED),
        (any(p.joined and not p.cleared for p in facts.people), Unmet.NOT_FINISHED),
        (any(p.joined and not p.marked for p in facts.people), Unmet.NOT_MARKED),
        (facts.review_open, Unmet.REVIEW_OPEN),
        (not facts.location_allowed, Unmet.LOCATION),
        (not facts.has_live_hold, Unmet.NO_TIME),
        (facts.has_live_hold and not facts.starts_in_future, Unmet.TIME_PASSED),
        (
            facts.has_live_hold and any(not p.accepted_time for p in facts.people),
            Unmet.TIME_NOT_ACCEPTED,
        ),
    ]
    return [reason for failed, reason in checks if failed]
