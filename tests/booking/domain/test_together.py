"""Finding a time together, against the plain reading of the rule."""

import time
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from booking.domain.together import (
    ACCEPTING,
    ASKED_DAYS,
    CAN,
    CANT,
    COULD,
    WORDS,
    Match,
    asked_days,
    matches,
    nearest,
)
from booking.models import Vote

MONDAY = datetime(2026, 10, 12, 13, 0, tzinfo=UTC)
STARTS = [MONDAY + timedelta(minutes=30 * n) for n in range(8)]
PEOPLE = [UUID(int=n) for n in range(1, 9)]
NEW_YORK = ZoneInfo("America/New_York")

words = st.sampled_from([CAN, COULD, CANT])
ballots = st.dictionaries(
    st.sampled_from(PEOPLE), st.dictionaries(st.sampled_from(STARTS), words), max_size=8
)
slots = st.lists(st.sampled_from(STARTS), unique=True)
people = st.lists(st.sampled_from(PEOPLE), unique=True, max_size=8)

Votes = dict[UUID, dict[datetime, str]]


def told(start: datetime, votes: Votes, asked: list[UUID]) -> Match:
    """One start, person by person."""
    can = could = cannot = 0
    for person in asked:
        word = votes[person][start] if person in votes and start in votes[person] else None
        if word == "can":
            can += 1
        elif word == "could":
            could += 1
        else:
            cannot += 1
    return Match(start, can, could, cannot)


def is_better(one: Match, other: Match) -> bool:
    """Fewer who cannot; then more who can; then the earlier."""
    if one.cannot != other.cannot:
        return one.cannot < other.cannot
    if one.can != other.can:
        return one.can > other.can
    return one.starts_at < other.starts_at


def sorted_by_comparing(found: list[Match]) -> list[Match]:
    """Each in the place that as many are better as stand before it."""
    ordered: list[Match | None] = [None] * len(found)
    for one in found:
        ordered[sum(is_better(other, one) for other in found)] = one
    return [one for one in ordered if one is not None]


@given(slots=slots, votes=ballots, asked=people)
def test_what_works_is_what_everybody_can_or_could_best_first(
    slots: list[datetime], votes: Votes, asked: list[UUID]
) -> None:
    found = matches(slots, votes, asked)

    everybody = [
        told(start, votes, asked)
        for start in slots
        if asked and all(votes.get(p, {}).get(start) in ("can", "could") for p in asked)
    ]
    assert found == sorted_by_comparing(everybody)


@given(slots=slots, votes=ballots, asked=people, count=st.integers(0, 6))
def test_what_comes_nearest_leaves_out_the_fewest(
    slots: list[datetime], votes: Votes, asked: list[UUID], count: int
) -> None:
    found = nearest(slots, votes, asked, count=count)

    suits_somebody = [m for s in slots if (m := told(s, votes, asked)).cannot < len(asked)]
    assert found == sorted_by_comparing(suits_somebody)[:count]


@given(slots=slots, votes=ballots, asked=people)
def test_who_said_what_makes_no_difference(
    slots: list[datetime], votes: Votes, asked: list[UUID]
) -> None:
    every_order = {tuple(matches(slots, votes, p)) for p in list(permutations(asked))[:6]}

    assert every_order == {tuple(matches(slots, votes, asked))}


def test_can_goes_before_could_and_then_the_earlier_first() -> None:
    early, middle, late = STARTS[:3]
    one, two = PEOPLE[:2]
    votes = {
        one: {early: COULD, middle: CAN, late: CAN},
        two: {early: CAN, middle: CAN, late: CAN},
    }

    found = matches([early, middle, late], votes, [one, two])

    assert found == [Match(middle, 2, 0, 0), Match(late, 2, 0, 0), Match(early, 1, 1, 0)]


def test_nobody_comes_to_what_they_said_nothing_about() -> None:
    one, two = PEOPLE[:2]
    votes = {one: {STARTS[0]: CAN}}

    assert matches(STARTS[:1], votes, [one, two]) == []
    assert nearest(STARTS[:2], votes, [one, two]) == [Match(STARTS[0], 1, 0, 1)]


def test_without_people_nothing_suits() -> None:
    assert matches(STARTS, {PEOPLE[0]: {STARTS[0]: CAN}}, []) == []


def test_the_words_are_those_that_are_kept() -> None:
    assert set(Vote.Word.values) == WORDS
    assert set(Vote.Word.values) - ACCEPTING == {Vote.Word.CANT}


def test_eight_people_and_six_weeks_take_little_work() -> None:
    starts = [MONDAY + timedelta(days=day, minutes=15 * n) for day in range(42) for n in range(32)]
    votes: Votes = {
        person: {s: (CAN, COULD, CANT)[(place + n) % 3] for n, s in enumerate(starts)}
        for place, person in enumerate(PEOPLE)
    }
    votes |= {person: dict.fromkeys(starts, COULD) for person in PEOPLE[1:]}

    def cpu_spent() -> float:
        began = time.process_time()
        works, near = matches(starts, votes, PEOPLE), nearest(starts, votes, PEOPLE)
        spent = time.process_time() - began
        assert (len(works), len(near)) == (len(starts) * 2 // 3, 5)
        return spent

    # A promise of ours in CPU time, which the neighbours' work does not lengthen; kept tenfold.
    assert min(cpu_spent() for _ in range(5)) < 0.05


# --- Which days -----------------------------------------------------------------------------------


def test_six_weeks_are_asked_about_from_where_the_notice_ends() -> None:
    late_evening = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)  # Monday 23:00 in New York

    found = asked_days(late_evening, NEW_YORK, notice_minutes=24 * 60, horizon_days=None)

    assert found == (date(2026, 10, 13), date(2026, 10, 13) + timedelta(days=ASKED_DAYS))


def test_the_horizon_ends_it_sooner() -> None:
    found = asked_days(MONDAY, NEW_YORK, notice_minutes=0, horizon_days=10)

    assert found == (date(2026, 10, 12), date(2026, 10, 23))


@given(
    notice=st.integers(0, 60 * 24 * 90),
    horizon=st.none() | st.integers(0, 90),
    after=st.none() | st.dates(date(2026, 9, 1), date(2027, 3, 1)),
)
def test_there_is_always_a_day_to_ask_about(
    notice: int, horizon: int | None, after: date | None
) -> None:
    first, until = asked_days(
        MONDAY, NEW_YORK, notice_minutes=notice, horizon_days=horizon, after=after
    )

    assert timedelta(days=1) <= until - first <= timedelta(days=ASKED_DAYS)
    assert after is None or first >= after
