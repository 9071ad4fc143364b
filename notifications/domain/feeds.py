"""A calendar that programs subscribe to (RFC 5545, RFC 7986), written line by line.

Written by hand, so that a feed of any length takes no memory and little time: an event is a dozen
lines of which most are fixed. Tests hold it against what icalendar reads and writes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notifications.domain.lines import escaped, instant, lines

#: What is over stands in a feed for this long.
PAST = timedelta(days=90)
#: What is cancelled stands in it, as cancelled, for this long: programs that read seldom see it.
CANCELLED = timedelta(days=30)

_EVERY = "PT1H"


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One appointment as a feed shows it. `changed_at`: when what it says became so."""

    uid: UUID
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    is_cancelled: bool = False
    location: str = ""
    url: str = ""


def feed(name: str, events: Iterable[FeedEvent]) -> Iterator[bytes]:
    """The whole calendar, piece by piece. Without METHOD and ATTENDEE: nobody is invited by it."""
    yield lines(
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Attune//EN",
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{_EVERY}",
        f"X-PUBLISHED-TTL:{_EVERY}",
    )
    for event in events:
        yield _event(event)
    yield b"END:VCALENDAR\r\n"


def _event(event: FeedEvent) -> bytes:
    changed = instant(event.changed_at)
    optional = [
        *([f"LOCATION:{escaped(event.location)}"] if event.location else []),
        f"STATUS:{'CANCELLED' if event.is_cancelled else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if event.is_cancelled else 'OPAQUE'}",
        *([f"URL:{event.url}"] if event.url else []),
    ]
    return lines(
        "BEGIN:VEVENT",
        f"SUMMARY:{escaped(event.title)}",
        f"DTSTART:{instant(event.starts_at)}",
        f"DTEND:{instant(event.ends_at)}",
        # Without METHOD it says when the event was last revised; so a feed that has not changed
        # is the same to the byte.
        f"DTSTAMP:{changed}",
        f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}",
        "CLASS:PRIVATE",
        f"LAST-MODIFIED:{changed}",
        *optional,
        "END:VEVENT",
    )


def initials(names: Iterable[str]) -> str:
    """ "A. S." for Alex and Sam."""
    return " ".join(f"{first.upper()}." for name in names if (first := name.strip()[:1]))
