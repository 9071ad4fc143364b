"""One appointment, from booked to the day itself, in words."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Facts,
    Wording,
    free_until,
    how,
    message,
    no_more_reminders,
    on_the_page,
    when,
)
from notifications.messages.structure import Message
from notifications.messages.times import clock, day, days_until, moment
from notifications.queries.letters import Letter
from practice.models import Modality


def _booked(letter: Letter) -> Message:
    return message(
        letter,
        _("Your appointment"),
        _("Your appointment is confirmed."),
        after=(*on_the_page(letter), *_calendar_note(letter)),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(_if_it_does_not_suit(letter),),
    )


def _call_booked(letter: Letter) -> Message:
    return message(
        letter,
        _("Your call"),
        _("Your call is booked. It is short, and there is nothing to prepare."),
        after=(*on_the_page(letter), *_calendar_note(letter)),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(_if_it_does_not_suit(letter),),
    )


def _moved(letter: Letter) -> Message:
    return message(
        letter,
        _("New time"),
        _("Your appointment has a new time."),
        after=(*on_the_page(letter), *_calendar_note(letter)),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(_if_it_does_not_suit(letter),),
    )


def _calendar_note(letter: Letter) -> tuple[str, ...]:
    if not letter.has_file:
        return ()
    return (_("The attached file puts it in your calendar."),)


def _if_it_does_not_suit(letter: Letter) -> str:
    """What the page offers: another time only until the last free change, and never a date that
    many others come to.
    """
    session = letter.session
    is_late = session is None or session.free_until is None or session.free_until <= letter.sent_at
    if is_late or session is None or not session.may_move:
        return _("If you cannot come, please say so on your page.")
    return _("On your page you can look for another time, or say that you cannot come.")


def _reminder(letter: Letter) -> Message:
    session = letter.session
    if session is None:
        raise ValueError("a reminder needs a session")
    days = days_until(session.starts_at, letter.sent_at, letter.zone)
    if days <= 0:
        variant, subject, first = "today", _("Appointment today"), _("Your appointment is today.")
        second = _("What you need for it stands on your page.")
    elif days == 1:
        variant, subject = "tomorrow", _("Appointment tomorrow")
        first, second = _("Your appointment is tomorrow."), _getting_ready(letter)
    else:
        variant = "later"
        subject = _("Appointment on %(day)s") % {"day": day(session.starts_at, letter.zone)}
        first, second = _("Your appointment is coming up."), _if_it_does_not_suit(letter)
    return message(
        letter,
        subject,
        second,
        before=(first,),
        # Shortly before, the words themselves send them there.
        after=on_the_page(letter) if variant == "later" else (),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(no_more_reminders(),),
        variant=variant,
    )


def _getting_ready(letter: Letter) -> str:
    if letter.session is None or not letter.details:
        return _("What you need for it stands on your page.")
    if letter.session.modality == Modality.IN_PERSON:
        return _("Please leave in good time.")
    return _("A place of your own and headphones help.")


def _change_asked(letter: Letter) -> Message:
    return message(
        letter,
        _("A change to your appointment"),
        _("A different time is being looked for."),
        _("Your appointment stays as it is until a new time is agreed."),
        facts=when(letter),
        action=_("Answer on your page"),
    )


def _stays_as_it_was(letter: Letter) -> Message:
    return message(
        letter,
        _("A change to your appointment"),
        _("Your appointment stays as it was."),
        after=on_the_page(letter),
        facts=when(letter),
    )


def _late_wish_kept(letter: Letter) -> Message:
    return message(
        letter,
        _("A change to your appointment"),
        _("Your appointment stays as it was."),
        _("We have looked at what you asked for. It is too close to change it now."),
        after=on_the_page(letter),
        facts=when(letter),
        small=(_("If you cannot come, please say so on your page."),),
    )


def _running_late(letter: Letter) -> Message:
    start: Facts = ()
    if letter.session is not None and letter.details:
        begins = letter.session.starts_at + timedelta(minutes=letter.minutes_late)
        start = ((_("New start"), moment(begins, letter.zone)),)
    return message(
        letter,
        _("Running a little late"),
        _("We are running about {minutes} late. Please bear with us."),
        facts=(*start, *how(letter)),
    )


def _clock_shift(letter: Letter) -> Message:
    return message(
        letter,
        _("Your time will change"),
        _("Your clock will show another time for your appointment."),
        _("Clocks change on different days where you are and where we are."),
        after=on_the_page(letter),
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


WORDINGS: Mapping[Kind, Wording] = {
    Kind.BOOKED: _booked,
    Kind.CALL_BOOKED: _call_booked,
    Kind.MOVED: _moved,
    Kind.REMINDER: _reminder,
    Kind.CHANGE_ASKED: _change_asked,
    Kind.STAYS_AS_IT_WAS: _stays_as_it_was,
    Kind.LATE_WISH_KEPT: _late_wish_kept,
    Kind.RUNNING_LATE: _running_late,
    Kind.CLOCK_SHIFT: _clock_shift,
}
