"""A way to reach somebody, as a practice writes it down, and the links that are in it.

A practice writes one sentence for each way: "Call or text 988". A telephone has no use for a
sentence, and whoever needs the number has none for copying it: so what can be rung, written to or
opened is found in the words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a link does."""

    CALL = "call"
    TEXT = "text"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Door:
    """One link. `shown` is the number or the address as written, `keyword` the word to send.

    `label` is what the practice's own words call it; empty where they name several things at once.
    """

    kind: Kind
    href: str
    shown: str
    keyword: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """`text` is what to show before the links; empty where they say everything that it says."""

    text: str
    doors: Sequence[Door]


#: Three digits are a short number (112), more than fifteen are none (ITU-T E.164).
_DIGITS = range(3, 16)
#: Groups with only a dash, a dot or a slash between them may be hours or a date below this.
_DIGITS_WITH_MARKS = 7
_KEYS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
#: Digits that are times or dates; they are looked over.
_NO_NUMBER = re.compile(
    r"\b24\s?/\s?7(?:\s?/\s?365)?\b"
    r"|\b\d{1,2}[:.]\d\d\b(?![-.\s]?\d)"
    r"|\b\d{1,2}\s?(?:am|pm|a\.m\.|p\.m\.|h|hrs?|hours?)(?![a-z])"
    r"|\b\d{1,4}[-./]\d{1,2}[-./]\d{2,4}\b(?![-.\s]?\d)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w+/.-])"
    r"(?P<number>\+?\(?\d(?:(?:[ ./-]|\)[ -]?|[ -]?\()?\d)+"
    r"(?:-?[A-Z]{2,}[A-Z0-9]*(?:-[A-Z0-9]+)*)?)"
    r"(?:\s?\(\d{3,8}\)(?=\W|$))?"  # 1-800-273-TALK (8255): the same once more
    r"(?![\w/-])"
)
_ADDRESS = re.compile(
    r"(?<![\w@.-])(?P<address>(?:https?://)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}"
    r"(?::\d+)?(?:/[^\s<>\"']*)?)(?![\w@-])",
    re.IGNORECASE,
)
_CALLS = re.compile(r"\b(?:call|phone|ring|dial|tel)\w*", re.IGNORECASE)
_TEXTS = re.compile(r"\b(?:text|sms)\w*", re.IGNORECASE)
_KEYWORD = re.compile(r"\b(?:text|sms|send)\s+[\"'“‘]?(\w+)[\"'”’]?\s+to\s*$", re.IGNORECASE)
_EITHER = re.compile(r"\W*(?:call or text|text or call|call and text)\W*", re.IGNORECASE)
#: "text us to", "text them at": nobody is to send that word.
_NO_KEYWORDS = frozenset({"us", "them", "me", "message", "messages"})


def way(text: str) -> Way:
    """The links in one way to reach somebody; none, and it stays the words that it is."""
    clauses = [c for c in re.split(r"[,;]\s+", text) if c]
    each = [_doors_in(clause) for clause in clauses]
    if all(len(doors) == 1 for doors in each):
        labelled = [
            Door(d.kind, d.href, d.shown, d.keyword, label=clause.strip())
            for clause, (d,) in zip(clauses, each, strict=True)
        ]
        return Way("", labelled)
    doors = [door for found in each for door in found]
    if len(doors) == 1:
        one = doors[0]
        return Way("", [Door(one.kind, one.href, one.shown, one.keyword, label=text)])
    return Way("" if _says_no_more(text, doors) else text, doors)


def _says_no_more(text: str, doors: Sequence[Door]) -> bool:
    """Whether there is nothing in the words beside one number that takes calls and texts."""
    shown = {door.shown for door in doors}
    return len(shown) == 1 and bool(_EITHER.fullmatch(text.replace(shown.pop(), "", 1)))


def _doors_in(clause: str) -> Sequence[Door]:
    found: list[tuple[int, Sequence[Door]]] = []
    rest = _NO_NUMBER.sub(lambda m: "_" * len(m[0]), clause)
    for match in _ADDRESS.finditer(rest):
        shown = match["address"].rstrip(".,;:!?)")
        href = shown if "://" in shown else f"https://{shown}"
        found.append((match.start(), [Door(Kind.OPEN, href, shown)]))
        rest = rest[: match.start()] + "_" * len(match[0]) + rest[match.end() :]
    numbers = [m for m in _NUMBER.finditer(rest) if _is_number(m["number"])]
    for at, match in enumerate(numbers):
        before = rest[numbers[at - 1].end() if at else 0 : match.start()]
        after = rest[match.end() : numbers[at + 1].start() if at + 1 < len(numbers) else None]
        found.append((match.start(), _of_number(match["number"], before, after)))
    return [door for _start, doors in sorted(found, key=lambda one: one[0]) for door in doors]


def _of_number(shown: str, before: str, after: str) -> Sequence[Door]:
    """A call unless the words beside the number say otherwise."""
    words = before if _CALLS.search(before) or _TEXTS.search(before) else after
    texts = bool(_TEXTS.search(words))
    calls = bool(_CALLS.search(words)) or not texts
    number = _dialled(shown)
    keyword = _keyword(before)
    doors = []
    if calls:
        doors.append(Door(Kind.CALL, f"tel:{number}", shown))
    if texts:
        # An empty part first: some telephones want `?` before the text, some want `&`.
        body = f"?&body={keyword}" if keyword else ""
        doors.append(Door(Kind.TEXT, f"sms:{number}{body}", shown, keyword))
    return doors


def _keyword(before: str) -> str:
    match = _KEYWORD.search(before)
    return match[1] if match and match[1].casefold() not in _NO_KEYWORDS else ""


def _is_number(shown: str) -> bool:
    digits = len(_dialled(shown).lstrip("+"))
    has_marks = any(mark in shown for mark in "-./") and not any(c.isalpha() for c in shown)
    return digits in _DIGITS and not (has_marks and digits < _DIGITS_WITH_MARKS)


def _dialled(shown: str) -> str:
    """The number as a telephone takes it: digits alone, letters as the keys that bear them."""
    plus = "+" if shown.startswith("+") else ""
    # +44 (0)20: the zero is for whoever calls from within the country.
    digits = re.sub(r"\(0\)", "", shown) if plus else shown
    return plus + "".join(c for c in digits.upper().translate(_KEYS) if c.isdigit())
