"""Calendar files (RFC 5545, RFC 5546): one person, one UID, nothing about others."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.domain.discretion import one_line
from notifications.domain.lines import escaped, instant, lines


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a calendar file says. `title` is the recipient's own choice of words.

    `location` is a word such as Online, never an address: calendars are shared. `url` is all
    that the description holds. `takes_reply`: somebody reads what the recipient's program answers
    to the organizer.
    """

    method: str
    uid: UUID
    sequence: int
    stamped_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    location: str
    url: str
    organizer: str
    attendee: str
    takes_reply: bool = False


def calendar_file(entry: CalendarFile) -> bytes:
    """The file, as the bytes that must arrive.

    Times are in UTC, so no clock change or zone definition can shift them. RSVP is FALSE where
    nobody reads the replies: a button that does nothing is worse than none. Raises `ValueError`
    for an address that breaks out of its line.
    """
    if not (entry.organizer + entry.attendee).isprintable():
        raise ValueError("an address with a control character")
    # To a cancellation there is nothing to answer.
    asks = entry.takes_reply and entry.method == "REQUEST"
    return lines(
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Attune//EN",
        f"METHOD:{entry.method}",
        "BEGIN:VEVENT",
        f"SUMMARY:{escaped(one_line(entry.title))}",
        f"DTSTART:{instant(entry.starts_at)}",
        f"DTEND:{instant(entry.ends_at)}",
        f"DTSTAMP:{instant(entry.stamped_at)}",
        f"UID:{entry.uid}",
        f"SEQUENCE:{entry.sequence}",
        "ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT"
        f";RSVP={'TRUE' if asks else 'FALSE'}:mailto:{entry.attendee}",
        "CLASS:PRIVATE",
        f"DESCRIPTION:{escaped(entry.url)}",
        *([f"LOCATION:{escaped(entry.location)}"] if entry.location else []),
        f"ORGANIZER:mailto:{entry.organizer}",
        f"STATUS:{'CANCELLED' if entry.method == 'CANCEL' else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        # A counter-proposal is shown to the practitioner and answered by nobody.
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
        "END:VEVENT",
        "END:VCALENDAR",
    )
