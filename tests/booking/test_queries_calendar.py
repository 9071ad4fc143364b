"""Slots by the days of whoever reads them, in weeks in which one of the two changes clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from booking.domain.slots import is_open
from booking.queries import calendar
from practice.domain.wall import local_date, zone
from practice.models import HoursOverride, WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

LONG_BEFORE = datetime(2026, 2, 1, tzinfo=UTC)
READERS = (
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
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
    starts = [datetime.fromtimestamp(at, tz) for at in found[1]]
    assert [f"{start:%H:%M}" for start in starts] == [clock]


# --- Where clocks go back over midnight -----------------------------------------------------------


def test_hours_that_reach_over_midnight_are_closed_with_the_day_they_belong_to() -> None:
    """In Havana the hour from midnight to one comes twice on 1 November 2026."""
    office = make.make_office(time_zone="America/Havana")
    WeeklyHours.objects.all().delete()
    WeeklyHours.objects.create(
        practitioner=office.practitioner, weekday=5, opens_minute=22 * 60, closes_minute=1440
    )
    service = office.services["individual-50"]
    service.step_minutes, service.horizon_days = 30, 365
    service.save()
    offer = calendar.bookable(office.practitioner, service)
    late = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # 00:00 of Sunday, before the hour comes again
    sunday = {"first": date(2026, 11, 1), "end": date(2026, 11, 2)}

    before = calendar.calendar(offer, **sunday, now=LONG_BEFORE)
    HoursOverride.objects.create(practitioner=office.practitioner, date=date(2026, 10, 31))
    closed = calendar.calendar(offer, **sunday, now=LONG_BEFORE)

    assert is_open(before, offer.rules, late, now=LONG_BEFORE)
    assert not is_open(closed, offer.rules, late, now=LONG_BEFORE)


def test_hours_of_one_date_that_reach_over_midnight_are_open() -> None:
    office = make.make_office(time_zone="America/Havana")
    WeeklyHours.objects.all().delete()
    HoursOverride.objects.create(
        practitioner=office.practitioner,
        date=date(2026, 10, 31),
        opens_minute=22 * 60,
        closes_minute=1440,
    )
    service = office.services["individual-50"]
    service.step_minutes, service.horizon_days = 30, 365
    service.save()
    offer = calendar.bookable(office.practitioner, service)
    late = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)

    facts = calendar.calendar(
        offer, first=date(2026, 11, 1), end=date(2026, 11, 2), now=LONG_BEFORE
    )

    assert is_open(facts, offer.rules, late, now=LONG_BEFORE)


@pytest.mark.parametrize(
    ("own", "reader"),
    [("Pacific/Pago_Pago", "Pacific/Kiritimati"), ("Pacific/Kiritimati", "Pacific/Pago_Pago")],
)
def test_clocks_more_than_a_day_apart_miss_no_hour_of_a_day(
    office: Office, own: str, reader: str
) -> None:
    office.practitioner.time_zone = own
    office.practitioner.save()
    service = office.services["individual-50"]
    offer = calendar.bookable(office.practitioner, service)
    tz = zone(reader)
    day = date(2026, 3, 18)

    found = calendar.open_slots(
        offer, first=day, end=day + timedelta(days=1), now=LONG_BEFORE, viewer_zone=tz
    )
    searched = calendar.search(
        service.slug,
        None,
        first=day,
        end=day + timedelta(days=1),
        now=LONG_BEFORE,
        viewer_zone=tz,
    )

    assert [s.astimezone(tz).hour for s in found] == list(range(24))
    assert {s.astimezone(tz).date() for s in found} == {day}
    assert searched is not None
    assert searched[1] == [s.timestamp() for s in found]


def test_hours_of_the_next_day_that_are_others_for_once_end_a_session_before_midnight(
    office: Office,
) -> None:
    """A search of one day knows what stands after its midnight."""
    day = date(2026, 3, 17)
    offer = calendar.bookable(office.practitioner, office.services["individual-50"])
    offer = replace(offer, rules=replace(offer.rules, duration_minutes=80))

    def last() -> str:
        found = calendar.open_slots(offer, first=day, end=day + timedelta(days=1), now=LONG_BEFORE)
        return f"{found[-1].astimezone(offer.zone):%H:%M}"

    assert last() == "23:00"
    HoursOverride.objects.create(
        practitioner=office.practitioner, date=day + timedelta(days=1), opens_minute=None
    )
    assert last() == "22:00"
