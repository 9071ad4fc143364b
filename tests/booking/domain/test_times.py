"""When holds end and when joint decisions leave."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.domain.times import (
    HoldPolicy,
    held_until,
    next_batch,
    proposal_until,
    unverified_until,
)
from practice.domain.wall import zone

POLICY = HoldPolicy(
    unverified_minutes=30,
    single_hours=72,
    joint_hours=168,
    proposal_hours=72,
    soon_days=5,
    soon_hours=24,
)
NOW = datetime(2026, 10, 12, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=30)

ZONES = [
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
]


def test_an_unverified_hold_is_short() -> None:
    assert unverified_until(NOW, POLICY) == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(("people", "hours"), [(1, 72), (2, 168), (5, 168)])
def test_several_people_are_given_longer(people: int, hours: int) -> None:
    found = held_until(NOW, POLICY, people=people, starts_at=LATER, notice_minutes=1440)

    assert found == NOW + timedelta(hours=hours)


def test_a_hold_ends_before_the_notice_begins() -> None:
    soon = NOW + timedelta(hours=40)

    assert held_until(NOW, POLICY, people=2, starts_at=soon, notice_minutes=1440) == (
        NOW + timedelta(hours=16)
    )


@pytest.mark.parametrize(
    ("starts_in", "ends_in"),
    [
        (timedelta(days=30), timedelta(hours=72)),
        (timedelta(days=5), timedelta(hours=72)),
        (timedelta(days=5) - timedelta(minutes=1), timedelta(hours=24)),
        (timedelta(hours=3), timedelta(hours=3)),
    ],
)
def test_a_proposal_for_soon_waits_less(starts_in: timedelta, ends_in: timedelta) -> None:
    assert proposal_until(NOW, POLICY, starts_at=NOW + starts_in) == NOW + ends_in


@given(
    name=st.sampled_from(ZONES),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.sets(st.integers(6 * 60, 1439), min_size=1, max_size=3),
    weekdays=st.sets(st.integers(0, 6), min_size=1),
)
@settings(max_examples=60, deadline=None)
def test_the_next_batch_is_the_first_minute_on_the_wall_that_is_one(
    name: str, now: datetime, minutes: set[int], weekdays: set[int]
) -> None:
    """Minutes from 06:00, where no clock is ever changed."""
    tz = zone(name)
    at = now.replace(second=0, microsecond=0)
    while True:
        at += timedelta(minutes=1)
        wall = at.astimezone(tz)
        if wall.weekday() in weekdays and wall.hour * 60 + wall.minute in minutes and at > now:
            break

    assert next_batch(now, tz, minutes=minutes, weekdays=weekdays) == at


def test_a_batch_in_the_gap_leaves_at_its_end() -> None:
    tz = zone("America/New_York")
    before = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)

    assert next_batch(before, tz, minutes=[150], weekdays=[6]) == datetime(
        2026, 3, 8, 7, 0, tzinfo=UTC
    )


def test_a_batch_that_leaves_now_is_missed() -> None:
    at = datetime(2026, 10, 12, 14, 0, tzinfo=UTC)  # 10:00 on a Monday

    assert next_batch(at, zone("America/New_York"), minutes=[600], weekdays=[0]) == (
        at + timedelta(days=7)
    )


@pytest.mark.parametrize(("minutes", "weekdays"), [([], [0]), ([600], [])])
def test_settings_without_any_batch_time_are_an_error(
    minutes: list[int], weekdays: list[int]
) -> None:
    with pytest.raises(ValueError, match="no time"):
        next_batch(NOW, zone("America/New_York"), minutes=minutes, weekdays=weekdays)


def test_the_practice_decides_on_its_own_calendar() -> None:
    """Sunday evening in New York is Monday in UTC; the batch of Monday is still ahead."""
    sunday = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)

    found = next_batch(sunday, zone("America/New_York"), minutes=[600], weekdays=[0])

    assert found.astimezone(zone("America/New_York")).date() == date(2026, 10, 12)
