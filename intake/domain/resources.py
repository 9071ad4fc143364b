"""Other ways to get support: data that a practice edits, in its settings or in the file.

The file is `intake/forms/support/resources.toml`.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from intake.domain.ways import Kind, way

FILE = Path(__file__).resolve().parent.parent / "forms" / "support" / "resources.toml"

_KEYS = frozenset({"name", "what", "ways", "countries", "checked", "urgent", "youth"})
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMERGENCY = frozenset({"tel:000", "tel:112", "tel:911", "tel:999"})


class InvalidResources(Exception):
    """The file cannot be used; the message says which entry, and why."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Somebody to turn to. `countries` are ISO 3166-1 codes; none: everywhere."""

    name: str
    what: str
    ways: Sequence[str]
    countries: frozenset[str]
    #: When the practice last made sure that it is right; None: never.
    checked: date | None
    #: For somebody who is in danger now.
    is_urgent: bool = False
    #: For people under 18: shown to them alone.
    is_youth: bool = False

    @property
    def is_emergency(self) -> bool:
        """Whether it is for danger and says emergency numbers alone."""
        calls = [d.href for text in self.ways for d in way(text).doors if d.kind is Kind.CALL]
        return self.is_urgent and bool(calls) and _EMERGENCY.issuperset(calls)


@cache
def resources() -> Sequence[Resource]:
    """Everything in the file, read once. Raises `InvalidResources`."""
    return load(FILE)


def load(path: Path) -> Sequence[Resource]:
    """Read a file of resources. Raises `InvalidResources`."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("resources", [])
    except tomllib.TOMLDecodeError as error:
        raise InvalidResources(f"{path.name}: {error}") from error
    return parsed(tables, path.name)


def parsed(tables: Sequence[Mapping[str, Any]], file: str) -> Sequence[Resource]:
    """Entries of a file or of the practice's settings. Raises `InvalidResources`."""
    return [_resource(table, file) for table in tables]


def for_country(found: Sequence[Resource], country: str) -> Sequence[Resource]:
    """Those of a country, then those for everybody; the emergency number before all others.

    Where the country has none in the list, the emergency numbers for everybody come first.
    """
    own = [r for r in found if country in r.countries]
    rest = [r for r in found if not r.countries]
    if any(r.is_emergency for r in own):
        return [*emergency_first(own), *rest]
    return emergency_first([*own, *rest])


def emergency_first(found: Sequence[Resource]) -> Sequence[Resource]:
    """The emergency numbers, those for everybody before those of one country, then the rest."""
    return sorted(found, key=lambda r: (not r.is_emergency, r.is_emergency and bool(r.countries)))


def _resource(table: Mapping[str, Any], file: str) -> Resource:
    name = table.get("name", "")
    ways, countries = table.get("ways", []), table.get("countries", [])
    problems = [
        (not isinstance(name, str) or not name, "it has no name"),
        (bool(set(table) - _KEYS), f"unknown: {', '.join(sorted(set(table) - _KEYS))}"),
        (not ways or not all(isinstance(w, str) for w in ways), "it says no way to reach it"),
        (
            not all(isinstance(c, str) and _COUNTRY.fullmatch(c) for c in countries),
            "a country is two capital letters",
        ),
        (not _is_day(table.get("checked")), "`checked` is a date"),
    ]
    for is_wrong, message in problems:
        if is_wrong:
            raise InvalidResources(f"{file}: {name or 'an entry'}: {message}")
    return Resource(
        name=name,
        what=str(table.get("what", "")),
        ways=list(ways),
        countries=frozenset(countries),
        checked=_day(table.get("checked")),
        is_urgent=bool(table.get("urgent", False)),
        is_youth=bool(table.get("youth", False)),
    )


def _is_day(value: object) -> bool:
    """A date; in the settings, which are JSON, one written as 2026-11-30."""
    try:
        _day(value)
    except (TypeError, ValueError):
        return False
    return True


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise TypeError
    return date.fromisoformat(value) if value else None
