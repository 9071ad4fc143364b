"""From asking until there is a time: what people read of it, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import (
    Wording,
    kept_until,
    message,
    no_more_reminders,
    offered,
    on_the_page,
)
from notifications.messages.structure import Message
from notifications.queries.letters import Letter


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
        _("Thank you for writing to us. We answer {promise}."),
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
        _("Your page says what it is about. You decide whether to accept; declining is quiet."),
        _("What you write there is yours: whoever invited you reads only what you choose to show."),
        before=(_asked_us(letter),),
        small=(_("On the page you can also ask us never to write to you again."),),
    )


def _invitation_reminder(letter: Letter) -> Message:
    return message(
        letter,
        _("A reminder for you"),
        _("Your page says what it is about. You decide whether to accept; declining is quiet."),
        before=(_("Your invitation is still waiting for you."), _asked_us(letter)),
        after=(_("This is the last time we write about it."),) if letter.is_last else (),
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


def _time_to_confirm(letter: Letter, *small: str) -> Message:
    until = kept_until(letter, _("We keep this free for you until %(moment)s."))
    return message(
        letter,
        _("A time to confirm"),
        _("Please tell us whether this suits you."),
        after=(*until, *on_the_page(letter)),
        facts=offered(letter),
        action=_("Answer on your page"),
        small=small,
    )


def _time_to_confirm_reminder(letter: Letter) -> Message:
    return _time_to_confirm(letter, no_more_reminders())


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


def _poll_reopened(letter: Letter) -> Message:
    # The same words for everybody, whatever anybody has answered.
    return message(
        letter,
        _("About your request"),
        _("We are still looking for a time."),
        _("Please say on your page when you can: there are more days to choose from."),
        action=_("Answer on your page"),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.CODE: _code,
    Kind.RECEIVED: _received,
    Kind.INVITATION: _invitation,
    Kind.INVITATION_REMINDER: _invitation_reminder,
    Kind.NEXT_STEPS: _next_steps,
    Kind.STEP_WAITING: _step_waiting,
    Kind.STEP_NUDGE: _step_waiting,
    Kind.ALL_SET: _all_set,
    Kind.TIME_TO_CONFIRM: _time_to_confirm,
    Kind.TIME_TO_CONFIRM_REMINDER: _time_to_confirm_reminder,
    Kind.TIME_LAPSED: _time_lapsed,
    Kind.POLL_REOPENED: _poll_reopened,
    Kind.CLOSED: _closed,
    Kind.WONT_GO_AHEAD: _wont_go_ahead,
    Kind.WITHDREW: _withdrew,
}
