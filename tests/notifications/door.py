"""A mail server on loopback that refuses at the door, or after it has heard the message."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from config.embedded import free_port

#: What a server says of a mailbox that is not there.
GONE = "550 5.1.1 <canary@example.test>: no such user"


@dataclass
class Door:
    """What it answers to senders, to recipients and to messages; and what came to it.

    `refuses`: an address, and the answer that it gets.
    """

    sender: str = "250 OK"
    data: str = "250 OK"
    refuses: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self.asked.append(address)
        answer = self.refuses.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.data.startswith("250"):
            self.taken += envelope.rcpt_tos
        return self.data


@contextmanager
def at_the_door(settings: Settings) -> Iterator[Door]:
    """Everything is sent there."""
    door = Door()
    controller = Controller(door, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MAILERS = {
        "default": {"OPTIONS": {"host": "127.0.0.1", "port": controller.port, "timeout": 5}}
    }
    try:
        yield door
    finally:
        controller.stop()
