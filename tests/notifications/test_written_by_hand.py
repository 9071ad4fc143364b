"""What is written by hand for speed, held against the libraries that would write it."""

import textwrap
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from uuid import UUID

import pytest
from css_inline import CSSInliner
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Event, vCalAddress

from notifications.domain.discretion import one_line
from notifications.messages.render import html, text
from notifications.messages.structure import Message
from notifications.operations.envelopes import Envelope
from notifications.operations.invites import CalendarFile, calendar_file

WORDS = st.text(max_size=60)
INSTANTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
LABELS = st.text(alphabet="abcxyz0189", min_size=1, max_size=70)
ADDRESSES = st.builds("{}.{}@{}.example".format, LABELS, LABELS, LABELS)


# --- Calendar files --------------------------------------------------------------------------

FILES = st.builds(
    CalendarFile,
    method=st.sampled_from(["REQUEST", "CANCEL"]),
    uid=st.uuids(),
    sequence=st.integers(0, 10**6),
    stamped_at=INSTANTS,
    starts_at=INSTANTS,
    ends_at=INSTANTS,
    # "\\N" is the one thing written differently: icalendar takes it for a line break.
    title=WORDS.filter(lambda title: "\\N" not in title),
    location=st.sampled_from(["Online", "Phone", "", "À distance; " * 9]),
    url=st.builds("https://office.example/open/{}/".format, LABELS),
    organizer=ADDRESSES,
    attendee=ADDRESSES | st.just("zoë@exämple.test"),
    takes_reply=st.booleans(),
)


def by_icalendar(entry: CalendarFile) -> bytes:
    """The same file as icalendar builds and writes it."""
    attendee = vCalAddress(f"mailto:{entry.attendee}")
    attendee.params["CUTYPE"] = "INDIVIDUAL"
    attendee.params["ROLE"] = "REQ-PARTICIPANT"
    attendee.params["PARTSTAT"] = "NEEDS-ACTION"
    asks = entry.takes_reply and entry.method == "REQUEST"
    attendee.params["RSVP"] = "TRUE" if asks else "FALSE"
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Attune//EN")
    calendar.add("METHOD", entry.method)
    event = Event()
    event.add("UID", str(entry.uid))
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", entry.stamped_at)
    event.add("DTSTART", entry.starts_at)
    event.add("DTEND", entry.ends_at)
    event.add("SUMMARY", one_line(entry.title))
    event.add("DESCRIPTION", entry.url)
    if entry.location:
        event.add("LOCATION", entry.location)
    event.add("CLASS", "PRIVATE")
    event.add("TRANSP", "OPAQUE")
    event.add("STATUS", "CANCELLED" if entry.method == "CANCEL" else "CONFIRMED")
    event.add("ORGANIZER", vCalAddress(f"mailto:{entry.organizer}"))
    event.add("ATTENDEE", attendee)
    event.add("X-MICROSOFT-DISALLOW-COUNTER", "TRUE")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


@given(file=FILES)
def test_a_calendar_file_is_to_the_byte_what_icalendar_writes(file: CalendarFile) -> None:
    assert calendar_file(file) == by_icalendar(file)


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0", "\x85", "\u2028"])
def test_an_address_that_breaks_out_of_its_line_is_not_written(mark: str) -> None:
    file = CalendarFile(
        method="REQUEST",
        uid=UUID(int=1),
        sequence=0,
        stamped_at=datetime(2026, 3, 1, tzinfo=UTC),
        starts_at=datetime(2026, 3, 3, 18, tzinfo=UTC),
        ends_at=datetime(2026, 3, 3, 18, tzinfo=UTC) + timedelta(minutes=50),
        title="Appointment",
        location="",
        url="https://office.example/",
        organizer="office@office.example",
        attendee=f"alex{mark}ATTENDEE:mailto:eve@example.test",
    )

    with pytest.raises(ValueError, match="control character"):
        calendar_file(file)


# --- HTML ------------------------------------------------------------------------------------

#: Words as hostile as they come: what HTML, its attributes and our own marks are made of. NUL is
#: the one that cannot come: the database takes none.
HOSTILE = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=40
) | st.text(alphabet="<>&\"'\xa0\r\n \ue0000\ue001https:/;amp#x", max_size=40)
MAYBE_LINK = HOSTILE | st.builds("https://{}".format, HOSTILE)
SEVERAL = st.lists(HOSTILE, max_size=3).map(tuple)
MESSAGES = st.builds(
    Message,
    subject=HOSTILE,
    words=st.lists(HOSTILE, min_size=1, max_size=3).map(tuple),
    before=SEVERAL,
    after=SEVERAL,
    facts=st.lists(st.tuples(HOSTILE, MAYBE_LINK), max_size=3).map(tuple),
    action=HOSTILE,
    url=MAYBE_LINK,
    code=HOSTILE,
    small=SEVERAL,
    signature=HOSTILE,
    glance=HOSTILE,
    title=HOSTILE,
)


