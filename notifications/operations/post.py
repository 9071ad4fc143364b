"""One connection to the mail server, and what its answers mean."""

import logging
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self

from celery.exceptions import SoftTimeLimitExceeded
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

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
    """The answer and, unless the message was taken, the reason: never an address."""

    answer: Answer
    reason: str = ""


class Post:
    """Hands messages to the mail server one by one over one connection.

    A context manager; connects when the first message comes and again after a fault.
    """

    def __init__(self) -> None:
        self._backend: BaseEmailBackend | None = None
        #: The last attempt did not even find a mail server.
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

    def hand_over(self, mail: EmailMessage) -> Outcome:
        """Send one message and say what became of it, whatever happens.

        Only `SoftTimeLimitExceeded` passes: it is about this worker, not about the message.
        """
        try:
            backend = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            self.is_down = True
            return Outcome(Answer.LATER, f"no connection: {_name(error)}")
        try:
            taken = backend.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            return self._answered(code, reply)
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error)
        except ValueError as error:  # an address that no mail server would take
            return Outcome(Answer.REFUSED, f"not sendable: {_name(error)}")
        except SoftTimeLimitExceeded:
            self._drop()
            raise
        except Exception as error:  # noqa: BLE001  (broken off in the middle, whatever it was)
            logger.warning("connection to the mail server lost: %s", _name(error))
            self._drop()
            return Outcome(Answer.UNKNOWN, f"connection lost: {_name(error)}")
        return Outcome(Answer.TAKEN) if taken else Outcome(Answer.LATER, "not taken")

    def _connected(self) -> BaseEmailBackend:
        if self._backend is None:
            self._backend = mailers.default
        self._backend.open()
        return self._backend

    def _answered(self, code: int, reply: bytes | str) -> Outcome:
        if code == 421:  # the server hangs up
            self._hang_up()
        is_final = 500 <= code < 600 and code not in _NOT_SIGNED_IN
        return Outcome(Answer.REFUSED if is_final else Answer.LATER, _reply(code, reply))

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


def _reply(code: int, reply: bytes | str) -> str:
    """Code and enhanced status code (RFC 3463) only: the text may quote the address."""
    words = reply.decode("ascii", "replace") if isinstance(reply, bytes) else reply
    first = words.split(maxsplit=1)[0] if words.split() else ""
    is_status = first.count(".") == 2 and first.replace(".", "").isdigit()
    return f"{code} {first}" if is_status else str(code)
