"""Other ways to get support: the file, and what each country is shown."""

from datetime import date
from pathlib import Path

import pytest

from intake.domain.resources import InvalidResources, for_country, load, resources

ENTRY = '[[resources]]\nname = "Somebody"\nways = ["Call 1"]\n'


@pytest.mark.parametrize(("country", "first"), [("US", "988"), ("GB", "Samaritans"), ("FR", "112")])
def test_a_countrys_own_come_first_and_everybodys_last(country: str, first: str) -> None:
    found = for_country(resources(), country)

    assert first in f"{found[0].name} {found[0].ways}"
    assert found[-1].countries == frozenset()
    assert all(country in r.countries for r in found if r.countries)


def test_a_country_without_any_gets_those_for_everybody() -> None:
    assert for_country(resources(), "") == for_country(resources(), "JP")
    assert for_country(resources(), "JP")


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
