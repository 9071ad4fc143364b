"""How long somebody who signed in stays signed in: a pure calculation on what their session keeps.

HIPAA's automatic log-off, 45 CFR 164.312(a)(2)(iii), and ASVS 5.0 7.3.1 and 7.3.2.
"""

from collections.abc import Mapping
from enum import StrEnum

IDLE_SECONDS = 15 * 60
LIFE_SECONDS = 12 * 60 * 60
#: A write a minute is enough to measure a quarter of an hour.
NOTED_EVERY_SECONDS = 60


class Ended(StrEnum):
    """Why a session at the desk is over."""

    IDLE = "idle"
    LIFE = "life"


def begun(now: int) -> dict[str, int]:
    """What a session keeps when somebody signs in. `now` in seconds since 1970."""
    return {"since": now, "seen": now}


def ended(kept: Mapping[str, int], now: int) -> Ended | None:
    """Why the session is over; None while it goes on. One that keeps nothing is over."""
    if not kept or now - kept["seen"] > IDLE_SECONDS:
        return Ended.IDLE
    return Ended.LIFE if now - kept["since"] > LIFE_SECONDS else None


def seen_again(kept: Mapping[str, int], now: int) -> dict[str, int] | None:
    """What to keep now that it was used; None while the last note is recent enough."""
    return {**kept, "seen": now} if now - kept["seen"] > NOTED_EVERY_SECONDS else None