def by_inliner(message: Message) -> str:
    """The same message, rendered and inlined as a whole."""
    padding = "\u034f\u200c\u00a0" * 40 if message.glance else ""
    context = {"message": message, "language": "en", "padding": padding}
    inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    return inliner.inline(render_to_string("notifications/message.html", context))


@settings(deadline=None)  # the inliner's first call takes its time
@given(message=MESSAGES)
def test_a_message_is_the_html_that_the_inliner_makes_of_the_whole(message: Message) -> None:
    assert html(message) == by_inliner(message)


@given(words=HOSTILE | st.text(alphabet="ab \t\n-", max_size=100))
def test_a_paragraph_is_wrapped_as_by_the_standard_library(words: str) -> None:
    wrapped = textwrap.fill(words, 72, break_long_words=False, break_on_hyphens=False)

    plain = text(Message(subject="Hello", words=(words,), signature="Office"))

    assert plain == f"{wrapped}\n\nOffice\n"


# --- E-mails ---------------------------------------------------------------------------------

LINES = st.lists(WORDS | st.text(alphabet=". =abc", max_size=120), max_size=6).map("\n".join)
HEADER = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=90
).map(one_line)


def by_django(mail: Envelope) -> EmailMessage:
    """The same e-mail as Django and the standard library build it, read back."""
    whole = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.body,
        from_email=mail.from_email,
        to=mail.to,
        headers=mail.extra_headers,
    )
    ((rich, _kind),) = mail.alternatives
    whole.attach_alternative(str(rich), "text/html")
    if mail.calendar:
        whole.attach("invite.ics", mail.calendar, "application/ics")
    mime = whole.message(policy=policy.SMTP.clone(cte_type="7bit"))
    if mail.calendar:
        part = MIMEPart(policy=policy.SMTP)
        params = {"method": mail.method, "charset": "UTF-8"}
        part.set_content(
            mail.calendar, maintype="text", subtype="calendar", cte="base64", params=params
        )
        alternative = next(
            p for p in mime.walk() if p.get_content_type() == "multipart/alternative"
        )
        alternative.attach(part)  # type: ignore[arg-type]
    return read(mime.as_bytes())


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(message, EmailMessage)
    return message


def told(message: EmailMessage) -> list[object]:
    """Everything that a reader's program learns from it."""
    headers = {n: str(v) for n, v in message.items() if n != "Content-Type"}
    parts = [
        (
            part.get_content_type(),
            {k: v for k, v in part.get_params([]) if k.lower() != "boundary"},
            part.get_filename(),
            part.get_content_disposition(),
            None if part.is_multipart() else part.get_payload(decode=True),
            part.defects,
        )
        for part in message.walk()
    ]
    return [headers, *parts]


def a_mail(subject: str, name: str, body: str, *, calendar: bytes = b"") -> Envelope:
    mail = Envelope(
        subject=subject,
        body=body,
        from_email=f'"{name}" <office@office.example>' if name else "office@office.example",
        to=["alex@example.test"],
        headers={"Message-ID": "<1@office.example>", "Date": "Sun, 01 Mar 2026 09:00:00 +0000"},
    )
    mail.attach_alternative(f"<p>{body}</p>\n", "text/html")
    mail.boundary, mail.calendar, mail.method = "b0", calendar, "REQUEST" if calendar else ""
    return mail


@given(
    subject=HEADER,
    name=st.text(alphabet="abc xyz.,é;'", max_size=90).map(one_line),
    body=LINES.map(lambda lines: lines.replace("\r", "") + "\n"),
    calendar=st.none() | FILES,
)
def test_an_e_mail_reads_as_the_one_that_the_standard_library_writes(
    subject: str, name: str, body: str, calendar: CalendarFile | None
) -> None:
    mail = a_mail(subject, name, body, calendar=calendar_file(calendar) if calendar else b"")

    content = mail.as_bytes()

    assert told(read(content)) == told(by_django(mail))
    assert content.isascii()
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n "])
def test_a_line_break_in_a_header_is_refused(mark: str) -> None:
    mail = a_mail(f"Hello{mark}Bcc: eve@example.test", "Office", "Text.\n")

    with pytest.raises(ValueError, match="linefeed"):
        mail.as_bytes()


def test_a_domain_that_is_not_ascii_is_written_as_mail_servers_know_it() -> None:
    mail = a_mail("Hello", "Zoë", "Text.\n")
    mail.to = ["alex@exämple.test"]
    mail.from_email = "Zoë <office@exämple.test>"

    message = read(mail.as_bytes())

    assert message["To"] == "alex@xn--exmple-cua.test"
    assert message["From"].addresses[0].addr_spec == "office@xn--exmple-cua.test"
    assert message["From"].addresses[0].display_name == "Zoë"
