"""Child processes that never outlive the process that started them.

Everything Attune starts for itself in development and in tests (PostgreSQL, Valkey, the web server,
the worker) is started here, so that a Ctrl-C, a crash or a `kill -9` of the parent leaves nothing
behind.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec a child must not import or take locks.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGTERM,
    user: int | None = None,
    group: int | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int | IO[bytes] | None = subprocess.DEVNULL,
    output: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process that gets `death_signal` from the kernel when this one dies.

    The child leads its own session: a Ctrl-C in the terminal reaches only the parent, which then
    stops its children in an order of its choosing. Call this from a thread that lives as long as
    the process: Linux counts the end of the *thread* as the death of the parent. macOS has no such
    signal; there a killed parent leaves its servers to be stopped by the next start (see
    `embedded`).
    """
    return subprocess.Popen(
        [str(part) for part in argv],
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        user=user,
        group=group,
        extra_groups=[] if user is not None else None,
        start_new_session=True,
        # Unsafe in general beside threads; this function makes bare system calls and nothing else.
        preexec_fn=_bind_life_to(os.getpid(), death_signal),  # noqa: PLW1509
    )


def stop(
    process: subprocess.Popen[bytes],
    with_signal: signal.Signals = signal.SIGTERM,
    patience: float = 10.0,
) -> None:
    """Ask a process to end; after `patience` seconds end it and everything in its session."""
    if process.poll() is None:
        process.send_signal(with_signal)
    with suppress(subprocess.TimeoutExpired):
        process.wait(patience)
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_alive(pid: int) -> bool:
    """Whether a process of this number exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is none: process numbers are reused."""
    with suppress(OSError):  # Linux
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    if not Path("/bin/ps").exists():
        return ""
    asked = subprocess.run(
        ["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False
    )
    return asked.stdout


def _bind_life_to(parent: int, death_signal: signal.Signals) -> Callable[[], None] | None:
    if (libc := _libc) is None:
        return None

    def in_the_child() -> None:
        # After the change of user, which would clear it: subprocess runs this last before exec.
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died in between and nobody will signal any more
            os._exit(1)

    return in_the_child
