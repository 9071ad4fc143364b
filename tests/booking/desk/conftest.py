"""Fixtures of these tests."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.test import Client

from tests.booking import factories
from tests.booking.desk.at_the_desk import sign_in
from tests.booking.factories import Office


@pytest.fixture
def now() -> Iterator[datetime]:
    """A quiet Monday morning in New York, on this process's clock."""
    with time_machine.travel(factories.NOW, tick=False):
        yield factories.NOW


@pytest.fixture
def office(now: datetime) -> Office:
    return factories.make_office()


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    """A browser in which the practitioner has signed in."""
    sign_in(client, office)
    return client
