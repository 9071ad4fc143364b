"""Words that give something away, matched as whole words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.discretion import (
    forbidden_words,
    is_plain_name,
    leads_elsewhere,
    names_in_address,
    one_line,
    words_in_address,
)


@pytest.mark.parametrize(
    "text",
    [
        "Sex",
        "about SEXUALITY",
        "your partner's page",
        "couples_invite.ics",
        "poly",
        "/open/intake/",
        "non-monogamous",
        "a safety question",
        "se\u00adxuality",
        "the\u200brapy",
        "\uff50\uff41\uff52\uff54\uff4e\uff45\uff52",
    ],
)
def test_words_that_give_something_away_are_found(text: str) -> None:
    assert forbidden_words(text)


@pytest.mark.parametrize(
    "text", ["Essex", "polygon", "Middlesex Street", "regroup", "safe travels", "Appointment"]
)
def test_words_that_only_contain_one_are_not(text: str) -> None:
    assert not forbidden_words(text)


def test_names_of_other_people_can_be_added() -> None:
    assert forbidden_words("Hello Kai,", also=["Kai", ""]) == ["Kai"]


@given(text=st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "willow.example/book",
        "see WILLOW.EXAMPLE",
        "www.willow",
        "https://x",
        "me@willow",
        "10.0.0.1",
        "wil\u00adlow\uff0eexample",
    ],
)
def test_what_leads_elsewhere_is_seen(text: str) -> None:
    assert leads_elsewhere(text)


@pytest.mark.parametrize(
    "text", ["Please come. We wait.", "At 18.30, or at 7.15 p.m.", "e.g. tea", "That is all."]
)
def test_sentences_and_times_lead_nowhere(text: str) -> None:
    assert not leads_elsewhere(text)


@pytest.mark.parametrize("name", ["Robin", "J.R. Smith", "Anna-Lena O'Neil", "Zo\u00eb", "\u674e"])
def test_a_name_is_a_name(name: str) -> None:
    assert is_plain_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "Robin 2", "a/b", "me@x", "evil.example", "Sex therapy", "http:", "se\u00adx"],
)
def test_anything_more_than_a_name_is_not(name: str) -> None:
    assert not is_plain_name(name)


NAMES = ["Dr. Morgan Lee", "Dr.", "Morgan", "Lee"]


@pytest.mark.parametrize(
    "address",
    ["drmorganlee@x.test", "m.lee@x.test", "leemorgan@x.test", "a@morgan-lee.test", "LEE@x.test"],
)
def test_a_name_is_seen_in_an_address_however_it_is_put_together(address: str) -> None:
    assert names_in_address(address, NAMES)


@pytest.mark.parametrize("address", ["office@willow.test", "sleepers@willow.test", "drop@x.test"])
def test_an_address_that_only_contains_the_letters_of_a_short_name_names_nobody(
    address: str,
) -> None:
    assert not names_in_address(address, NAMES)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mail@lakesidetherapy.test", ["therap"]),
        ("couples@willow.test", ["couples", "couple"]),
        ("mail@essex-polygon.test", []),
    ],
)
def test_words_in_an_address_are_seen_also_where_they_are_run_together(
    address: str, words: list[str]
) -> None:
    assert words_in_address(address) == words
