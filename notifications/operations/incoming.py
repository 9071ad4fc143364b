"""Reading a mail that came in. It may be anything, written by anybody.

Nothing of it is kept but what a reply says. Calendar files are read as bytes (icalendar opens a
text without line breaks as a file name), below a limit, and no repetition is ever counted out.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from icalendar import Calendar

from notifications.domain.rejections import Rejection, rejection
from notifications.domain.replies import (
    COUNTER,
    REPLY,
    Attendee,
    CalendarReply,
    Fate,
    Sender,
    plain_address,
)

#: A reply has a few hundred bytes; Outlook's with its zone definitions some thousand.
MAIL_MAX = 1024 * 1024
_FILE_MAX = 64 * 1024
_PARTS_MAX = 60
_ATTENDEES_MAX = 20
_TYPES = ("text/calendar", "application/ics")
#: Where a mail that came back quotes the headers of ours.
_HEADERS_OF_OURS = ("text/rfc822-headers", "message/rfc822-headers")
_FAILED = re.compile(r"^action: failed\b", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(r"^status: (5\.\d{1,3}\.\d{1,3})\b", re.IGNORECASE | re.MULTILINE)
_OURS = re.compile(r"^message-id:\s*<([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)
_BOM = b"\xef\xbb\xbf"

#: `dkim=pass ... header.d=example.org`; `dmarc=pass ... header.from=example.org`.
_PASSES = re.compile(r"\b(dkim|dmarc)\s*=\s*pass\b([^;]*)", re.IGNORECASE)
_DOMAINS = re.compile(r"\bheader\.(?:d|i|from)\s*=\s*(?:[^\s;@]*@)?([\w.-]+)", re.IGNORECASE)
#: Where something begins or ends in a header (RFC 5322); after a backslash nothing does.
_MARKS = re.compile(r'\\.|["()]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Returned:
    """A message of ours that some mail server could not deliver (RFC 3464)."""

    delivery_id: UUID
    status: str

    @property
    def is_gone(self) -> bool:
        """Whether there is no such address, or it is closed. A full mailbox, say, is 5.2.2."""
        return rejection(self.status) is Rejection.MAILBOX


class Unusable(Exception):
    """A mail that holds no reply. `fate` says why."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(fate)
        self.fate = fate


def returned_in(message: "Message[Any, Any]") -> Returned | None:
    """The message that this mail says was not delivered; None: it says nothing of the kind.

    Which one it was, only its Message-ID proves: nobody but its reader knows that.
    """
    try:
        if message.get_content_type() != "multipart/report":
            return None
        parts = list(islice(message.walk(), _PARTS_MAX))
        kinds = {part.get_content_type() for part in parts}
    except (LookupError, ValueError, TypeError, AttributeError):
        return None
    if "message/delivery-status" not in kinds:
        return None
    lines = "\n".join(f"{name}: {value}" for part in parts[1:] for name, value in _headers(part))
    texts = [_text_of(part) for part in parts if part.get_content_type() in _HEADERS_OF_OURS]
    failed = _FAILED.search(lines)
    ours = _OURS.search("\n".join([lines, *texts]))
    status = _STATUS.search(lines)
    if failed is None or ours is None or status is None:
        return None
    return Returned(UUID(hex=ours.group(1)), status.group(1))


def _text_of(part: "Message[Any, Any]") -> str:
    content = part.get_payload(decode=True)
    return content[:_FILE_MAX].decode("utf-8", "replace") if isinstance(content, bytes) else ""


def reply_in(message: "Message[Any, Any]") -> CalendarReply:
    """The calendar reply that a mail carries. Raises `Unusable`."""
    content = _calendar_in(message)
    if content is None:
        raise Unusable(Fate.NO_CALENDAR)
    try:
        return _read(content)
    except Unusable:
        raise
    except Exception as error:  # whatever a stranger's file breaks in the parser
        raise Unusable(Fate.UNREADABLE) from error


