"""`make run`: everything, from a bare checkout to a product one can click through.

One supervisor starts the embedded servers, migrates, seeds the demo practice, and then keeps the
web server, the worker, beat and the mail catcher running. When it ends, however it ends, all of
them end.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import environ

from config import processes
from config.embedded import ServerFailed, Servers, free_port

BASE_DIR = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
READY_PATIENCE = 60.0
_ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StepFailed(Exception):
    """A step of the start failed; the message says what to do."""


class Stopped(Exception):
    """Somebody asked us to end."""


@dataclass
class Supervisor:
    """The processes of one run, in the order they were started."""

    data_dir: Path
    port: int
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _servers: Servers | None = None

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"

    def run(self) -> None:
        """Start everything, say where it is, and watch it until somebody or something ends it."""
        _refuse_taken_port(self.port)
        self.logs.mkdir(parents=True, exist_ok=True)
        parent = os.getppid()
        try:
            self._start()
            self._announce()
            while os.getppid() == parent:  # `make` was killed when it changes
                self._raise_for_ended_child()
                time.sleep(0.25)
        finally:
            self._stop()

    def _start(self) -> None:
        with _step("Starting PostgreSQL and Valkey"):
            self._servers = Servers.start(
                self.data_dir,
                database_url=os.environ.get("DATABASE_URL"),
                redis_url=os.environ.get("REDIS_URL"),
            )
        environment = self._environment()
        with _step("Bringing the database up to date"):
            self._manage(environment, "migrate", "--no-input")
        if (BASE_DIR / "config/management/commands/seed_demo.py").exists():
            with _step("Seeing to the demo practice"):
                self._manage(environment, "seed_demo")
        else:
            _say("  (no demo practice: this checkout has no seed_demo command)")
        with _step("Starting the web server, the worker and beat"):
            if port := environment.get("ATTUNE_MAIL_CATCHER_PORT"):
                mail = environment["ATTUNE_MAIL_CATCHER_DIR"]
                self._spawn(
                    "mail", environment, "config.mailcatcher", "--port", port, "--dir", mail
                )
            self._spawn(
                "web",
                environment,
                "granian",
                *_GRANIAN,
                "--port",
                str(self.port),
                "config.wsgi:application",
            )
            # When we are killed, Redis goes too, and a worker that wants to say goodbye to it can
            # hang. Nothing is lost by ending it at once: tasks are nudges, the sweep does the rest.
            self._spawn(
                "worker", environment, *_CELERY, "worker", *_WORKER, death_signal=signal.SIGKILL
            )
            self._spawn("beat", environment, *_CELERY, "beat", "--loglevel=WARNING", "--pidfile=")
            self._wait_until_ready()

    def _environment(self) -> dict[str, str]:
        """What the children are told. Whoever set a variable keeps their word."""
        environment = {
            "ATTUNE_ENV": "development",
            "ATTUNE_BASE_URL": self.base_url,
            "ATTUNE_DATA_DIR": str(self.data_dir),
            "PYTHONUNBUFFERED": "1",
            # glibc gives every thread an arena of its own, which costs more memory here than time.
            "MALLOC_ARENA_MAX": "2",
            **os.environ,
        }
        if "ATTUNE_MAIL_URL" not in environment:
            port = free_port()
            environment |= {
                "ATTUNE_MAIL_CATCHER_DIR": str(self.data_dir / "mail"),
                "ATTUNE_MAIL_CATCHER_PORT": str(port),
                "ATTUNE_MAIL_URL": f"smtp://{HOST}:{port}",
            }
        return environment

    def _manage(self, environment: Mapping[str, str], *arguments: str) -> None:
        process = self._spawn("manage", environment, "manage", *arguments)
        process.wait()
        del self._children["manage"]
        if process.returncode != 0:
            raise StepFailed(
                f"`manage.py {' '.join(arguments)}` failed. {self._tail('manage')}\n\n"
                f"If the data in {self.data_dir} is of no worth, `make clean-data` starts afresh."
            )

    def _spawn(
        self,
        name: str,
        environment: Mapping[str, str],
        module: str,
        *arguments: str,
        death_signal: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        with self._log(name).open("ab") as output:
            process = processes.spawn(
                [sys.executable, "-m", module, *arguments],
                env=environment,
                cwd=BASE_DIR,
                output=output,
                death_signal=death_signal,
            )
        self._children[name] = process
        return process

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_PATIENCE
        while True:
            self._raise_for_ended_child()
            try:
                urllib.request.urlopen(f"{self.base_url}/healthz/ready", timeout=5).close()  # noqa: S310
                return
            except OSError as refused:  # not listening yet, or not ready: an HTTPError is one too
                if time.monotonic() > deadline:
                    raise StepFailed(
                        f"The web server does not answer ({refused}). {self._tail('web')}"
                    ) from refused
            time.sleep(0.1)

    def _raise_for_ended_child(self) -> None:
        for name, process in self._children.items():
            if process.poll() is not None:
                raise StepFailed(f"The process `{name}` ended by itself. {self._tail(name)}")

    def _announce(self) -> None:
        _say("")
        _say(f"  Attune        {self.base_url}/")
        _say(f"  The desk      {self.base_url}/desk/")
        _say(f"  Caught mail   {self.base_url}/dev/mailbox/")
        _say(f"  The API       {self.base_url}/api/v1/docs/")
        for name, value in _demo_sign_in(self.data_dir):
            _say(f"  {name:<13} {value}")
        _say(f"  Logs          {self.logs}/")
        _say("")
        _say("  Ctrl-C stops all of it; the data stays.")

    def _stop(self) -> None:
        """End the children first, the servers they use last."""
        for process in self._children.values():
            if process.poll() is None:
                process.terminate()
        for process in self._children.values():
            processes.stop(process)
        if self._servers is not None:
            self._servers.stop()

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _tail(self, name: str, lines: int = 25) -> str:
        end = self._log(name).read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([f"The end of {self._log(name)}:\n", *end])


_GRANIAN = (
    "--interface=wsgi",
    f"--host={HOST}",
    "--workers=1",
    "--blocking-threads=4",
    # Paths can be private links, so nothing but the application writes what was asked for.
    "--no-access-log",
    "--log-level=warning",
)
_CELERY = ("celery", "--app=config")
_WORKER = ("--concurrency=1", "--loglevel=INFO", "--without-gossip", "--without-mingle")


def main() -> int:
    environ.Env.read_env(BASE_DIR / ".env")
    for number in _ENDINGS:
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # started under nohup
        signal.signal(number, _on_signal)
    data_dir = Path(os.environ.get("ATTUNE_DATA_DIR", BASE_DIR / ".data")).resolve()
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        _say(f"PORT is {port!r}, which is no port number.")
        return 2
    try:
        Supervisor(data_dir, int(port)).run()
    except Stopped:
        _say("\nStopped.")
    except (StepFailed, ServerFailed) as failed:
        _say(f"\n{failed}")
        return 1
    return 0


def _on_signal(_number: int, _frame: object) -> None:
    # Once: a second Ctrl-C must not interrupt the stopping, which is bounded in time anyway.
    for number in _ENDINGS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as taken:
            raise StepFailed(
                f"Port {port} is taken, by another program or an Attune that runs already. "
                f"Choose another one: make run PORT={port + 1}"
            ) from taken


def _demo_sign_in(data_dir: Path) -> Iterator[tuple[str, str]]:
    """The demo account, which `seed_demo` writes into demo.json."""
    try:
        demo = json.loads((data_dir / "demo.json").read_text())
    except (OSError, ValueError):
        return
    sign_in = demo.get("sign_in", {})
    for name, key in (("Sign in as", "email"), ("Password", "password")):
        if key in sign_in:
            yield name, str(sign_in[key])


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    sys.stdout.write(f"  {name} ... ")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        _say("failed" if not isinstance(sys.exception(), Stopped) else "")
        raise
    _say(f"{time.monotonic() - began:.1f} s")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
