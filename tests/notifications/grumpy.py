"""A mail server on loopback that answers as it is told, hangs up, or takes its time."""

import asyncio
import signal
import threading
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Grumpy:
    """A mail server that answers as it is told."""

    answers: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.answers and self.answers[0].startswith("RCPT"):
            return self.answers.pop(0).removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        assert isinstance(envelope.original_content, bytes)
        self.recipients += envelope.rcpt_tos
        if answer == "TIME IS UP":
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGALRM)
            await asyncio.sleep(3)
        if answer == "HANG UP":
            self.taken.append(envelope.original_content)
            assert server.transport is not None
            server.transport.close()
            return "250 never seen"
        if answer.startswith("250"):
            self.taken.append(envelope.original_content)
        return answer
