"""Slots by the days of whoever reads them, in weeks in which one of the two changes clocks."""

from datetime import UTC, date, datetime, timedelta

import pytest

from booking.queries import calendar
from practice.domain.wall import local_date, zone
from practice.models import HoursOverride, WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

LONG_BEFORE = datetime(2026, 2, 1, tzinfo=UTC)
READERS = (
    "Europe/London",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/New_York",
)
#: The Mondays of weeks in which New York, London, Lord Howe or Casablanca change their clocks.
WEEKS = (
    date(2026, 2, 9),
    date(2026, 3, 2),
    date(2026, 3, 16),
    date(2026, 3, 23),
    date(2026, 3, 30),
    date(2026, 9, 28),
    date(2026, 10, 19),
    date(2026, 10, 26),
)
WEEK = timedelta(days=7)


@pytest.fixture
def office() -> Office:
    """Open day and night, a slot every hour: every instant of a reader's day can be one."""
    office = make.make_office()
    WeeklyHours.objects.all().delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner=office.practitioner, weekday=day, opens_minute=0, closes_minute=1440
        )
        for day in range(7)
    )
    office.services["individual-50"].step_minutes = 60
    office.services["individual-50"].horizon_days = 365
    office.services["individual-50"].save()
    return office


@pytest.mark.parametrize("reader", READERS)
def test_a_readers_days_have_exactly_the_starts_of_those_days(office: Office, reader: str) -> None:
    offer = calendar.bookable(office.practitioner, office.services["individual-50"])
    tz = zone(reader)

    for monday in WEEKS:
        days = [monday + timedelta(days=n) for n in range(7)]
        around = calendar.open_slots(
            offer, first=monday - WEEK, end=monday + 2 * WEEK, now=LONG_BEFORE
        )

        found = {
            day: calendar.open_slots(
                offer, first=day, end=day + timedelta(days=1), now=LONG_BEFORE, viewer_zone=tz
            )
            for day in days
        }

        assert found == {day: [s for s in around if local_date(s, tz) == day] for day in days}


@pytest.mark.parametrize(
    ("day", "clock"),
    [
        (date(2026, 3, 3), "14:00"),
        (date(2026, 3, 10), "13:00"),  # New York has changed, London has not
        (date(2026, 3, 31), "14:00"),
        (date(2026, 10, 27), "13:00"),  # London has changed, New York has not
        (date(2026, 11, 3), "14:00"),
    ],
)
def test_nine_in_new_york_is_another_hour_in_london_for_some_weeks_of_the_year(
    office: Office, day: date, clock: str
) -> None:
    HoursOverride.objects.create(
        practitioner=office.practitioner, date=day, opens_minute=540, closes_minute=600
    )
    tz = zone("Europe/London")
    HoursOverride.objects.bulk_create(
        HoursOverride(practitioner=office.practitioner, date=day + timedelta(days=n))
        for n in (-1, 1)
    )

    found = calendar.search(
        "individual-50",
        "morgan",
        first=day,
        end=day + timedelta(days=1),
        now=LONG_BEFORE,
        viewer_zone=tz,
    )

    assert found is not None
    assert [f"{start.astimezone(tz):%H:%M}" for start in found[1]] == [clock]
