"""How long somebody was kept waiting, on a machine however busy."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEDULED = Path("/proc/thread-self/schedstat")


@dataclass
class Wait:
    """What was measured, once the block has ended."""

    seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Wait]:
    """How long this thread waits for something meanwhile: not for its turn on a processor.

    By the clock on the wall the same call takes three times as long while others work. What must be
    bounded is the wait for somebody who does not answer.
    """
    wait = Wait()
    began, busy = time.monotonic(), _busy()
    yield wait
    wait.seconds = (time.monotonic() - began) - (_busy() - busy)


def _busy() -> float:
    """For how many seconds this thread has run so far, or was ready to and had to queue."""
    try:
        ran, queued, _ = _SCHEDULED.read_text().split()
    except OSError:  # not Linux
        return time.thread_time()
    return (int(ran) + int(queued)) / 1e9
