"""What queries return, as the shapes want it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from booking.domain.slots import Interval
from booking.domain.together import Match
from booking.domain.waiting import DayPart
from booking.queries.people import OwnWaiting, PersonPage
from booking.queries.together import Ballot


def span(start: datetime, minutes: int) -> dict[str, datetime]:
    """A start, and the end of its session."""
    return {"start": start, "end": start + timedelta(minutes=minutes)}


def matches(found: Iterable[Match], minutes: int) -> list[dict[str, Any]]:
    """How many each start suits."""
    return [
        {**span(m.starts_at, minutes), "can": m.can, "could": m.could, "cannot": m.cannot}
        for m in found
    ]


def ballot(found: Ballot) -> dict[str, Any]:
    """One person's own ballot."""
    minutes = found.request.service.duration_minutes
    return {
        "round": found.round,
        "has_answered": found.has_answered,
        "is_open": found.is_open,
        "times": [
            {**span(time.starts_at, minutes), "word": time.word}
            for _day, times in found.days
            for time in times
        ],
    }


def asked_times(page: PersonPage) -> dict[str, Any]:
    """What is offered to one person, or what they said to it while that is still open for all."""
    return {
        "answer_until": page.answer_until,
        "is_move": page.is_move,
        "can_suggest": page.can_suggest,
        "times": page.to_answer or page.answered,
        "suggested": page.suggested,
    }


def own_place(place: OwnWaiting) -> dict[str, Any]:
    """One person's own place on the waitlist."""
    return {
        "is_on": place.is_on,
        "asks_still": place.asks_still,
        "can_join": place.can_join,
        "wishes": {
            "weekdays": sorted(place.wishes.weekdays),
            "parts": sorted(place.wishes.parts, key=list(DayPart).index),
            "from_date": place.wishes.from_date,
        },
    }


def intervals(found: Iterable[Interval]) -> list[dict[str, datetime]]:
    """Stretches of time."""
    return [{"start": i.start, "end": i.end} for i in found]
