"""`kill -9` of the worker and of its pool children while hundreds of messages are due."""

import os
import random
import signal
import time

import pytest

from notifications.models import Delivery
from notifications.operations.sending import send_due
from practice.queries import database_now
from tests.conftest import Site
from tests.drills.ground import (
    PATIENCE,
    Count,
    Stub,
    celery_worker,
    children,
    count,
    five_minutes_pass_for_the_dead,
    make_due,
    ring,
    wait_until_all_ended,
    waiting,
)
from tests.drills.visitors import Visitors, visitors

DUE = 300


def kill_at_random(stub: Stub, environment: dict[str, str], *, kills: int, seed: int) -> int:
    """Kill the worker or one of its children so often, at random moments; how often it was."""
    dice = random.Random(seed)  # noqa: S311  (no secret)
    done = 0
    while done < kills and waiting():
        with celery_worker(environment, stub) as worker:
            _until_it_sends(stub)
            while done < kills and waiting() and worker.poll() is None:
                ring()
                time.sleep(dice.uniform(0.0, 0.4))
                pool = children(worker.pid)
                victim = worker.pid if done % 2 or not pool else dice.choice(pool)
                os.kill(victim, signal.SIGKILL)
                done += 1
                if victim == worker.pid:
                    worker.wait(PATIENCE)
                    _end(pool)
                else:
                    _until_it_sends(stub)
                five_minutes_pass_for_the_dead()
    return done


def _end(pool: list[int]) -> None:
    """Children whose parent was killed go on with their task; here the whole machine went."""
    for pid in pool:
        if os.path.exists(f"/proc/{pid}"):  # noqa: PTH110
            os.kill(pid, signal.SIGKILL)


def _until_it_sends(stub: Stub) -> None:
    before, deadline = len(stub.arrivals), time.monotonic() + PATIENCE
    while len(stub.arrivals) == before and waiting():
        assert time.monotonic() < deadline, "no message for minutes"
        five_minutes_pass_for_the_dead()
        ring()
        time.sleep(0.1)


def _after_kills(
    stub: Stub, environment: dict[str, str], site: Site, *, kills: int, seed: int
) -> tuple[int, Visitors]:
    stub.seconds = 0.02
    make_due(DUE)
    with visitors(site.url, number=1) as people:
        done = kill_at_random(stub, environment, kills=kills, seed=seed)
        with celery_worker(environment, stub):
            wait_until_all_ended()
    return done, people


def test_after_a_kill_nothing_is_lost_and_at_most_one_message_comes_twice(
    stub: Stub, environment: dict[str, str], site: Site
) -> None:
    kills, people = _after_kills(stub, environment, site, kills=2, seed=1)

    found = count(stub)
    assert (found.lost, found.unknown) == (0, 0)
    assert found.copies <= kills
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert people.statuses == {200}


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(5))
def test_after_thirty_kills_too(
    stub: Stub,
    environment: dict[str, str],
    site: Site,
    seed: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kills, people = _after_kills(stub, environment, site, kills=6, seed=seed)

    found = count(stub)
    with capsys.disabled():
        print(f"\nkills {kills}: {found}; {people}")  # noqa: T201  (the figure for docs/reliability.md)
    assert (found.lost, found.unknown) == (0, 0)
    assert found.copies <= kills
    assert people.statuses == {200}


# --- The controls ---------------------------------------------------------------------------------


def test_the_count_would_see_a_loss_and_a_copy(stub: Stub) -> None:
    due = make_due(6)
    Delivery.objects.filter(pk=due[0].pk).update(state="sent")
    send_due(worker="drill", now=database_now())
    Delivery.objects.filter(pk=due[1].pk).update(state="pending")
    send_due(worker="drill", now=database_now())

    assert count(stub) == Count(lost=1, copies=1, unknown=0)
