"""An appointment will not take place, in words. Nobody is told why, and nobody is blamed."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Facts,
    Wording,
    ask_again,
    dates,
    ending,
    message,
    offered,
    on_the_page,
    stays_with_others,
    when,
)
from notifications.messages.structure import Message
from notifications.queries.letters import Letter


def _cancelled_for_others(letter: Letter) -> Message:
    return _one_less(
        letter,
        _("Appointment cancelled"),
        _("Your appointment won't go ahead. There is nothing that you need to do."),
        facts=when(letter),
    )


def _cancelled_own(letter: Letter) -> Message:
    return _one_less(
        letter,
        _("Cancelled"),
        _("You have cancelled, and that is fine. Nobody is told why."),
        facts=when(letter),
    )


def _one_less(letter: Letter, subject: str, *words: str, facts: Facts) -> Message:
    """The end of one appointment: the reader's page goes on only if they have other dates."""
    if letter.has_other_dates:
        return message(letter, subject, *words, after=(stays_with_others(),), facts=facts)
    return ending(letter, subject, *words, after=(ask_again(letter),), facts=facts)


def _cancelled_late(letter: Letter) -> Message:
    # Replies reach us only where there is an address for them.
    excuse = (
        _("If you were ill, or could not help it, please answer this message: then that is fine.")
        if letter.reply_to
        else _("If you were ill, or could not help it, please let us know: then that is fine.")
    )
    words = _("You have cancelled. It was after the last moment to do so free of charge.")
    if letter.has_other_dates:
        after = (excuse, stays_with_others())
        return message(letter, _("Cancelled"), words, after=after, facts=when(letter))
    return ending(letter, _("Cancelled"), words, after=(excuse,), facts=when(letter))


def _cancelled_by_practice(letter: Letter) -> Message:
    sorry = _("We are sorry: your appointment cannot take place. It costs you nothing.")
    was = tuple((_("Was"), value) for _label, value in when(letter))
    if not letter.times:
        return _one_less(letter, _("Appointment cancelled"), sorry, facts=was)
    offer = (_("Would one of these times suit you instead?"),) if offered(letter) else ()
    return message(
        letter,
        _("Appointment cancelled"),
        sorry,
        after=(*on_the_page(letter), *offer),
        facts=(*was, *offered(letter)),
        action=_("Choose a new time"),
    )


def _dates_cancelled(letter: Letter) -> Message:
    first = _("We are sorry: some of your appointments won't take place. They cost you nothing.")
    cancelled = dates(letter, _("Cancelled"))
    if letter.has_other_dates:
        return message(
            letter,
            _("Appointments cancelled"),
            first,
            after=(stays_with_others(), *on_the_page(letter)),
            facts=cancelled,
        )
    return ending(
        letter, _("Appointments cancelled"), first, after=(ask_again(letter),), facts=cancelled
    )


def _upcoming_dates(letter: Letter) -> Message:
    # To each who remains, in the same words, whoever has left and why.
    first = (
        _("The appointments that were ahead of you won't take place. They cost you nothing.")
        if letter.dates
        else _("No appointment is ahead of you any more. There is nothing that you need to do.")
    )
    return ending(
        letter,
        _("About your upcoming dates"),
        _("You are welcome to ask for a time of your own whenever you like."),
        before=(first,),
        facts=dates(letter, _("Cancelled")),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.CANCELLED_FOR_OTHERS: _cancelled_for_others,
    Kind.CANCELLED_OWN: _cancelled_own,
    Kind.CANCELLED_LATE: _cancelled_late,
    Kind.CANCELLED_BY_PRACTICE: _cancelled_by_practice,
    Kind.DATES_CANCELLED: _dates_cancelled,
    Kind.UPCOMING_DATES: _upcoming_dates,
}
