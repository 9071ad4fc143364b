"""Redis is a doorbell: whoever rings must not be kept waiting when nobody opens."""

import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from celery import current_app
from celery.exceptions import OperationalError

from config.embedded import Valkey
from tests.waiting import measured


@pytest.fixture
def doorbell(tmp_path: Path) -> Iterator[Valkey]:
    """A Redis of its own for the broker, so that the others' stays up."""
    server = Valkey.start(tmp_path)
    yield server
    server.process.send_signal(signal.SIGCONT)
    server.stop()


def ring(server: Valkey) -> float:
    """Publish a task; how long one waited until it went through or failed."""
    with (
        measured() as wait,
        current_app.connection_for_write(server.url) as connection,
        suppress(OperationalError),
    ):
        current_app.send_task("notifications.tasks.sweep", connection=connection)
    return wait.seconds


def test_a_stopped_redis_fails_within_a_second(doorbell: Valkey) -> None:
    ring(doorbell)
    doorbell.stop()
    assert ring(doorbell) < 1


def test_a_silent_redis_fails_within_a_second(doorbell: Valkey) -> None:
    ring(doorbell)
    doorbell.process.send_signal(signal.SIGSTOP)
    assert ring(doorbell) < 1
