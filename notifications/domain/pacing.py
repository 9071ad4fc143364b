"""How many messages may go to one domain now, and when the rest may."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifications.domain.kinds import ALERTS, Kind
from notifications.domain.retry import Backoff

_MINUTE = timedelta(minutes=1)
#: One mailbox that asks to wait, however often, says nothing about its domain; two in a row do.
_WAITS_BEFORE_REST = 2


@dataclass(frozen=True, slots=True)
class Pacing:
    """What is remembered of one domain.

    `waits`: how often in a row it asked to wait, the first recipient by itself counted once;
    `first_asked`: whom that was about, as a keyed hash.
    """

    minute_from: datetime
    taken: int = 0
    waits: int = 0
    rests_until: datetime | None = None
    first_asked: bytes = b""


@dataclass(frozen=True, slots=True)
class Turn:
    """How many may go now, and when to ask again for those that may not.

    `is_watched`: the domain asked to wait when it was last written to.
    """

    granted: int
    again_at: datetime
    is_watched: bool = False


def take(pacing: Pacing, *, wanted: int, limit: int, now: datetime) -> tuple[Pacing, Turn]:
    """Let up to `wanted` messages go to a domain; `limit` is for each minute, 0 for none."""
    if pacing.rests_until is not None and pacing.rests_until > now:
        return pacing, Turn(0, pacing.rests_until)
    is_over = now >= pacing.minute_from + _MINUTE
    begins, taken = (now, 0) if is_over else (pacing.minute_from, pacing.taken)
    granted = min(wanted, max(limit - taken, 0)) if limit else wanted
    after = replace(pacing, minute_from=begins, taken=taken + granted)
    return after, Turn(granted, begins + _MINUTE, is_watched=pacing.waits > 0)


def asked_to_wait(pacing: Pacing, *, recipient: bytes, backoff: Backoff, now: datetime) -> Pacing:
    """The domain answered 4xx once more: from the second recipient in a row on it is left alone.

    What does not wait for its rest to end says nothing new about it.
    """
    if pacing.rests_until is not None and pacing.rests_until > now:
        return pacing
    if not pacing.waits:
        return replace(pacing, waits=1, rests_until=None, first_asked=recipient)
    if pacing.waits < _WAITS_BEFORE_REST and recipient == pacing.first_asked:
        return pacing
    waits = pacing.waits + 1
    rests_until = now + backoff.wait(waits - _WAITS_BEFORE_REST + 1)
    return replace(pacing, waits=waits, rests_until=rests_until)


def waits_for_nobody(kind: str) -> bool:
    """Whether a message leaves whatever its domain wants: somebody sits there and needs it."""
    return kind == Kind.CODE or kind in ALERTS


def domain_of(address: str) -> str:
    """The part that decides which mail server it is."""
    return address.rpartition("@")[2].strip().lower()
