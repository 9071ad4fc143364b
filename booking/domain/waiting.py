"""The waitlist: whose turn it is, when they may be told, and how long they have to answer."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from practice.domain.wall import instant, local_date

#: People are told of a time between these hours of their own day, the second not included.
DAY_BEGINS_HOUR, DAY_ENDS_HOUR = 8, 20
#: After so many offers in a row without a word somebody is asked whether they still wait.
SILENCES_MAX = 3
#: What an answer leaves the practitioner to decide in, before it is too late for the session.
TO_DECIDE = timedelta(hours=1)
#: An offer that could be answered for less than this is not made.
LEAST_TO_ANSWER = timedelta(minutes=30)


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


def opens_at(now: datetime, zones: Sequence[ZoneInfo]) -> datetime:
    """The first moment from `now` on that is daytime for everyone, in UTC.

    `zones` are those of the people to be told, the requester's first: where no moment is
    daytime for all, theirs decides. Raises `ValueError` without any zone.
    """
    if not zones:
        raise ValueError("nobody to be told")
    # Daytime of all begins now, or where the daytime of one of them begins.
    moments = {now}
    for tz in zones:
        today = local_date(now, tz)
        moments |= {
            instant(today + timedelta(days=ahead), DAY_BEGINS_HOUR * 60, tz) for ahead in range(3)
        }
    for moment in sorted(m for m in moments if m >= now):
        if all(_is_daytime(moment, tz) for tz in zones):
            return moment
    return opens_at(now, zones[:1])


def _is_daytime(at: datetime, tz: ZoneInfo) -> bool:
    return DAY_BEGINS_HOUR <= at.astimezone(tz).hour < DAY_ENDS_HOUR


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
