"""The exact text of a document as one person reads and signs it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from intake.domain.definitions import Consent


@dataclass(frozen=True, slots=True)
class Document:
    """A document in the reader's language, its placeholders filled."""

    consent: Consent
    title: str
    summary: str
    body: str
    agree: str
    decline: str

    @property
    def text(self) -> str:
        """Everything that is signed, as one text."""
        return "\n\n".join(filter(None, (self.title, self.body, self.agree, self.decline)))

    @property
    def text_hash(self) -> bytes:
        """SHA-256 of `text`."""
        return hashlib.sha256(self.text.encode()).digest()

    @property
    def blocks(self) -> Sequence[tuple[str, Sequence[str]]]:
        """The body for a page: ("paragraph", [text]) and ("list", [items])."""
        blocks: list[tuple[str, list[str]]] = []
        for line in self.body.splitlines():
            if line.startswith("- "):
                if not blocks or blocks[-1][0] != "list":
                    blocks.append(("list", []))
                blocks[-1][1].append(line.removeprefix("- "))
            elif line.strip():
                blocks.append(("paragraph", [line.strip()]))
        return blocks


def document(
    consent: Consent, values: Mapping[str, str], translate: Callable[[str], str]
) -> Document:
    """The document with its placeholders filled, after translation."""
    return Document(
        consent=consent,
        title=translate(consent.title),
        summary=translate(consent.summary).format_map(values),
        body=translate(consent.text).format_map(values),
        agree=translate(consent.agree),
        decline=translate(consent.decline) if consent.decline else "",
    )
