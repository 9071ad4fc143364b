"""What hours and rules have against what is booked, checked minute by minute."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.availability import Limits, Reason, Standing, open_hours, reasons
from booking.domain.slots import (
    AtMost,
    Calendar,
    DatedWindow,
    Interval,
    NotAfter,
    WeeklyWindow,
    open_windows,
)

BERLIN = ZoneInfo("Europe/Berlin")
#: Monday 19 October 2026; the clocks go back on the Sunday after it.
MONDAY = date(2026, 10, 19)
SERVICE = uuid4()
LIMITS = {SERVICE: Limits(is_active=True, modalities=("video", "phone", "in_person"))}


def at(hours: float) -> datetime:
    """So many elapsed hours after Monday's midnight in Berlin."""
    return datetime(2026, 10, 18, 22, 0, tzinfo=UTC) + timedelta(hours=hours)


def standing(
    starts: float,
    hours: float = 1,
    *,
    kind: str = "individual",
    way: str = "video",
    claim: UUID | None = None,
) -> Standing:
    return Standing(uuid4(), claim or uuid4(), at(starts), at(starts + hours), way, SERVICE, kind)


def calendar(
    *weekly: WeeklyWindow,
    off: Sequence[Interval] = (),
    overrides: Sequence[DatedWindow] = (),
    energy: Sequence[AtMost | NotAfter] = (),
) -> Calendar:
    return Calendar(BERLIN, weekly, overrides, off, (), energy)


def found(
    hours: Calendar, *appointments: Standing, limits: dict[UUID, Limits] | None = None
) -> list[set[Reason]]:
    own = reasons(hours, limits or LIMITS, appointments)
    return [set(own.get(a.id, ())) for a in appointments]


OPEN = WeeklyWindow(0, 9 * 60, 13 * 60)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        (8.5, {Reason.CLOSED}),
        (9, set()),
        (12, set()),
        (12.5, {Reason.CLOSED}),
        (33, {Reason.CLOSED}),
    ],
)
def test_a_session_has_to_lie_inside_the_hours(starts: float, expected: set[Reason]) -> None:
    assert found(calendar(OPEN), standing(starts)) == [expected]


def test_windows_that_touch_are_one_stretch() -> None:
    hours = calendar(OPEN, WeeklyWindow(0, 13 * 60, 15 * 60))

    assert found(hours, standing(12.5)) == [set()]


def test_hours_of_another_way_to_meet_do_not_count() -> None:
    hours = calendar(OPEN, WeeklyWindow(0, 14 * 60, 18 * 60, modalities=("phone",)))

    assert found(hours, standing(15), standing(15, way="phone")) == [{Reason.WAY}, set()]


def test_a_dated_window_replaces_the_week_and_time_off_is_said_besides() -> None:
    closed = calendar(OPEN, overrides=[DatedWindow(MONDAY, None, None)])
    away = calendar(OPEN, off=[Interval(at(9.5), at(10))])

    assert found(closed, standing(9)) == [{Reason.CLOSED}]
    assert found(away, standing(9), standing(10), standing(8.5)) == [
        {Reason.TIME_OFF},
        set(),
        {Reason.CLOSED},
    ]


def test_of_more_than_a_cap_the_first_fit_and_alternatives_count_once() -> None:
    claim = uuid4()
    limits = {SERVICE: Limits(True, ("video",), day_cap=2, week_cap=3)}
    day = calendar(*[WeeklyWindow(n, 0, 1440) for n in range(7)])

    assert found(
        day,
        standing(9),
        standing(10, claim=claim),
        standing(11, claim=claim),
        standing(12),
        standing(34),
        limits=limits,
    ) == [set(), set(), set(), {Reason.DAY_CAP}, {Reason.WEEK_CAP}]


