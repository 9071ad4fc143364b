"""After every third session: whether somebody is asked how it goes, and until when.

What counts is a session that took place with this person: they were on its roster, and nobody
noted that they were missing. The call before joining a group is none. Only sessions of one and the
same request count: two people may share an address, and neither must learn from being asked that
the other has been here too. After a parting nothing counts: what was joint is closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

#: Asked after the third session, the sixth, and so on.
EVERY = 3
ASKED_AFTER = timedelta(hours=24)
#: From when it is asked; later nobody remembers how one session was.
OPEN_FOR = timedelta(days=14)
WORDS_MAX = 2000


class Slider(StrEnum):
    """What is asked, from 0 to 10. The value stands in what is stored: never change one."""

    HEARD = "heard"
    USEFUL = "useful"
    PACE = "pace"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Held:
    """A session that counts."""

    appointment_id: UUID
    ends_at: datetime


def in_order(held: Sequence[Held]) -> Sequence[Held]:
    """The earliest first; the same order each time, also of two that end together."""
    return sorted(held, key=lambda one: (one.ends_at, one.appointment_id))


def is_asked_about(appointment_id: UUID, held: Sequence[Held]) -> bool:
    """Whether this session is a third one."""
    return any(one.appointment_id == appointment_id for one in in_order(held)[EVERY - 1 :: EVERY])


def open_question(held: Sequence[Held], *, now: datetime) -> Held | None:
    """The session that somebody may say something about now: never one before the last third."""
    asked = [one for one in in_order(held)[EVERY - 1 :: EVERY] if one.ends_at + ASKED_AFTER <= now]
    if not asked or now >= asked[-1].ends_at + ASKED_AFTER + OPEN_FOR:
        return None
    return asked[-1]
