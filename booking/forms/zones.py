"""Time zones to choose from: the likely ones first, then all of them, as people read them."""

import importlib.resources
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from booking.templatetags.times import city, offset_words
from practice.domain.wall import zone_names

type Groups = list[tuple[str, list[Row]]]


@dataclass(frozen=True, slots=True)
class Row:
    """A zone to choose. `older`: names it had, some of which browsers still report."""

    value: str
    label: str
    older: str = ""


#: The regions of the time zone database that are places where people live.
_REGIONS = (
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)


def zone_groups(likely: Iterable[str], *, now: datetime) -> Groups:
    """The choices of a select, by group. The first group is short: the likely zones, in order.

    Every place has its country beside it, under the one name that is current. A name that a place
    had before is a likely zone like any other where somebody has it.
    """
    older = _older_names()
    first = [
        Row(name, f"{city(name)} ({offset_words(name, now)})", older.get(name, ""))
        for name in dict.fromkeys(likely)
        if name in zone_names()
    ]
    return [(_("Near you, or near us"), first), *_every_zone()]


def zones_of_countries(countries: Iterable[str]) -> Sequence[str]:
    """The zones of these countries, in their order: one for each clock that differs there now."""
    found: dict[tuple[str, str, str], str] = {}
    for wanted in dict.fromkeys(countries):
        for country, name in _places():
            if country == wanted:
                found.setdefault((country, *_clock(name)), name)
    return list(found.values())


@lru_cache(maxsize=1024)
def _clock(name: str) -> tuple[str, str]:
    """What tells two clocks of one country apart: winter and summer."""
    january, july = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7))
    return offset_words(name, january), offset_words(name, july)


@lru_cache(maxsize=1)
def _every_zone() -> Groups:
    countries = country_names()
    places = {name: countries.get(code, "") for code, name in _places() if name in zone_names()}
    older = _older_names()
    regions: dict[str, list[Row]] = {region: [] for region in _REGIONS}
    for name, country in places.items():
        region, _slash, place = name.partition("/")
        regions[region].append(Row(name, _place_words(place, country), older.get(name, "")))
    return [
        *((region, sorted(found, key=lambda row: row.label)) for region, found in regions.items()),
        (_("Everywhere"), [Row("UTC", "UTC", older.get("UTC", ""))]),
    ]


@lru_cache(maxsize=1)
def _older_names() -> dict[str, str]:
    """The other names of each place, divided by spaces: "Asia/Kolkata": "Asia/Calcutta"."""
    current = {name for _country, name in _places()} | {"UTC"}
    links = {row[2]: row[1] for row in map(str.split, _lines("tzdata.zi")) if row[:1] == ["L"]}
    found: dict[str, list[str]] = {}
    for name in sorted((links.keys() | {"Etc/UTC"}) & zone_names() - current):
        target = name
        while target in links and target not in current:
            target = links[target]
        found.setdefault("UTC" if target == "Etc/UTC" else target, []).append(name)
    return {name: " ".join(names) for name, names in found.items()}


def _place_words(place: str, country: str) -> str:
    """ "Knox, Indiana, United States"."""
    parts = [*reversed(place.replace("_", " ").split("/")), country]
    return ", ".join(dict.fromkeys(part for part in parts if part))


@lru_cache(maxsize=1)
def _places() -> Sequence[tuple[str, str]]:
    """Country and zone of every place that the time zone database names, in its order."""
    return [(row[0], row[2]) for row in _rows("zone.tab")]


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """The countries of the world by code."""
    return {row[0]: row[1] for row in _rows("iso3166.tab")}


def _rows(table: str) -> Iterator[list[str]]:
    return (line.split("\t") for line in _lines(table) if line and not line.startswith("#"))


def _lines(table: str) -> Sequence[str]:
    text = (importlib.resources.files("tzdata") / "zoneinfo" / table).read_text(encoding="utf-8")
    return text.splitlines()
