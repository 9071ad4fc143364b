"""What stands in braces in a wording and is filled in for each reader: {promise}.

Never a name of anybody who takes part, a time or a place: times stand below the words, and only
for those who may get them by mail.
"""

import re
from collections.abc import Collection, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from notifications.domain.kinds import Kind
from notifications.queries.letters import Letter

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_MEANINGS: Mapping[str, str | Promise] = {
    "sender": gettext_lazy("The name that stands as the sender, as each person chose it."),
    "promise": gettext_lazy("When you answer, from your practice's settings."),
    "minutes": gettext_lazy("How late it is: “10 minutes”."),
}
_ONLY_IN: Mapping[str, Kind] = {"promise": Kind.RECEIVED, "minutes": Kind.RUNNING_LATE}


def allowed_in(kind: Kind) -> Mapping[str, str | Promise]:
    """The placeholders that a wording of this kind may use, and what each stands for."""
    return {name: m for name, m in _MEANINGS.items() if _ONLY_IN.get(name, kind) == kind}


def unknown_in(words: str, kind: Kind) -> Collection[str]:
    """The placeholders in `words` that nothing would be filled in for, in order."""
    known = allowed_in(kind)
    return [name for name in PLACEHOLDER.findall(words) if name not in known]


def filled(paragraphs: tuple[str, ...], letter: Letter) -> tuple[str, ...]:
    """The paragraphs for this reader. What is filled in is never looked at for placeholders."""
    late = letter.minutes_late
    values = {
        "sender": letter.signature,
        "promise": letter.reply_promise,
        "minutes": ngettext("%(minutes)s minute", "%(minutes)s minutes", late) % {"minutes": late},
    }
    return tuple(
        PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), words) for words in paragraphs
    )
