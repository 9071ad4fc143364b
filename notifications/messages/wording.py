"""Every message in words. Subjects are a fixed list; nothing here says what it is about.

No topic, no kind of session, nobody else's name, no count. A person who shares their mailbox
gets no times either: `Letter.details` is False, and everything stands on the page.
"""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages import own, several
from notifications.messages.parts import (
    ending,
    free_until,
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
from notifications.messages.times import day, days_until, moment
from notifications.queries.letters import Letter
from practice.models import Modality


def compose(letter: Letter) -> Message:
    """The message for this letter."""
    return _WORDINGS[letter.kind](letter)


# --- Asking ----------------------------------------------------------------------------------


def _code(letter: Letter) -> Message:
    return message(
        letter,
        _("Your code"),
        _("Please open your page and enter the code below."),
        small=(_("If you did not ask for this, you can ignore it. Nothing will happen."),),
    )


def _received(letter: Letter) -> Message:
    return message(
        letter,
        _("We got your message"),
        _("Thank you for writing to us. We answer %(promise)s.")
        % {"promise": letter.reply_promise},
        _("On your page you can see where things stand, do your part, or withdraw."),
        small=(
            _(
                "We do not watch this mailbox around the clock. In an emergency please call "
                "your local emergency number."
            ),
        ),
    )


def _asked_us(letter: Letter) -> str:
    if not letter.requester:
        return _("Somebody you know asked us to send you this.")
    return _("%(name)s asked us to send you this.") % {"name": letter.requester}


def _invitation(letter: Letter) -> Message:
    return message(
        letter,
        _("You have an invitation"),
        _asked_us(letter),
        _("Your page says what it is about. You decide whether to accept; declining is quiet."),
        _("What you write there is yours: whoever invited you reads only what you choose to show."),
        small=(_("On the page you can also ask us never to write to you again."),),
    )


def _invitation_reminder(letter: Letter) -> Message:
    last = (_("This is the last time we write about it."),) if letter.is_last else ()
    return message(
        letter,
        _("A reminder for you"),
        _("Your invitation is still waiting for you."),
        _asked_us(letter),
        _("Your page says what it is about. You decide whether to accept; declining is quiet."),
        *last,
        small=(_("On the page you can also ask us never to write to you again."),),
    )


def _next_steps(letter: Letter) -> Message:
    return message(
        letter,
        _("Next steps"),
        _("There are a few things to fill in on your page. It takes about 15 minutes."),
        _("Find a moment when nobody looks over your shoulder. You can save and come back."),
    )


def _step_waiting(letter: Letter) -> Message:
    return message(
        letter,
        _("A step is waiting"),
        _("Something on your page is waiting."),
        _("You can take it up where you stopped, or leave it and withdraw there."),
        small=(no_more_reminders(),),
    )


def _all_set(letter: Letter) -> Message:
    return message(
        letter,
        _("All set on your side"),
        _("Thank you. There is nothing left for you to do for now; we write when there is news."),
        _("On your page you can change how we reach you at any time."),
    )


def _time_to_confirm(letter: Letter) -> Message:
    until: tuple[str, ...] = ()
    if letter.times_until is not None and letter.details:
        until = (
            _("We keep this free for you until %(moment)s.")
            % {"moment": moment(letter.times_until, letter.zone)},
        )
    return message(
        letter,
        _("A time to confirm"),
        _("Please tell us whether this suits you."),
        *until,
        *on_the_page(letter),
        facts=offered(letter),
        action=_("Answer on your page"),
    )


def _time_lapsed(letter: Letter) -> Message:
    # The same words for everybody, whoever has answered and whoever has not.
    return message(
        letter,
        _("About your request"),
        _("The time is not kept for you any more. There is nothing you need to do about it."),
        _("You hear from us."),
    )


def _closed(letter: Letter) -> Message:
    # The same words whatever the reason.
    return message(
        letter,
        _("About your request"),
        _(
            "Thank you for reaching out. I'm not able to offer this session in this format. "
            "Here are other ways to get support."
        ),
        _("You find them on your page."),
    )


def _wont_go_ahead(letter: Letter) -> Message:
    return message(
        letter,
        _("About your request"),
        _("This session won't go ahead. There is nothing that you need to do."),
        _("You are welcome to ask for another one at any time."),
    )


def _withdrew(letter: Letter) -> Message:
    return message(
        letter,
        _("Cancelled"),
        _("You have withdrawn, and that is fine. Nobody is told why."),
        _("You are welcome to write to us again at any time."),
    )


# --- Appointments ----------------------------------------------------------------------------


def _booked(letter: Letter) -> Message:
    return message(
        letter,
        _("Your appointment"),
        _("Your appointment is confirmed."),
        *on_the_page(letter),
        *_calendar_note(letter),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(_if_it_does_not_suit(letter),),
    )


def _if_it_does_not_suit(letter: Letter) -> str:
    """What the page offers: another time only until the last free change."""
    session = letter.session
    if session is None or session.free_until is None or session.free_until <= letter.sent_at:
        return _("If you cannot come, please say so on your page.")
    return _("On your page you can look for another time, or say that you cannot come.")


def _calendar_note(letter: Letter) -> tuple[str, ...]:
    if not letter.has_file:
        return ()
    return (_("The attached file puts it in your calendar."),)


def _moved(letter: Letter) -> Message:
    return message(
        letter,
        _("New time"),
        _("Your appointment has a new time."),
        *on_the_page(letter),
        *_calendar_note(letter),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(_if_it_does_not_suit(letter),),
    )


def _getting_ready(letter: Letter) -> str:
    if letter.session is None or not letter.details:
        return _("What you need for it stands on your page.")
    if letter.session.modality == Modality.IN_PERSON:
        return _("Please leave in good time.")
    return _("A place of your own and headphones help.")


def _reminder(letter: Letter) -> Message:
    session = letter.session
    if session is None:
        raise ValueError("a reminder needs a session")
    days = days_until(session.starts_at, letter.sent_at, letter.zone)
    if days <= 0:
        subject = _("Appointment today")
        first = _("Your appointment is today.")
        second = _("What you need for it stands on your page.")
    elif days == 1:
        subject = _("Appointment tomorrow")
        first = _("Your appointment is tomorrow.")
        second = _getting_ready(letter)
    else:
        subject = _("Appointment on %(day)s") % {"day": day(session.starts_at, letter.zone)}
        first = _("Your appointment is coming up.")
        second = _if_it_does_not_suit(letter)
    return message(
        letter,
        subject,
        first,
        second,
        *on_the_page(letter),
        facts=(*when(letter), *how(letter), *free_until(letter)),
        small=(no_more_reminders(),),
    )


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
        *on_the_page(letter),
        facts=when(letter),
    )


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


