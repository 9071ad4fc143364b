"""One connection to the mail server, and what its answers mean."""

import logging
import smtplib
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from types import TracebackType
from typing import Self

from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

from notifications.domain.rejections import (
    SETTINGS_REFUSED,
    Rejection,
    is_of_mailbox_alone,
    is_of_settings,
    rejection,
)
from notifications.operations.envelopes import Envelope, is_ordinary
from notifications.operations.handover import NotHandedOver, hand_over
from notifications.queries.letters import from_address

logger = logging.getLogger(__name__)

#: The mail server asks us to sign in first: our own settings are wrong, not the message.
_NOT_SIGNED_IN = (530, 535)


class Answer(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    LATER = "later"  # known not to be sent; worth another try
    UNKNOWN = "unknown"  # the connection broke off; it may or may not have been sent
    REFUSED = "refused"  # for good


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer and, unless the message was taken, the reason: never an address.

    `asks_to_wait`: the server itself said so, about the recipient's domain. `is_gone`: it refused
    the recipient's mailbox, not this message.
    """

    answer: Answer
    reason: str = ""
    asks_to_wait: bool = False
    is_gone: bool = False


class Post:
    """Hands messages to the mail server one by one over one connection.

    A context manager; connects when the first message comes and again after a fault.
    """

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None
        #: Addresses that had to be taken apart: above all the few that messages are from.
        self._addresses: dict[str, str] = {}
        #: The last attempt did not even find a mail server, or it sent us away.
        self.is_down = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hang_up()

    def connect(self) -> Outcome | None:
        """Find the mail server, unless it is found; what becomes of a message if it is not."""
        try:
            self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            self.is_down = True
            said = _refusal_of_us(error)
            return Outcome(Answer.LATER, said or f"no connection: {_name(error)}")
        return None

    def hand_over(self, mail: EmailMessage) -> Outcome:
        """Send one message and say what became of it, whatever happens.

        Only `SoftTimeLimitExceeded` passes: it is about this worker, not about the message.
        """
        missing = self.connect()
        if missing is not None:
            return missing
        try:
            taken = self._sent(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            return self._answered(code, reply, is_of_recipient=True)
        except smtplib.SMTPSenderRefused as error:  # whatever its code: it is about us
            return self._answered_to_us(error, is_all=error.sender == from_address())
        except smtplib.SMTPHeloError as error:
            return self._answered_to_us(error, is_all=True)
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error)
        except ValueError as error:  # an address that no mail server would take
            return Outcome(Answer.REFUSED, f"not sendable: {_name(error)}")
        except SoftTimeLimitExceeded:
            self._drop()
            raise
        except NotHandedOver as error:
            self._drop()
            return Outcome(Answer.LATER, f"connection lost before: {error}")
        except Exception as error:  # noqa: BLE001  (broken off in the middle, whatever it was)
            logger.warning("connection to the mail server lost: %s", _name(error))
            self._drop()
            return Outcome(Answer.UNKNOWN, f"connection lost: {_name(error)}")
        return Outcome(Answer.TAKEN) if taken else Outcome(Answer.LATER, "not taken")

    def _sent(self, mail: EmailMessage) -> int:
        """How many messages the server took: one, or none."""
        backend = self._connected()
        if not (isinstance(backend, EmailBackend) and isinstance(mail, Envelope)):
            return backend.send_messages([mail])
        if backend.connection is None:
            return 0
        # What Django's backend does, without taking ordinary addresses apart.
        sender, recipient = (self._address(backend, a) for a in (mail.from_email, mail.to[0]))
        hand_over(backend.connection, sender, recipient, mail.as_bytes())
        return 1

    def _address(self, backend: EmailBackend, address: str) -> str:
        """The address alone, as mail servers want it. Raises `ValueError` for one that is none."""
        if is_ordinary(address):
            return address
        if address not in self._addresses:
            self._addresses[address] = backend.prep_address(address)
        return self._addresses[address]

    def _connected(self) -> BaseEmailBackend:
        if self._backend is None:
            self._backend = mailers.default
        if isinstance(self._backend, EmailBackend) and self._backend.connection is not None:
            if self._backend.connection.sock is not None:
                return self._backend
            self._backend.connection = None  # the server hung up after its last answer
        self._backend.open()
        return self._backend

    def _answered_to_us(self, error: smtplib.SMTPResponseException, *, is_all: bool) -> Outcome:
        """It was about our name or our sender's address; `is_all`: the next message has the same.

        Says nothing about any mailbox, nor about the domain of the recipient.
        """
        refused = _refusal_of_us(error)
        if refused:
            if is_all:
                self._hang_up()
                self.is_down = True
            return Outcome(Answer.LATER, refused)
        answered = self._answered(error.smtp_code, error.smtp_error)
        return replace(answered, is_gone=False, asks_to_wait=False)

    def _answered(self, code: int, reply: bytes | str, *, is_of_recipient: bool = False) -> Outcome:
        if code == 421:  # the server hangs up, on everybody and not on this message
            self._hang_up()
            self.is_down = True
        if 500 <= code < 600 and code not in _NOT_SIGNED_IN:
            said = _reply(code, reply)
            # Whoever does not relay for us says nothing about any mailbox.
            is_relay = b"relay" in (reply if isinstance(reply, bytes) else reply.encode()).lower()
            about = rejection(said, is_of_recipient=is_of_recipient and not is_relay)
            return Outcome(Answer.REFUSED, said, is_gone=about is Rejection.MAILBOX)
        said = _reply(code, reply)
        asks_to_wait = 400 <= code < 500 and code != 421 and not is_of_mailbox_alone(said)
        return Outcome(Answer.LATER, said, asks_to_wait)

    def _drop(self) -> None:
        """Leave without a word: in the middle of a message, QUIT would become part of it."""
        if isinstance(self._backend, EmailBackend) and self._backend.connection is not None:
            with suppress(OSError):
                self._backend.connection.close()
            self._backend.connection = None
        self._backend = None

    def _hang_up(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            with suppress(OSError, smtplib.SMTPException):
                backend.close()


def _name(error: BaseException) -> str:
    return type(error).__name__


def _refusal_of_us(error: OSError) -> str:
    """The reason, if a server refuses to take anything from us; empty: it does not."""
    if not isinstance(error, smtplib.SMTPResponseException):
        return ""
    said = _reply(error.smtp_code, error.smtp_error)
    return f"{SETTINGS_REFUSED}: {said}" if is_of_settings(said) else ""


def _reply(code: int, reply: bytes | str) -> str:
    """Code and enhanced status code (RFC 3463) only: the text may quote the address."""
    words = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    first = words.split(maxsplit=1)[0] if words.split() else ""
    is_status = first.count(".") == 2 and first.replace(".", "").isdigit()
    return f"{code} {first}" if is_status else str(code)
