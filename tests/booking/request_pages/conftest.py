"""Fixtures of these tests."""

from collections.abc import Iterator

import pytest
import time_machine

from tests.booking.factories import NOW, Office, make_office


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """A quiet Monday."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(clock: None) -> Office:
    office = make_office()
    office.practice.locations = [
        {"country": "US", "region": "NY", "label": "New York, United States"},
        {"country": "GB", "region": "", "label": "United Kingdom"},
    ]
    office.practice.save()
    return office
