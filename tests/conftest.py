"""What every test stands on: real servers, a real mailbox, a real browser.

Each test process starts PostgreSQL and Valkey of its own in a throw-away folder (0.8 s), before
Django reads its settings. With `-n`, so does each worker: a test may stop its Valkey without
disturbing another's test. DATABASE_URL and REDIS_URL are honoured where they are set.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import pytest
import redis
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection, connections
from playwright.sync_api import Browser, expect, sync_playwright
from psycopg_pool import ConnectionPool
from pytest_django import Settings

from config import mailcatcher as catcher
from config import processes
from config.embedded import Servers, free_port

BASE_DIR = Path(__file__).resolve().parent.parent
#: Seconds for which a test waits for what has to come, on a machine however busy.
PATIENCE = 60.0
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class MailCatcher:
    """A real SMTP server on loopback; what it received, and a way to be out of order."""

    folder: Path
    port: int
    _controller: Controller | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        """Everything that arrived in this test, in the order of arrival."""
        files = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def to(self, address: str) -> list[EmailMessage]:
        """What arrived for one address."""
        return [message for message in self.messages if address in str(message["To"])]

    def wait_for(self, wanted: Callable[[EmailMessage], bool]) -> EmailMessage:
        """The first message that is `wanted`, which may yet have to arrive."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message in self.messages:
                if wanted(message):
                    return message
            time.sleep(0.05)
        subjects = [str(message["Subject"]) for message in self.messages]
        pytest.fail(f"No such message within {PATIENCE:.0f} s; arrived: {subjects}")

    @contextmanager
    def down(self) -> Iterator[None]:
        """Out of order: nothing listens on the port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def start(self) -> None:
        if self._controller is None:
            self._controller = catcher.serve(self.folder, port=self.port)

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def empty(self) -> None:
        for file in self.folder.glob("*.eml"):
            file.unlink()


@dataclass(frozen=True)
class Ground:
    """The servers of this test process and their folder."""

    folder: Path
    servers: Servers
    mail: MailCatcher

    @classmethod
    def prepare(cls) -> "Ground":
        folder = Path(tempfile.mkdtemp(prefix="attune-test-"))
        folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get through
        servers = Servers.start(
            folder,
            throwaway=True,
            database_url=os.environ.get("DATABASE_URL"),
            redis_url=os.environ.get("REDIS_URL"),
        )
        mail = MailCatcher(folder / "mail", free_port())
        mail.start()
        return cls(folder, servers, mail)

    def clear(self) -> None:
        self.mail.stop()
        self.servers.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def _prepare() -> Ground:
    """Start the servers and load the settings, which ask where the servers are.

    It happens while pytest imports this file: before that pytest-django has nothing to load, and
    after it the conftest files further down may import models.
    """
    if settings.configured or "DJANGO_SETTINGS_MODULE" in os.environ:
        raise pytest.UsageError(
            "Unset DJANGO_SETTINGS_MODULE: the tests start servers of their own."
        )
    ground = Ground.prepare()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ATTUNE_ENV": "test",
        "ATTUNE_DATA_DIR": str(ground.folder),
        "ATTUNE_MAIL_URL": ground.mail.url,
        "ATTUNE_MAIL_CATCHER_DIR": str(ground.mail.folder),
    }
    django.setup()
    # pytest shows what is logged; our handler has the stream of this moment, which pytest closes.
    logging.getLogger().handlers.clear()
    # A worker of pytest-xdist inherits the environment, and has to begin as we did: without
    # settings.
    del os.environ["DJANGO_SETTINGS_MODULE"]
    return ground


_GROUND = _prepare()


def pytest_unconfigure() -> None:
    _GROUND.clear()


@pytest.fixture(autouse=True)
def _everybody_gives_their_connection_back() -> Iterator[None]:
    """A thread that ends without closing its connection takes it away from every later test.

    It is the test that did so that fails, not the one that misses it half an hour later.
    """
    yield
    pools: dict[str, ConnectionPool[Any]] = connection._connection_pools  # type: ignore[attr-defined]  # PostgreSQL's has it
    if pool := pools.get("default"):
        deadline = time.monotonic() + PATIENCE
        while (taken := _taken_by_others(pool)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert taken == 0, "connections that nobody has closed"


def _taken_by_others(pool: ConnectionPool[Any]) -> int:
    """How many connections are out that this thread has not; one on its way counts as well."""
    found = pool.get_stats()
    own = getattr(connection.connection, "_pool", None) is pool
    return found["pool_size"] - found["pool_available"] - own


@pytest.fixture
def mailcatcher(settings: Settings) -> Iterator[MailCatcher]:
    """An empty mailbox behind real SMTP, for this process and for `site` and `worker`."""
    mail = _GROUND.mail
    mail.empty()
    mail.start()
    # pytest-django has put an in-memory backend in its place.
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": mail.port, "timeout": PATIENCE},
        }
    }
    yield mail
    mail.start()


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The servers of this test process."""
    return _GROUND.servers


