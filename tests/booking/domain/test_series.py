"""The turns of a series: the same time on the wall, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.series import following, moved, number_problems, occurrences, problems

NEW_YORK = ZoneInfo("America/New_York")
ZONES = [
    ZoneInfo(name)
    for name in (
        "America/New_York",
        "Europe/London",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Asia/Kathmandu",
    )
]


def at(zone: ZoneInfo, *wall: int) -> datetime:
    return datetime(*wall, tzinfo=zone).astimezone(UTC)  # type: ignore[arg-type, misc]


def walls(starts: list[datetime], zone: ZoneInfo) -> list[str]:
    return [s.astimezone(zone).strftime("%m-%d %H:%M") for s in starts]


@pytest.mark.parametrize(
    ("first", "hours_utc"),
    [
        ((2026, 2, 23, 18, 0), [23, 23, 22, 22]),  # clocks forward on 8 March
        ((2026, 10, 19, 18, 0), [22, 22, 23, 23]),  # clocks back on 1 November
    ],
)
def test_eighteen_in_new_york_stays_eighteen_across_march_and_november(
    first: tuple[int, ...], hours_utc: list[int]
) -> None:
    found = occurrences(at(NEW_YORK, *first), NEW_YORK, 1, 4)

    assert [s.hour for s in found] == hours_utc
    assert {s.astimezone(NEW_YORK).strftime("%a %H:%M") for s in found} == {"Mon 18:00"}


def test_somebody_in_london_sees_the_weeks_between_the_two_changes() -> None:
    london = ZoneInfo("Europe/London")

    found = occurrences(at(NEW_YORK, 2026, 3, 2, 18, 0), NEW_YORK, 1, 5)

    assert walls(found, london) == [
        "03-02 23:00",
        "03-09 22:00",
        "03-16 22:00",
        "03-23 22:00",
        "03-30 23:00",
    ]


@pytest.mark.parametrize("first", [(2026, 3, 29, 10, 30), (2026, 9, 27, 10, 30)])
def test_half_an_hour_of_lord_howe_is_kept_too(first: tuple[int, ...]) -> None:
    zone = ZoneInfo("Australia/Lord_Howe")

    found = occurrences(at(zone, *first), zone, 1, 4)

    assert {s.astimezone(zone).strftime("%H:%M") for s in found} == {"10:30"}
    assert {b - a for a, b in pairwise(found)} > {timedelta(days=7)}


def test_a_turn_inside_the_gap_starts_at_its_end_and_the_next_is_back() -> None:
    found = occurrences(at(NEW_YORK, 2026, 3, 1, 2, 30), NEW_YORK, 1, 4)

    assert walls(found, NEW_YORK) == ["03-01 02:30", "03-08 03:00", "03-15 02:30", "03-22 02:30"]


def test_a_turn_that_happens_twice_is_the_first_pass() -> None:
    found = occurrences(at(NEW_YORK, 2026, 10, 25, 1, 30), NEW_YORK, 1, 4)

    assert found[1] == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_first_that_stands_in_the_second_pass_stays_where_it_is() -> None:
    second_pass = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)

    found = occurrences(second_pass, NEW_YORK, 1, 4)

    assert found[0] == second_pass
    assert walls(found, NEW_YORK)[1] == "11-08 01:30"


@given(
    minutes=st.integers(0, 19 * 366 * 24 * 60),
    zone=st.sampled_from(ZONES),
    every_weeks=st.integers(1, 3),
    count=st.integers(4, 12),
)
def test_turns_are_whole_weeks_apart_on_the_wall(
    minutes: int, zone: ZoneInfo, every_weeks: int, count: int
) -> None:
    first = datetime(2012, 1, 10, tzinfo=UTC) + timedelta(minutes=minutes)

    found = occurrences(first, zone, every_weeks, count)

    assert len(found) == count
    assert found[0] == first
    anchor = first.astimezone(zone).replace(tzinfo=None)
    for turn, start in enumerate(found):
        wanted = anchor + timedelta(weeks=every_weeks * turn)
        shown = start.astimezone(zone).replace(tzinfo=None)
        # Only a wall time that a clock change skips is shown later, by less than the gap.
        skipped = wanted.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)
        assert shown == wanted or (
            skipped.replace(tzinfo=None) != wanted
            and timedelta() < shown - wanted <= timedelta(hours=1)
        )


@given(
    minutes=st.integers(0, 365 * 24 * 60),
    after=st.dates(date(2025, 6, 1), date(2028, 1, 1)),
    every_weeks=st.integers(1, 3),
)
def test_what_follows_a_date_is_the_next_turn_after_it(
    minutes: int, after: date, every_weeks: int
) -> None:
    anchor = datetime.fromisoformat("2026-01-01T00:00") + timedelta(minutes=minutes)

    [found] = following(anchor, NEW_YORK, every_weeks, after=after, count=1)

    day = found.astimezone(NEW_YORK).date()
    assert (day - anchor.date()).days % (7 * every_weeks) == 0
    assert timedelta() < day - after <= timedelta(weeks=every_weeks)


def test_the_rest_follows_to_the_new_weekday_and_time_across_november() -> None:
    starts = occurrences(at(NEW_YORK, 2026, 10, 19, 18, 0), NEW_YORK, 1, 4)

    found = moved(starts, at(NEW_YORK, 2026, 10, 21, 9, 15), NEW_YORK, 1, anchor=date(2026, 10, 19))

    assert walls(found, NEW_YORK) == ["10-21 09:15", "10-28 09:15", "11-04 09:15", "11-11 09:15"]


def test_a_skipped_turn_stays_skipped_and_one_beside_its_turn_comes_back_in_line() -> None:
    first, second, _, fourth = occurrences(at(NEW_YORK, 2026, 10, 12, 10, 0), NEW_YORK, 2, 4)
    beside = second + timedelta(days=2)

    found = moved(
        [first, beside, fourth],
        at(NEW_YORK, 2026, 10, 13, 11, 0),
        NEW_YORK,
        2,
        anchor=date(2026, 10, 12),
    )

    assert walls(found, NEW_YORK) == ["10-13 11:00", "10-27 11:00", "11-24 11:00"]


@given(
    days=st.lists(st.integers(0, 80), min_size=1, max_size=12, unique=True).map(sorted),
    shift=st.integers(-20, 20),
    every_weeks=st.integers(1, 3),
)
def test_no_two_of_them_end_up_on_one_day(days: list[int], shift: int, every_weeks: int) -> None:
    starts = [at(NEW_YORK, 2026, 3, 2, 18, 0) + timedelta(days=day) for day in days]
    to = starts[0] + timedelta(days=shift)

    found = moved(starts, to, NEW_YORK, every_weeks, anchor=date(2026, 3, 2))

    assert found[0] == to
    assert len(found) == len(starts)
    dates = [s.astimezone(NEW_YORK).date() for s in found]
    assert all((b - a).days >= 7 * every_weeks for a, b in pairwise(dates))


@pytest.mark.parametrize(
    ("every_weeks", "count", "codes"),
    [
        (1, 4, []),
        (3, 12, []),
        (0, 4, ["one_to_three_weeks"]),
        (4, 13, ["one_to_three_weeks", "four_to_twelve_dates"]),
        (2, 3, ["four_to_twelve_dates"]),
        (2, None, []),
    ],
)
def test_how_often_and_how_many(every_weeks: int, count: int | None, codes: list[str]) -> None:
    assert [p.code for p in problems(every_weeks=every_weeks, count=count)] == codes


@pytest.mark.parametrize(
    ("more", "ahead", "codes"),
    [
        (1, 0, []),
        (1, 11, []),
        (2, 11, ["too_many_dates"]),
        (0, 5, ["at_least_one_date"]),
    ],
)
def test_no_more_than_twelve_lie_ahead(more: int, ahead: int, codes: list[str]) -> None:
    assert [p.code for p in number_problems(more=more, ahead=ahead)] == codes
