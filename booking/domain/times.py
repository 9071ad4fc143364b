"""When holds end and when joint decisions leave. Every number is a setting of the practice."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from practice.domain.wall import instant, local_date


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """How long time is kept for somebody, in minutes, hours and days of elapsed time."""

    unverified_minutes: int
    single_hours: int
    joint_hours: int
    proposal_hours: int
    soon_days: int
    soon_hours: int


def unverified_until(now: datetime, policy: HoldPolicy) -> datetime:
    """The end of a hold whose requester has not entered their code yet."""
    return now + timedelta(minutes=policy.unverified_minutes)


def held_until(
    now: datetime,
    policy: HoldPolicy,
    *,
    people: int,
    starts_at: datetime,
    notice_minutes: int,
) -> datetime:
    """The end of a verified request's hold.

    Fixed once, whatever anyone does later: an end that moved would tell partners who finished.
    Never past the start less the service's notice.
    """
    hours = policy.single_hours if people == 1 else policy.joint_hours
    return min(now + timedelta(hours=hours), starts_at - timedelta(minutes=notice_minutes))


def proposal_until(now: datetime, policy: HoldPolicy, *, starts_at: datetime) -> datetime:
    """The end of the time to answer a proposal: shorter if the session is soon."""
    is_soon = starts_at - now < timedelta(days=policy.soon_days)
    hours = policy.soon_hours if is_soon else policy.proposal_hours
    return min(now + timedelta(hours=hours), starts_at)


def next_batch(
    now: datetime, tz: ZoneInfo, *, minutes: Collection[int], weekdays: Collection[int]
) -> datetime:
    """The next moment at which joint decisions leave, strictly after `now`, in UTC.

    `minutes` are wall-clock minutes since midnight in `tz`, Monday is weekday 0. Raises
    `ValueError` if the settings leave no batch time at all.
    """
    today = local_date(now, tz)
    for offset in range(9):
        day = today + timedelta(days=offset)
        if day.weekday() not in weekdays:
            continue
        for minute in sorted(minutes):
            at = instant(day, minute, tz)
            if at > now:
                return at
    raise ValueError("the practice has set no time at which joint decisions leave")
