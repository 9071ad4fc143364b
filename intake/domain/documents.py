"""The exact text of a document as one person reads and signs it."""

import hashlib
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from intake.domain.definitions import Consent
from intake.domain.loader import PLACEHOLDERS


class InvalidText(Exception):
    """A text that cannot be shown as it is written. `unknown`: placeholders that do not exist;
    none of them: a brace stands alone.
    """

    def __init__(self, field: str, unknown: Sequence[str] = ()) -> None:
        super().__init__(f"{field}: {', '.join(unknown)}")
        self.field = field
        self.unknown = list(unknown)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a document as a practice may write them. Placeholders: `summary` and `text`."""

    title: str
    summary: str
    text: str
    agree: str
    decline: str = ""

    def check(self) -> None:
        """Raises `InvalidText` for the first field that cannot be shown."""
        for field, is_filled in (
            ("title", False),
            ("summary", True),
            ("text", True),
            ("agree", False),
            ("decline", False),
        ):
            _check(field, getattr(self, field), PLACEHOLDERS if is_filled else frozenset())


def _check(field: str, text: str, known: frozenset[str]) -> None:
    # A bare name and nothing else: a format string may otherwise reach into objects.
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise InvalidText(field) from error
    if not known and any(brace in text for brace in "{}"):
        raise InvalidText(field, [name for _, name, _, _ in parts if name])
    unknown = [
        name
        for _, name, spec, conversion in parts
        if name is not None and (name not in known or spec or conversion)
    ]
    if unknown:
        raise InvalidText(field, unknown)


def wording_of(consent: Consent) -> Wording:
    """The words that a document has."""
    return Wording(
        title=consent.title,
        summary=consent.summary,
        text=consent.text,
        agree=consent.agree,
        decline=consent.decline,
    )


def reworded(consent: Consent, wording: Wording, version: int) -> Consent:
    """The document in other words; whom it is for and whether it may be declined stays."""
    return replace(
        consent,
        version=version,
        title=wording.title,
        summary=wording.summary,
        text=wording.text,
        agree=wording.agree,
        decline=wording.decline,
    )


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
