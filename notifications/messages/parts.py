"""The pieces that messages are made of."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from notifications.messages.structure import Message
from notifications.messages.times import moment, span
from notifications.queries.letters import Letter

Facts = tuple[tuple[str, str], ...]


def message(
    letter: Letter,
    subject: str,
    *paragraphs: str,
    facts: Facts = (),
    action: str = "",
    small: tuple[str, ...] = (),
) -> Message:
    """A message whose button opens the reader's own page."""
    return Message(
        subject=subject,
        preview=paragraphs[0],
        paragraphs=paragraphs,
        facts=facts,
        action=action or _("Open your page"),
        url=letter.url,
        code=letter.code,
        small=small,
        signature=letter.signature,
    )


def ending(letter: Letter, subject: str, *paragraphs: str, facts: Facts = ()) -> Message:
    """A message after which nothing is left on the reader's page: its button asks anew."""
    return Message(
        subject=subject,
        preview=paragraphs[0],
        paragraphs=paragraphs,
        facts=facts,
        action=_("Ask for another time"),
        url=letter.ask_url,
        signature=letter.signature,
    )


def notice(letter: Letter, subject: str, *paragraphs: str) -> Message:
    """A message that leads nowhere: it has no button and no code."""
    return Message(
        subject=subject, preview=paragraphs[0], paragraphs=paragraphs, signature=letter.signature
    )


def on_the_page(letter: Letter) -> tuple[str, ...]:
    """Where the details stand, for somebody who gets none by mail."""
    return () if letter.details else (_("The details are on your page."),)


def when(letter: Letter) -> Facts:
    """When the session is."""
    if letter.session is None or not letter.details:
        return ()
    return ((_("When"), span(letter.session.starts_at, letter.session.ends_at, letter.zone)),)


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


def offered(letter: Letter) -> Facts:
    """The times that are offered."""
    if not letter.details:
        return ()
    label = _("Time") if len(letter.times) == 1 else _("Possible time")
    return tuple((label, span(start, end, letter.zone)) for start, end in letter.times)


def stays_with_others() -> str:
    """What is cancelled is one of several dates."""
    return _("Your other dates stay as they are.")


def no_more_reminders() -> str:
    """How to hear less of us."""
    return _("You can switch reminders off on your page.")


def to_practitioner(
    subject: Callable[[], str], line: Callable[[], str]
) -> Callable[[Letter], Message]:
    """A message to the practitioner: a link and nothing else."""

    def wording(letter: Letter) -> Message:
        return message(letter, subject(), line(), action=_("Open"))

    return wording
