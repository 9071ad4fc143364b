"""Quiet hours: 20:00 to 08:00 on the recipient's wall clock.

They never delay an answer to somebody's own action, an alert, or a change to a session that is
less than a day away. Other mail waits for the morning. A reminder moves to the evening before;
one shortly before the session goes at 07:00 at the earliest, and not at all when that leaves
less than half an hour.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from practice.domain.wall import instant, local_date

QUIET_FROM_MINUTE = 20 * 60
QUIET_UNTIL_MINUTE = 8 * 60
#: A reminder that moves to the evening leaves half an hour for retries before quiet hours.
EVENING_MINUTE = QUIET_FROM_MINUTE - 30
EARLIEST_MINUTE = 7 * 60
#: A change to a session that starts within this time is told at once.
SOON = timedelta(hours=24)
#: Reminders at most this long before the session are about setting out, not about planning.
SHORT_NOTICE = timedelta(hours=4)
LEAST_NOTICE = timedelta(minutes=30)


def _minute(at: datetime, tz: ZoneInfo) -> int:
    local = at.astimezone(tz)
    return local.hour * 60 + local.minute


def is_quiet(at: datetime, tz: ZoneInfo) -> bool:
    """Whether `at` is within quiet hours on the wall clock of `tz`; half-open."""
    return not QUIET_UNTIL_MINUTE <= _minute(at, tz) < QUIET_FROM_MINUTE


def morning(at: datetime, tz: ZoneInfo) -> datetime:
    """The first moment from `at` on that is not quiet: `at` itself or the next 08:00."""
    if not is_quiet(at, tz):
        return at
    day = local_date(at, tz)
    if _minute(at, tz) >= QUIET_FROM_MINUTE:
        day += timedelta(days=1)
    return instant(day, QUIET_UNTIL_MINUTE, tz)


def next_morning(at: datetime, tz: ZoneInfo) -> datetime:
    """The first 08:00 after `at`."""
    day = local_date(at, tz)
    due = instant(day, QUIET_UNTIL_MINUTE, tz)
    return due if due > at else instant(day + timedelta(days=1), QUIET_UNTIL_MINUTE, tz)


def evening(at: datetime, tz: ZoneInfo) -> datetime:
    """The last moment up to `at` for a reminder: `at` itself or 19:30 of the evening before it."""
    if not is_quiet(at, tz):
        return at
    day = local_date(at, tz)
    if _minute(at, tz) < QUIET_UNTIL_MINUTE:
        day -= timedelta(days=1)
    return instant(day, EVENING_MINUTE, tz)


def reminder_at(starts_at: datetime, before: timedelta, tz: ZoneInfo) -> datetime | None:
    """When to remind somebody `before` (elapsed time) the session; None: not at all."""
    due = starts_at - before
    if before > SHORT_NOTICE:
        return evening(due, tz)
    if _minute(due, tz) < EARLIEST_MINUTE:
        due = instant(local_date(due, tz), EARLIEST_MINUTE, tz)
    return due if starts_at - due >= LEAST_NOTICE else None
