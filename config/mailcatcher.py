"""A real SMTP server that keeps every message as a file, for `make run` and the tests.

python -m config.mailcatcher --port 1025 --dir .data/mail
"""

import argparse
import signal
import sys
import threading
import time
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class FolderHandler:
    """Writes each message to a file of its own, named so that names sort by arrival."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = count()

    async def handle_EHLO(  # noqa: N802 - the name aiosmtpd calls
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        # As any mail server does, and aiosmtpd could: it reads one command after the other.
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_DATA(  # noqa: N802 - the name aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        name = f"{time.time_ns():020}-{next(self._numbers):04}"
        half = self._folder / f"{name}.part"
        half.write_bytes(_content(envelope))
        half.rename(self._folder / f"{name}.eml")  # a reader of the folder sees whole messages only
        return "250 Message accepted for delivery"


def serve(folder: Path, *, host: str = "127.0.0.1", port: int) -> Controller:
    """Start the server in a thread of its own; `.stop()` ends it."""
    controller = Controller(FolderHandler(folder), hostname=host, port=port, enable_SMTPUTF8=True)
    controller.start()
    return controller


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=1025)
    parser.add_argument("--dir", type=Path, required=True)
    arguments = parser.parse_args()
    controller = serve(arguments.dir, host=arguments.host, port=arguments.port)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    done.wait()
    controller.stop()
    return 0


def _content(envelope: Envelope) -> bytes:
    content = envelope.content
    return content if isinstance(content, bytes) else (content or "").encode()


if __name__ == "__main__":
    sys.exit(main())
