"""People who look at the site while something breaks, and how they are answered."""

import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from config import processes
from config.embedded import free_port
from tests.conftest import BASE_DIR, Site, _wait_until_it_answers

#: Seconds after which a person gives up. Nobody should have to.
GIVES_UP = 60.0
PAUSE = 0.05


@dataclass(frozen=True)
class Answer:
    """One answer. `status` is 0 where nothing came."""

    address: str
    status: int
    asked_at: float
    seconds: float
    retry_after: str | None = None


@dataclass
class Visitors:
    """A few people, each asking for a page and then for open times, again and again."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    _gone: threading.Event = field(default_factory=threading.Event)

    @property
    def statuses(self) -> set[int]:
        return {answer.status for answer in self.answers}

    @property
    def worst(self) -> float:
        """How long the longest answer took, in seconds."""
        return max(answer.seconds for answer in self.answers)

    def __str__(self) -> str:
        """The figure for docs/reliability.md."""
        found = f"{len(self.answers)} answers {sorted(self.statuses)}"
        return f"{found}, the slowest after {self.worst:.2f} s"

    def since(self, moment: float) -> list[Answer]:
        """The answers to what was asked after that moment (of `time.monotonic`)."""
        return [answer for answer in self.answers if answer.asked_at >= moment]

    def look(self) -> None:
        """What one of them does, until they are sent home."""
        today = timezone.now().date()
        week = f"from={today}&to={today + timedelta(days=7)}"
        addresses = ["/", f"/api/v1/slots/?service=individual-50&{week}"]
        while not self._gone.is_set():
            for address in addresses:
                self.answers.append(self.ask(address))
                self._gone.wait(PAUSE)

    def ask(self, address: str) -> Answer:
        began = time.monotonic()
        retry_after = None
        try:
            with urllib.request.urlopen(f"{self.url}{address}", timeout=GIVES_UP) as found:
                found.read()
                status = found.status
        except urllib.error.HTTPError as refused:
            status, retry_after = refused.code, refused.headers["Retry-After"]
        except OSError:
            status = 0
        return Answer(address, status, began, time.monotonic() - began, retry_after)

    def send_home(self) -> None:
        self._gone.set()


@contextmanager
def serving(environment: dict[str, str]) -> Iterator[Site]:
    """A web server with the few threads that it has in production."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["--interface=wsgi", f"--port={port}", "--workers=1", "--blocking-threads=4"]
    process = processes.spawn(
        [sys.executable, "-m", "granian", *options, "--no-access-log", "config.wsgi:application"],
        env={**environment, "ATTUNE_BASE_URL": url, "ATTUNE_LOG_LEVEL": "CRITICAL"},
        cwd=BASE_DIR,
    )
    try:
        _wait_until_it_answers(f"{url}/healthz/live")
        yield Site(url)
    finally:
        processes.stop(process)


@contextmanager
def visitors(url: str, *, number: int = 4) -> Iterator[Visitors]:
    """So many people look, from now until the end of the block."""
    people = Visitors(url)
    threads = [threading.Thread(target=people.look, daemon=True) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield people
    finally:
        people.send_home()
        for thread in threads:
            thread.join(GIVES_UP)
