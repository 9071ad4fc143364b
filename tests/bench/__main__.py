"""`make bench`: Attune's speed against floors measured in the same run, on throw-away servers.

    python -m tests.bench [--quick]

Everything is served as `make run` serves it, but with compiled templates kept, as in production.
The table goes to the screen and, as JSON, to `.data/bench.json`. A goal that is missed is marked;
the exit status stays 0, because on a busy machine a ratio moves.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import processes
from config.embedded import Servers, free_port
from tests.bench.measuring import keep, table

BASE_DIR = Path(__file__).resolve().parents[2]
GRANIAN = (
    "granian",
    "--interface=wsgi",
    "--host=127.0.0.1",
    "--workers=1",
    "--blocking-threads=4",
    "--no-access-log",
    "--log-level=warning",
)


def main() -> int:
    quick = "--quick" in sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="attune-bench-"))
    folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get through
    servers = Servers.start(folder, throwaway=True)
    try:
        mail_port, attune_port, floor_port = free_port(), free_port(), free_port()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            # As in production, templates stay compiled: development reads them for every page.
            "ATTUNE_ENV": "test",
            "ATTUNE_DATA_DIR": str(folder),
            "ATTUNE_MAIL_URL": f"smtp://127.0.0.1:{mail_port}",
            "ATTUNE_LOG_LEVEL": "ERROR",
        }
        catcher = ("config.mailcatcher", f"--port={mail_port}", f"--dir={folder / 'mail'}")
        attune = (*GRANIAN, f"--port={attune_port}", "config.wsgi:application")
        floor = (*GRANIAN, f"--port={floor_port}", "tests.bench.floor:application")
        with _running(*catcher):
            # Django's settings look for the servers, so nothing of ours is imported before.
            from tests.bench import scenes  # noqa: PLC0415

            people = scenes.prepare(quick=quick)
            with (
                _running(*attune) as web,
                _running(
                    *floor,
                    without="DJANGO_SETTINGS_MODULE",
                    DATABASE_URL=servers.database_url,
                ),
            ):
                ports = scenes.Ports(attune=attune_port, floor=floor_port, mail=mail_port)
                _wait_for(*vars(ports).values())
                rows = list(
                    scenes.measure(people, ports, folder / "mail", web=web.pid, quick=quick)
                )
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"\nMedians; one client, all servers on loopback.\n\n{table(rows)}\n")
    keep(rows, BASE_DIR / ".data" / "bench.json")
    return 0


@contextmanager
def _running(
    *module_and_options: str, without: str = "", **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {k: v for k, v in os.environ.items() if k != without} | more
    process = processes.spawn(
        [sys.executable, "-m", *module_and_options], env=environment, cwd=BASE_DIR
    )
    try:
        yield process
    finally:
        processes.stop(process)


def _wait_for(*ports: int) -> None:
    import socket  # noqa: PLC0415

    deadline = time.monotonic() + 30
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                break


if __name__ == "__main__":
    sys.exit(main())
