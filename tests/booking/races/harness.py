"""Many at once: threads with a database connection of their own each, let go at the same moment.

A race that nobody loses proves nothing by itself. So each has a negative control: the same race
without what guards against it (`has_locks=False`, `without_constraint`), in which what must not
be is seen. `lingering_writes` makes everybody think for a moment between looking and writing.
"""

import http.client
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import connection, connections
from django.db.backends.utils import CursorWrapper

from booking.domain.refusals import Refusal
from booking.domain.states import TransitionNotAllowed
from booking.models import NO_OVERLAP
from practice.models import Service
from tests.booking import factories as make

PATIENCE = 60.0
#: The processes of the server that have worked for `own_connection` since somebody last looked.
_BACKENDS: set[int] = set()
_LOCKING = re.compile(r'\bFOR (NO KEY )?UPDATE( OF "?\w+"?)?|\bpg_advisory_xact_lock\b')


def all_at_once[R](
    calls: Sequence[Callable[[], R]], *, has_locks: bool = True
) -> list[R | Exception]:
    """What each call returned or raised, in their order.

    Without `has_locks` the operations run as on a database that knows no `SELECT … FOR UPDATE` and
    no lock of a number.
    """
    outcomes: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(index: int, call: Callable[[], R]) -> None:
        own_connection(has_locks=has_locks)
        try:
            ready.wait(PATIENCE)
            outcomes[index] = call()
        except Exception as error:  # noqa: BLE001 - what was raised is the outcome
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=(index, call), daemon=True)
        for index, call in enumerate(calls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"
    return outcomes


def _without_locks(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]
) -> Any:
    return execute(_LOCKING.sub("", sql), params, many, context)


def own_connection(*, has_locks: bool = True) -> None:
    """A connection of this thread alone: the pool would let only a few in at a time."""
    own = connections["default"]
    options = {k: v for k, v in own.settings_dict["OPTIONS"].items() if k != "pool"}
    own.settings_dict = {**own.settings_dict, "OPTIONS": options}
    if not has_locks:
        own.execute_wrappers.append(_without_locks)
    own.ensure_connection()
    _BACKENDS.add(own.connection.info.backend_pid)


def wait_until_somebody_waits() -> None:
    """Until another connection stands at our lock."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            (waiting,) = cursor.fetchone()
        if waiting:
            return
        time.sleep(0.02)
    raise AssertionError("nobody came to the lock")


def refused(outcomes: Sequence[Any]) -> list[Refusal | TransitionNotAllowed]:
    """Who was told no, by name. Fails if anybody met anything else that was raised."""
    raised = [o for o in outcomes if isinstance(o, Exception)]
    named = [o for o in raised if isinstance(o, Refusal | TransitionNotAllowed)]
    assert len(named) == len(raised), [o for o in raised if o not in named]
    return named


# --- What the database says afterwards ------------------------------------------------------------


def overlaps() -> int:
    """How many pairs of appointments have the same practitioner's time."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_appointment a JOIN booking_appointment b
                ON a.practitioner_id = b.practitioner_id AND a.id < b.id AND a.claim <> b.claim
               AND tstzrange(a.blocked_from, a.blocked_until)
                   && tstzrange(b.blocked_from, b.blocked_until)
             WHERE a.state = ANY(%(taking)s) AND b.state = ANY(%(taking)s)
            """,
            {"taking": ["held", "booked", "fulfilled", "no_show"]},
        )
        return int(cursor.fetchone()[0])


def deadlocks() -> int:
    """How many deadlocks PostgreSQL has had to end, whether or not anybody tried once more.

    A backend reports what it has seen when it ends, a moment after its thread has hung up.
    """
    with connection.cursor() as cursor:
        _wait_until_they_have_ended(cursor)
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _wait_until_they_have_ended(cursor: CursorWrapper) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s)", [list(_BACKENDS)]
        )
        if cursor.fetchone() == (0,):
            _BACKENDS.clear()
            return
        assert time.monotonic() < deadline, "a connection of a race was never closed"
        time.sleep(0.02)


@contextmanager
def no_deadlock() -> Iterator[None]:
    """Fails if what is done meanwhile deadlocks."""
    before = deadlocks()
    yield
    assert deadlocks() == before, "somebody waited for somebody who waited for them"


# --- What the negative controls take away ---------------------------------------------------------


@contextmanager
def without_constraint(
    table: str = "booking_appointment", name: str = NO_OVERLAP
) -> Iterator[None]:
    """Meanwhile a constraint is gone. The rows of its table go before it comes back."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
        )
        definition = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


@contextmanager
def lingering_writes(*tables: str, seconds: float = 0.5) -> Iterator[None]:
    """Everybody who has looked thinks for a moment before they write to these tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE OR REPLACE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_sleep(TG_ARGV[0]::float); RETURN NULL; END'
            """
        )
        for table in tables:
            cursor.execute(
                f"CREATE TRIGGER linger BEFORE INSERT OR UPDATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION linger('{seconds}')"
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"DROP TRIGGER linger ON {table}")


# --- Over HTTP ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a client was told, and how long it waited."""

    status: int
    body: Any
    seconds: float


@dataclass(frozen=True)
class Post:
    """A call of the API: where, what, and as whom."""

    url: str
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def post_all_at_once(posts: Sequence[Post]) -> list[Answer]:
    """Post to a real server, each from a client that has connected already."""
    ready = threading.Barrier(len(posts))
    answers: list[Answer | None] = [None] * len(posts)

    def run(index: int, post: Post) -> None:
        address = urlsplit(post.url)
        client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        with suppress(Exception):  # a call without an answer fails the caller's assertion
            client.connect()
            ready.wait(PATIENCE)
            began = time.perf_counter()
            client.request(
                "POST",
                address.path,
                json.dumps(post.body).encode(),
                {"Content-Type": "application/json", **post.headers},
            )
            found = client.getresponse()
            text = found.read()
            answers[index] = Answer(found.status, json.loads(text), time.perf_counter() - began)
        client.close()

    threads = [
        threading.Thread(target=run, args=(index, post), daemon=True)
        for index, post in enumerate(posts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    found = [answer for answer in answers if answer is not None]
    assert len(found) == len(posts), "a client got no answer"
    return found


def asking_body(service: Service, relationship_type: str, start: datetime) -> dict[str, Any]:
    """The body of a request for one time; of a couple a partner comes too."""
    partner = {
        "label": "Sam",
        "attends": "yes",
        "agreed": True,
        "route": "email",
        "email": make.address("sam"),
    }
    return {
        "relationship_type": relationship_type,
        "service": service.slug,
        "times": [start.isoformat()],
        "time_zone": "America/New_York",
        "modality": "video",
        "location": {"country": "US", "region": "NY"},
        "requester": {"name": "Alex", "email": make.address("alex")},
        "participants": [partner] if relationship_type == "couple" else [],
        "adult": True,
        "not_emergency": True,
    }
