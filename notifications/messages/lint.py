"""What is wrong with a wording of the practice's own, in sentences for whoever wrote it."""

import re
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from notifications.domain.discretion import (
    as_read,
    forbidden_words,
    leads_elsewhere,
    reason_for,
)
from notifications.domain.kinds import Kind
from notifications.messages.placeholders import allowed_in, unknown_in

WORDS_MAX = 600
PARAGRAPHS_MAX = 6

_BRACE = re.compile(r"[{}]")


def paragraphs_of(text: str) -> Sequence[str]:
    """The paragraphs of what was typed: an empty line ends one, a line break inside does not."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return [" ".join(block.split()) for block in blocks if block.strip()]


def problems(
    paragraphs: Sequence[str], *, kind: Kind, names: Iterable[str] = (), titles: Iterable[str] = ()
) -> list[str]:
    """Why this must not be sent as it is; empty: it may.

    `names` are those of the practitioners: whoever chose a neutral sender must not find them in
    the message itself. `titles` are those of articles.
    """
    if not paragraphs:
        return [_("Please write what the message says, or bring ours back.")]
    found = []
    whole = "\n".join(paragraphs)
    if len(paragraphs) > PARAGRAPHS_MAX:
        found.append(_("At most %(count)s paragraphs, please.") % {"count": PARAGRAPHS_MAX})
    if len(whole) > WORDS_MAX:
        found.append(
            _("At most %(most)s characters, please. These are %(count)s.")
            % {"most": WORDS_MAX, "count": len(whole)}
        )
    return [*found, *_placeholder_problems(whole, kind), *_word_problems(whole, names, titles)]


def promise_problems(
    text: str, *, names: Iterable[str] = (), titles: Iterable[str] = ()
) -> list[str]:
    """Why this must not stand where a message says when the practice answers; empty: it may.

    It is filled into sentences as it is: "We answer within two working days."
    """
    if not text:
        return [_("Please say when you answer.")]
    found = _word_problems(text, names, titles)
    if _BRACE.search(text):
        found.append(_("No braces, please: nothing is filled in here."))
    if text[-1] in ".!?":
        found.append(_("Please leave the full stop to us: it stands inside a sentence."))
    return found


def _placeholder_problems(whole: str, kind: Kind) -> list[str]:
    known = ", ".join(f"{{{name}}}" for name in allowed_in(kind))
    unknown = list(dict.fromkeys(unknown_in(whole, kind)))
    found = [
        _("There is no placeholder {%(name)s} in this message. There are: %(known)s.")
        % {"name": name, "known": known}
        for name in unknown
    ]
    rest = whole
    for name in (*allowed_in(kind), *unknown):
        rest = rest.replace(f"{{{name}}}", "")
    if _BRACE.search(rest):
        found.append(_("A brace is left open: placeholders look like this: {sender}."))
    return found


def _word_problems(whole: str, names: Iterable[str], titles: Iterable[str]) -> list[str]:
    found = [
        _("“%(word)s” cannot stand in a message: %(why)s.") % {"word": word, "why": _why(word)}
        for word in dict.fromkeys(forbidden_words(whole))
    ]
    found += [
        _(
            "“%(word)s” cannot stand in a message: some people chose a sender that does not name "
            "you. {sender} puts in the name that each of them chose."
        )
        % {"word": word}
        for word in dict.fromkeys(forbidden_words(whole, also=list(names)))
        if word not in forbidden_words(whole)
    ]
    found += [
        _("The title of an article cannot stand in a message: it says what somebody read.")
        for title in titles
        if title.strip() and as_read(title).casefold() in as_read(whole).casefold()
    ]
    if leads_elsewhere(whole):
        found.append(
            _("No addresses, please: the button is the only way on, and it opens their own page.")
        )
    return found


def _why(word: str) -> str:
    return {
        "work": _("whoever sees it on a screen would know what the practice does"),
        "people": _("it tells who else may be involved"),
        "person": _("it tells something about the person who gets it"),
        "steps": _("it tells what somebody is being asked"),
    }[reason_for(word)]
