"""The mail server is down, slow, rude, or breaks off after it has taken a message."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from notifications.models import Delivery, Pace
from notifications.operations.sending import send_due
from notifications.operations.sweep import sweep
from practice.queries import database_now
from tests.drills.ground import (
    Count,
    Stub,
    celery_worker,
    count,
    make_due,
    ring,
    wait_until_all_ended,
)

NOTHING_WRONG = Count(lost=0, copies=0, unknown=0)


def states() -> dict[str, int]:
    """How many deliveries stand how."""
    found: dict[str, int] = {}
    for state in Delivery.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def sweeps(number: int, *, every: timedelta = timedelta(minutes=31)) -> None:
    """Some sweeps, each after the longest wait between two tries."""
    for n in range(number):
        sweep(worker="drill", now=database_now() + n * every)


def test_a_server_that_takes_a_message_and_breaks_off_gets_it_once_more(stub: Stub) -> None:
    stub.answers = ["RESET", "RESET", "RESET"]
    make_due(10)

    sweeps(3)

    assert states() == {"sent": 10}
    assert count(stub) == Count(lost=0, copies=3, unknown=0)
    copies = {a.message_id: bytes(a.message) for a in stub.arrivals}
    assert all(bytes(a.message) == copies[a.message_id] for a in stub.arrivals)


def test_a_server_that_is_down_loses_nothing_and_gets_each_once(stub: Stub) -> None:
    make_due(10)
    stub.stop()
    sweeps(3, every=timedelta(0))
    assert states() == {"pending": 10}
    stub.start()

    sweeps(2)

    assert (states(), count(stub)) == ({"sent": 10}, NOTHING_WRONG)


@pytest.mark.parametrize("answer", ["421 4.3.2 closing", "451 4.3.0 later"])
def test_a_server_that_asks_to_wait_gets_everything_once_later(stub: Stub, answer: str) -> None:
    make_due(10)
    stub.always = answer
    sweeps(2, every=timedelta(0))
    tries, stub.always = stub.tries, ""

    sweeps(3)

    assert (states(), count(stub)) == ({"sent": 10}, NOTHING_WRONG)
    # Once it has asked, or twice for the domain, nobody insists.
    assert tries <= 4


def test_a_server_that_refuses_gets_each_once_and_the_practitioner_sees_them(stub: Stub) -> None:
    make_due(5)
    stub.always = "550 5.7.1 no"

    sweeps(3)

    assert states() == {"failed": 5}
    assert stub.tries == 5


def test_a_slow_server_gets_each_once_from_two_at_a_time(stub: Stub) -> None:
    make_due(4)
    stub.seconds = 1.0

    def send(number: int) -> None:
        try:
            send_due(worker=f"w{number}", now=timezone.now())
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(send, range(2)))
    sweeps(1)

    assert (states(), count(stub)) == ({"sent": 4}, NOTHING_WRONG)


def test_a_domain_gets_no_more_in_a_minute_than_it_may_from_all_workers_together(
    stub: Stub, settings: Settings
) -> None:
    settings.MAIL_PER_MINUTE = 7
    make_due(20)
    now = database_now()

    for worker in range(4):
        send_due(worker=f"w{worker}", now=now)

    assert len(stub.arrivals) == 7
    assert Delivery.objects.filter(state="pending", attempts=0).count() == 13
    assert Pace.objects.get().taken == 7
    for minute in (1, 2):
        send_due(worker="w", now=now + timedelta(minutes=minute, seconds=minute))
    assert (states(), count(stub)) == ({"sent": 20}, NOTHING_WRONG)


def test_one_message_rung_for_fifty_times_with_three_beats_and_four_workers_comes_once(
    stub: Stub, environment: dict[str, str]
) -> None:
    stub.seconds = 0.05
    make_due(1)

    with celery_worker(environment, stub, concurrency=4):
        for _ in range(50):
            ring()
        with ThreadPoolExecutor(3) as beats:
            list(beats.map(lambda _: _beat(), range(3)))
        wait_until_all_ended()
        time.sleep(1)

    assert count(stub) == NOTHING_WRONG
    assert len(stub.arrivals) == 1


def _beat() -> None:
    for _ in range(10):
        ring()
        time.sleep(0.05)
