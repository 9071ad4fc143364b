"""The table of flags: every rule on its own, and nothing else."""

import pytest

from intake.domain.definitions import Passed, Value
from intake.domain.flags import Level, Source, found_in

CALM: dict[str, Value] = {
    "sf_alone": "yes",
    **dict.fromkeys(("sf_h1", "sf_h2", "sf_h3", "sf_h4"), "no"),
    **dict.fromkeys(("sf_a1", "sf_a2", "sf_a3", "sf_a4"), "no"),
    "sf_speak": "yes",
    "sf_choice": "yes",
    "sf_own": "sometimes",
    "sf_private_route": "write in the morning",
    "ph_1": "1",
    "ph_2": "1",
    "ga_1": "2",
    "ga_2": "0",
}


def found(answers: dict[str, Value], *, is_set_aside: bool = False) -> list[tuple[Source, Level]]:
    return [(f.source, f.level) for f in found_in(answers, is_set_aside=is_set_aside)]


def test_calm_answers_raise_nothing() -> None:
    assert found(CALM) == []
    assert found({}) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"sf_a1": "yes"}, [(Source.ASQ, Level.REVIEW)]),
        ({"sf_a4": Passed.PREFER_NOT}, [(Source.ASQ, Level.REVIEW)]),
        (
            {"sf_a2": "yes", "sf_a5": "yes"},
            [(Source.ASQ_NOW, Level.ACUTE), (Source.ASQ, Level.REVIEW)],
        ),
        ({"sf_h3": "yes"}, [(Source.HARK, Level.REVIEW)]),
        ({"sf_h3": Passed.PREFER_NOT}, []),
        ({"sf_h3": Passed.SAY_ALOUD}, [(Source.SAY_ALOUD, Level.REVIEW)]),
        ({"sf_speak": "unsure"}, [(Source.SPEAK, Level.REVIEW)]),
        ({"sf_speak": "no"}, [(Source.SPEAK, Level.REVIEW)]),
        ({"sf_choice": "unsure"}, [(Source.CHOICE, Level.REVIEW)]),
        ({"sf_choice": Passed.PREFER_NOT}, [(Source.CHOICE, Level.REVIEW)]),
        ({"ph_9": "1"}, [(Source.PHQ9_ITEM9, Level.REVIEW)]),
        ({"ph_1": "2"}, [(Source.PHQ2, Level.NOTE)]),
        ({"ga_2": "1"}, [(Source.GAD2, Level.NOTE)]),
        (
            {"pt_event": "yes", "pt_1": "yes", "pt_2": "yes", "pt_3": "yes"},
            [(Source.PCPTSD5, Level.NOTE)],
        ),
        ({"sf_own": "yes"}, []),
        ({"go_fear": Passed.SAY_ALOUD}, []),
    ],
)
def test_each_rule_alone(changed: dict[str, Value], expected: list[tuple[Source, Level]]) -> None:
    assert found(CALM | changed) == expected


def test_a_section_set_aside_is_a_review() -> None:
    assert found({}, is_set_aside=True) == [(Source.SET_ASIDE, Level.REVIEW)]
