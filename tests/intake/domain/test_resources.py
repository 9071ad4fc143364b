"""Other ways to get support: the file, and what each country is shown."""

from datetime import date
from pathlib import Path

import pytest

from intake.domain.resources import (
    InvalidResources,
    emergency_first,
    for_country,
    load,
    parsed,
    resources,
)

ENTRY = '[[resources]]\nname = "Somebody"\nways = ["Call 1"]\n'


@pytest.mark.parametrize(
    ("country", "first"),
    [
        ("US", ["Call 911", "Call or text 988"]),
        ("GB", ["Call 999", "Call 116 123"]),
        ("AU", ["Call 000", "Call 13 11 14"]),
        ("FR", ["Call 112"]),
    ],
)
def test_a_countrys_own_come_first_its_emergency_number_before_them_and_everybodys_last(
    country: str, first: list[str]
) -> None:
    found = for_country(resources(), country)

    assert [r.ways[0] for r in found[: len(first)]] == first
    assert found[-1].countries == frozenset()
    assert all(country in r.countries for r in found if r.countries)


def test_a_country_without_any_gets_those_for_everybody() -> None:
    assert for_country(resources(), "") == for_country(resources(), "JP")
    assert for_country(resources(), "JP")


def test_where_the_country_says_no_emergency_number_those_for_everybody_come_first() -> None:
    own = {"name": "Somebody", "ways": ["Call 0800 111"], "countries": ["NZ"], "urgent": True}
    entries = parsed([own], "own")

    known = for_country([*entries, *resources()], "NZ")
    unknown = emergency_first([*entries, *resources()])

    assert [r.name for r in known[:2]] == ["Your local emergency number", "Somebody"]
    assert unknown[0] == known[0]
    after = unknown.index(entries[0])
    assert {r.is_emergency for r in unknown[:after]} == {True}
    assert not any(r.is_emergency for r in unknown[after:])


def test_a_line_that_names_an_emergency_number_beside_its_own_is_none() -> None:
    both = {"name": "A line", "ways": ["Call 116 123, or call 999"], "urgent": True}

    assert not parsed([both], "own")[0].is_emergency


def test_the_day_of_the_last_check_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "resources.toml"
    file.write_text(ENTRY + "checked = 2026-11-20\n")

    assert load(file)[0].checked == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[resources]]\nways = ["Call 1"]\n', "it has no name"),
        ('[[resources]]\nname = "Somebody"\n', "it says no way"),
        (ENTRY + 'countries = ["usa"]\n', "two capital letters"),
        (ENTRY + 'checked = "soon"\n', "is a date"),
        (ENTRY + 'number = "1"\n', "unknown: number"),
        ("[[resources", "resources.toml"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "resources.toml"
    file.write_text(text)

    with pytest.raises(InvalidResources, match=message):
        load(file)
