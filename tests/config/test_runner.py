"""`make run`, started as a person starts it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from config.embedded import free_port

PATIENCE = 120.0


class Run:
    """One `make run` with a data folder and a port of its own."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.port = port
        self.marker = f"ATTUNE_DATA_DIR={data_dir}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("ATTUNE_", "DJANGO_"))}
        environment = kept | {"ATTUNE_DATA_DIR": str(data_dir), "PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.runner"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.output = ""

    def wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                return
        pytest.fail(f"It ended before it was ready:\n{self.output}")

    def left_behind(self) -> list[str]:
        """The processes that were started with our data folder in their environment."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if self.marker.encode() in (entry / "environ").read_bytes():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # gone meanwhile, or somebody else's
                continue
        return found

    def wait_until_nothing_is_left(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while left := self.left_behind():
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Run]]:
    """Each start is of the same data folder."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o711)  # PostgreSQL may run as somebody else
    started: list[Run] = []

    def again() -> Run:
        started.append(Run(tmp_path / "data", free_port()))
        started[-1].wait_until_ready()
        return started[-1]

    yield again
    for run in started:
        run.process.kill()
        run.process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the children")
def test_it_serves_is_killed_leaves_nothing_and_starts_again_until_ctrl_c(
    start: Callable[[], Run],
) -> None:
    run = start()
    with urlopen(f"http://127.0.0.1:{run.port}/healthz/ready") as answer:
        assert answer.status == 200
    assert len(run.left_behind()) > 5, "the look at the processes sees them"
    for line in ("Starting PostgreSQL", "/desk/", "/dev/mailbox/"):
        assert line in run.output

    run.process.send_signal(signal.SIGKILL)
    run.process.wait()
    run.wait_until_nothing_is_left()

    again = start()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(PATIENCE) == 0
    assert again.left_behind() == []


def test_a_taken_port_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = Run(tmp_path, port)
        output, _ = refused.process.communicate(timeout=PATIENCE)
    assert refused.process.returncode == 1
    assert f"Port {port} is taken" in output
    assert f"make run PORT={port + 1}" in output
