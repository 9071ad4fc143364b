"""Appointments every so many weeks at the same time on the practitioner's wall."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from booking.domain.refusals import Problem
from practice.domain.wall import instant, local_date

#: How many weeks may lie between two of them.
EVERY_WEEKS = range(1, 4)
#: How many are planned at once; after that the practitioner renews.
COUNT = range(4, 13)
#: The most that may lie ahead at one time.
AHEAD_MAX = 12


class Conflict(StrEnum):
    """Why an occurrence cannot be at its ordinary time."""

    OUTSIDE_HOURS = "outside_hours"
    TIME_OFF = "time_off"
    TAKEN = "taken"
    PASSED = "passed"


def occurrences(first: datetime, zone: ZoneInfo, every_weeks: int, count: int) -> list[datetime]:
    """The first and those that follow it at the same wall time of `zone`, in UTC.

    A wall time that a clock change skips or repeats follows the rules of `practice.domain.wall`;
    the ones after it are back at the wall time of the first.
    """
    anchor = first.astimezone(zone).replace(tzinfo=None)
    later = following(anchor, zone, every_weeks, after=anchor.date(), count=count - 1)
    return [first.astimezone(UTC), *later]


def following(
    anchor: datetime, zone: ZoneInfo, every_weeks: int, *, after: date, count: int
) -> list[datetime]:
    """The next `count` turns after a local date. `anchor` is the wall time of any one turn."""
    turn = (after - anchor.date()).days // (7 * every_weeks) + 1
    return [_turn(anchor, zone, every_weeks, turn + n) for n in range(count)]


def _turn(anchor: datetime, zone: ZoneInfo, every_weeks: int, turn: int) -> datetime:
    day = anchor.date() + timedelta(weeks=every_weeks * turn)
    return instant(day, anchor.hour * 60 + anchor.minute, zone)


def moved(
    starts: Sequence[datetime], to: datetime, zone: ZoneInfo, every_weeks: int, *, anchor: date
) -> list[datetime]:
    """Where a run of occurrences goes when the first of them goes `to` another time.

    The others follow to its weekday and wall time, as many turns later as they were; one that
    stood elsewhere than its turn (`anchor` is the date of any one) comes back in line.
    """
    period = 7 * every_weeks
    new_anchor = to.astimezone(zone).replace(tzinfo=None)
    turns: list[int] = []
    for start in starts:
        turn = ((local_date(start, zone) - anchor).days + period // 2) // period
        # Two that stood close together do not end up on the same day.
        turns.append(max(turn, turns[-1] + 1) if turns else turn)
    return [
        to.astimezone(UTC),
        *(_turn(new_anchor, zone, every_weeks, turn - turns[0]) for turn in turns[1:]),
    ]


def problems(*, every_weeks: int, count: int | None = None) -> list[Problem]:
    """What is wrong with how often and how many; without `count` the dates are chosen singly."""
    found: list[Problem] = []
    if every_weeks not in EVERY_WEEKS:
        found.append(
            Problem("every_weeks", "one_to_three_weeks", "Please choose every one to three weeks.")
        )
    if count is not None and count not in COUNT:
        found.append(
            Problem("count", "four_to_twelve_dates", "Please choose four to twelve dates.")
        )
    return found


def number_problems(*, more: int, ahead: int) -> list[Problem]:
    """What is wrong with booking so many more dates when so many lie ahead already."""
    if more < 1:
        return [Problem("starts", "at_least_one_date", "Please choose at least one more date.")]
    if ahead + more > AHEAD_MAX:
        return [
            Problem(
                "starts",
                "too_many_dates",
                "At most %(most)s dates of a series can be booked at one time.",
                {"most": AHEAD_MAX},
            )
        ]
    return []
