"""The pieces that messages are made of."""

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.messages.structure import Message
from notifications.messages.times import moment, span
from notifications.queries.letters import Letter

Facts = tuple[tuple[str, str], ...]
Wording = Callable[[Letter], Message]

_HOUR = timedelta(hours=1)


def message(
    letter: Letter,
    subject: str,
    *words: str,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    facts: Facts = (),
    action: str = "",
    small: tuple[str, ...] = (),
    variant: str = "",
) -> Message:
    """A message whose button opens the reader's own page."""
    return Message(
        subject=subject,
        words=words,
        before=before,
        after=after,
        facts=facts,
        action=action or _("Open your page"),
        url=letter.url,
        code=letter.code,
        small=small,
        signature=letter.signature,
        variant=variant,
    )


def ending(
    letter: Letter,
    subject: str,
    *words: str,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    facts: Facts = (),
    action: str = "",
) -> Message:
    """A message after which nothing is left on the reader's page: its button asks anew."""
    return Message(
        subject=subject,
        words=words,
        before=before,
        after=after,
        facts=facts,
        action=action or (_("Ask again") if _was_place(letter) else _("Ask for another time")),
        url=letter.ask_url,
        signature=letter.signature,
    )


def notice(letter: Letter, subject: str, *words: str, after: tuple[str, ...] = ()) -> Message:
    """A message that leads nowhere: it has no button and no code."""
    return Message(subject=subject, words=words, after=after, signature=letter.signature)


def on_the_page(letter: Letter) -> tuple[str, ...]:
    """Where the details stand, for somebody who gets none by mail."""
    return () if letter.details else (_("The details are on your page."),)


def when(letter: Letter) -> Facts:
    """When the session is."""
    if letter.session is None or not letter.details:
        return ()
    return ((_("When"), span(letter.session.starts_at, letter.session.ends_at, letter.zone)),)


def dates(letter: Letter, label: str) -> Facts:
    """All the dates that the message is about."""
    if not letter.details:
        return ()
    return tuple((label, span(start, end, letter.zone)) for start, end in letter.dates)


def how(letter: Letter) -> Facts:
    """How to come to the session."""
    session = letter.session
    if session is None or not letter.details:
        return ()
    match session.join_by:
        case "video":
            return ((_("How"), _("Online")), *_known(_("Join"), session.join))
        case "we_call":
            return ((_("How"), _("By phone")), *_known(_("We call you on"), session.join))
        case "you_call":
            return ((_("How"), _("By phone")), *_known(_("Please call"), session.join))
    return ((_("How"), _("In person")), *_known(_("Where"), ", ".join(session.join.splitlines())))


def _known(label: str, value: str) -> Facts:
    return ((label, value),) if value else ()


def free_until(letter: Letter) -> Facts:
    """The last moment to change it freely, while that is still to come."""
    session = letter.session
    if session is None or not letter.details or session.free_until is None:
        return ()
    if session.free_until <= letter.sent_at:
        return ()
    return ((_("Free to change until"), moment(session.free_until, letter.zone)),)


def each_free_until(letter: Letter) -> Facts:
    """How long before each of several dates it can be changed freely."""
    session = letter.session
    if session is None or session.free_until is None or not letter.details:
        return ()
    hours = (session.starts_at - session.free_until) // _HOUR
    words = ngettext("%(hours)s hour before each", "%(hours)s hours before each", hours)
    return ((_("Free to change until"), words % {"hours": hours}),)


def offered(letter: Letter) -> Facts:
    """The times that are offered."""
    if not letter.details:
        return ()
    label = _("Time") if len(letter.times) == 1 else _("Possible time")
    return tuple((label, span(start, end, letter.zone)) for start, end in letter.times)


def kept_until(letter: Letter, sentence: str) -> tuple[str, ...]:
    """Until when what is offered is kept: `sentence` has %(moment)s in it."""
    if letter.times_until is None or not letter.details:
        return ()
    return (sentence % {"moment": moment(letter.times_until, letter.zone)},)


def files_follow(letter: Letter) -> tuple[str, ...]:
    """Why there are more messages than this one, for those who want entries in their calendar."""
    if not letter.files_follow:
        return ()
    return (_("Each one also comes by itself, with a file for your calendar."),)


def each_by_itself() -> str:
    """What can be done about one of several dates."""
    return _("Each stands for itself: on your page you can cancel one, and the others stay.")


def stays_with_others() -> str:
    """What is cancelled is one of several dates."""
    return _("Your other dates stay as they are.")


def ask_again(letter: Letter) -> str:
    """After the end. Whoever had a place asks for a place, not for another time."""
    if _was_place(letter):
        return _("You are welcome to ask again whenever you like.")
    return _("You are welcome to ask for another time whenever you like.")


def _was_place(letter: Letter) -> bool:
    return letter.session is not None and not letter.session.may_move


def no_more_reminders() -> str:
    """How to hear less of us."""
    return _("You can switch reminders off on your page.")


def not_you(letter: Letter) -> str:
    """How to say that it was somebody else. Replies reach us only where there is an address."""
    if letter.reply_to:
        return _("If it was not you, please answer this message.")
    return _("If it was not you, please let us know.")


def to_practitioner(subject: Callable[[], str], line: Callable[[], str]) -> Wording:
    """A message to the practitioner: a link and nothing else."""

    def wording(letter: Letter) -> Message:
        return message(letter, subject(), line(), action=_("Open"))

    return wording
