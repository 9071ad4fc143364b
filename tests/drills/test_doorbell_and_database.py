"""Redis is emptied, killed and gone for a while; PostgreSQL is restarted, fast and immediately."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
import redis
from celery import current_app
from celery.exceptions import OperationalError
from django.db.utils import Error

from config.embedded import Servers, Valkey
from notifications.models import Delivery
from notifications.operations.claiming import LEASE
from tests.drills.database import Restartable
from tests.drills.ground import (
    PATIENCE,
    Count,
    Stub,
    celery_worker,
    count,
    five_minutes_pass_for_the_dead,
    make_due,
    wait_until_all_ended,
    waiting,
)
from tests.drills.visitors import Visitors, serving, visitors

DUE = 150
AWAY = float(os.environ.get("ATTUNE_DRILL_MINUTES", "2")) * 60


@pytest.fixture
def doorbell(tmp_path: Path) -> Iterator[Valkey]:
    """A Redis of its own for the worker, so that the others' stays up."""
    server = Valkey.start(tmp_path)
    yield server
    with suppress(ProcessLookupError):
        server.stop()


def ring(url: str) -> None:
    """What a beat does, on that Redis; whoever does not answer is left alone."""
    with current_app.connection_for_write(url) as broker, suppress(OperationalError):
        current_app.send_task("notifications.tasks.sweep", connection=broker)


def ring_until_all_ended(url: str) -> None:
    """Like a beat, until nothing waits."""
    deadline = time.monotonic() + PATIENCE
    while waiting():
        assert time.monotonic() < deadline, f"{waiting()} still wait"
        five_minutes_pass_for_the_dead()
        ring(url)
        time.sleep(0.3)


def until_some_left(stub: Stub, url: str, *, number: int) -> None:
    """Ring until so many have arrived."""
    deadline = time.monotonic() + PATIENCE
    while len(stub.arrivals) < number:
        assert time.monotonic() < deadline, "nothing arrives"
        ring(url)
        time.sleep(0.1)


def lose_redis(
    stub: Stub, environment: dict[str, str], doorbell: Valkey, folder: Path, *, seconds: float
) -> tuple[Count, Visitors]:
    """Emptied, then killed, then gone for so long, while messages are on their way."""
    stub.seconds = 0.02
    make_due(DUE)
    environment = {**environment, "REDIS_URL": doorbell.url}
    with (
        serving(environment) as site,
        celery_worker(environment, stub),
        visitors(site.url, number=2) as people,
    ):
        until_some_left(stub, doorbell.url, number=5)
        redis.Redis.from_url(doorbell.url).flushall()
        until_some_left(stub, doorbell.url, number=20)
        doorbell.process.kill()
        doorbell.process.wait(PATIENCE)
        time.sleep(seconds)
        again = Valkey.start(folder, port=doorbell.port, password=doorbell.password)
        try:
            ring_until_all_ended(doorbell.url)
        finally:
            again.stop()
    return count(stub), people


def test_without_redis_for_a_while_everything_comes_once(
    stub: Stub, environment: dict[str, str], doorbell: Valkey, tmp_path: Path
) -> None:
    found, people = lose_redis(stub, environment, doorbell, tmp_path, seconds=2)

    assert found == Count(lost=0, copies=0, unknown=0)
    assert people.statuses == {200}


@pytest.mark.drill
def test_without_redis_for_minutes_too(
    stub: Stub,
    environment: dict[str, str],
    doorbell: Valkey,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, people = lose_redis(stub, environment, doorbell, tmp_path, seconds=AWAY)

    with capsys.disabled():
        print(f"\nwithout Redis: {found}; {people}")  # noqa: T201
    assert found == Count(lost=0, copies=0, unknown=0)
    assert people.statuses == {200}


@pytest.mark.drill
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["fast", "immediate"])
def test_a_restart_of_the_database_loses_nothing_and_repeats_one_for_each_sender_at_most(
    stub: Stub, environment: dict[str, str], servers: Servers, postgres: Restartable, how: int
) -> None:
    stub.seconds = 0.02
    make_due(DUE)
    with celery_worker(environment, stub, concurrency=2):
        until_some_left(stub, servers.redis_url, number=20)
        _leases_run_out(before=postgres.restart(signal.Signals(how)))
        wait_until_all_ended()

    found = count(stub)
    assert (found.lost, found.unknown) == (0, 0)
    # Two were sending: what each had handed over at that moment could not be written down.
    assert found.copies <= 2


def _leases_run_out(*, before: datetime) -> None:
    """Five minutes pass for the batches whose senders lost the database in the middle."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(Error):
            held = Delivery.objects.filter(state="sending", lease_until__lt=before + LEASE)
            held.update(lease_until=before)
            return
        time.sleep(0.2)
