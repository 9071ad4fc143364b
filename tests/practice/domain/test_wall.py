"""Wall-clock time and instants, on the days that do not fit."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice.domain.wall import Rfc3339, UnknownZone, instant, local_date, zone, zone_names

#: A zone, the day of a clock change, and what is special about it.
CHANGES = [
    ("America/New_York", date(2026, 3, 8)),  # 02:00 becomes 03:00
    ("America/New_York", date(2026, 11, 1)),  # 02:00 becomes 01:00
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # around Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
    ("Pacific/Apia", date(2011, 12, 31)),
    ("Asia/Kathmandu", date(2026, 3, 29)),  # +05:45, never changes
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight does not exist
    ("Atlantic/Azores", date(2026, 10, 25)),  # the fold reaches over midnight
]


def brute_force(day: date, minute: int, tz: ZoneInfo, *, is_end: bool) -> datetime:
    """Walk over every minute around the day and look at the clock on the wall."""
    wanted = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    at = datetime.combine(day, datetime.min.time(), UTC) - timedelta(hours=30)
    matching, after = [], None
    for _ in range(90 * 60):
        wall = at.astimezone(tz).replace(tzinfo=None)
        if wall == wanted:
            matching.append(at)
        if after is None and wall >= wanted:
            after = at
        at += timedelta(minutes=1)
    if matching:
        return matching[-1] if is_end else matching[0]
    assert after is not None
    return after


@pytest.mark.parametrize("is_end", [False, True])
@pytest.mark.parametrize(("name", "day"), CHANGES)
def test_every_quarter_of_an_hour_of_a_strange_day_is_where_a_clock_on_the_wall_says(
    name: str, day: date, is_end: bool
) -> None:
    tz = zone(name)

    for minute in (*range(0, 300, 15), 719, 1410, 1425, 1439, 1440):
        assert instant(day, minute, tz, is_end=is_end) == brute_force(
            day, minute, tz, is_end=is_end
        ), minute


@given(
    name=st.sampled_from(sorted({name for name, _ in CHANGES})),
    day=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    minute=st.integers(0, 1440),
    is_end=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_day_is_where_a_clock_on_the_wall_says(
    name: str, day: date, minute: int, is_end: bool
) -> None:
    tz = zone(name)

    assert instant(day, minute, tz, is_end=is_end) == brute_force(day, minute, tz, is_end=is_end)


def test_an_edge_inside_the_gap_moves_to_its_end() -> None:
    tz = zone("America/New_York")

    assert instant(date(2026, 3, 8), 150, tz) == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert instant(date(2026, 3, 8), 150, tz, is_end=True) == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_a_time_that_happens_twice_starts_early_and_ends_late() -> None:
    tz = zone("America/New_York")

    assert instant(date(2026, 11, 1), 90, tz) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert instant(date(2026, 11, 1), 90, tz, is_end=True) == datetime(
        2026, 11, 1, 6, 30, tzinfo=UTC
    )


def test_a_day_that_never_was_has_no_length() -> None:
    tz = zone("Pacific/Apia")
    day = date(2011, 12, 30)

    assert instant(day, 0, tz) == instant(day, 1440, tz, is_end=True)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "EST5"])
def test_a_name_that_is_no_zone_is_refused_before_any_file_is_read(name: str) -> None:
    with pytest.raises(UnknownZone):
        zone(name)


def test_every_zone_on_offer_can_be_opened() -> None:
    for name in zone_names():
        assert zone(name).key == name


def test_a_date_is_the_one_on_the_calendar_of_the_zone() -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)

    assert local_date(at, zone("Asia/Kathmandu")) == date(2026, 11, 24)
    assert local_date(at, zone("America/New_York")) == date(2026, 11, 23)


@pytest.mark.parametrize(
    "name",
    ["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu", "UTC"],
)
@given(at=st.integers(min_value=1_577_836_800, max_value=2_208_988_800))
def test_instants_are_written_as_isoformat_writes_them(name: str, at: int) -> None:
    tz = zone(name)

    written = [Rfc3339(tz)(second) for second in (at, at - at % 60)]

    assert written == [
        datetime.fromtimestamp(second, tz).isoformat() for second in (at, at - at % 60)
    ]


def test_the_days_on_which_clocks_change_are_written_right_from_minute_to_minute() -> None:
    tz = zone("America/New_York")
    write = Rfc3339(tz)
    november = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())

    written = [write(november + 60 * n) for n in range(2 * 24 * 60)]

    assert written == [
        datetime.fromtimestamp(november + 60 * n, tz).isoformat() for n in range(2 * 24 * 60)
    ]
