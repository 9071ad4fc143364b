"""Every message in words. Subjects are a fixed list; nothing here says what it is about.

No topic, no kind of session, nobody else's name, no count. A person who shares their mailbox
gets no times either: `Letter.details` is False, and everything stands on the page. What the
practice has put in words of its own (`Letter.wordings`) takes the place of ours.
"""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages import (
    afterwards,
    appointments,
    asking,
    cancellations,
    dates,
    own,
    placeholders,
    practitioner,
    subjects,
    waiting,
)
from notifications.messages.parts import Wording
from notifications.messages.slots import Slot
from notifications.messages.structure import Message
from notifications.queries.letters import Letter

_WORDINGS: Mapping[Kind, Wording] = {
    **asking.WORDINGS,
    **waiting.WORDINGS,
    **appointments.WORDINGS,
    **cancellations.WORDINGS,
    **afterwards.WORDINGS,
    **dates.WORDINGS,
    **own.WORDINGS,
    **practitioner.WORDINGS,
}


def compose(letter: Letter) -> Message:
    """The message for this letter, as it will be read."""
    message = ours(letter)
    written = letter.wordings.get(Slot(letter.kind, message.variant).key)
    if written is not None:
        message = replace(
            message,
            subject=subjects.words(written["subject"]) or message.subject,
            words=tuple(written["words"]),
        )
    message = replace(message, words=placeholders.filled(message.words, letter))
    return _quietly(message) if letter.subject_style == "quiet" else message


def ours(letter: Letter) -> Message:
    """The message as it comes with Attune, its placeholders still open."""
    return _WORDINGS[letter.kind](letter)


def _quietly(message: Message) -> Message:
    """For a lock screen on a kitchen table: always the same subject, and nothing else to see."""
    return replace(
        message,
        subject=_("A message for you"),
        glance=_("Open it when you have a moment."),
        title=message.subject,
    )
