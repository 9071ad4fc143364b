"""Timing, and the rows that come of it."""

import http.client
import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table. Milliseconds (p50); `ratio` is value / floor, `goal` its bound."""

    name: str
    value: float
    floor: float
    ratio: float
    goal: float | None

    @classmethod
    def of(cls, name: str, value: float, floor: float, goal: float | None = None) -> "Row":
        return cls(name, round(value, 3), round(floor, 3), round(value / floor, 2), goal)

    @property
    def is_met(self) -> bool:
        return self.goal is None or self.ratio <= self.goal


class Client:
    """One client on one connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(self, path: str) -> bytes:
        return self._call("GET", path, None, 200)

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        return self._call("POST", path, body, 201)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, expected: int) -> bytes:
        status, content = self.call(method, path, body)
        if status != expected:
            raise AssertionError(f"{method} {path}: {status} {content[:500]!r}")
        return content

    def call(self, method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, bytes]:
        """Status and content, whatever they are."""
        headers = {"Content-Type": "application/json"} if body else {}
        sent = json.dumps(body).encode() if body else None
        self._connection.request(method, path, sent, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def interleaved(
    calls: Mapping[str, Callable[[], object]], *, seconds: float, least: int
) -> dict[str, float]:
    """The median of each call in milliseconds, all called in turn for about so long.

    Taking turns is what makes them comparable: a machine that slows down slows all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in list(calls.values()) * 10:
        call()
    deadline = time.perf_counter() + seconds
    rounds = 0
    while rounds < least or time.perf_counter() < deadline:
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - began)
        rounds += 1
    return {name: statistics.median(taken) * 1000 for name, taken in times.items()}


def table(rows: Sequence[Row]) -> str:
    """The rows as text, the ones that miss their goal marked."""
    width = max(len(row.name) for row in rows)
    lines = [f"{'':{width}}  {'ms':>9}  {'floor':>9}  {'ratio':>6}  {'goal':>6}"]
    for row in rows:
        goal = f"{row.goal:.1f}" if row.goal is not None else "–"
        mark = "" if row.is_met else "  missed"
        lines.append(
            f"{row.name:{width}}  {row.value:9.3f}  {row.floor:9.3f}  {row.ratio:6.2f}  "
            f"{goal:>6}{mark}"
        )
    return "\n".join(lines)


def keep(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
