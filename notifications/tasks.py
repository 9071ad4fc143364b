"""Celery's edge: each task reads the database's clock once and calls an operation.

Tasks carry ids. Whether one runs never, once or twice does not matter: the work stands in the
database, and a sweep every half minute finds it.
"""

import logging
import os
import time
from socket import gethostname
from typing import Any

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded

from notifications.operations import planning, sending
from notifications.operations import sweep as sweeping
from practice.queries import database_now

logger = logging.getLogger(__name__)

#: After a failed nudge no other is tried for this many seconds: whoever waits is a person.
_PAUSE = 10.0
_silent_until = 0.0


def nudge(task: Task[Any, Any], *args: int) -> bool:
    """Ask a worker to look now; whether it was heard. Never fails, and never takes long.

    One attempt, without a retry; the settings bound how long it waits for Redis. Inside a task
    whose time is up, `SoftTimeLimitExceeded` passes.
    """
    global _silent_until  # noqa: PLW0603  (one per process, and a race costs one attempt)
    if time.monotonic() < _silent_until:
        return False
    try:
        task.apply_async(args, retry=False, ignore_result=True)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  (kombu raises whatever its transport does)
        _silent_until = time.monotonic() + _PAUSE
        logger.warning("no nudge, the sweep will find it: %s", type(error).__name__)
        return False
    return True


def worker_name() -> str:
    """What this process calls itself in the claims it makes."""
    return f"{gethostname()}:{os.getpid()}"


@shared_task(name="notifications.tasks.plan_change")
def plan_change(*change_ids: int) -> None:
    """Plan what these changes make due, then have it sent."""
    if planning.plan_changes(change_ids=change_ids, now=database_now()):
        nudge(send_due)


@shared_task(name="notifications.tasks.send_due")
def send_due() -> None:
    """Send what is due."""
    sending.send_due(worker=worker_name(), now=database_now())


@shared_task(name="notifications.tasks.sweep")
def sweep() -> None:
    """Find what no nudge announced, unless a sweep has just found that there is nothing."""
    now = database_now()
    if not sweeping.is_idle(now=now):
        sweeping.sweep(worker=worker_name(), now=now)
