"""Other ways to get support: data that a practice edits, `intake/forms/support/resources.toml`."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent.parent / "forms" / "support" / "resources.toml"

_KEYS = frozenset({"name", "what", "ways", "countries", "checked"})
_COUNTRY = re.compile(r"[A-Z]{2}")


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
    return [_resource(table, path.name) for table in tables]


def for_country(found: Sequence[Resource], country: str) -> Sequence[Resource]:
    """Those of a country, then those for everybody."""
    own = [r for r in found if country in r.countries]
    return [*own, *(r for r in found if not r.countries)]


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
        (not isinstance(table.get("checked"), date | None), "`checked` is a date"),
    ]
    for is_wrong, message in problems:
        if is_wrong:
            raise InvalidResources(f"{file}: {name or 'an entry'}: {message}")
    return Resource(
        name=name,
        what=str(table.get("what", "")),
        ways=list(ways),
        countries=frozenset(countries),
        checked=table.get("checked"),
    )
