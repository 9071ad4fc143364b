"""From a letter to the bytes that go to the mail server, the same at every attempt."""

import re
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage as MimeMessage
from email.message import Message
from email.policy import SMTP, Policy
from email.utils import format_datetime
from functools import lru_cache
from types import MappingProxyType

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.encoding import punycode
from django.utils.translation import gettext as _

from notifications.domain import mime
from notifications.domain.plan.planned import CANCEL
from notifications.messages.render import html, text
from notifications.messages.wording import compose
from notifications.models import Delivery
from notifications.operations.invites import CalendarFile, calendar_file
from notifications.queries.letters import Letter, from_address
from notifications.queries.replies import reads_replies
from practice.models import Modality

_FILE_NAME = "invite.ics"
#: Mail services that refuse a message with something to hand back.
_WITHOUT_METADATA = {"postal"}
#: Addresses that need nobody to take them apart, which takes longer than all the rest of a header.
_ORDINARY = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@[a-z0-9]+(?:[.-][a-z0-9]+)+", re.ASCII | re.IGNORECASE
)


class Envelope(EmailMultiAlternatives):
    """An e-mail that may carry a calendar file, in the shape that calendar programs expect.

    mixed(alternative(text, HTML, text/calendar), application/ics). The calendar part comes last
    among the alternatives and has no Content-Disposition, or some programs overlook it. Both
    copies are base64, so that their CRLF survive. Boundaries are fixed: a retry is the same
    message to the byte.
    """

    calendar: bytes = b""
    method: str = ""
    boundary: str = ""
    metadata: Mapping[str, str] = MappingProxyType({})

    def as_bytes(self) -> bytes:
        """The message as it goes to the mail server. `ValueError`: a line break in a header."""
        ((rich, _kind),) = self.alternatives
        alternatives = [mime.text("plain", str(self.body)), mime.text("html", str(rich))]
        if not self.calendar:
            return mime.message(self._headers(), self._multipart("alternative", 0, *alternatives))
        file = mime.encoded(self.calendar)
        kind = f'text/calendar; method="{self.method}"; charset="UTF-8"'
        alternatives.append(mime.part([("Content-Type", kind)], file))
        attachment = [
            ("Content-Type", "application/ics"),
            ("Content-Disposition", f'attachment; filename="{_FILE_NAME}"'),
        ]
        body = self._multipart(
            "mixed",
            0,
            self._multipart("alternative", 1, *alternatives),
            mime.part(attachment, file),
        )
        return mime.message(self._headers(), body)

    def message(self, *, policy: "Policy[Message] | None" = None) -> MimeMessage:
        """The same for backends that want it in parts."""
        message = message_from_bytes(self.as_bytes(), policy=policy or SMTP)
        assert isinstance(message, MimeMessage)
        return message

    def _headers(self) -> list[mime.Header]:
        addressed = {"From": [self.from_email], "To": self.to, "Reply-To": self.reply_to}
        return [
            ("Subject", str(self.subject)),
            *[(name, ", ".join(map(_in_ascii, who))) for name, who in addressed.items() if who],
            *[(name, str(value)) for name, value in self.extra_headers.items()],
        ]

    def _multipart(self, subtype: str, number: int, *parts: bytes) -> bytes:
        return mime.multipart(subtype, f"={self.boundary}-{number}=", parts)


def envelope(delivery: Delivery, letter: Letter) -> Envelope:
    """The whole e-mail for one delivery.

    Its Message-ID comes from the delivery and its date from the plan, so that a mail server or
    a reader recognises a second copy. Raises `ValueError` for an address that is none.
    """
    message = compose(letter)
    sender = from_address()
    organizer = (delivery.invite.organizer if delivery.invite else "") or sender
    headers = {
        "Message-ID": f"<{delivery.id.hex}@{sender.rpartition('@')[2]}>",
        "Date": format_datetime(max(delivery.due_at, delivery.planned_at)),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    mail = Envelope(
        subject=message.subject,
        body=text(message),
        # Calendar programs want the organizer to be who the mail is from.
        from_email=_named(letter.sender, organizer),
        to=[_bare(letter.address)],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(html(message), "text/html")
    mail.boundary = delivery.id.hex
    if set(settings.WEBHOOK_PROVIDERS) - _WITHOUT_METADATA:
        # Handed back in reports, even by mail services that make a Message-ID of their own.
        mail.metadata = {"delivery": delivery.id.hex}
    is_wanted = letter.has_file or delivery.method == CANCEL
    if delivery.invite is not None and letter.session is not None and is_wanted:
        mail.calendar = calendar_file(_calendar_file(delivery, letter, organizer))
        mail.method = delivery.method
        # For backends that put messages together themselves.
        mail.attach(_FILE_NAME, mail.calendar, "application/ics")
    return mail


def is_ordinary(address: str) -> bool:
    """Whether it means the same to everybody, just as it is."""
    return _ORDINARY.fullmatch(address) is not None


def _bare(address: str) -> str:
    return address if is_ordinary(address) else str(Address(addr_spec=address))


@lru_cache(maxsize=64)
def _named(name: str, address: str) -> str:
    # Kept, because few senders write many messages.
    return str(Address(display_name=name, addr_spec=address))


def _in_ascii(address: str) -> str:
    """With its domain in ASCII: a header has a way to encode names, but none for domains."""
    before, at, after = address.rpartition("@")
    domain = after.removesuffix(">")
    return address if domain.isascii() else before + at + punycode(domain) + after[len(domain) :]


def _calendar_file(delivery: Delivery, letter: Letter, sender: str) -> CalendarFile:
    session, invite = letter.session, delivery.invite
    if session is None or invite is None or delivery.sequence is None:
        raise ValueError("a calendar file needs a session and an invite")
    stamped_at: datetime = delivery.stamped_at or delivery.planned_at
    # Where people meet in person stands on the page only: calendars are shared.
    locations = {Modality.VIDEO: _("Online"), Modality.PHONE: _("Phone")}
    return CalendarFile(
        method=delivery.method,
        uid=invite.uid,
        sequence=delivery.sequence,
        stamped_at=stamped_at,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        title=letter.event_title or _("Appointment"),
        location=locations.get(Modality(session.modality), ""),
        url=letter.url,
        organizer=sender,
        attendee=letter.address,
        takes_reply=reads_replies(sender),
    )
