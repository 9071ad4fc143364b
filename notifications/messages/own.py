"""Messages about one person's own things, in words."""

from collections.abc import Mapping
from dataclasses import replace

from django.utils.translation import gettext as _

from notifications.domain.kinds import Kind
from notifications.messages.parts import Wording, message, no_more_reminders, not_you, notice
from notifications.messages.structure import Message
from notifications.messages.times import moment
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


def _settings_changed(letter: Letter) -> Message:
    if letter.is_about_passcode:
        return message(
            letter,
            _("Your settings changed"),
            _("The passcode of your page has been replaced by a new one."),
            small=(not_you(letter),),
            variant="passcode",
        )
    return message(
        letter,
        _("Your settings changed"),
        _("From now on we write to you at this address."),
        _("On your page you can change it again at any time."),
        small=(not_you(letter),),
    )


def _settings_changed_before(letter: Letter) -> Message:
    # Who reads here now is not known: not a word of where we write instead.
    subject = _("Your settings changed")
    words = _("We do not write to this address any more, as you asked us.")
    if not letter.undo_url or letter.undo_until is None:
        return notice(letter, subject, words, after=(not_you(letter),))
    until = moment(letter.undo_until, letter.zone)
    taken_back = message(
        letter,
        subject,
        words,
        after=(_("If it was not you, you can take it back until %(moment)s.") % {"moment": until},),
        action=_("Take it back"),
    )
    return replace(taken_back, url=letter.undo_url)


def _own_data_done(letter: Letter) -> Message:
    return notice(
        letter,
        _("Your request is done"),
        _("What you asked us to do is done."),
        after=(not_you(letter),),
    )


WORDINGS: Mapping[Kind, Wording] = {
    Kind.DOCUMENT_CHANGED: _document_changed,
    Kind.DOCUMENT_WAITING: _document_waiting,
    Kind.SETTINGS_CHANGED: _settings_changed,
    Kind.SETTINGS_CHANGED_BEFORE: _settings_changed_before,
    Kind.OWN_DATA_DONE: _own_data_done,
}
