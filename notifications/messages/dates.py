"""Several dates at once, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Wording,
    dates,
    each_by_itself,
    each_free_until,
    files_follow,
    how,
    message,
    no_more_reminders,
    on_the_page,
)
from notifications.messages.structure import Message
from notifications.queries.letters import Letter


def _dates_booked(letter: Letter) -> Message:
    return _all_of_them(letter, _("Your appointments"), _("Your appointments are confirmed."))


def _dates_moved(letter: Letter) -> Message:
    return _all_of_them(
        letter,
        _("New times"),
        _("Your appointments have new times. These are all that are booked now."),
    )


def _all_of_them(letter: Letter, subject: str, words: str) -> Message:
    return message(
        letter,
        subject,
        words,
        after=(*on_the_page(letter), *files_follow(letter)),
        facts=(*dates(letter, _("When")), *how(letter), *each_free_until(letter)),
        small=(each_by_itself(),),
    )


def _last_dates(letter: Letter) -> Message:
    return message(
        letter,
        _("Your remaining dates"),
        _("Two of your appointments are left."),
        _("On your page you can say whether to go on after them, to pause or to finish."),
        after=on_the_page(letter),
        facts=dates(letter, _("When")),
        small=(no_more_reminders(),),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.DATES_BOOKED: _dates_booked,
    Kind.DATES_MOVED: _dates_moved,
    Kind.LAST_DATES: _last_dates,
}
