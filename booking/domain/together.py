"""Finding a time together: which starts suit everybody, and what comes nearest.

Each person has said *can*, *could* or *can't* to starts, by instant. What somebody has not said
anything about they cannot come to: nobody is ever booked on a silence.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from practice.domain.wall import local_date

CAN, COULD, CANT = "can", "could", "cant"
WORDS = frozenset({CAN, COULD, CANT})
#: Both count as acceptance, so that no second round gives a *could* away.
ACCEPTING = frozenset({CAN, COULD})
#: Finding a time together looks this far ahead.
ASKED_DAYS = 42


@dataclass(frozen=True, slots=True)
class Match:
    """How many of the people asked a start suits. It never says whom."""

    starts_at: datetime
    can: int
    could: int
    cannot: int


def matches(
    slots: Sequence[datetime],
    votes: Mapping[UUID, Mapping[datetime, str]],
    people: Collection[UUID],
) -> list[Match]:
    """The starts that every one of `people` can or could come to, best first.

    Most *can* first, then the earliest. With nobody to ask nothing suits.
    """
    found = [m for m in _counted(slots, votes, people) if people and not m.cannot]
    return sorted(found, key=lambda m: (-m.can, m.starts_at))


def nearest(
    slots: Sequence[datetime],
    votes: Mapping[UUID, Mapping[datetime, str]],
    people: Collection[UUID],
    count: int = 5,
) -> list[Match]:
    """What comes nearest where nothing suits all: the fewest who cannot, then as `matches`.

    A start that suits nobody is near nothing.
    """
    found = [m for m in _counted(slots, votes, people) if m.can or m.could]
    return sorted(found, key=lambda m: (m.cannot, -m.can, m.starts_at))[:count]


def _counted(
    slots: Sequence[datetime],
    votes: Mapping[UUID, Mapping[datetime, str]],
    people: Collection[UUID],
) -> list[Match]:
    nothing: Mapping[datetime, str] = {}
    said = [votes.get(person, nothing) for person in people]
    found = []
    for start in dict.fromkeys(slots):
        words = [one.get(start) for one in said]
        can, could = words.count(CAN), words.count(COULD)
        found.append(Match(start, can, could, len(words) - can - could))
    return found


def asked_days(
    now: datetime,
    tz: ZoneInfo,
    *,
    notice_minutes: int,
    horizon_days: int | None,
    after: date | None = None,
) -> tuple[date, date]:
    """The practitioner's local dates [first, until) that people are asked about.

    Six weeks from the earliest day that the service's notice leaves, or from `after` if that is
    later, as far as its horizon reaches; one day at least.
    """
    first = local_date(now + timedelta(minutes=notice_minutes), tz)
    if after is not None:
        first = max(first, after)
    until = first + timedelta(days=ASKED_DAYS)
    if horizon_days is not None:
        # The horizon is elapsed time: on its last local day only the early hours may be open.
        horizon = local_date(now, tz) + timedelta(days=horizon_days + 1)
        until = max(min(until, horizon), first + timedelta(days=1))
    return first, until
