"""Checking one answer: what is kept, what is refused and why."""

import pytest

from intake.domain.answers import InvalidAnswer, Raw, Row, checked, from_json, to_json
from intake.domain.definitions import Connection, Passed, Question, Value
from intake.domain.loader import library


def question(key: str, form: str = "non_monogamous") -> Question:
    found = library().form(form).question(key)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("id_chosen", Raw(text="  Zoë\n "), "Zoë"),
        ("id_chosen", Raw(text="ליאור"), "ליאור"),
        ("id_chosen", Raw(text="🌻"), "🌻"),
        ("id_chosen", Raw(text="Sam\r\nBcc: x@example.org"), "Sam Bcc: x@example.org"),
        ("id_access", Raw(text="one\r\ntwo\x07"), "one\ntwo"),
        ("id_access", Raw(text="   "), None),
        ("go_distress", Raw(chosen=["10"]), 10),
        ("go_distress", Raw(chosen=["0"]), 0),
        ("go_distress", Raw(chosen=["say_aloud"]), Passed.SAY_ALOUD),
        ("go_why_now", Raw(text="typed", passed="prefer_not"), Passed.PREFER_NOT),
        ("nm_out", Raw(chosen=["work", "friends"]), ("friends", "work")),
        ("nm_struct", Raw(chosen=["open"], own="like  moss"), ("open", "own:like moss")),
        ("id_tz", Raw(chosen=["Europe/Berlin"]), "Europe/Berlin"),
        ("ct_phone", Raw(text="+49 (30) 901820"), "+49 (30) 901820"),
        (
            "nm_people",
            Raw(rows=[Row("K", ["play", "romantic"], {"close": "7", "trust": ""}), Row()]),
            (Connection("K", ("romantic", "play"), {"close": 7}),),
        ),
    ],
)
def test_a_good_answer_is_kept_in_one_form(key: str, raw: Raw, value: Value | None) -> None:
    assert checked(question(key), raw) == value


@pytest.mark.parametrize(
    ("key", "raw", "code"),
    [
        ("id_chosen", Raw(text="a" * 61), "too_long"),
        ("go_why_now", Raw(text="novel " * 1000), "too_long"),
        ("go_distress", Raw(chosen=["11"]), "not_on_scale"),
        ("go_distress", Raw(chosen=["-1"]), "not_on_scale"),
        ("nm_agree_state", Raw(chosen=["maybe"]), "unknown_option"),
        ("nm_out", Raw(chosen=["nobody", "work"]), "alone"),
        ("nm_out", Raw(chosen=["neighbours"]), "unknown_option"),
        ("id_tz", Raw(chosen=["Mars/Olympus"]), "unknown_zone"),
        ("id_tz", Raw(chosen=["../../etc/passwd"]), "unknown_zone"),
        ("ct_phone", Raw(text="call me"), "not_a_phone"),
        ("nm_people", Raw(rows=[Row("", ["play"])]), "row_without_name"),
        ("nm_people", Raw(rows=[Row("K", ["boss"])]), "unknown_option"),
        ("nm_people", Raw(rows=[Row("K")] * 9), "too_many_rows"),
        ("ct_sender", Raw(chosen=["prefer_not"]), "unknown_option"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_code(key: str, raw: Raw, code: str) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        checked(question(key), raw)

    assert caught.value.code == code


@pytest.mark.parametrize(
    "value",
    [
        "text with ünïcode and 🌻",
        0,
        True,
        ("open", "own:moss"),
        Passed.PREFER_NOT,
        (Connection("K", ("play",), {"close": 7}), Connection("L")),
    ],
)
def test_an_answer_survives_the_way_to_text_and_back(value: Value) -> None:
    assert from_json(to_json(value)) == value
