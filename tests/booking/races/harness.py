"""Many at once: threads with a database connection of their own each, let go at the same moment."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import connections

PATIENCE = 60.0


def all_at_once[R](calls: Sequence[Callable[[], R]]) -> list[R | Exception]:
    """What each call returned or raised, in their order."""
    outcomes: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(index: int, call: Callable[[], R]) -> None:
        _unpooled()
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


def _unpooled() -> None:
    """A connection of this thread alone: the pool would let only a few in at a time."""
    connection = connections["default"]
    options = {k: v for k, v in connection.settings_dict["OPTIONS"].items() if k != "pool"}
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
    connection.ensure_connection()


@dataclass(frozen=True)
class Answer:
    """What a client was told, and how long it waited."""

    status: int
    body: Any
    seconds: float


def post_all_at_once(url: str, bodies: Sequence[dict[str, Any]], **headers: str) -> list[Answer]:
    """Post to a real server, each from a client that has connected already."""
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    ready = threading.Barrier(len(bodies))
    answers: list[Answer | None] = [None] * len(bodies)

    def run(index: int, body: bytes) -> None:
        client = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
        with suppress(Exception):  # a call without an answer fails the caller's assertion
            client.connect()
            ready.wait(PATIENCE)
            began = time.perf_counter()
            client.request(
                "POST", address.path, body, {"Content-Type": "application/json", **headers}
            )
            found = client.getresponse()
            text = found.read()
            answers[index] = Answer(found.status, json.loads(text), time.perf_counter() - began)
        client.close()

    threads = [
        threading.Thread(target=run, args=(index, json.dumps(body).encode()), daemon=True)
        for index, body in enumerate(bodies)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    found = [answer for answer in answers if answer is not None]
    assert len(found) == len(bodies), "a client got no answer"
    return found
