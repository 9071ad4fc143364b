"""How long each class of data is kept: defaults of a setting, not law; and when its time is up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DEFAULT_DAYS: Mapping[str, int] = {
    # Begun and never finished, after the request has ended.
    "abandoned": 30,
    "declined": 90,
    # Sealed safety answers: after the last session or the recorded decision, whichever is later.
    "sealed": 90,
    "intake": 365,
    # Signatures and attendance: what the practice's lawyer or insurer asks for, often seven years.
    "consents": 7 * 365,
}


class Kept(StrEnum):
    """What is kept of a request, each with a clock of its own."""

    # What people wrote that is not sealed, and what the request said; telephone numbers with it.
    ANSWERS = "answers"
    SEALED = "sealed"  # the safety answers, and what came of them: flags, alerts, decisions
    SIGNATURES = "signatures"
    CONTACT = "contact"  # names and addresses: without them nobody knows who signed


def default_days() -> dict[str, int]:
    """A fresh copy, for a column."""
    return dict(DEFAULT_DAYS)


@dataclass(frozen=True, slots=True)
class History:
    """What the clocks of one request count from."""

    #: When it ended without a session; None for one that led to sessions or still may.
    closed_at: datetime | None
    was_declined: bool
    #: The end of the last session that was, or was to be; None: there never was one.
    last_session: datetime | None
    #: A review of it was decided.
    decided_at: datetime | None
    #: A review is open, a session lies ahead, or the request is open.
    is_live: bool


def due(history: History, days: Mapping[str, int]) -> Mapping[Kept, datetime]:
    """From when each part may go; empty while the request is live.

    Where there never was a session everything goes at once, but for the sealed answers behind a
    decision: those stay until they have served as its reason.
    """
    ended = history.last_session or history.closed_at
    if history.is_live or ended is None:
        return {}

    def after(start: datetime, name: str) -> datetime:
        return start + timedelta(days=days.get(name, DEFAULT_DAYS[name]))

    decided = history.decided_at
    if history.last_session is None:
        gone = after(ended, "declined" if history.was_declined else "abandoned")
        sealed = max(gone, after(decided, "sealed")) if decided else gone
        return dict.fromkeys(Kept, gone) | {Kept.SEALED: sealed}
    signatures = after(ended, "consents")
    return {
        Kept.ANSWERS: after(ended, "intake"),
        Kept.SEALED: after(max(ended, decided) if decided else ended, "sealed"),
        Kept.SIGNATURES: signatures,
        Kept.CONTACT: signatures,
    }
