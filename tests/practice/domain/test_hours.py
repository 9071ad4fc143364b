"""Hours as people type them, and which of them fit together."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.domain.hours import (
    WeeklySpan,
    changed_from,
    clash,
    clock,
    length,
    read_clock,
    read_length,
    read_span,
)

MONDAY = date(2026, 10, 12)
NINE, ONE, TWO, SIX = 9 * 60, 13 * 60, 14 * 60, 18 * 60


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("9", NINE),
        ("09:00", NINE),
        (" 9.30 ", 570),
        ("0930", 570),
        ("930", 570),
        ("9h", NINE),
        ("9h30", 570),
        ("9 am", NINE),
        ("12 am", 0),
        ("12 pm", 720),
        ("5pm", 17 * 60),
        ("5:15 p.m.", 17 * 60 + 15),
        ("noon", 720),
        ("midnight", 0),
        ("24", 1440),
    ],
)
def test_a_time_is_read_as_it_is_typed(text: str, minute: int) -> None:
    assert read_clock(text) == minute


@pytest.mark.parametrize("text", ["", "soon", "25", "24:01", "9:60", "13 pm", "-1", "9:3", "99999"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_clock(text)


@pytest.mark.parametrize(
    ("opens", "closes", "span"),
    [
        ("9", "13", (NINE, ONE)),
        ("9", "5", (NINE, 17 * 60)),
        ("9–13", "", (NINE, ONE)),
        ("9 to 5", "", (NINE, 17 * 60)),
        ("2 pm - 6 pm", "", (TWO, SIX)),
        ("10-14", "18:00", (600, TWO)),
        ("20", "midnight", (20 * 60, 1440)),
        ("20", "0:00", (20 * 60, 1440)),
    ],
)
def test_two_times_belong_together(opens: str, closes: str, span: tuple[int, int]) -> None:
    assert read_span(opens, closes) == span


@pytest.mark.parametrize(
    ("opens", "closes"), [("9", ""), ("18:00", "13:00"), ("9", "09:00"), ("9", "9 am"), ("", "9")]
)
def test_hours_that_end_before_they_begin_are_refused(opens: str, closes: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_span(opens, closes)


@given(minute=st.integers(0, 1440))
def test_a_time_that_is_written_reads_the_same(minute: int) -> None:
    assert read_clock(clock(minute)) == minute


@pytest.mark.parametrize(
    ("text", "unit", "minutes"),
    [
        ("50", "m", 50),
        ("24", "h", 1440),
        ("48 h", "m", 2880),
        ("2 days", "h", 2880),
        ("1.5 h", "m", 90),
        ("1 h 30", "h", 90),
        ("1 hour and 30 minutes", "m", 90),
        ("1:30", "m", 90),
        ("1 week", "h", 7 * 1440),
        ("0", "m", 0),
    ],
)
def test_a_length_is_read_as_it_is_typed(text: str, unit: str, minutes: int) -> None:
    assert read_length(text, unit=unit) == minutes


@pytest.mark.parametrize("text", ["", "long", "1 year", "400 days", "-5"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_length(text, unit="m")


@given(minutes=st.integers(0, 60 * 1440))
def test_a_length_that_is_written_reads_the_same(minutes: int) -> None:
    assert read_length(length(minutes), unit="m") == minutes


# --- What fits together ---------------------------------------------------------------------------


def span(
    opens: int, closes: int, first: int | None = None, until: int | None = None, *ways: str
) -> WeeklySpan:
    """A window of Mondays, from and until days after `MONDAY`."""
    return WeeklySpan(
        0,
        opens,
        closes,
        date.fromordinal(MONDAY.toordinal() + first) if first is not None else None,
        date.fromordinal(MONDAY.toordinal() + until) if until is not None else None,
        ways,
    )


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (span(NINE, ONE), span(ONE, SIX), None),
        (span(NINE, ONE), span(ONE - 1, SIX), (0, 1)),
        (span(NINE, ONE, None, 7), span(NINE, ONE, 7), None),
        (span(NINE, ONE, None, 8), span(NINE, ONE, 7), (0, 1)),
        # From Tuesday until before Monday there is no Monday.
        (span(NINE, ONE, None, 7), span(NINE, ONE, 1), None),
        (span(NINE, ONE, None, None, "phone"), span(NINE, ONE, None, None, "video"), None),
        (span(NINE, ONE, None, None, "phone"), span(NINE, ONE), (0, 1)),
    ],
)
def test_windows_clash_if_they_share_a_day_minutes_and_a_way_to_meet(
    one: WeeklySpan, other: WeeklySpan, found: tuple[int, int] | None
) -> None:
    assert clash([one, other]) == found
    assert clash([other, one]) == found


def hours_on(spans: list[WeeklySpan], ordinal: int) -> set[tuple[int, int]]:
    day = date.fromordinal(ordinal)
    return {
        (s.opens_minute, s.closes_minute)
        for s in spans
        if s.weekday == day.weekday()
        and (s.from_date is None or s.from_date <= day)
        and (s.until_date is None or day < s.until_date)
    }


days = st.none() | st.integers(0, 40)
weeks = st.lists(
    st.builds(
        lambda weekday, opens, first, until: WeeklySpan(
            weekday,
            opens * 60,
            opens * 60 + 60,
            span(0, 1, first).from_date,
            span(0, 1, None, until).until_date,
        ),
        st.integers(0, 6),
        st.integers(8, 10),
        days,
        days,
    ),
    max_size=6,
)


@given(old=weeks, new=weeks, change=st.integers(0, 40))
def test_the_old_hours_hold_until_a_day_and_the_new_ones_from_it(
    old: list[WeeklySpan], new: list[WeeklySpan], change: int
) -> None:
    turn = MONDAY.toordinal() + change

    found = changed_from(old, new, date.fromordinal(turn))

    for ordinal in range(MONDAY.toordinal() - 7, MONDAY.toordinal() + 60):
        assert hours_on(found, ordinal) == hours_on(old if ordinal < turn else new, ordinal)
