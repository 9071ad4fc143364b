"""From a letter to the bytes that go to the mail server, the same at every attempt."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage as MimeMessage
from email.message import Message, MIMEPart
from email.policy import SMTP, Policy
from email.utils import format_datetime

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from notifications.messages.render import html, text
from notifications.messages.wording import compose
from notifications.models import Delivery
from notifications.operations.invites import CalendarFile, calendar_file
from notifications.queries.letters import Letter, from_address
from practice.models import Modality

_FILE_NAME = "invite.ics"


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

    def message(self, *, policy: "Policy[Message] | None" = None) -> MimeMessage:
        """The message with everything in place."""
        # Seven bits: no server on the way has a reason to re-encode anything.
        mime = super().message(policy=(policy or SMTP).clone(cte_type="7bit"))
        if self.calendar:
            alternative = next(
                part for part in mime.walk() if part.get_content_type() == "multipart/alternative"
            )
            # The stubs expect parts of the message's own class.
            alternative.attach(self._calendar_part())  # type: ignore[arg-type]
        multiparts = [part for part in mime.walk() if part.is_multipart()]
        for number, part in enumerate(multiparts):
            part.set_boundary(f"={self.boundary}-{number}=")
        return mime

    def _calendar_part(self) -> MIMEPart:
        part = MIMEPart(policy=SMTP)
        part.set_content(
            self.calendar,
            maintype="text",
            subtype="calendar",
            cte="base64",
            params={"method": self.method, "charset": "UTF-8"},
        )
        return part


def envelope(delivery: Delivery, letter: Letter) -> Envelope:
    """The whole e-mail for one delivery.

    Its Message-ID comes from the delivery and its date from the plan, so that a mail server or
    a reader recognises a second copy. Raises `ValueError` for an address that is none.
    """
    message = compose(letter)
    sender = from_address()
    headers = {
        "Message-ID": f"<{delivery.id.hex}@{sender.rpartition('@')[2]}>",
        "Date": format_datetime(max(delivery.due_at, delivery.planned_at)),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    mail = Envelope(
        subject=message.subject,
        body=text(message),
        from_email=str(Address(display_name=letter.sender, addr_spec=sender)),
        to=[str(Address(addr_spec=letter.address))],
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(html(message), "text/html")
    mail.boundary = delivery.id.hex
    if delivery.invite is not None and letter.session is not None:
        mail.calendar = calendar_file(_calendar_file(delivery, letter, sender))
        mail.method = delivery.method
        mail.attach(_attachment(mail.calendar))
    return mail


def _attachment(calendar: bytes) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(
        calendar,
        maintype="application",
        subtype="ics",
        cte="base64",
        disposition="attachment",
        filename=_FILE_NAME,
    )
    return part


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
    )
