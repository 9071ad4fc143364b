"""What the drills stand on: messages that are due, a mail server to torment, real workers, a count.

Everything is on loopback and bounded. The five minutes of a dead worker's lease are not waited for:
its leases are made to have run out, and only those of processes that are gone.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from config import processes
from config.embedded import free_port
from notifications import tasks
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from tests.booking import factories
from tests.notifications.helpers import booked, plan_all

BASE_DIR = Path(__file__).resolve().parents[2]
PATIENCE = 240.0


@dataclass(frozen=True)
class Arrival:
    """A message that the server has whole. `begun_at`: when its sender began with it."""

    begun_at: float
    message: EmailMessage

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])


@dataclass
class Stub:
    """A mail server that keeps everything in memory and is as difficult as it is told.

    `answers` are given to one DATA each, in turn, before it is friendly again: an SMTP reply, or
    RESET: it has the message, and breaks off.
    """

    port: int = field(default_factory=free_port)
    answers: list[str] = field(default_factory=list)
    always: str = ""
    seconds: float = 0.0
    arrivals: list[Arrival] = field(default_factory=list)
    tries: int = 0
    _controller: Controller | None = field(default=None, repr=False)

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        envelope.mail_from = address
        session.begun_at = time.time()  # type: ignore[attr-defined]  # a note of ours
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.tries += 1
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else self.always or "250 OK"
        assert isinstance(envelope.original_content, bytes)
        if answer.startswith("250") or answer == "RESET":
            message = message_from_bytes(envelope.original_content, policy=policy.default)
            begun_at = session.begun_at  # type: ignore[attr-defined]
            self.arrivals.append(Arrival(begun_at, message))
        if answer == "RESET":
            assert server.transport is not None
            server.transport.close()
            return "250 never heard"
        return answer

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def adopt(self, settings: Settings) -> None:
        """Have this process send to it too."""
        options = {"host": "127.0.0.1", "port": self.port, "timeout": 5}
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": options,
            }
        }
        settings.MAIL_PER_MINUTE = 0


@dataclass(frozen=True)
class Count:
    """How the messages that were due compare with those that arrived."""

    lost: int
    #: Copies beyond the first, by Message-ID: a copy under another name would be `unknown`.
    copies: int
    unknown: int


def count(stub: Stub) -> Count:
    """Every delivery against every arrival."""
    due = {d.hex for d in Delivery.objects.values_list("pk", flat=True)}
    came = Counter(a.message_id.strip("<>").partition("@")[0] for a in stub.arrivals)
    known = {name: n for name, n in came.items() if name in due}
    return Count(
        lost=len(due) - len(known),
        copies=sum(n - 1 for n in known.values()),
        unknown=len(came) - len(known),
    )


def make_due(number: int) -> list[Delivery]:
    """So many messages with an invite, due now: copies of the first messages of a few bookings."""
    now = timezone.now()
    office = factories.make_office()
    for _ in range(3):
        booked(office, now=now)
    plan_all(now)
    patterns = list(Delivery.objects.filter(kind=Kind.BOOKED))
    Delivery.objects.all().delete()
    rows = []
    for n in range(number):
        pattern = patterns[n % len(patterns)]
        row = Delivery.objects.model(
            **{f.attname: getattr(pattern, f.attname) for f in Delivery._meta.concrete_fields}
        )
        row.pk, row.key = uuid4(), f"{pattern.key}:drill:{n}"
        row.due_at = row.try_at = row.planned_at = now
        rows.append(row)
    return Delivery.objects.bulk_create(rows)


@contextmanager
def celery_worker(
    environment: dict[str, str], stub: Stub, *, concurrency: int = 2
) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker that sends to the stub."""
    options = [f"--concurrency={concurrency}", "--without-gossip", "--without-mingle"]
    process = processes.spawn(
        [sys.executable, "-m", "celery", "--app=config", "worker", "--loglevel=ERROR", *options],
        env={
            **environment,
            "ATTUNE_MAIL_URL": f"smtp://127.0.0.1:{stub.port}",
            "ATTUNE_MAIL_PER_MINUTE": "0",
        },
        cwd=BASE_DIR,
    )
    try:
        yield process
    finally:
        processes.stop(process)


@contextmanager
def celery_beat(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A real beat, with the rounds of production."""
    process = processes.spawn(
        [sys.executable, "-m", "celery", "--app=config", "beat", "--loglevel=ERROR", "--pidfile="],
        env=environment,
        cwd=BASE_DIR,
    )
    try:
        yield process
    finally:
        processes.stop(process)


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    found: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in file.read_text().split()]
        except OSError:
            continue
    return found


def five_minutes_pass_for_the_dead() -> int:
    """The leases of senders that are gone run out; how many messages they held."""
    held = Delivery.objects.filter(state="sending")
    names = set(held.values_list("claimed_by", flat=True))
    gone = [name for name in names if name and not Path(f"/proc/{name.split(':')[1]}").exists()]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notifications_delivery SET lease_until = now() - interval '1 second'"
            " WHERE state = 'sending' AND claimed_by = ANY(%s)",
            [gone],
        )
        held_by_them: int = cursor.rowcount
    return held_by_them


def waiting() -> int:
    """How many have not ended."""
    return Delivery.objects.filter(state__in=("pending", "sending")).count()


def ring() -> None:
    """What a beat does."""
    tasks.nudge(tasks.sweep)


def wait_until_all_ended(*, each: float = 0.3) -> None:
    """Ring like a beat, until nothing waits any more."""
    deadline = time.monotonic() + PATIENCE
    while waiting():
        assert time.monotonic() < deadline, f"{waiting()} still wait"
        Delivery.objects.filter(state="pending").update(try_at=timezone.now())
        five_minutes_pass_for_the_dead()
        ring()
        time.sleep(each)
