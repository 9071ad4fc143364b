"""The embedded servers: real, kept, guarded, and gone when their parent is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import embedded, processes
from config.embedded import AlreadyRunning, Servers
from tests.conftest import PATIENCE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the unprivileged user of PostgreSQL can reach when the tests run as root."""
    for path in (tmp_path, *tmp_path.parents):
        if path.stat().st_uid == os.geteuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o711)
    return tmp_path / "data"


@pytest.fixture
def started(folder: Path) -> Iterator[Servers]:
    servers = Servers.start(folder, throwaway=True)
    yield servers
    servers.stop()


def test_the_servers_are_real_and_know_the_extension(started: Servers) -> None:
    with psycopg.connect(started.database_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
        assert row is not None
        assert int(row[0].split(".")[0]) >= 18
        # What refuses a double booking: an exclusion constraint over a plain column and a range.
        connection.execute(
            "CREATE TABLE taken"
            " (who int, span tstzrange, EXCLUDE USING gist (who WITH =, span WITH &&))"
        )
    client = redis.Redis.from_url(started.redis_url)
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    client.close()


def test_a_wrong_password_is_refused(started: Servers) -> None:
    guessed = started.database_url.replace("attune:", "attune:not-", 1)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(guessed)
    port = started.redis_url.rsplit(":", 1)[1].split("/")[0]
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=int(port), retry=Retry(NoBackoff(), 0)).ping()


def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    first = Servers.start(folder)
    with psycopg.connect(first.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    redis.Redis.from_url(first.redis_url).set("kept", "one")
    first.stop()
    second = Servers.start(folder)
    try:
        with psycopg.connect(second.database_url) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
        assert redis.Redis.from_url(second.redis_url).get("kept") == b"one"
    finally:
        second.stop()


def test_a_second_start_on_the_same_folder_is_refused(started: Servers, folder: Path) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
        Servers.start(folder)


def test_the_note_says_where_they_run_until_they_stop(folder: Path) -> None:
    servers = Servers.start(folder, throwaway=True)
    note = folder / "servers.json"
    assert note.stat().st_mode & 0o077 == 0, "it holds passwords"
    assert embedded.running(folder) == {
        "database_url": servers.database_url,
        "redis_url": servers.redis_url,
    }
    servers.stop()
    assert embedded.running(folder) == {}


def test_a_given_address_starts_no_server(folder: Path) -> None:
    servers = Servers.start(folder, database_url="postgres://elsewhere/db")
    try:
        assert servers.database_url == "postgres://elsewhere/db"
        assert set(embedded.running(folder)) == {"redis_url"}
        assert not (folder / "postgres").exists()
    finally:
        servers.stop()


def test_killing_the_parent_leaves_no_server_and_the_data_usable(folder: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _START_AND_WAIT, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    # Without waiting: a start meets the servers that are still going down.
    again = Servers.start(folder)
    again.stop()
    deadline = time.monotonic() + PATIENCE
    while any(str(folder) in processes.command_line(pid) for pid in children):
        assert time.monotonic() < deadline, "a server outlived its parent"
        time.sleep(0.05)


_START_AND_WAIT = """
import sys, time
from pathlib import Path
from config.embedded import Servers
servers = Servers.start(Path(sys.argv[1]))
print(*(server.process.pid for server in servers._running), flush=True)
time.sleep(60)
"""
