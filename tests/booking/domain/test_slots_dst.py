"""Slots on the days when clocks change, written out by hand; the oracle has every other day."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from booking.domain.slots import (
    AtMost,
    Calendar,
    DatedWindow,
    Interval,
    Rules,
    Taken,
    WeeklyWindow,
    open_slots,
)
from practice.domain.wall import zone

LONG_AGO = datetime(2010, 1, 1, tzinfo=UTC)
HALF_HOURS = Rules(duration_minutes=30, step_minutes=30)
HOURS = Rules(duration_minutes=60, step_minutes=60)
_CLAIM = UUID(int=1)


def slots_of(
    name: str, day: date, opens: str, closes: str, rules: Rules = HALF_HOURS
) -> list[datetime]:
    """The starts of one window on one date."""
    weekly = WeeklyWindow(day.weekday(), minute(opens), minute(closes))
    return open_slots(
        Calendar(zone(name), [weekly]), rules, first=day, end=day + timedelta(days=1), now=LONG_AGO
    )


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def utc(day: date, *clocks: str) -> list[datetime]:
    """Instants of a UTC date; a clock past 24:00 is the next day's."""
    midnight = datetime.combine(day, time(), UTC)
    return [midnight + timedelta(minutes=minute(clock)) for clock in clocks]


SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)  # New York


def test_a_window_across_the_gap_loses_the_hour_that_is_not_there() -> None:
    found = slots_of("America/New_York", SPRING, "01:00", "04:00", HOURS)

    # 01:00 EST and 03:00 EDT follow each other.
    assert found == utc(SPRING, "6:00", "7:00")


def test_a_session_across_the_gap_lasts_as_long_as_any_other() -> None:
    rules = Rules(duration_minutes=90, step_minutes=30)

    found = slots_of("America/New_York", SPRING, "01:00", "04:00", rules)

    # From 01:30 EST it ends at 04:00 EDT: an hour and a half.
    assert found == utc(SPRING, "6:00", "6:30")


def test_a_window_across_the_fold_has_the_hour_that_comes_twice_twice() -> None:
    found = slots_of("America/New_York", AUTUMN, "00:00", "03:00", HOURS)

    # 00:00 EDT, 01:00 EDT, 01:00 EST, 02:00 EST.
    assert found == utc(AUTUMN, "4:00", "5:00", "6:00", "7:00")


def test_a_window_that_begins_in_the_hour_that_comes_twice_begins_in_its_first_pass() -> None:
    found = slots_of("America/New_York", AUTUMN, "01:30", "02:00", HALF_HOURS)

    # 01:30 EDT; then all of 01:00 to 02:00 EST.
    assert found == utc(AUTUMN, "5:30", "6:00", "6:30")


def test_a_window_that_ends_in_the_hour_that_comes_twice_ends_in_its_second_pass() -> None:
    found = slots_of("America/New_York", AUTUMN, "00:30", "01:30", HALF_HOURS)

    assert found == utc(AUTUMN, "4:30", "5:00", "5:30", "6:00")


@pytest.mark.parametrize(
    ("opens", "closes", "expected"),
    [
        ("02:30", "04:00", ["7:00", "7:30"]),  # opens in the gap: at its end, 03:00 EDT
        ("01:00", "02:30", ["6:00", "6:30"]),  # closes in the gap: at its end as well
        ("02:00", "03:00", []),  # is the gap
        ("02:15", "02:45", []),  # lies inside the gap
        ("02:59", "03:30", ["7:00"]),
    ],
)
def test_an_edge_inside_the_gap_moves_to_its_end(
    opens: str, closes: str, expected: Sequence[str]
) -> None:
    assert slots_of("America/New_York", SPRING, opens, closes) == utc(SPRING, *expected)


def test_a_dated_window_and_a_day_off_know_the_gap_too() -> None:
    tz = zone("America/New_York")
    calendar = Calendar(
        tz,
        [WeeklyWindow(6, 540, 600)],
        [DatedWindow(SPRING, minute("02:30"), minute("05:00"))],
        [Interval(*utc(SPRING, "7:30", "8:00"))],  # 03:30 to 04:00 EDT
    )

    found = open_slots(
        calendar, HALF_HOURS, first=SPRING, end=SPRING + timedelta(days=1), now=LONG_AGO
    )

    assert found == utc(SPRING, "7:00", "8:00", "8:30")


def test_the_grid_counts_elapsed_minutes_from_the_opening() -> None:
    rules = Rules(duration_minutes=30, step_minutes=45)

    found = slots_of("America/New_York", SPRING, "01:00", "05:00", rules)

    # 01:00 and 01:45 EST, then 03:30 EDT: 45 minutes later, wherever the clock stands.
    assert found == utc(SPRING, "6:00", "6:45", "7:30", "8:15")


def test_lord_howe_loses_half_an_hour() -> None:
    day = date(2026, 10, 4)  # 02:00 (+10:30) becomes 02:30 (+11)

    found = slots_of("Australia/Lord_Howe", day, "01:00", "04:00")

    # 01:00 at +10:30 is 14:30 the UTC day before; five half hours until 04:00 at +11.
    assert found == utc(day - timedelta(days=1), "14:30", "15:00", "15:30", "16:00", "16:30")


def test_lord_howe_has_half_an_hour_twice() -> None:
    day = date(2026, 4, 5)  # 02:00 (+11) becomes 01:30 (+10:30)

    found = slots_of("Australia/Lord_Howe", day, "01:00", "02:00")

    assert found == utc(day - timedelta(days=1), "14:00", "14:30", "15:00")


