"""Checks one answer as a browser sends it, and turns valid ones into JSON text and back."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from intake.domain.definitions import OWN, Connection, Kind, Passed, Question, Value
from practice.domain.wall import zone_names

SCALE_TOP = 10
OWN_WORDS_MAX = 200
#: A text that is padded takes a whole multiple of this many bytes.
PADDED_TO = 256
_LABEL_MAX = 60
_PHONE = re.compile(r"\+?[0-9 ()./-]{5,39}")
_PHONE_DIGITS_MIN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One person's group of fields in a `connections` question, as typed."""

    label: str = ""
    links: Sequence[str] = ()
    scales: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as typed: text or option keys, own words, rows, and whether they passed."""

    text: str = ""
    chosen: Sequence[str] = ()
    ticked: bool = False
    own: str = ""
    rows: Sequence[Row] = ()
    passed: str = ""


class InvalidAnswer(Exception):
    """What was typed cannot be kept. `code` is stable; `params` fill the sentence shown."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def checked(question: Question, raw: Raw) -> Value | None:
    """The valid answer in what was typed; None: nothing was answered. Raises `InvalidAnswer`.

    Passing ("prefer not to say") wins over anything typed beside it: the person said so.
    """
    passed = raw.passed or next((c for c in raw.chosen if c in set(Passed)), "")
    if passed:
        if not question.may_pass or passed not in set(Passed):
            raise InvalidAnswer("unknown_option")
        return Passed(passed)
    match question.kind:
        case Kind.SHORT | Kind.SIGN:
            return _short(question, raw.text)
        case Kind.LONG:
            return _text(raw.text, question.max_length)
        case Kind.SINGLE:
            return _single(question, raw.chosen)
        case Kind.MULTI:
            return _multi(question, raw.chosen, raw.own)
        case Kind.SCALE:
            return _scale(raw.chosen[0] if raw.chosen else raw.text)
        case Kind.DATE:
            return _date(raw.text)
        case Kind.CONSENT:
            return True if raw.ticked else None
        case Kind.CONNECTIONS:
            return _connections(question, raw.rows)


def to_json(value: Value | None) -> str:
    """The text that is sealed; None: the question was not asked."""
    plain: object = value
    if isinstance(value, Passed):
        plain = {"passed": value.value}
    elif isinstance(value, tuple):
        plain = [
            {"label": v.label, "links": list(v.links), "scales": dict(v.scales)}
            if isinstance(v, Connection)
            else v
            for v in value
        ]
    return json.dumps(plain, ensure_ascii=False, sort_keys=True)


def padded(text: str) -> str:
    """The text with spaces after it, which are no part of JSON: a cipher does not hide a length,
    and "yes" is longer than "no".
    """
    return text + " " * (-len(text.encode()) % PADDED_TO)


def from_json(text: str) -> Value | None:
    """What `to_json` made into text, padded or not."""
    plain: Any = json.loads(text)
    if isinstance(plain, dict):
        return Passed(plain["passed"])
    if isinstance(plain, list):
        if plain and isinstance(plain[0], dict):
            return tuple(Connection(v["label"], tuple(v["links"]), v["scales"]) for v in plain)
        return tuple(str(v) for v in plain)
    value: str | int | bool | None = plain
    return value


def _text(text: str, limit: int) -> str | None:
    """Without control characters that no person types; line ends as one character."""
    clean = "".join(
        c
        for c in text.replace("\r\n", "\n").replace("\r", "\n")
        if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs")
    ).strip()
    if limit and len(clean) > limit:
        raise InvalidAnswer("too_long", limit=limit, length=len(clean))
    return clean or None


def _short(question: Question, text: str) -> str | None:
    """One line: a line break in a name must never reach a mail header."""
    clean = _text(" ".join(text.split()), question.max_length)
    if clean and question.format == "phone":
        digits = sum(c.isdigit() for c in clean)
        if not _PHONE.fullmatch(clean) or digits < _PHONE_DIGITS_MIN:
            raise InvalidAnswer("not_a_phone")
    return clean


def _single(question: Question, chosen: Sequence[str]) -> str | None:
    wanted = [c for c in chosen if c]
    if not wanted:
        return None
    if len(wanted) > 1:
        raise InvalidAnswer("one_only")
    if question.column == "time_zone":
        if wanted[0] not in zone_names():
            raise InvalidAnswer("unknown_zone")
    elif wanted[0] not in {o.key for o in question.options}:
        raise InvalidAnswer("unknown_option")
    return wanted[0]


def _multi(question: Question, chosen: Sequence[str], own: str) -> tuple[str, ...] | None:
    wanted = [c for c in chosen if c]
    known = {o.key: o for o in question.options}
    if any(c not in known for c in wanted):
        raise InvalidAnswer("unknown_option")
    words = _text(" ".join(own.split()), OWN_WORDS_MAX) if question.own_words else None
    if any(known[c].alone for c in wanted) and (len(set(wanted)) > 1 or words):
        raise InvalidAnswer("alone", option=next(known[c].label for c in wanted if known[c].alone))
    # In the order of the definition, so that the same answer is always the same text.
    value = tuple(k for k in known if k in wanted) + ((OWN + words,) if words else ())
    return value or None


def _scale(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > 2 or int(text) > SCALE_TOP:
        raise InvalidAnswer("not_on_scale", top=SCALE_TOP)
    return int(text)


def _date(text: str) -> str | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise InvalidAnswer("not_a_date") from None


def _connections(question: Question, rows: Sequence[Row]) -> tuple[Connection, ...] | None:
    """Rows without a name are left out, unless something else was filled in."""
    if len(rows) > question.rows_max:
        raise InvalidAnswer("too_many_rows", limit=question.rows_max)
    known = [o.key for o in question.options]
    scales = [s.key for s in question.scales]
    people = []
    for row in rows:
        label = _text(" ".join(row.label.split()), _LABEL_MAX)
        numbers = {
            key: number for key in scales if (number := _scale(row.scales.get(key, ""))) is not None
        }
        if any(link not in known for link in row.links):
            raise InvalidAnswer("unknown_option")
        if label is None:
            if row.links or numbers:
                raise InvalidAnswer("row_without_name")
            continue
        people.append(Connection(label, tuple(k for k in known if k in row.links), numbers))
    return tuple(people) or None


def fingerprint(value: Value | None, *, is_shared: bool) -> str:
    """What a page remembers of the answer it showed, to notice another window's change."""
    if value is None:
        return ""
    return hashlib.sha256(f"{is_shared}:{to_json(value)}".encode()).hexdigest()[:16]