def _one_less(
    letter: Letter, subject: str, *paragraphs: str, facts: tuple[tuple[str, str], ...]
) -> Message:
    """The end of one appointment: the reader's page goes on only if they have other dates."""
    if letter.has_other_dates:
        return message(letter, subject, *paragraphs, stays_with_others(), facts=facts)
    welcome = _("You are welcome to ask for another time whenever you like.")
    return ending(letter, subject, *paragraphs, welcome, facts=facts)


def _cancelled_late(letter: Letter) -> Message:
    # Replies reach us only where there is an address for them.
    excuse = (
        _("If you were ill, or could not help it, please answer this message: then that is fine.")
        if letter.reply_to
        else _("If you were ill, or could not help it, please let us know: then that is fine.")
    )
    paragraphs = (
        _("You have cancelled. It was after the last moment to do so free of charge."),
        excuse,
    )
    if letter.has_other_dates:
        return message(letter, _("Cancelled"), *paragraphs, stays_with_others(), facts=when(letter))
    return ending(letter, _("Cancelled"), *paragraphs, facts=when(letter))


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
        *on_the_page(letter),
        *offer,
        facts=(*was, *offered(letter)),
        action=_("Choose a new time"),
    )


# --- To the practitioner: a link and nothing else --------------------------------------------


def _practitioner_booked(letter: Letter) -> Message:
    return message(
        letter,
        _("Confirmed: %(code)s") % {"code": letter.reference},
        _("An appointment is confirmed."),
        action=_("Open"),
    )


_WORDINGS: Mapping[Kind, Callable[[Letter], Message]] = {
    **several.WORDINGS,
    **own.WORDINGS,
    Kind.CODE: _code,
    Kind.RECEIVED: _received,
    Kind.INVITATION: _invitation,
    Kind.INVITATION_REMINDER: _invitation_reminder,
    Kind.CLOSED: _closed,
    Kind.WONT_GO_AHEAD: _wont_go_ahead,
    Kind.WITHDREW: _withdrew,
    Kind.NEXT_STEPS: _next_steps,
    Kind.STEP_WAITING: _step_waiting,
    Kind.STEP_NUDGE: _step_waiting,
    Kind.ALL_SET: _all_set,
    Kind.TIME_TO_CONFIRM: _time_to_confirm,
    Kind.TIME_TO_CONFIRM_REMINDER: _time_to_confirm,
    Kind.TIME_LAPSED: _time_lapsed,
    Kind.BOOKED: _booked,
    Kind.REMINDER: _reminder,
    Kind.CHANGE_ASKED: _change_asked,
    Kind.STAYS_AS_IT_WAS: _stays_as_it_was,
    Kind.MOVED: _moved,
    Kind.CANCELLED_FOR_OTHERS: _cancelled_for_others,
    Kind.CANCELLED_OWN: _cancelled_own,
    Kind.CANCELLED_LATE: _cancelled_late,
    Kind.CANCELLED_BY_PRACTICE: _cancelled_by_practice,
    Kind.NEW_REQUEST: to_practitioner(
        lambda: _("New request"), lambda: _("A new request has come in.")
    ),
    Kind.NEEDS_A_LOOK: to_practitioner(
        lambda: _("A request needs a look"), lambda: _("Something has changed.")
    ),
    Kind.READY: to_practitioner(
        lambda: _("Ready to review"), lambda: _("A request is ready for you.")
    ),
    Kind.PRACTITIONER_BOOKED: _practitioner_booked,
    Kind.PRACTITIONER_CHANGE_ASKED: to_practitioner(
        lambda: _("A change to your appointment"),
        lambda: _("A different time is being looked for."),
    ),
    Kind.PRACTITIONER_MOVED: to_practitioner(
        lambda: _("New time"), lambda: _("An appointment has a new time.")
    ),
    Kind.PRACTITIONER_CANCELLED: to_practitioner(
        lambda: _("Appointment cancelled"), lambda: _("An appointment was cancelled.")
    ),
    Kind.PRACTITIONER_ONE_LESS: to_practitioner(
        lambda: _("A change to your appointment"), lambda: _("Somebody will not come.")
    ),
}
