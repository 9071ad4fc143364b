"""What can be rung, written to or opened, found in the words of a practice."""

import pytest

from intake.domain.resources import resources
from intake.domain.ways import Door, Kind, Way, way

CALL, TEXT, OPEN = Kind.CALL, Kind.TEXT, Kind.OPEN


def hrefs(text: str) -> list[str]:
    return [door.href for door in way(text).doors]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call or text 988", ["tel:988", "sms:988"]),
        ("988 (call or text)", ["tel:988", "sms:988"]),
        ("1-800-799-7233", ["tel:18007997233"]),
        ("Call 1-800-799-7233", ["tel:18007997233"]),
        ("Text START to 88788", ["sms:88788?&body=START"]),
        ("Text “HOME” to 741741", ["sms:741741?&body=HOME"]),
        ("Text us at 741741", ["sms:741741"]),
        (
            "Call 1-800-799-7233 or text START to 88788",
            ["tel:18007997233", "sms:88788?&body=START"],
        ),
        ("Call 116 123", ["tel:116123"]),
        ("Call 13 11 14", ["tel:131114"]),
        ("Call 0808 2000 247", ["tel:08082000247"]),
        ("+44 (0)20 7946 0000", ["tel:+442079460000"]),
        ("(212) 555-0100", ["tel:2125550100"]),
        ("0800/1110111", ["tel:08001110111"]),
        ("0800 1110111 / 0800 1110222", ["tel:08001110111", "tel:08001110222"]),
        ("1-800-273-TALK (8255)", ["tel:18002738255"]),
        ("1800RESPECT", ["tel:18007377328"]),
        ("988 or 911", ["tel:988", "tel:911"]),
        ("112 in Europe, 911 in North America", ["tel:112", "tel:911"]),
        ("thehotline.org", ["https://thehotline.org"]),
        ("Chat at 988lifeline.org", ["https://988lifeline.org"]),
        ("Chat at https://988lifeline.org/chat/.", ["https://988lifeline.org/chat/"]),
        ("Call 988 or open 988lifeline.org", ["tel:988", "https://988lifeline.org"]),
        ("Text 85258 24/7", ["sms:85258"]),
        ("Call 988 24 hours a day", ["tel:988"]),
        ("Call 0800 1111, 9am to 5 pm", ["tel:08001111"]),
        ("Call 0800 1111, 9:00-17:30", ["tel:08001111"]),
    ],
)
def test_a_way_leads_where_its_words_say(text: str, expected: list[str]) -> None:
    assert hrefs(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "At the reception of the hospital, day and night",
        "Write to help@samaritans.example",
        "Open 24/7",
        "Weekdays 9-17",
        "From 8:00 to 22:30",
        "Checked on 20.11.2026",
        "Checked on 2026-11-20",
        "Ask for room 12",
        "Code AB123456",
        "12345678901234567890",
    ],
)
def test_words_without_a_number_to_ring_stay_words(text: str) -> None:
    assert way(text) == Way(text, [])


def test_one_link_bears_the_practices_own_words() -> None:
    assert way("Text HOME to 741741") == Way(
        "",
        [Door(TEXT, "sms:741741?&body=HOME", "741741", "HOME", label="Text HOME to 741741")],
    )


def test_a_number_for_calls_and_texts_is_two_links_and_nothing_is_said_twice() -> None:
    assert way("Call or text 988") == Way(
        "", [Door(CALL, "tel:988", "988"), Door(TEXT, "sms:988", "988")]
    )


def test_several_places_keep_their_own_words() -> None:
    found = way("112 in Europe, 911 in North America")

    assert (found.text, [door.label for door in found.doors]) == (
        "",
        ["112 in Europe", "911 in North America"],
    )


def test_words_that_no_link_says_stand_before_the_links() -> None:
    text = "Call 988 or open 988lifeline.org, and ask for the night line"

    found = way(text)

    assert found.text == text
    assert [(d.kind, d.shown) for d in found.doors] == [(CALL, "988"), (OPEN, "988lifeline.org")]


def test_everything_in_the_list_that_comes_with_attune_can_be_tapped() -> None:
    without = [text for r in resources() for text in r.ways if not way(text).doors]

    assert without == []
