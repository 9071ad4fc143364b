"""The mail that the catcher has written, read for showing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

SHOWN_HEADERS = ("From", "Reply-To", "To", "Subject", "Date", "Message-ID")


@dataclass(frozen=True)
class Part:
    """A part of a message that is not its text: an invite, an attachment."""

    number: int
    content_type: str
    filename: str
    content: bytes

    @property
    def readable(self) -> str:
        """The content when it is text, so that an invite can be read in the page."""
        return (
            self.content.decode(errors="replace") if self.content_type.startswith("text/") else ""
        )


@dataclass(frozen=True)
class CaughtMail:
    name: str
    raw: bytes

    @property
    def parsed(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"] or "(no subject)")

    @property
    def recipient(self) -> str:
        return str(self.parsed["To"] or "")

    @property
    def date(self) -> datetime | None:
        try:
            return parsedate_to_datetime(str(self.parsed["Date"])).astimezone(UTC)
        except ValueError:
            return None

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(self.parsed[name])) for name in SHOWN_HEADERS if self.parsed[name]]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def parts(self) -> list[Part]:
        return list(self._parts())

    def _body(self, kind: str) -> str:
        body = self.parsed.get_body(preferencelist=(kind,))
        return str(body.get_content()) if body is not None else ""

    def _parts(self) -> Iterator[Part]:
        shown = {self.parsed.get_body(preferencelist=(kind,)) for kind in ("plain", "html")}
        for number, part in enumerate(self.parsed.walk()):
            if part.is_multipart() or part.get_content_type() in ("text/plain", "text/html"):
                continue
            content = part.get_payload(decode=True)
            if part not in shown and isinstance(content, bytes):
                yield Part(number, part.get_content_type(), part.get_filename() or "", content)


def newest_first(folder: Path) -> list[CaughtMail]:
    files = sorted(folder.glob("*.eml"), reverse=True)  # a name begins with the time of arrival
    return [CaughtMail(file.stem, file.read_bytes()) for file in files]


def find(folder: Path, name: str) -> CaughtMail | None:
    """The mail of that name; looked up in the folder's listing, so a name can lead nowhere else."""
    return next((mail for mail in newest_first(folder) if mail.name == name), None)
