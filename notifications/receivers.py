"""What notifications listen to."""

import threading
import time
from functools import cache
from queue import SimpleQueue
from typing import Any

from django.dispatch import receiver

from notifications import tasks
from practice.signals import change_recorded

#: Seconds between two tries while nobody answers the door.
_PAUSE = 1.0


@receiver(change_recorded, dispatch_uid="notifications.plan_change")
def plan_soon(*, change_id: int, **_kwargs: Any) -> None:
    """Have a change planned at once. If nobody hears it, the next sweep finds the change."""
    _doorbell().put(change_id)


@cache
def _doorbell() -> SimpleQueue[int]:
    """Rings from a thread of its own, so that nobody waits for Redis, be it quick, slow or dead.

    While Redis is away it waits and tries again: nobody waits for this thread. What is still
    unrung when the process ends is found by the sweep.
    """
    changes: SimpleQueue[int] = SimpleQueue()

    def ring() -> None:
        while True:
            change_id = changes.get()
            while not tasks.nudge(tasks.plan_change, change_id):
                time.sleep(_PAUSE)

    threading.Thread(target=ring, name="doorbell", daemon=True).start()
    return changes
