"""A worker of the measurement: `python -m tests.bench.sender NAME`.

Sends one message, because a worker is up for weeks and only its first one waits for templates and
addresses to be read. Says that it is ready, waits for a line, sends until nothing is due, and says
how many it sent since.
"""

import sys

import django

django.setup()

from notifications.operations.sending import send_due  # noqa: E402
from practice.queries import database_now  # noqa: E402


def main() -> int:
    assert send_due(worker=sys.argv[1], now=database_now(), limit=1).sent == 1
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    total = 0
    while sent := send_due(worker=sys.argv[1], now=database_now()).sent:
        total += sent
    sys.stdout.write(f"{total}\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
