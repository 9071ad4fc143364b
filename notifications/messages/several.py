"""Messages about several dates, about waiting for one, and about being late, in words."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Facts,
    ending,
    how,
    message,
    no_more_reminders,
    offered,
    on_the_page,
    stays_with_others,
    to_practitioner,
    when,
)
from notifications.messages.structure import Message
from notifications.messages.times import clock, day, moment, span
from notifications.queries.letters import Letter

_HOUR = timedelta(hours=1)


# --- Finding a time, and waiting for one -----------------------------------------------------


def _poll_reopened(letter: Letter) -> Message:
    # The same words for everybody, whatever anybody has answered.
    return message(
        letter,
        _("About your request"),
        _("We are still looking for a time."),
        _("Please say on your page when you can: there are more days to choose from."),
        action=_("Answer on your page"),
    )


def _on_the_list(letter: Letter) -> Message:
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
    until: tuple[str, ...] = ()
    if letter.times_until is not None and letter.details:
        until = (
            _("We keep it free for you until %(moment)s.")
            % {"moment": moment(letter.times_until, letter.zone)},
        )
    return message(
        letter,
        _("A time opened up"),
        _("A time has opened up. Would it suit you?"),
        *until,
        *on_the_page(letter),
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
        *((waits,) if letter.is_waiting else ()),
    )


def _still_waiting(letter: Letter) -> Message:
    return message(
        letter,
        _("You're on the list"),
        _("Would you still like to wait for a time?"),
        _("If so, please say so on your page, and we go on. If not, you can leave the list there."),
    )


# --- Several dates at once -------------------------------------------------------------------


def _dates(letter: Letter, label: str) -> Facts:
    if not letter.details:
        return ()
    return tuple((label, span(start, end, letter.zone)) for start, end in letter.dates)


def _freely_until(letter: Letter) -> Facts:
    session = letter.session
    if session is None or session.free_until is None or not letter.details:
        return ()
    hours = (session.starts_at - session.free_until) // _HOUR
    words = ngettext("%(hours)s hour before each", "%(hours)s hours before each", hours)
    return ((_("Free to change until"), words % {"hours": hours}),)


def _files_follow(letter: Letter) -> tuple[str, ...]:
    if not letter.files_follow:
        return ()
    return (_("Each one also comes by itself, with a file for your calendar."),)


def _each_by_itself() -> str:
    return _("Each stands for itself: on your page you can cancel one, and the others stay.")


def _dates_booked(letter: Letter) -> Message:
    return message(
        letter,
        _("Your appointments"),
        _("Your appointments are confirmed."),
        *on_the_page(letter),
        *_files_follow(letter),
        facts=(*_dates(letter, _("When")), *how(letter), *_freely_until(letter)),
        small=(_each_by_itself(),),
    )


def _dates_moved(letter: Letter) -> Message:
    return message(
        letter,
        _("New times"),
        _("Your appointments have new times. These are all that are booked now."),
        *on_the_page(letter),
        *_files_follow(letter),
        facts=(*_dates(letter, _("When")), *how(letter), *_freely_until(letter)),
        small=(_each_by_itself(),),
    )


def _dates_cancelled(letter: Letter) -> Message:
    first = _("We are sorry: some of your appointments won't take place. They cost you nothing.")
    cancelled = _dates(letter, _("Cancelled"))
    if letter.has_other_dates:
        return message(
            letter,
            _("Appointments cancelled"),
            first,
            stays_with_others(),
            *on_the_page(letter),
            facts=cancelled,
        )
    welcome = _("You are welcome to ask for another time whenever you like.")
    return ending(letter, _("Appointments cancelled"), first, welcome, facts=cancelled)


def _last_dates(letter: Letter) -> Message:
    return message(
        letter,
        _("Your remaining dates"),
        _("Two of your appointments are left."),
        _("If you would like to go on after them, to pause or to finish, tell us when you come."),
        *on_the_page(letter),
        facts=_dates(letter, _("When")),
        small=(no_more_reminders(),),
    )


def _clock_shift(letter: Letter) -> Message:
    return message(
        letter,
        _("Your time will change"),
        _("Your clock will show another time for your appointment."),
        _("Clocks change on different days where you are and where we are."),
        *on_the_page(letter),
        facts=(*_until_now(letter), *when(letter)),
        small=(no_more_reminders(),),
    )


def _until_now(letter: Letter) -> Facts:
    before, session = letter.clock_before, letter.session
    if before is None or session is None or not letter.details:
        return ()
    time = clock(before, letter.zone)
    if before.weekday() != session.starts_at.astimezone(letter.zone).weekday():
        time = f"{day(before, letter.zone)}, {time}"
    return ((_("Until now"), time),)


# --- After the cut-off, and on the way -------------------------------------------------------


def _late_wish_kept(letter: Letter) -> Message:
    return message(
        letter,
        _("A change to your appointment"),
        _("Your appointment stays as it was."),
        _("We have looked at what you asked for. It is too close to change it now."),
        *on_the_page(letter),
        facts=when(letter),
        small=(_("If you cannot come, please say so on your page."),),
    )


def _running_late(letter: Letter) -> Message:
    minutes = letter.minutes_late
    start: Facts = ()
    if letter.session is not None and letter.details:
        begins = letter.session.starts_at + timedelta(minutes=minutes)
        start = ((_("New start"), moment(begins, letter.zone)),)
    return message(
        letter,
        _("Running a little late"),
        ngettext(
            "We are running about %(minutes)s minute late. Please bear with us.",
            "We are running about %(minutes)s minutes late. Please bear with us.",
            minutes,
        )
        % {"minutes": minutes},
        facts=(*start, *how(letter)),
    )


# --- A place ---------------------------------------------------------------------------------


def _seat_given(letter: Letter) -> Message:
    return message(
        letter,
        _("A place for you"),
        _("There is a place for you, and it is yours."),
        _("Your page says what it is about."),
        *_files_follow(letter),
        facts=(*_dates(letter, _("When")), *how(letter), *_freely_until(letter)),
        small=(_each_by_itself(),),
    )


def _seat_refused(letter: Letter) -> Message:
    return ending(
        letter,
        _("About your application"),
        _("Thank you for your interest. We have no place to offer you this time."),
        _("You are welcome to ask again, or to ask for a time of your own, whenever you like."),
    )


def _seat_left(letter: Letter) -> Message:
    return ending(
        letter,
        _("Cancelled"),
        _("You have given up your place, and that is fine. Nobody is told why."),
        _("You are welcome to ask again whenever you like."),
    )


# --- To the practitioner ---------------------------------------------------------------------


def _practitioner_dates_booked(letter: Letter) -> Message:
    return message(
        letter,
        _("Confirmed: %(code)s") % {"code": letter.reference},
        _("Several appointments are confirmed."),
        action=_("Open"),
    )


def _practitioner_running_late(letter: Letter) -> Message:
    return message(
        letter,
        _("Running a little late"),
        ngettext(
            "Somebody is running about %(minutes)s minute late.",
            "Somebody is running about %(minutes)s minutes late.",
            letter.minutes_late,
        )
        % {"minutes": letter.minutes_late},
        action=_("Open"),
    )


WORDINGS: Mapping[Kind, Callable[[Letter], Message]] = {
    Kind.POLL_REOPENED: _poll_reopened,
    Kind.ON_THE_LIST: _on_the_list,
    Kind.TIME_OPENED: _time_opened,
    Kind.TIME_GONE: _time_gone,
    Kind.STILL_WAITING: _still_waiting,
    Kind.DATES_BOOKED: _dates_booked,
    Kind.DATES_MOVED: _dates_moved,
    Kind.DATES_CANCELLED: _dates_cancelled,
    Kind.LAST_DATES: _last_dates,
    Kind.CLOCK_SHIFT: _clock_shift,
    Kind.LATE_WISH_KEPT: _late_wish_kept,
    Kind.RUNNING_LATE: _running_late,
    Kind.SEAT_GIVEN: _seat_given,
    Kind.SEAT_REFUSED: _seat_refused,
    Kind.SEAT_LEFT: _seat_left,
    Kind.PRACTITIONER_DATES_BOOKED: _practitioner_dates_booked,
    Kind.PRACTITIONER_LATE_WISH: to_practitioner(
        lambda: _("A change to your appointment"), lambda: _("Somebody asks for a change.")
    ),
    Kind.PRACTITIONER_RUNNING_LATE: _practitioner_running_late,
    Kind.PRACTITIONER_MISSED_TWICE: to_practitioner(
        lambda: _("Please open your list"),
        lambda: _("Somebody has missed two appointments in a row."),
    ),
    Kind.PRACTITIONER_TOO_FEW: to_practitioner(
        lambda: _("Please open your list"),
        lambda: _("A date by which you wanted to decide has come."),
    ),
    Kind.PRACTITIONER_SEAT_LEFT: to_practitioner(
        lambda: _("Please open your list"), lambda: _("Somebody has given up their place.")
    ),
}