def sender_of(message: "Message[Any, Any]") -> Sender:
    """Who the mail is from, and who vouches for it.

    Authentication-Results anybody can write. Believed are those that our own mail server put on
    top, under the name that the settings trust; below the first other one nothing is ours.
    """
    trusted: str = settings.TRUSTED_AUTHSERV_ID.casefold()
    domains: set[str] = set()
    froms = []
    for name, value in _headers(message):
        if name == "from":
            froms.append(value)
    for value in _results_on_top(_headers(message)):
        authserv, _semicolon, results = _without_asides(value).partition(";")
        if not trusted or authserv.split()[:1] != [trusted]:
            break
        for _method, details in _PASSES.findall(results):
            domains.update(d.casefold().strip(".") for d in _DOMAINS.findall(details))
    addresses = [plain_address(address) for _name, address in getaddresses(froms) if address]
    # Several senders are one of the ways to show a reader another than a filter looks at.
    address = addresses[0] if len(addresses) == 1 == len(froms) else ""
    return Sender(address, frozenset(domains))


def _headers(message: "Message[Any, Any]") -> list[tuple[str, str]]:
    """Names and values as they came, unparsed: the parsers of headers stumble over bad ones."""
    return [(name.casefold(), " ".join(str(value).split())) for name, value in message.raw_items()]


def _results_on_top(headers: Iterable[tuple[str, str]]) -> list[str]:
    found: list[str] = []
    for name, value in headers:
        if name == "authentication-results":
            found.append(value.casefold())
        elif found:
            break
    return found


def _without_asides(value: str) -> str:
    """A header without comments, which may hold others, and quoted strings.

    What a stranger wrote may stand in both. Empty if one does not end: then nobody can say what
    is inside and what is not.
    """
    plain: list[str] = []
    begins, depth, is_quoted = 0, 0, False
    for mark in _MARKS.finditer(value):
        if depth == 0 and not is_quoted:
            plain.append(value[begins : mark.start()])
        begins = mark.end()
        match mark.group():
            case '"' if depth == 0:
                is_quoted = not is_quoted
            case "(" if not is_quoted:
                depth += 1
            case ")" if not is_quoted:
                depth -= 1
        if depth < 0:
            return ""
    return " ".join([*plain, value[begins:]]) if depth == 0 and not is_quoted else ""


def _calendar_in(message: "Message[Any, Any]") -> bytes | None:
    """The first calendar file among the parts, as UTF-8."""
    for part in islice(message.walk(), _PARTS_MAX):
        try:
            kind = part.get_content_type()
            if kind not in _TYPES:
                continue
            content = part.get_payload(decode=True)
            if not isinstance(content, bytes):
                continue
            if len(content) > _FILE_MAX:
                raise Unusable(Fate.TOO_LARGE)
            found = _as_utf8(content, str(part.get_param("charset", "utf-8")))
        except (LookupError, ValueError, TypeError, AttributeError):
            continue  # one broken part; a good one may follow
        if found.lstrip()[:15].upper() == b"BEGIN:VCALENDAR":
            return found
    return None


def _as_utf8(content: bytes, charset: str) -> bytes:
    """Some programs write Latin-1, and some say a charset that there is not."""
    try:
        text = content.decode(charset)
    except (LookupError, UnicodeError):
        text = content.removeprefix(_BOM).decode("utf-8", "replace")
    return text.encode().removeprefix(_BOM)


def _read(content: bytes) -> CalendarReply:
    calendar = Calendar.from_ical(content)
    method = str(calendar.get("METHOD", "")).upper()
    if method not in (REPLY, COUNTER):
        raise Unusable(Fate.NOT_A_REPLY)
    events = list(islice(calendar.walk("VEVENT"), 2))
    if len(events) != 1:
        raise Unusable(Fate.UNREADABLE)
    event: Any = events[0]  # whatever it holds: the types promise what strangers do not keep
    stamped_at = event["DTSTAMP"].dt
    if not isinstance(stamped_at, datetime):
        raise Unusable(Fate.UNREADABLE)
    return CalendarReply(
        method=method,
        uid=_uid(str(event["UID"])),
        sequence=max(0, min(int(event.get("SEQUENCE", 0)), 2**31 - 1)),
        stamped_at=stamped_at if stamped_at.tzinfo else stamped_at.replace(tzinfo=UTC),
        attendees=_attendees(event.get("ATTENDEE")),
    )


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _attendees(found: Any) -> Sequence[Attendee]:
    listed = found if isinstance(found, list) else [found] if found is not None else []
    return [
        Attendee(plain_address(str(one)), str(one.params.get("PARTSTAT", "")).upper())
        for one in listed[:_ATTENDEES_MAX]
    ]
