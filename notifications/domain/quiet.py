"""Quiet hours: 20:00 to 08:00 on the recipient's wall clock, unless they chose others.

They never delay an answer to somebody's own action, an alert, or a change to a session that is
less than a day away. Other mail waits until they end. A reminder moves to half an hour before they
begin; one shortly before the session goes at 07:00 at the earliest, and not at all when that leaves
less than half an hour.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from practice.domain.wall import instant, local_date

MINUTES_PER_DAY = 24 * 60
EARLIEST_MINUTE = 7 * 60
#: "The day before", for those who want one reminder in the evening.
EVENING_REMINDER_MINUTE = 18 * 60
#: A change to a session that starts within this time is told at once.
SOON = timedelta(hours=24)
#: Reminders at most this long before the session are about setting out, not about planning.
SHORT_NOTICE = timedelta(hours=4)
LEAST_NOTICE = timedelta(minutes=30)
#: What follows a session leaves this long after its end, or the next morning at nine.
AFTER_A_SESSION = timedelta(hours=3)
NINE = 9 * 60
#: A reminder that moves before quiet hours leaves half an hour for retries.
ROOM_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when until when, in minutes since midnight; half-open, the same twice: never.

    It may last over midnight or, for those who sleep by day, through the day.
    """

    from_minute: int = 20 * 60
    until_minute: int = 8 * 60

    @property
    def minutes(self) -> int:
        """How long it lasts."""
        return (self.until_minute - self.from_minute) % MINUTES_PER_DAY

    def covers(self, minute: int) -> bool:
        """Whether this minute of the day is quiet."""
        return (minute - self.from_minute) % MINUTES_PER_DAY < self.minutes


USUAL = Quiet()


def _minute(at: datetime, tz: ZoneInfo) -> int:
    local = at.astimezone(tz)
    return local.hour * 60 + local.minute


def is_quiet(at: datetime, tz: ZoneInfo, quiet: Quiet = USUAL) -> bool:
    """Whether `at` is within quiet hours on the wall clock of `tz`; half-open."""
    return quiet.covers(_minute(at, tz))


def morning(at: datetime, tz: ZoneInfo, quiet: Quiet = USUAL) -> datetime:
    """The first moment from `at` on that is not quiet: `at` itself or when quiet hours end."""
    if not is_quiet(at, tz, quiet):
        return at
    ends_tomorrow = _minute(at, tz) >= quiet.until_minute
    return instant(_day(at, tz, plus=1 if ends_tomorrow else 0), quiet.until_minute, tz)


def next_morning(at: datetime, tz: ZoneInfo, quiet: Quiet = USUAL) -> datetime:
    """The first end of quiet hours after `at`."""
    due = instant(local_date(at, tz), quiet.until_minute, tz)
    return due if due > at else instant(_day(at, tz, plus=1), quiet.until_minute, tz)


def evening(at: datetime, tz: ZoneInfo, quiet: Quiet = USUAL) -> datetime:
    """The last moment up to `at` for a reminder: itself, or half an hour before it got quiet."""
    if not is_quiet(at, tz, quiet):
        return at
    began_yesterday = _minute(at, tz) < quiet.from_minute
    day = _day(at, tz, plus=-1 if began_yesterday else 0)
    minute = quiet.from_minute - ROOM_MINUTES
    if minute < 0:
        day, minute = day - timedelta(days=1), minute + MINUTES_PER_DAY
    return instant(day, minute, tz)


def reminder_at(
    starts_at: datetime, before: timedelta, tz: ZoneInfo, quiet: Quiet = USUAL
) -> datetime | None:
    """When to remind somebody `before` (elapsed time) the session; None: not at all."""
    due = starts_at - before
    if before > SHORT_NOTICE:
        return evening(due, tz, quiet)
    if _minute(due, tz) < EARLIEST_MINUTE:
        due = instant(local_date(due, tz), EARLIEST_MINUTE, tz)
    return due if starts_at - due >= LEAST_NOTICE else None


def evening_before(starts_at: datetime, tz: ZoneInfo, quiet: Quiet = USUAL) -> datetime:
    """18:00 on the recipient's wall clock of the day before the session, or before it got quiet."""
    return evening(instant(_day(starts_at, tz, plus=-1), EVENING_REMINDER_MINUTE, tz), tz, quiet)


def after_session(ends_at: datetime, tz: ZoneInfo, quiet: Quiet = USUAL) -> datetime:
    """Three hours after the end; if that is quiet, the first 09:00 from then on that is not."""
    due = ends_at + AFTER_A_SESSION
    if not is_quiet(due, tz, quiet):
        return due
    nine = instant(local_date(due, tz), NINE, tz)
    return morning(nine if nine >= due else instant(_day(due, tz, plus=1), NINE, tz), tz, quiet)


def _day(at: datetime, tz: ZoneInfo, *, plus: int) -> date:
    return local_date(at, tz) + timedelta(days=plus)
