"""Time zones to choose from: the likely ones first, then all of them, as people read them."""

import importlib.resources
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from django.utils.translation import gettext as _

from booking.templatetags.times import city, offset_words
from practice.domain.wall import zone_names

type Groups = list[tuple[str, list[tuple[str, str]]]]

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

    Every place has its country beside it. Old names stand at the end: browsers still report
    some of them, and the select must be able to show what they report.
    """
    first = [
        (name, f"{city(name)} ({offset_words(name, now)})")
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
    regions: dict[str, list[tuple[str, str]]] = {region: [] for region in _REGIONS}
    older: list[tuple[str, str]] = []
    for name in sorted(zone_names()):
        region, _slash, place = name.partition("/")
        if name in places:
            regions[region].append((name, _place_words(place, places[name])))
        elif region in regions:
            older.append((name, _place_words(place, "")))
    return [
        *((region, sorted(found, key=lambda row: row[1])) for region, found in regions.items()),
        (_("Other names"), [("UTC", "UTC"), *sorted(older, key=lambda row: row[1])]),
    ]


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
    text = (importlib.resources.files("tzdata") / "zoneinfo" / table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
