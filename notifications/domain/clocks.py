"""When one person's clock shows another time for what stays the same on the practitioner's wall."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from notifications.domain.facts import Date


def clock_before(date: Date, dates: Sequence[Date], zone: ZoneInfo) -> datetime | None:
    """What this person's clock showed for the same wall time before; None: it still does.

    Compared with the latest earlier date at the same time on the practitioner's wall: a date that
    was moved says nothing about clocks. Weeks may lie between, so the day of the week counts too.
    """
    earlier = [d for d in dates if d.starts_at < date.starts_at and d.wall == date.wall]
    if not earlier:
        return None
    before = max(earlier, key=lambda d: d.starts_at).starts_at.astimezone(zone)
    now = date.starts_at.astimezone(zone)
    is_same = before.time() == now.time()
    return None if is_same else before
