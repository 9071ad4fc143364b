"""Quiet hours that people choose for themselves: over midnight, by day, or none."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.quiet import (
    LEAST_NOTICE,
    Quiet,
    evening,
    evening_before,
    is_quiet,
    morning,
    next_morning,
    reminder_at,
)

LONDON = ZoneInfo("Europe/London")
ZONES = [LONDON, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]
NIGHT = Quiet(22 * 60, 6 * 60)
DAY = Quiet(8 * 60, 16 * 60)
NEVER = Quiet(0, 0)

# As long as people may choose them, in steps of half an hour.
windows = st.builds(
    lambda begin, length: Quiet(begin * 30, (begin * 30 + length * 30) % 1440),
    st.integers(0, 47),
    st.integers(0, 32),
)
moments = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001  (the zone comes from `timezones`)
    max_value=datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def clock(hour: int, minute: int = 0, *, day: int = 3) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "at", "is_so"),
    [
        (NIGHT, clock(21, 59), False),
        (NIGHT, clock(22), True),
        (NIGHT, clock(5, 59), True),
        (NIGHT, clock(6), False),
        (DAY, clock(7, 59), False),
        (DAY, clock(8), True),
        (DAY, clock(15, 59), True),
        (DAY, clock(16), False),
        (NEVER, clock(0), False),
        (NEVER, clock(12), False),
    ],
)
def test_quiet_hours_are_half_open(quiet: Quiet, at: datetime, is_so: bool) -> None:
    assert is_quiet(at, LONDON, quiet) is is_so


@pytest.mark.parametrize(
    ("quiet", "at", "sent"),
    [
        (NIGHT, clock(23), clock(6, day=4)),
        (NIGHT, clock(1), clock(6)),
        (DAY, clock(9), clock(16)),
        (DAY, clock(20), clock(20)),
        (NEVER, clock(3), clock(3)),
    ],
)
def test_what_can_wait_leaves_when_they_end(quiet: Quiet, at: datetime, sent: datetime) -> None:
    assert morning(at, LONDON, quiet) == sent


@pytest.mark.parametrize(
    ("quiet", "at", "sent"),
    [
        (NIGHT, clock(23), clock(21, 30)),
        (NIGHT, clock(1), clock(21, 30, day=2)),
        (DAY, clock(9), clock(7, 30)),
        (Quiet(0, 8 * 60), clock(3), clock(23, 30, day=2)),
        (NEVER, clock(3), clock(3)),
    ],
)
def test_a_reminder_leaves_half_an_hour_before_they_begin(
    quiet: Quiet, at: datetime, sent: datetime
) -> None:
    assert evening(at, LONDON, quiet) == sent


def test_the_day_before_at_six_is_six_on_their_clock_whatever_the_clocks_do() -> None:
    # The clocks go forward in the night before this session.
    starts_at = datetime(2026, 3, 29, 9, 0, tzinfo=UTC)
    assert evening_before(starts_at, LONDON) == datetime(2026, 3, 28, 18, 0, tzinfo=UTC)
    new_york = ZoneInfo("America/New_York")
    assert evening_before(starts_at, new_york) == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


def test_the_day_before_at_six_moves_out_of_quiet_hours_too() -> None:
    early = Quiet(17 * 60, 5 * 60)
    assert evening_before(clock(12, day=4), LONDON, early) == clock(16, 30)


@given(at=moments, zone=st.sampled_from(ZONES), quiet=windows)
def test_nothing_that_can_wait_is_sent_in_quiet_hours(
    at: datetime, zone: ZoneInfo, quiet: Quiet
) -> None:
    later, earlier, after = (f(at, zone, quiet) for f in (morning, evening, next_morning))
    assert not is_quiet(later, zone, quiet)
    assert not is_quiet(earlier, zone, quiet)
    assert earlier <= at <= later
    assert at < after <= at + timedelta(hours=26)


@given(start=moments, zone=st.sampled_from(ZONES), quiet=windows)
def test_the_last_reminder_is_never_before_seven_and_leaves_time_to_set_out(
    start: datetime, zone: ZoneInfo, quiet: Quiet
) -> None:
    due = reminder_at(start, timedelta(hours=2), zone, quiet)
    if due is not None:
        assert due.astimezone(zone).hour >= 7
        assert start - due >= LEAST_NOTICE