def test_what_is_over_counts_and_nothing_is_said_of_it() -> None:
    rules = calendar(
        WeeklyWindow(0, 0, 24 * 60), energy=[AtMost("couple", 1), NotAfter("group", "couple")]
    )
    over = replace(standing(9, kind="couple"), is_over=True)
    outside_hours = replace(standing(30), is_over=True)

    assert found(rules, over, standing(11, kind="couple"), standing(13, kind="group")) == [
        set(),
        {Reason.AT_MOST},
        {Reason.NOT_AFTER},
    ]
    one_a_day = {SERVICE: Limits(is_active=True, modalities=("video",), day_cap=1)}
    assert found(
        calendar(WeeklyWindow(0, 0, 24 * 60)),
        replace(standing(9), is_over=True),
        standing(11),
        outside_hours,
        limits=one_a_day,
    ) == [set(), {Reason.DAY_CAP}, set()]


def test_energy_rules_name_what_is_too_much_and_what_comes_after() -> None:
    hours = calendar(
        *[WeeklyWindow(n, 0, 1440) for n in range(7)],
        energy=[AtMost("couple", 1), NotAfter("group", "non_monogamous")],
    )

    assert found(
        hours,
        standing(9, kind="couple"),
        standing(11, kind="couple"),
        standing(13, kind="non_monogamous"),
        standing(15, kind="group"),
        standing(39, kind="group"),
    ) == [set(), {Reason.AT_MOST}, set(), {Reason.NOT_AFTER}, set()]


def test_a_service_that_changed_is_said() -> None:
    limits = {SERVICE: Limits(is_active=False, modalities=("phone",))}

    assert found(calendar(OPEN), standing(9), limits=limits) == [
        {Reason.NOT_OFFERED, Reason.WAY_OF_SERVICE}
    ]


def test_nothing_booked_has_nothing_against_it() -> None:
    assert reasons(calendar(OPEN), LIMITS, []) == {}


# --- Against every minute -------------------------------------------------------------------------

windows = st.builds(
    lambda day, opens, long, ways: WeeklyWindow(
        day, opens * 30, min(opens * 30 + long * 30, 1440), modalities=ways
    ),
    st.integers(0, 6),
    st.integers(0, 47),
    st.integers(1, 16),
    st.sampled_from([(), ("video",), ("phone",), ("video", "phone")]),
)
stretches = st.builds(
    lambda start, long: Interval(at(start / 2), at((start + long) / 2)),
    st.integers(-4, 7 * 48),
    st.integers(1, 60),
)


def minutes(intervals: Sequence[Interval]) -> set[datetime]:
    return {
        i.start + timedelta(minutes=n)
        for i in intervals
        for n in range(round((i.end - i.start).total_seconds() / 60))
    }


@settings(max_examples=150, deadline=None)
@given(
    weekly=st.lists(windows, max_size=6),
    off=st.lists(stretches, max_size=3),
    starts=st.integers(0, 7 * 48),
    long=st.integers(1, 5),
    way=st.sampled_from(["video", "phone"]),
)
def test_every_minute_of_a_session_agrees(
    weekly: list[WeeklyWindow], off: list[Interval], starts: int, long: int, way: str
) -> None:
    hours = calendar(*weekly, off=off)
    one = standing(starts / 2, long / 2, way=way)
    end = MONDAY + timedelta(days=9)
    own = minutes([Interval(one.starts_at, one.ends_at)])
    open_at_all = minutes([w for _d, w in open_windows(hours, MONDAY, end)])
    open_that_way = minutes([w for _d, w in open_windows(hours, MONDAY, end, modalities=(way,))])
    expected = set()
    if not own <= open_at_all:
        expected.add(Reason.CLOSED)
    elif not own <= open_that_way:
        expected.add(Reason.WAY)
    if own & minutes(off):
        expected.add(Reason.TIME_OFF)

    assert found(hours, one) == [expected]


@settings(max_examples=100, deadline=None)
@given(weekly=st.lists(windows, max_size=6), off=st.lists(stretches, max_size=3))
def test_open_hours_are_every_open_minute_once(
    weekly: list[WeeklyWindow], off: list[Interval]
) -> None:
    hours = calendar(*weekly, off=off)
    end = MONDAY + timedelta(days=9)

    shown = [i for own in open_hours(hours, MONDAY, end).values() for i in own]

    expected = minutes([w for _d, w in open_windows(hours, MONDAY, end)]) - minutes(off)
    assert minutes(shown) == expected
    assert sum((i.end - i.start for i in shown), timedelta()) == timedelta(minutes=len(expected))
