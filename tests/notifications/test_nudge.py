"""The doorbell: a nudge is quick when it works and forgotten when it does not."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from kombu import pools

from booking.operations import requests
from config.embedded import Valkey
from notifications import tasks
from notifications.models import Delivery
from practice.models import Pending
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import PATIENCE
from tests.notifications.helpers import time_is_up_after
from tests.waiting import measured


@pytest.fixture
def doorbell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """A broker of this test's own, to be stopped and silenced."""
    server = Valkey.start(tmp_path)
    monkeypatch.setattr(tasks, "_silent_until", 0.0)
    before = current_app.conf.broker_url
    _use_broker(server.url)
    yield server
    _use_broker(before)
    server.process.send_signal(signal.SIGCONT)
    server.stop()


def _use_broker(url: str) -> None:
    celery: Any = current_app  # the stubs know nothing of pools
    celery.conf.broker_url = url
    pools.reset()
    celery._pool = celery.amqp._producer_pool = None


def nudged() -> float:
    """How long one waits for a nudge."""
    with measured() as wait:
        tasks.nudge(tasks.send_due)
    return wait.seconds


def test_a_nudge_reaches_the_broker(doorbell: Valkey) -> None:
    nudged()
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("celery")
        assert queue.get(timeout=PATIENCE).headers["task"] == "notifications.tasks.send_due"
        queue.close()


@pytest.mark.parametrize("state", ["stopped", "silent"])
def test_a_dead_broker_costs_less_than_a_second_and_then_nothing(
    doorbell: Valkey, state: str
) -> None:
    nudged()
    if state == "stopped":
        doorbell.stop()
    else:
        doorbell.process.send_signal(signal.SIGSTOP)

    first, second = nudged(), nudged()

    print(f"{state}: {first:.3f} s, then {second:.6f} s")  # noqa: T201
    assert first < 1
    assert second < 0.01


@pytest.mark.django_db(transaction=True)
def test_a_request_is_accepted_and_remembered_while_the_broker_is_dead(doorbell: Valkey) -> None:
    doorbell.stop()
    office = factories.make_office()
    asking = factories.make_asking(office)

    requests.submit(asking=asking, now=NOW)

    assert Pending.objects.count() == 1
    assert not Delivery.objects.exists()


def test_a_nudge_does_not_swallow_that_the_workers_time_is_up(doorbell: Valkey) -> None:
    doorbell.process.send_signal(signal.SIGSTOP)

    with time_is_up_after(0.1), pytest.raises(SoftTimeLimitExceeded):
        nudged()
