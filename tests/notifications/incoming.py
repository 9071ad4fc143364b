"""Mails as calendar programs send them in answer to an invite, and as mischief makers do."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from booking.models import Appointment
from notifications.domain.replies import Fate
from notifications.models import Invite
from notifications.operations import replies
from notifications.queries import replies as said
from tests.booking import factories
from tests.booking.factories import NOW

AUTHSERV = "mx.office.example"
#: When a mail comes in that answers what was planned at `NOW`.
LATER = NOW + timedelta(minutes=10)


@dataclass
class Reply:
    """One reply, everything of which can be otherwise. `None` leaves a line out."""

    uid: str
    attendee: str | None
    sender: str
    partstat: str = "ACCEPTED"
    method: str = "REPLY"
    sequence: int | None = 0
    stamped_at: datetime = NOW
    organizer: str | None = "mailto:calendar@office.example"
    proven: bool = True
    more: list[str] = field(default_factory=list)

    def calendar(self) -> bytes:
        lines = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Somebody//Calendar//EN",
            f"METHOD:{self.method}",
            "BEGIN:VEVENT",
            f"UID:{self.uid}",
            f"DTSTAMP:{self.stamped_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            # Whatever a reply says of the time is not read.
            "DTSTART:20300101T000000Z",
            *([f"SEQUENCE:{self.sequence}"] if self.sequence is not None else []),
            *([f"ORGANIZER:{self.organizer}"] if self.organizer else []),
            *([f"ATTENDEE;PARTSTAT={self.partstat}:{self.attendee}"] if self.attendee else []),
            *self.more,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        return "\r\n".join(lines).encode()

    def results(self) -> str:
        domain = self.sender.rpartition("@")[2].strip(">")
        return f"{AUTHSERV}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}"

    def mail(self) -> bytes:
        message = EmailMessage(policy=policy.SMTP)
        if self.proven:
            message["Authentication-Results"] = self.results()
        message["From"] = self.sender
        message["To"] = "calendar@office.example"
        message["Subject"] = "Accepted: Appointment"
        message.set_content("Yes, gladly. Private words.")
        message.add_attachment(
            self.calendar(),
            maintype="text",
            subtype="calendar",
            disposition="inline",
            params={"method": self.method, "charset": "utf-8"},
        )
        return message.as_bytes()


def reply_to(appointment: Appointment, **changes: Any) -> Reply:
    """What the program of the person who asked for it answers."""
    invite = Invite.objects.get(
        attendance__appointment=appointment, attendance__participant__is_requester=True
    )
    address = invite.attendance.participant.email
    usual: dict[str, Any] = {
        "uid": str(invite.uid),
        "attendee": f"mailto:{address}",
        "sender": address,
        "sequence": invite.sequence,
        "stamped_at": NOW + timedelta(minutes=5),
    }
    return Reply(**(usual | changes))


def parsed(content: bytes) -> Any:
    """A mail as `manage.py receive_mail` reads it."""
    return message_from_bytes(content)


def receive(content: bytes, *, now: datetime = LATER) -> Fate:
    """What becomes of a mail that comes in, a few minutes later."""
    return replies.receive(message=parsed(content), now=now)


def what_counts(office: factories.Office, appointment: Appointment) -> str | None:
    """What counts as the answer of the one who asked for the appointment."""
    roster = said.roster_of(appointment.pk, office.practitioner.pk)
    assert roster is not None
    answer = roster.people[0].answer
    return answer.answer if answer else None
