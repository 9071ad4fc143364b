"""What can be wrong with a group."""

from collections.abc import Sequence
from datetime import date, datetime

from booking.domain.refusals import Problem

SEATS_MAX = 20
SESSIONS_MAX = 24
TITLE_MAX = 80


def problems(
    *, title: str, seats: int, minimum: int, decide_date: date, first_date: date | None
) -> list[Problem]:
    """Everything wrong with what a group says of itself; `first_date`: of its first session."""
    found: list[Problem] = []
    if not title.strip():
        found.append(Problem("title", "required", "Please give the group a name."))
    elif len(title.strip()) > TITLE_MAX:
        found.append(
            Problem(
                "title", "too_long", "Please keep it to %(count)s characters.", {"count": TITLE_MAX}
            )
        )
    if not 1 <= seats <= SEATS_MAX:
        found.append(
            Problem(
                "seats",
                "too_many_seats",
                "A group has between one and %(count)s seats.",
                {"count": SEATS_MAX},
            )
        )
    if not 1 <= minimum <= max(seats, 1):
        found.append(
            Problem("minimum", "minimum_fits", "It must be at least one, and fit into the seats.")
        )
    if first_date is not None and decide_date > first_date:
        found.append(
            Problem("decide_date", "after_the_start", "Please choose a date before the first one.")
        )
    return found


def starts_problems(starts: Sequence[datetime], *, now: datetime) -> list[Problem]:
    """What is wrong with the dates of a new group; only the most basic of it."""
    if not starts:
        return [Problem("starts", "required", "Please choose the dates.")]
    if len(starts) > SESSIONS_MAX:
        return [too_many_sessions("starts")]
    if len(set(starts)) < len(starts):
        return [Problem("starts", "same_time_twice", "Please choose different times.")]
    if any(start <= now for start in starts):
        return [Problem("starts", "time_passed", "One of these times has passed.")]
    return []


def too_many_sessions(field: str) -> Problem:
    """A group does not go on for ever."""
    return Problem(
        field,
        "too_many_sessions",
        "A group has at most %(count)s dates.",
        {"count": SESSIONS_MAX},
    )
