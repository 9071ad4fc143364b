"""The health check of a container: `python -m config.healthcheck web|beat`; 0 is healthy.

It loads neither Django nor Celery, because it runs every few seconds. The worker's check does need
Celery: `celery inspect ping` of its own node, answered by the loop that fetches tasks.
"""

import os
import sys
import time
import urllib.request
from pathlib import Path

# Three of beat's rounds: with `CELERY_BEAT_SYNC_EVERY` it notes each task it has sent.
BEAT_SECONDS = 90


def web() -> bool:
    """Whether the web server next to us is ready. It answers only to its proper host name."""
    host = os.environ.get("ATTUNE_ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    request = urllib.request.Request("http://127.0.0.1:8000/healthz/ready", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def beat() -> bool:
    """Whether beat has sent a task a short while ago. (It writes none while Redis is away.)"""
    schedule = Path(os.environ["ATTUNE_BEAT_SCHEDULE"])
    # The schedule is a small database, and what is new may still stand in its journal beside it.
    written = [file.stat().st_mtime for file in schedule.parent.glob(f"{schedule.name}*")]
    return bool(written) and time.time() - max(written) < BEAT_SECONDS


if __name__ == "__main__":
    sys.exit(0 if {"web": web, "beat": beat}[sys.argv[1]]() else 1)
