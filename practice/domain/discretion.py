"""Words that must not appear on a lock screen, in a shared inbox or in a shared calendar.

Compared as whole words without regard to case: "Essex" and "polygon" are nobody's business.
A word ending in `*` matches every word that begins so.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping

_WORK, _PEOPLE, _PERSON, _STEPS = "work", "people", "person", "steps"

#: Why each word must not appear: it says what the practice does, who else is involved, something
#: about the person, or what somebody is asked.
_REASONS: Mapping[str, Collection[str]] = {
    _WORK: (
        "clinic*",
        "coach*",
        "constellation",
        "counselling",
        "counsellor*",
        "counseling",
        "counselor*",
        "dissertation",
        "ejaculat*",
        "emotional",
        "erecti*",
        "erotic*",
        "intima*",
        "kink*",
        "orgasm*",
        "patient*",
        "psych*",
        "sex*",
        "therap*",
        "treatment*",
    ),
    _PEOPLE: (
        "affair",
        "couple*",
        "group*",
        "marriage",
        "married",
        "metamour*",
        "monogam*",
        "non-monogam*",
        "nonmonogam*",
        "open relationship*",
        "partner*",
        "poly",
        "polyam*",
        "relationship*",
    ),
    _PERSON: (
        "anxiety",
        "crisis",
        "depress*",
        "diagnos*",
        "lgbt*",
        "safety",
        "suicid*",
        "trauma*",
    ),
    _STEPS: ("intake", "questionnaire*", "screening"),
}
FORBIDDEN_WORDS: Collection[str] = tuple(w for words in _REASONS.values() for w in words)


def _pattern(words: Collection[str]) -> re.Pattern[str]:
    alternatives = (
        re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
        for word in sorted(words, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


_FORBIDDEN = _pattern(FORBIDDEN_WORDS)
#: A dot inside a word is an address to mail programs, but for numbers and times ("18.30").
_ADDRESS = re.compile(r"://|www\.|\S@\S|\w[.。][^\W\d]\w+|\d+(?:\.\d+){3}", re.IGNORECASE)
_MORE_THAN_A_NAME = re.compile(r"[\d/\\@:]")
#: Fewer letters than this stand inside other words by accident ("ann" in "planning").
_TELLING = 5


def forbidden_words(text: str, *, also: Collection[str] = ()) -> list[str]:
    """The words in `text` that give something away, in order; empty: it is discreet.

    `also` adds words, such as the names of other people. Underscores and hyphens separate
    words too, so URLs and file names can be checked. What only looks different, or is not seen
    at all (full-width letters, soft hyphens), makes no difference.
    """
    plain = as_read(text).replace("_", " ")
    found = [match.group() for match in _FORBIDDEN.finditer(plain)]
    names = [as_read(word) for word in also if word.strip()]
    if names:
        found += [match.group() for match in _pattern(names).finditer(plain)]
    return found


def as_read(text: str) -> str:
    """`text` as the eye reads it: one form of each letter, and nothing that is invisible."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c) != "Cf")


def leads_elsewhere(text: str) -> bool:
    """Whether a mail program would make an address of anything in `text`, or a reader type it."""
    return _ADDRESS.search(as_read(text)) is not None


def is_plain_name(name: str) -> bool:
    """Whether this says who somebody is and nothing else: no address, no number, no topic."""
    has_more = _MORE_THAN_A_NAME.search(as_read(name)) or leads_elsewhere(name)
    return bool(name.strip()) and not has_more and not forbidden_words(name)


def names_in_address(address: str, names: Collection[str]) -> bool:
    """Whether one of these people can be seen in `address`, however it is put together.

    As words of it, or run together ("drmorganlee"): a whole name, two parts of it, or a part
    that is too long to stand in another word by accident.
    """
    if forbidden_words(address, also=names) != forbidden_words(address):
        return True
    whole = _run_together(address)
    for name in names:
        parts = name.split()
        pairs = [first + second for first in parts for second in parts if first != second]
        wanted = {_run_together(part) for part in (name, *parts, *pairs)}
        if any(len(part) >= _TELLING and part in whole for part in wanted):
            return True
    return False


def words_in_address(address: str) -> list[str]:
    """The words in an address that give something away, also where words are run together.

    Of those that are not set apart only the long ones: short ones stand inside many a name.
    """
    whole = _run_together(address)
    stems = (word.removesuffix("*") for word in FORBIDDEN_WORDS)
    glued = [stem for stem in stems if len(stem) >= _TELLING and _run_together(stem) in whole]
    return list(dict.fromkeys([*forbidden_words(address), *glued]))


def _run_together(text: str) -> str:
    return "".join(c for c in as_read(text).casefold() if c.isalnum())


def reason_for(word: str) -> str:
    """Why a word that `forbidden_words` found is on the list: work, people, person or steps."""
    return next(r for r, words in _REASONS.items() if _pattern(words).fullmatch(word))


def one_line(text: str) -> str:
    """`text` without line breaks and other control characters, so that it cannot add a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
