"""Fixtures of these tests."""

from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache

from tests.booking.factories import NOW, Office, make_office


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Monday."""
    cache.clear()  # what was counted for the rate of mails
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(clock: None) -> Office:
    return make_office()
