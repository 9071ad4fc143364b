"""One message as plain text and as HTML."""

import re
import textwrap
from collections.abc import Sequence
from functools import cache, lru_cache

from css_inline import CSSInliner
from django.template.backends.django import Template
from django.template.loader import get_template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications.messages.structure import Message

_WIDTH = 72
#: Mail programs go on with the body where a preview is short. These show as nothing.
_PADDING = "\u034f\u200c\u00a0" * 40
#: Stand in place of a word, and in nothing that anybody writes. What does hold them is no mark.
_MARK, _END = "\ue000", "\ue001"
_MARKED = re.compile(f"{_MARK}([0-9]+){_END}")
_LINK = "https://"
_IN_HREF = ('href="', f'href="{_LINK}')
#: As the inliner writes them.
_IN_TEXT = str.maketrans({"&": "&amp;", "\xa0": "&nbsp;", "<": "&lt;", ">": "&gt;"})
_IN_ATTRIBUTE = str.maketrans({"&": "&amp;", "\xa0": "&nbsp;", '"': "&quot;"})


def _wrapped(text: str) -> str:
    if len(text) <= _WIDTH and text.isprintable() and text.strip() == text:
        return text  # most are short, and nothing would come of looking closely
    # Never inside a word: a broken link does not open.
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def text(message: Message) -> str:
    """The message as plain text. It says all that the HTML says."""
    glance = (message.glance,) if message.glance else ()
    blocks = [_wrapped(paragraph) for paragraph in (*glance, *message.paragraphs)]
    if message.facts:
        blocks.append("\n".join(f"{label}: {value}" for label, value in message.facts))
    if message.url:
        blocks.append(f"{message.action}:\n{message.url}")
    if message.code:
        blocks.append(_("Your code: %(code)s") % {"code": message.code})
    blocks += [_wrapped(line) for line in message.small]
    blocks.append(message.signature)
    return "\n\n".join(blocks) + "\n"


@cache
def _inliner() -> CSSInliner:
    # Media queries stay: dark mode cannot be inlined. Nothing is ever fetched.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


@cache
def _template() -> Template:
    # Compiled once: in development Django would do it for each message.
    template = get_template("notifications/message.html")
    assert isinstance(template, Template)
    return template


def html(message: Message) -> str:
    """The message as HTML: styles inlined, no image, nothing fetched from anywhere.

    What stands around the words is the same for every message of its shape, and made once.
    """
    shape, words = _shape(message)
    written: list[str] = []
    for before, number in _around(shape, get_language() or "en"):
        written.append(before)
        if number is not None:
            is_link = before.endswith(_IN_HREF)
            written.append(words[number].translate(_IN_ATTRIBUTE if is_link else _IN_TEXT))
    return "".join(written)


def _shape(message: Message) -> tuple[Message, list[str]]:
    """The message with marks in place of its words, and the words by number."""
    words: list[str] = []

    def mark(word: str) -> str:
        if not word:
            return ""
        # The template asks how a value begins.
        link = _LINK if word.startswith(_LINK) else ""
        words.append(word.removeprefix(link).replace("\r\n", "\n").replace("\r", "\n"))
        return f"{link}{_MARK}{len(words) - 1}{_END}"

    def marks(several: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(mark, several))

    shape = Message(
        subject=mark(message.subject),
        words=marks(message.words),
        before=marks(message.before),
        after=marks(message.after),
        facts=tuple((mark(label), mark(value)) for label, value in message.facts),
        action=mark(message.action),
        url=mark(message.url),
        code=mark(message.code),
        small=marks(message.small),
        signature=mark(message.signature),
        glance=mark(message.glance),
        title=mark(message.title),
    )
    return shape, words


@lru_cache(maxsize=256)
def _around(shape: Message, language: str) -> Sequence[tuple[str, int | None]]:
    """What stands before each word of such a message, and its number; and what comes last."""
    pieces = _MARKED.split(_inlined(shape, language))
    numbers = [*map(int, pieces[1::2]), None]
    return list(zip(pieces[::2], numbers, strict=True))


def _inlined(message: Message, language: str) -> str:
    context = {
        "message": message,
        "language": language,
        "padding": _PADDING if message.glance else "",
    }
    return _inliner().inline(_template().render(context))
