"""Words that must not appear on a lock screen, in a shared inbox or in a shared calendar.

Compared as whole words without regard to case: "Essex" and "polygon" are nobody's business.
A word ending in `*` matches every word that begins so.
"""

import re
from collections.abc import Collection

FORBIDDEN_WORDS: Collection[str] = (
    "affair",
    "anxiety",
    "clinic*",
    "coach*",
    "constellation",
    "counselling",
    "counsellor*",
    "counseling",
    "counselor*",
    "couple*",
    "crisis",
    "depress*",
    "diagnos*",
    "dissertation",
    "ejaculat*",
    "emotional",
    "erecti*",
    "erotic*",
    "group*",
    "intake",
    "intima*",
    "kink*",
    "lgbt*",
    "marriage",
    "married",
    "metamour*",
    "monogam*",
    "non-monogam*",
    "nonmonogam*",
    "open relationship*",
    "orgasm*",
    "partner*",
    "patient*",
    "poly",
    "polyam*",
    "psych*",
    "questionnaire*",
    "relationship*",
    "safety",
    "screening",
    "sex*",
    "suicid*",
    "therap*",
    "trauma*",
    "treatment*",
)


def _pattern(words: Collection[str]) -> re.Pattern[str]:
    alternatives = (
        re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
        for word in sorted(words, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE)


_FORBIDDEN = _pattern(FORBIDDEN_WORDS)


def forbidden_words(text: str, *, also: Collection[str] = ()) -> list[str]:
    """The words in `text` that give something away, in order; empty: it is discreet.

    `also` adds words, such as the names of other people. Underscores and hyphens separate
    words too, so URLs and file names can be checked.
    """
    plain = text.replace("_", " ")
    found = [match.group() for match in _FORBIDDEN.finditer(plain)]
    names = [word for word in also if word.strip()]
    if names:
        found += [match.group() for match in _pattern(names).finditer(plain)]
    return found


def one_line(text: str) -> str:
    """`text` without line breaks and other control characters, so that it cannot add a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
