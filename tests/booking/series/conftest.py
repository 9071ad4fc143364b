"""Fixtures of these tests."""

import pytest

from practice.models import WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import Office


@pytest.fixture
def office() -> Office:
    office = make.make_office()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner=office.practitioner,
            weekday=weekday,
            opens_minute=18 * 60,
            closes_minute=21 * 60,
        )
        for weekday in range(5)
    )
    return office
