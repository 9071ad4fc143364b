"""What notifications listen to."""

import threading
import time
from functools import cache
from queue import SimpleQueue
from typing import Any

from django.dispatch import receiver

from notifications import tasks
from notifications.operations import planning
from practice.signals import change_recorded

#: Seconds between two tries while nobody answers the door.
_PAUSE = 1.0
#: Seconds between hearing of a change and announcing it: the answer to whoever made it goes first,
#: since both run on one interpreter, and what others do at about the same time is told with it.
_MEANWHILE = 0.05


@receiver(change_recorded, dispatch_uid="notifications.plan_change")
def plan_soon(*, change_id: int, **_kwargs: Any) -> None:
    """Have a change planned at once. If nobody hears it, the next sweep finds the change."""
    _doorbell().put(change_id)


@cache
def _doorbell() -> SimpleQueue[int]:
    """Rings from a thread of its own, so that nobody waits for Redis, be it quick, slow or dead.

    While Redis is away it waits and tries again: nobody waits for this thread. What is still
    unrung when the process ends is found by the sweep. What comes in meanwhile, as from the many
    dates of a series, is announced in one go and planned together.
    """
    changes: SimpleQueue[int] = SimpleQueue()

    def ring() -> None:
        while True:
            found = [changes.get()]
            time.sleep(_MEANWHILE)
            while len(found) < planning.TOGETHER and not changes.empty():
                found.append(changes.get())
            while not tasks.nudge(tasks.plan_change, *found):
                time.sleep(_PAUSE)

    threading.Thread(target=ring, name="doorbell", daemon=True).start()
    return changes
