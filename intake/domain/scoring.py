"""Scores of the published instruments, as pure functions.

They start conversations and referrals. They name no condition, and no client ever sees a score.
An item that was passed or left out adds nothing: `answered` says how many of `of` count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from intake.domain.definitions import Passed, Value

PHQ9_ITEMS = tuple(f"ph_{n}" for n in range(1, 10))
PHQ2_ITEMS = PHQ9_ITEMS[:2]
GAD7_ITEMS = tuple(f"ga_{n}" for n in range(1, 8))
GAD2_ITEMS = GAD7_ITEMS[:2]
PCPTSD5_GATE = "pt_event"
PCPTSD5_ITEMS = tuple(f"pt_{n}" for n in range(1, 6))
AUDITC_ITEMS = tuple(f"au_{n}" for n in range(1, 4))
HARK_ITEMS = tuple(f"sf_h{n}" for n in range(1, 5))
ASQ_ITEMS = tuple(f"sf_a{n}" for n in range(1, 5))
ASQ_NOW = "sf_a5"
#: The items outside the safety section whose answers can raise a flag.
ITEMS = frozenset((*PHQ9_ITEMS, *GAD7_ITEMS, PCPTSD5_GATE, *PCPTSD5_ITEMS))


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of an instrument's items. `band` is empty where it has none."""

    total: int
    answered: int
    of: int
    is_positive: bool
    band: str = ""


@dataclass(frozen=True, slots=True)
class Asq:
    """The result of the ASQ: it has no sum."""

    is_positive: bool
    is_acute: bool


def phq2(answers: Mapping[str, Value]) -> Score:
    """0-6, positive from 3. Kroenke, Spitzer & Williams 2003, Med Care 41:1284.

    From 2 it finds more people and is wrong more often (Arroll et al. 2010, Ann Fam Med 8:348).
    """
    return _sum(answers, PHQ2_ITEMS, positive_from=3)


def phq9(answers: Mapping[str, Value]) -> Score:
    """0-27. Kroenke, Spitzer & Williams 2001, J Gen Intern Med 16:606. Look at item 9 by itself."""
    return _sum(answers, PHQ9_ITEMS, positive_from=10, bands=_PHQ9_BANDS)


def phq9_item9(answers: Mapping[str, Value]) -> int:
    """0-3. Anything above 0 is looked at by a person.

    Answering 0 proves nothing: of 116 adults at risk 63 % did (PMC8258235).
    """
    return _points(answers.get(PHQ9_ITEMS[-1])) or 0


def gad2(answers: Mapping[str, Value]) -> Score:
    """0-6, positive from 3. Kroenke et al. 2007, Ann Intern Med 146:317."""
    return _sum(answers, GAD2_ITEMS, positive_from=3)


def gad7(answers: Mapping[str, Value]) -> Score:
    """0-21. Spitzer et al. 2006, Arch Intern Med 166:1092."""
    return _sum(answers, GAD7_ITEMS, positive_from=10, bands=_GAD7_BANDS)


def phq4(answers: Mapping[str, Value]) -> Score:
    """PHQ-2 and GAD-2 together, 0-12. Kroenke et al. 2009, Psychosomatics 50:613."""
    return _sum(answers, (*PHQ2_ITEMS, *GAD2_ITEMS), positive_from=6, bands=_PHQ4_BANDS)


def pcptsd5(answers: Mapping[str, Value]) -> Score:
    """0-5 after the question about an event; positive from 3, the more sensitive cut.

    Prins et al. 2016, J Gen Intern Med 31:1206; Bovin et al. 2021, JAMA Netw Open 4:e2036733
    (4 for the sample as a whole, 3 for women).
    """
    if answers.get(PCPTSD5_GATE) != "yes":
        return Score(0, 0, len(PCPTSD5_ITEMS), is_positive=False)
    yes = sum(answers.get(key) == "yes" for key in PCPTSD5_ITEMS)
    answered = sum(answers.get(key) in ("yes", "no") for key in PCPTSD5_ITEMS)
    return Score(yes, answered, len(PCPTSD5_ITEMS), is_positive=yes >= 3)


def auditc(answers: Mapping[str, Value]) -> Score:
    """0-12, from 3 worth a word; information only. Bush et al. 1998, Arch Intern Med 158:1789."""
    return _sum(answers, AUDITC_ITEMS, positive_from=3)


def hark(answers: Mapping[str, Value]) -> Score:
    """0-4, positive from 1. Sohal, Eldridge & Feder 2007, BMC Fam Pract 8:49.

    Tested with women in general practice in the United Kingdom only. A "prefer not to say" is no
    yes: it is for the practitioner to see, and does not hold the request by itself.
    """
    yes = sum(answers.get(key) == "yes" for key in HARK_ITEMS)
    answered = sum(answers.get(key) in ("yes", "no") for key in HARK_ITEMS)
    return Score(yes, answered, len(HARK_ITEMS), is_positive=yes >= 1)


def asq(answers: Mapping[str, Value]) -> Asq:
    """Any yes on 1-4, or declining one, is positive; yes on 5 is acute.

    Horowitz et al. 2012, Arch Pediatr Adolesc Med 166:1170; 2020, Psychosomatics 61:713; NIMH
    toolkit. Declining 5 itself is a positive as well: it is asked only after a positive.
    """
    is_acute = answers.get(ASQ_NOW) == "yes"
    is_positive = any(_is_yes_or_declined(answers.get(key)) for key in (*ASQ_ITEMS, ASQ_NOW))
    return Asq(is_positive=is_positive, is_acute=is_acute)


_PHQ9_BANDS = ((20, "severe"), (15, "moderately severe"), (10, "moderate"), (5, "mild"))
_GAD7_BANDS = ((15, "severe"), (10, "moderate"), (5, "mild"))
_PHQ4_BANDS = ((9, "severe"), (6, "moderate"), (3, "mild"))


def _is_yes_or_declined(value: Value | None) -> bool:
    return value == "yes" or isinstance(value, Passed)


def _points(value: Value | None) -> int | None:
    """An item's points: options of these instruments have their points as keys."""
    if isinstance(value, Passed) or not isinstance(value, str) or not value.isdecimal():
        return None
    return int(value)


def _sum(
    answers: Mapping[str, Value],
    items: Sequence[str],
    *,
    positive_from: int,
    bands: Sequence[tuple[int, str]] = (),
) -> Score:
    points = [p for key in items if (p := _points(answers.get(key))) is not None]
    total = sum(points)
    return Score(
        total=total,
        answered=len(points),
        of=len(items),
        is_positive=total >= positive_from,
        band=next((name for start, name in bands if total >= start), ""),
    )
