"""Calendar files (RFC 5545, RFC 5546): one person, one UID, nothing about others."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from icalendar import Calendar, Event, vCalAddress

from notifications.domain.discretion import one_line

_PRODUCT = "-//Attune//EN"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a calendar file says. `title` is the recipient's own choice of words.

    `location` is a word such as Online, never an address: calendars are shared. `url` is all
    that the description holds.
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


def calendar_file(entry: CalendarFile) -> bytes:
    """The file, as the bytes that must arrive.

    Times are in UTC, so no clock change or zone definition can shift them. RSVP is FALSE as long
    as nobody reads the replies. Raises `ValueError` for an address that breaks out of its line.
    """
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", _PRODUCT)
    calendar.add("METHOD", entry.method)
    event = Event()
    event.add("UID", str(entry.uid))
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.stamped_at.astimezone(UTC))
    event.add("DTSTART", entry.starts_at.astimezone(UTC))
    event.add("DTEND", entry.ends_at.astimezone(UTC))
    event.add("SUMMARY", one_line(entry.title))
    event.add("DESCRIPTION", entry.url)
    if entry.location:
        event.add("LOCATION", entry.location)
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "OPAQUE")
    event.add("STATUS", "CANCELLED" if entry.method == "CANCEL" else "CONFIRMED")
    event.add("ORGANIZER", vCalAddress(f"mailto:{entry.organizer}"))
    event.add("ATTENDEE", _attendee(entry))
    # We do not read counter-proposals.
    event.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _attendee(entry: CalendarFile) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{entry.attendee}")
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "NEEDS-ACTION"
    attendee.params["RSVP"] = "FALSE"
    return attendee
