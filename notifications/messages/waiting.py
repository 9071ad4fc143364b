"""Waiting for a time or a place, in words; and having a place."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Wording,
    dates,
    each_by_itself,
    each_free_until,
    ending,
    files_follow,
    how,
    kept_until,
    message,
    no_more_reminders,
    offered,
    on_the_page,
    when,
)
from notifications.messages.structure import Message
from notifications.queries.letters import Letter


def _on_the_list(letter: Letter) -> Message:
    if letter.waits_for_place:
        return message(
            letter,
            _("You're on the list"),
            _("You are on the list. We write to you when a place comes free."),
            _("On your page you can leave the list at any time."),
            variant="place",
        )
    return message(
        letter,
        _("You're on the list"),
        _("You are on the list. We write to you when a time opens up."),
        _(
            "Such a time is kept for you for a while, and for nobody else. If it does not suit "
            "you, you stay on the list."
        ),
        _("On your page you can leave the list at any time."),
    )


def _time_opened(letter: Letter) -> Message:
    until = kept_until(letter, _("We keep it free for you until %(moment)s."))
    return message(
        letter,
        _("A time opened up"),
        _("A time has opened up. Would it suit you?"),
        after=(*until, *on_the_page(letter)),
        facts=offered(letter),
        action=_("Answer on your page"),
        small=(_("If it does not suit you, just say so: you lose nothing by it."),),
    )


def _time_gone(letter: Letter) -> Message:
    # The same words whoever has answered, and whoever has not.
    waits = _("You are still on the list, and hear from us when another one opens up.")
    return message(
        letter,
        _("That time has gone"),
        _("The time that had opened up is not kept any more. There is nothing you need to do."),
        after=(waits,) if letter.is_waiting else (),
    )


def _still_waiting(letter: Letter) -> Message:
    return message(
        letter,
        _("You're on the list"),
        _("Would you still like to wait for a time?"),
        _("If so, please say so on your page, and we go on. If not, you can leave the list there."),
    )


def _seat_given(letter: Letter) -> Message:
    return message(
        letter,
        _("A place for you"),
        _("There is a place for you, and it is yours."),
        _("Your page says what it is about."),
        after=files_follow(letter),
        facts=(*dates(letter, _("When")), *how(letter), *each_free_until(letter)),
        small=(each_by_itself(),),
    )


def _starting_soon(letter: Letter) -> Message:
    return message(
        letter,
        _("Starting soon"),
        _("It begins soon, and you are expected."),
        _("Your page says what it is about."),
        facts=(*when(letter), *how(letter)),
        small=(no_more_reminders(),),
    )


def _new_start(letter: Letter) -> Message:
    # Its dates after this one are told by themselves if they move as well.
    file = (_("The attached file puts it in your calendar."),) if letter.has_file else ()
    return message(
        letter,
        _("New start date"),
        _("It begins on a new date."),
        after=(*on_the_page(letter), *file),
        facts=(*when(letter), *how(letter)),
        small=(_("If you cannot come, please say so on your page."),),
    )


def _seat_refused(letter: Letter) -> Message:
    return ending(
        letter,
        _("About your application"),
        _("Thank you for your interest. We have no place to offer you this time."),
        _("You are welcome to ask again, or to ask for a time of your own, whenever you like."),
        action=_("Ask again"),
    )


def _seat_left(letter: Letter) -> Message:
    return ending(
        letter,
        _("Cancelled"),
        _("You have given up your place, and that is fine. Nobody is told why."),
        _("You are welcome to ask again whenever you like."),
        action=_("Ask again"),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.ON_THE_LIST: _on_the_list,
    Kind.TIME_OPENED: _time_opened,
    Kind.TIME_GONE: _time_gone,
    Kind.STILL_WAITING: _still_waiting,
    Kind.SEAT_GIVEN: _seat_given,
    Kind.STARTING_SOON: _starting_soon,
    Kind.NEW_START: _new_start,
    Kind.SEAT_REFUSED: _seat_refused,
    Kind.SEAT_LEFT: _seat_left,
}
