"""Words that give something away, matched as whole words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.discretion import forbidden_words, one_line


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
