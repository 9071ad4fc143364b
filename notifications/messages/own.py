"""Messages about one person's own things, and calls to look at the list, in words."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import message, no_more_reminders, notice, to_practitioner
from notifications.messages.structure import Message
from notifications.queries.letters import Letter


def _document_changed(letter: Letter, *small: str) -> Message:
    return message(
        letter,
        _("A document to review"),
        _("A document has changed since you signed it."),
        _("Please read it on your page, and sign it there before your next appointment."),
        small=small,
    )


def _document_waiting(letter: Letter) -> Message:
    return _document_changed(letter, no_more_reminders())


def _not_you(letter: Letter) -> str:
    """How to say that it was somebody else. Replies reach us only where there is an address."""
    if letter.reply_to:
        return _("If it was not you, please answer this message.")
    return _("If it was not you, please let us know.")


def _settings_changed(letter: Letter) -> Message:
    return message(
        letter,
        _("Your settings changed"),
        _("From now on we write to you at this address."),
        _("On your page you can change it again at any time."),
        small=(_not_you(letter),),
    )


def _settings_changed_before(letter: Letter) -> Message:
    # Who reads here now is not known: not a word of where we write instead.
    return notice(
        letter,
        _("Your settings changed"),
        _("We do not write to this address any more, as you asked us."),
        _not_you(letter),
    )


def _own_data_done(letter: Letter) -> Message:
    return notice(
        letter,
        _("Your request is done"),
        _("What you asked us to do is done."),
        _not_you(letter),
    )


# --- Calls to look at the list ---------------------------------------------------------------


def _call(line: Callable[[], str]) -> Callable[[Letter], Message]:
    return to_practitioner(lambda: _("Please open your list"), line)


_something_waits = _call(lambda: _("Something on your list should not wait."))


def _second(letter: Letter) -> Message:
    return message(
        letter,
        _("Please open your list"),
        _("Something on the list should not wait, and nobody has looked at it yet."),
        _("Please open it, or reach whoever looks after it and ask them to."),
        action=_("Open"),
    )


WORDINGS: Mapping[Kind, Callable[[Letter], Message]] = {
    Kind.DOCUMENT_CHANGED: _document_changed,
    Kind.DOCUMENT_WAITING: _document_waiting,
    Kind.SETTINGS_CHANGED: _settings_changed,
    Kind.SETTINGS_CHANGED_BEFORE: _settings_changed_before,
    Kind.OWN_DATA_DONE: _own_data_done,
    Kind.PRACTITIONER_ALERT: _something_waits,
    Kind.PRACTITIONER_ALERT_AGAIN: _something_waits,
    Kind.ALERT_NAMED: _something_waits,
    Kind.ALERT_SECOND: _second,
}
