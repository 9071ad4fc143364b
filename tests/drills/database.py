"""The tests' own PostgreSQL, stopped in any way and started again on the same port."""

import os
import signal
import time
from datetime import datetime
from pathlib import Path

import psycopg
from django.db import connection
from django.utils import timezone

from config import processes
from config.embedded import Postgres
from tests.conftest import PATIENCE


class Restartable:
    """A PostgreSQL server that can be away for a while."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._argv = Path(f"/proc/{server.process.pid}/cmdline").read_text().split("\0")[:-1]
        folder = Path(self._argv[self._argv.index("-D") + 1])
        self._folder, self._owner = folder, folder.stat()

    def restart(self, how: signal.Signals, *, synchronous_commit: str = "on") -> datetime:
        """SIGINT is the fast way, SIGQUIT the immediate one, like a crash; when it was down."""
        down_at = self.stop(how)
        self.start(synchronous_commit=synchronous_commit)
        return down_at

    def stop(self, how: signal.Signals) -> datetime:
        """It goes away; when it was gone."""
        connection.close()
        process = self._server.process
        process.send_signal(how)
        process.wait(PATIENCE)
        return timezone.now()

    def start(self, *, synchronous_commit: str = "on") -> None:
        """It is back, and lets people in."""
        is_root = os.geteuid() == 0
        self._server.process = processes.spawn(
            [*self._argv, "-c", f"synchronous_commit={synchronous_commit}"],
            death_signal=signal.SIGINT,
            user=self._owner.st_uid if is_root else None,
            group=self._owner.st_gid if is_root else None,
            cwd=self._folder,
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self._server.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return
