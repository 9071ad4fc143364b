"""One message as plain text and as HTML."""

import textwrap
from functools import cache

from css_inline import CSSInliner
from django.template.loader import get_template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications.messages.structure import Message

_WIDTH = 72


def _wrapped(text: str) -> str:
    # Never inside a word: a broken link does not open.
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def text(message: Message) -> str:
    """The message as plain text. It says all that the HTML says."""
    blocks = [_wrapped(paragraph) for paragraph in message.paragraphs]
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


def html(message: Message) -> str:
    """The message as HTML: styles inlined, no image, nothing fetched from anywhere."""
    context = {"message": message, "language": get_language() or "en"}
    return _inliner().inline(get_template("notifications/message.html").render(context))
