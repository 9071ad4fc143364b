"""Running late: by how much somebody may, and when they can say so."""

from datetime import datetime, timedelta

MINUTES_MIN, MINUTES_MAX = 5, 30
#: From how long before the start somebody can say that they run late.
BEFORE_START = timedelta(hours=2)


def can_say_so(starts_at: datetime, ends_at: datetime, *, now: datetime) -> bool:
    """Whether the session is near, or under way."""
    return starts_at - BEFORE_START <= now < ends_at
