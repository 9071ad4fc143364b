"""A worker whose clock is off by an hour or a day sends what is due by PostgreSQL's clock."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings

from booking.operations.issuing import address_hash
from notifications.models import Delivery, Pace
from notifications.operations.claiming import PACED
from practice.queries import database_now
from tests.drills.ground import PATIENCE, Stub, celery_beat, celery_worker, make_due
from tests.drills.visitors import serving

#: Less than an hour: whichever clock decides, it shows.
SOON = timedelta(minutes=10)
AS_THE_DATABASE_SEES_IT = {
    "due now": "sent",
    "due soon": "pending",
    "held by another sender": "sending",
    "held by a dead sender": "sent",
    "of use for a while": "sent",
    "of no use any more": "failed",
}


def with_clock_off(environment: dict[str, str], off: timedelta) -> dict[str, str]:
    """The environment of a process whose clock is off."""
    folder = Path(__file__).with_name("clock")
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join([str(folder), environment.get("PYTHONPATH", "")]),
        "ATTUNE_DRILL_CLOCK_OFF": str(off.total_seconds()),
    }


def make_cases() -> dict[str, Delivery]:
    """One message for each way in which a clock could decide over it."""
    names = list(AS_THE_DATABASE_SEES_IT)
    cases = dict(zip(names, make_due(len(names)), strict=True))
    now = database_now()
    held: dict[str, Any] = {"state": "sending", "claimed_by": "elsewhere:1:1", "attempts": 1}
    changes: dict[str, dict[str, Any]] = {
        "due soon": {"due_at": now + SOON, "try_at": now + SOON},
        "held by another sender": {**held, "lease_until": now + SOON},
        "held by a dead sender": {**held, "lease_until": now - timedelta(seconds=1)},
        "of use for a while": {"not_after": now + SOON},
        "of no use any more": {"not_after": now - SOON},
    }
    for name, change in changes.items():
        Delivery.objects.filter(pk=cases[name].pk).update(**change)
    return cases


def states(cases: dict[str, Delivery]) -> dict[str, str]:
    found = dict(Delivery.objects.values_list("pk", "state"))
    return {name: found[delivery.pk] for name, delivery in cases.items()}


def reason(case: Delivery) -> str:
    return Delivery.objects.values_list("reason", flat=True).get(pk=case.pk)


def make_due_now(case: Delivery) -> None:
    Delivery.objects.filter(pk=case.pk).update(try_at=database_now(), reason="")


def rest(*, until: datetime) -> None:
    """Every domain has asked to be left alone until then."""
    for domain in ("example.test", "willow.test"):
        Pace.objects.update_or_create(
            domain_hash=address_hash(f"domain:{domain}"),
            defaults={"waits": 2, "rests_until": until},
            create_defaults={"waits": 2, "rests_until": until, "minute_from": database_now()},
        )


def ring_as_planned(**options: Any) -> None:
    """A round of beat, as its schedule says: with whatever it tells the worker about time.

    `options`: what it would tell besides.
    """
    planned: dict[str, Any] = {**settings.CELERY_BEAT_SCHEDULE["notifications.tasks.sweep"]}
    said = {**planned.get("options", {}), **options}
    current_app.send_task(planned["task"], **said)


def wait_until(is_so: Callable[[], bool], *, by: Callable[[], None]) -> None:
    """Do `by` again and again until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        found = list(Delivery.objects.values_list("state", "reason"))
        assert time.monotonic() < deadline, f"it never came about: {found}"
        by()
        time.sleep(0.3)


@pytest.fixture(
    params=[
        pytest.param(timedelta(days=1), id="a day ahead"),
        pytest.param(timedelta(days=-1), id="a day behind", marks=pytest.mark.drill),
        pytest.param(timedelta(hours=1), id="an hour ahead", marks=pytest.mark.drill),
        pytest.param(timedelta(hours=-1), id="an hour behind", marks=pytest.mark.drill),
    ]
)
def off(request: pytest.FixtureRequest) -> timedelta:
    """By how much the clock of a process is off."""
    found: timedelta = request.param
    return found


def test_what_is_due_held_and_resting_follows_the_clock_of_the_database(
    stub: Stub, environment: dict[str, str], off: timedelta
) -> None:
    cases = make_cases()
    began = database_now()
    rest(until=began - timedelta(seconds=1))

    with celery_worker(with_clock_off(environment, off), stub):
        wait_until(lambda: states(cases) == AS_THE_DATABASE_SEES_IT, by=ring_as_planned)
        ring_as_planned()
        time.sleep(1)
        after_more_rings = states(cases)
        rest(until=began + SOON)
        make_due_now(cases["due soon"])
        wait_until(lambda: reason(cases["due soon"]) == PACED, by=ring_as_planned)
        rest(until=began)
        make_due_now(cases["due soon"])
        wait_until(lambda: states(cases)["due soon"] == "sent", by=ring_as_planned)

    assert after_more_rings == AS_THE_DATABASE_SEES_IT
    dates = [parsedate_to_datetime(str(a.message["Date"])) for a in stub.arrivals]
    assert len(dates) == 4
    assert all(abs(date - began) < 2 * SOON for date in dates)


@pytest.mark.drill
def test_beat_and_a_worker_that_disagree_about_the_time_send_what_is_due(
    stub: Stub,
    environment: dict[str, str],
    tmp_path: Path,
    off: timedelta,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_due(3)
    began = time.monotonic()
    ours = {**environment, "ATTUNE_BEAT_SCHEDULE": str(tmp_path / "beat")}

    with celery_worker(with_clock_off(environment, off), stub), celery_beat(ours):
        wait_until(
            lambda: set(Delivery.objects.values_list("state", flat=True)) == {"sent"},
            by=lambda: None,
        )

    with capsys.disabled():
        print(f"\nworker off by {off}: sent after {time.monotonic() - began:.0f} s")  # noqa: T201
    assert len(stub.arrivals) == 3


def test_a_web_server_whose_clock_is_off_says_by_how_much(
    environment: dict[str, str], transactional_db: None, off: timedelta
) -> None:
    environment = with_clock_off(environment | {"ATTUNE_METRICS_TOKEN": "drill"}, off)

    with serving(environment) as site:
        asked = urllib.request.Request(
            f"{site.url}/healthz/metrics", headers={"Authorization": "Bearer drill"}
        )
        lines = urllib.request.urlopen(asked, timeout=PATIENCE).read().decode().splitlines()

    [said] = [line for line in lines if line.startswith("attune_clock_ahead_of_database_seconds ")]
    assert abs(float(said.split()[1]) - off.total_seconds()) < 60


# --- The controls ---------------------------------------------------------------------------------


def test_a_round_that_says_until_when_it_counts_is_dropped_by_a_worker_that_is_ahead(
    stub: Stub, environment: dict[str, str]
) -> None:
    make_due(1)

    with celery_worker(with_clock_off(environment, timedelta(days=1)), stub):
        for _ in range(10):
            ring_as_planned(expires=30)
            time.sleep(0.5)
        in_vain = len(stub.arrivals)
        wait_until(lambda: len(stub.arrivals) == 1, by=ring_as_planned)

    assert in_vain == 0


def test_the_clock_of_such_a_process_is_off(environment: dict[str, str], off: timedelta) -> None:
    asked = "from datetime import UTC, datetime; print(datetime.now(UTC).isoformat())"
    said = subprocess.run(
        [sys.executable, "-c", asked],
        env=with_clock_off(environment, off),
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    wrong_by = datetime.fromisoformat(said.strip()) - datetime.now(UTC)

    assert abs(wrong_by - off) < timedelta(minutes=1)
