"""The waitlist: whose turn it is, when they may be told, and how long they have to answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from practice.domain.wall import instant, local_date

_DAY_MINUTES = 24 * 60
#: After so many offers in a row without a word somebody is asked whether they still wait.
SILENCES_MAX = 3
#: What an answer leaves the practitioner to decide in, before it is too late for the session.
TO_DECIDE = timedelta(hours=1)
#: An offer that could be answered for less than this is not made.
LEAST_TO_ANSWER = timedelta(minutes=30)


class DayPart(StrEnum):
    """A part of the day, by the wall clock of whoever waits."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


#: The hours at which the afternoon and the evening begin.
AFTERNOON_BEGINS_HOUR, EVENING_BEGINS_HOUR = 12, 17


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which times would suit somebody who waits; what is empty suits in every way.

    Monday is weekday 0; all of it by the wall clock of their own zone.
    """

    weekdays: frozenset[int] = frozenset()
    parts: frozenset[DayPart] = frozenset()
    from_date: date | None = None

    def suit(self, starts_at: datetime, tz: ZoneInfo) -> bool:
        """Whether a session that begins then is one of the times they can make."""
        local = starts_at.astimezone(tz)
        return (
            (not self.weekdays or local.weekday() in self.weekdays)
            and (not self.parts or day_part(local.hour) in self.parts)
            and (self.from_date is None or local.date() >= self.from_date)
        )


def day_part(hour: int) -> DayPart:
    """The part of the day that an hour of the wall clock belongs to."""
    if hour < AFTERNOON_BEGINS_HOUR:
        return DayPart.MORNING
    return DayPart.AFTERNOON if hour < EVENING_BEGINS_HOUR else DayPart.EVENING


@dataclass(frozen=True, slots=True)
class OfferPolicy:
    """How long an offer may be answered: usually, within `soon_days`, and on the very day."""

    hours: int
    soon_days: int
    soon_hours: int
    today_hours: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that could take a time: everyone's own part is complete, and nothing is held."""

    entry: int
    ready_at: datetime
    joined_at: datetime
    service: UUID
    modality: str


@dataclass(frozen=True, slots=True)
class Told:
    """How somebody can be told of a time: on their own wall clock, outside their quiet hours.

    Quiet hours are minutes since midnight, half-open; the same twice: none.
    """

    zone: ZoneInfo
    quiet_from: int
    quiet_until: int

    def is_day(self, at: datetime) -> bool:
        """Whether it is not quiet for them then."""
        local = at.astimezone(self.zone)
        since = (local.hour * 60 + local.minute - self.quiet_from) % _DAY_MINUTES
        return since >= (self.quiet_until - self.quiet_from) % _DAY_MINUTES


def opens_at(now: datetime, people: Sequence[Told]) -> datetime:
    """The first moment from `now` on that is daytime for everyone, in UTC.

    `people` are those to be told, the requester first: where no moment is daytime for all, theirs
    decides. Raises `ValueError` without anybody.
    """
    if not people:
        raise ValueError("nobody to be told")
    # Daytime of all begins now, or where the quiet hours of one of them end.
    moments = {now}
    for person in people:
        today = local_date(now, person.zone)
        moments |= {
            instant(today + timedelta(days=ahead), person.quiet_until, person.zone)
            for ahead in range(3)
        }
    for moment in sorted(m for m in moments if m >= now):
        if all(person.is_day(moment) for person in people):
            return moment
    return opens_at(now, people[:1])


def expires_at(
    opens_at: datetime,
    starts_at: datetime,
    policy: OfferPolicy,
    *,
    tz: ZoneInfo,
    decide_by: datetime | None = None,
) -> datetime:
    """Until when an offer may be answered; "the same day" is a day of the practitioner's zone.

    `decide_by` is when the practitioner's decision must have been made (the start, unless a
    batch before it comes first). Ask `leaves_time` whether what is left is worth an offer.
    """
    if local_date(opens_at, tz) == local_date(starts_at, tz):
        hours = policy.today_hours
    elif starts_at - opens_at < timedelta(days=policy.soon_days):
        hours = policy.soon_hours
    else:
        hours = policy.hours
    return min(opens_at + timedelta(hours=hours), (decide_by or starts_at) - TO_DECIDE)


def leaves_time(opens_at: datetime, expires_at: datetime) -> bool:
    """Whether people can be expected to answer in between."""
    return expires_at - opens_at >= LEAST_TO_ANSWER


def in_line(entries: Iterable[Waiting], *, fits: Callable[[UUID, str], bool]) -> Iterable[Waiting]:
    """Those whom a time fits, whose turn comes first first: by the date of readiness.

    `fits` says of a service and a way to meet whether they could begin at that time. It is asked
    once for each pair, and only as far down the line as somebody looks.
    """
    known: dict[tuple[UUID, str], bool] = {}
    for entry in sorted(entries, key=lambda e: (e.ready_at, e.joined_at, e.entry)):
        pair = (entry.service, entry.modality)
        if pair not in known:
            known[pair] = fits(*pair)
        if known[pair]:
            yield entry
