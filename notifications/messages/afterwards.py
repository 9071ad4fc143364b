"""After a session, in words: to whoever did not come, and what some people asked to get."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Facts,
    Wording,
    ask_again,
    ending,
    how,
    message,
    stays_with_others,
)
from notifications.messages.structure import Message
from notifications.messages.times import clock_spelled, days_until
from notifications.queries.letters import Letter


def _missed_you(letter: Letter) -> Message:
    return _without_blame(
        letter,
        _("Missed you today") if _is_today(letter) else _("About your appointment"),
        _("We missed you. Whatever came up, there is nothing that you need to explain."),
        facts=_still_time(letter),
    )


def _is_today(letter: Letter) -> bool:
    session = letter.session
    return session is not None and not days_until(session.starts_at, letter.sent_at, letter.zone)


def _still_time(letter: Letter) -> Facts:
    """How to come in spite of it, while there is time; the page does not say so any more."""
    session = letter.session
    if session is None or not letter.details or letter.sent_at >= session.ends_at:
        return ()
    return (
        (_("You can still come until"), clock_spelled(session.ends_at, letter.zone)),
        *how(letter),
    )


def _missed_follow_up(letter: Letter) -> Message:
    return _without_blame(
        letter,
        _("About your appointment"),
        _("We did not see you, and hope that you are well. There is no need to answer."),
    )


def _without_blame(letter: Letter, subject: str, words: str, *, facts: Facts = ()) -> Message:
    if letter.has_other_dates:
        return message(letter, subject, words, after=(stays_with_others(),), facts=facts)
    return ending(letter, subject, words, after=(ask_again(letter),), facts=facts)


def _aftercare(letter: Letter) -> Message:
    return message(
        letter,
        _("A note for after"),
        _("Take it slowly: something to drink, a walk, a while without a screen."),
        _("You need not talk about it at once, with anybody. It can wait until next time."),
        _("If you need somebody now, please call your local emergency number."),
        small=(_("You asked for this note. You can switch it off on your page."),),
    )


def _feedback(letter: Letter) -> Message:
    return message(
        letter,
        _("One minute of your time"),
        _("You wanted to be asked now and then. When you have a minute, it waits on your page."),
        _("There is no need to answer, and you can pass whatever you like."),
        small=(_("You asked for this. You can switch it off on your page."),),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.MISSED_YOU: _missed_you,
    Kind.MISSED_FOLLOW_UP: _missed_follow_up,
    Kind.AFTERCARE: _aftercare,
    Kind.FEEDBACK: _feedback,
}