@dataclass(frozen=True)
class Site:
    """A running web server."""

    url: str


@pytest.fixture(scope="session")
def _site_environment(django_db_setup: None, servers: Servers) -> dict[str, str]:
    """The environment of processes that work on the *test* database, beside this one."""
    address = urlsplit(servers.database_url)
    return {
        **os.environ,
        "DATABASE_URL": address._replace(path=f"/{connection.settings_dict['NAME']}").geturl(),
        "REDIS_URL": servers.redis_url,
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="session")
def _granian(_site_environment: dict[str, str]) -> Iterator[Site]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["--interface=wsgi", f"--port={port}", "--blocking-threads=8", "--no-access-log"]
    environment = {**_site_environment, "ATTUNE_BASE_URL": url}
    with _process(["granian", *options, "config.wsgi:application"], environment):
        _wait_until_it_answers(f"{url}/healthz/live")
        yield Site(url)


@pytest.fixture
def site(_granian: Site, transactional_db: None) -> Site:
    """The site as it is really served: granian in a process of its own, on the test database.

    Not pytest-django's `live_server`, whose threads share this process, its patches and its
    settings: a race or a header seen there may be another one in production. The server is started
    once; each test that uses it commits for real and leaves empty tables behind. Time may be moved
    only by `manage.py sweep --now`, since a patch of this process's clock does not reach the
    server.
    """
    return _granian


@pytest.fixture
def worker(
    _site_environment: dict[str, str], servers: Servers, transactional_db: None
) -> Iterator[None]:
    """A Celery worker in a process of its own, on the test database; sweep by hand (no beat).

    It lives as long as one test: left running, it would work on the tables of the next one, and
    wait for locks that emptying them needs. What earlier tests have rung for is forgotten.
    """
    redis.Redis.from_url(servers.redis_url).flushall()
    options = ["--concurrency=1", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    with _process(["celery", "--app=config", "worker", *options], _site_environment):
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. A test makes a context for each: `browser.new_context(base_url=site.url)`."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("Browser tests need Chromium. On Debian and Ubuntu: apt-get install chromium")
    # Playwright keeps an event loop running in this thread, which makes Django refuse database
    # access from the test; the loop is Playwright's own and nothing of ours runs in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Beside such a loop Django keeps this thread's connection in another place. What lies in the
    # place before would never be seen again, and never be given back to the pool.
    connections.close_all()
    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(CHROMIUM_FLAGS))
        yield chromium
        chromium.close()
        connections.close_all()


@contextmanager
def _process(
    module_and_options: list[str], environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module running beside the tests, ended with them."""
    command = [sys.executable, "-m", *module_and_options]
    process = processes.spawn(command, env=environment, cwd=BASE_DIR)
    try:
        yield process
    finally:
        processes.stop(process)


def _wait_until_it_answers(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