def test_lord_howes_gap_swallows_a_rule_of_half_an_hour() -> None:
    assert slots_of("Australia/Lord_Howe", date(2026, 10, 4), "02:00", "02:30") == []


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 2, 14), ["0:00", "1:00", "2:00"]),  # +01
        (date(2026, 2, 15), ["0:00", "1:00", "2:00", "3:00"]),  # 03:00 becomes 02:00: Ramadan
        (date(2026, 2, 16), ["1:00", "2:00", "3:00"]),  # +00
        (date(2026, 3, 22), ["1:00", "2:00"]),  # 02:00 becomes 03:00: Ramadan is over
        (date(2026, 3, 23), ["0:00", "1:00", "2:00"]),
    ],
)
def test_casablanca_goes_back_for_ramadan_and_forward_after_it(
    day: date, expected: Sequence[str]
) -> None:
    assert slots_of("Africa/Casablanca", day, "01:00", "04:00", HOURS) == utc(day, *expected)


def test_apia_had_no_30_december_2011() -> None:
    calendar = Calendar(zone("Pacific/Apia"), [WeeklyWindow(d, 540, 660) for d in range(7)])

    found = open_slots(
        calendar, HOURS, first=date(2011, 12, 29), end=date(2012, 1, 1), now=LONG_AGO
    )

    # 09:00 and 10:00 on the 29th at -10, and on the 31st at +14: 24 hours later.
    assert found == [
        *utc(date(2011, 12, 29), "19:00", "20:00"),
        *utc(date(2011, 12, 30), "19:00", "20:00"),
    ]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_kathmandu_is_a_quarter_to_all_year(day: date) -> None:
    found = slots_of("Asia/Kathmandu", day, "09:00", "12:00", HOURS)

    assert found == utc(day, "3:15", "4:15", "5:15")


@pytest.mark.parametrize(
    ("day", "new_york", "london"),
    [
        (date(2026, 3, 2), "14:00", "19:00"),  # both in winter
        (date(2026, 3, 9), "14:00", "18:00"),  # New York has changed, London has not
        (date(2026, 3, 30), "14:00", "19:00"),  # both have
        (date(2026, 10, 19), "14:00", "19:00"),
        (date(2026, 10, 26), "14:00", "18:00"),  # London has changed, New York has not
        (date(2026, 11, 2), "14:00", "19:00"),
    ],
)
def test_the_practitioners_wall_decides_where_a_client_changes_clocks_in_another_week(
    day: date, new_york: str, london: str
) -> None:
    [found] = slots_of("America/New_York", day, new_york, "15:00", HOURS)

    assert f"{found.astimezone(zone('America/New_York')):%H:%M}" == new_york
    assert f"{found.astimezone(zone('Europe/London')):%H:%M}" == london


def test_notice_and_horizon_are_elapsed_time_and_not_wall_time() -> None:
    """From 12:00 the day before, 24 hours end at 13:00 of the day that lost one."""
    noon_before = datetime(2026, 3, 7, 17, 0, tzinfo=UTC)
    calendar = Calendar(zone("America/New_York"), [WeeklyWindow(6, 600, 900)])

    def found(rules: Rules) -> list[datetime]:
        return open_slots(
            calendar,
            rules,
            first=SPRING,
            end=SPRING + timedelta(days=1),
            now=noon_before,
        )

    # The hours are 10:00 to 15:00 EDT, 14:00 to 19:00 UTC.
    assert found(replace(HOURS, notice_minutes=24 * 60)) == utc(SPRING, "17:00", "18:00")
    assert found(replace(HOURS, horizon_days=1)) == utc(SPRING, "14:00", "15:00", "16:00", "17:00")


def test_buffers_are_elapsed_time_across_the_fold() -> None:
    ends_at_second_one = utc(AUTUMN, "6:00")[0]  # 01:00 EST
    busy = Taken(
        ends_at_second_one - timedelta(hours=1),
        ends_at_second_one,
        ends_at_second_one - timedelta(hours=1),
        claim=_CLAIM,
        counts=False,
    )
    calendar = Calendar(
        zone("America/New_York"), [WeeklyWindow(6, minute("00:00"), minute("03:00"))], taken=[busy]
    )
    rules = Rules(duration_minutes=30, before_minutes=30, step_minutes=30)

    found = open_slots(calendar, rules, first=AUTUMN, end=AUTUMN + timedelta(days=1), now=LONG_AGO)

    assert found == utc(AUTUMN, "4:00", "4:30", "6:30", "7:00", "7:30")


def test_caps_and_energy_count_the_days_of_the_practitioners_wall() -> None:
    """23:30 of the last summer day in New York is the 1st in UTC, and counts for the 31st."""
    late = utc(AUTUMN, "3:30")[0]
    taken = Taken(late, late + timedelta(minutes=30), late, _CLAIM, True, "couple")
    calendar = Calendar(
        zone("America/New_York"),
        [WeeklyWindow(5, 540, 600), WeeklyWindow(6, 540, 600)],
        taken=[taken],
        energy=[AtMost("couple", 1)],
    )

    def days(rules: Rules) -> set[date]:
        found = open_slots(
            calendar, rules, first=date(2026, 10, 31), end=date(2026, 11, 2), now=LONG_AGO
        )
        return {start.astimezone(calendar.zone).date() for start in found}

    assert days(Rules(duration_minutes=30, day_cap=1)) == {AUTUMN}
    assert days(Rules(duration_minutes=30, relationship_type="couple")) == {AUTUMN}
