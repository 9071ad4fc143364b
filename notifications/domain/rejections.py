"""What a mail server's refusal for good is about: the mailbox, or only this message.

Read from the code and the enhanced status code (RFC 3463, RFC 5321). Only what is said about the
mailbox may stop an address: a filter that dislikes one message says nothing about the next.
"""

import re
from enum import StrEnum

_STATUS = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
#: Replies without a status code that are about the recipient, if that is what was asked about:
#: no such mailbox, not here, no such name.
_ABOUT_RECIPIENT = ("550", "551", "553")
#: Where the recipient is meant by X.1: not those that speak of the sender's address.
_OF_SENDER = ("5.1.7", "5.1.8")
_FULL = ("5.2.2",)
_TOO_LARGE = ("5.2.3", "5.3.4")
_SWITCHED_OFF = ("5.2.1",)
#: To whoever says who sends: that what they have to say is too much.
_TOO_MUCH = "552"
#: Asked to wait, by the code or the status: there is no room in this one mailbox, or it is busy.
_NO_ROOM, _OF_MAILBOX = "452", re.compile(r"\b4\.2\.\d{1,3}\b")
#: What a refusal of everything that we send begins with, as the ledger keeps it.
SETTINGS_REFUSED = "settings refused"


class Rejection(StrEnum):
    """What is wrong."""

    MAILBOX = "mailbox"  # there is none, or it is closed: nothing will arrive there
    FULL = "full"
    TOO_LARGE = "too_large"
    MESSAGE = "message"  # policy, content, the sender: this message is not wanted
    UNSAID = "unsaid"  # a bare code that may mean any of them


def is_of_settings(reply: str) -> bool:
    """Whether a refusal of our name or of the sender's address is about what we are set up to say.

    Nothing is wrong with the message then, and the next one would be refused as well.
    """
    is_too_large = reply[:3] == _TOO_MUCH or rejection(reply) is Rejection.TOO_LARGE
    return reply[:1] == "5" and not is_too_large


def is_of_mailbox_alone(reply: str) -> bool:
    """Whether a reply of the 4xx sort says nothing about the other mailboxes of the domain."""
    return reply[:3] == _NO_ROOM or _OF_MAILBOX.search(reply) is not None


def rejection(reply: str, *, is_of_recipient: bool = False) -> Rejection:
    """What a reply of the 5xx sort is about; `reply` is "550 5.1.1", "5.1.1" or "550".

    `is_of_recipient`: it was given to the recipient's address and to nothing else.
    """
    status = _STATUS.search(reply)
    if status is None:
        is_gone = is_of_recipient and reply[:3] in _ABOUT_RECIPIENT
        return Rejection.MAILBOX if is_gone else Rejection.UNSAID
    match status.group():
        case found if found in _SWITCHED_OFF:
            return Rejection.MAILBOX
        case found if found.startswith("5.1.") and found not in _OF_SENDER:
            return Rejection.MAILBOX
        case found if found in _FULL:
            return Rejection.FULL
        case found if found in _TOO_LARGE:
            return Rejection.TOO_LARGE
    return Rejection.MESSAGE
