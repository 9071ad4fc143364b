"""What most tests of messages begin with."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller
from django.test import Client
from pytest_django import Settings

from booking.models import Appointment
from config.embedded import free_port
from practice.models import User
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.conftest import PATIENCE
from tests.notifications.door import Door, at_the_door
from tests.notifications.grumpy import Grumpy
from tests.notifications.helpers import booked, plan_all
from tests.notifications.incoming import AUTHSERV


@pytest.fixture
def office() -> Office:
    """A practice made for one test."""
    return factories.make_office()


@pytest.fixture
def desk(office: Office) -> Client:
    """A browser in which the practitioner has signed in."""
    client = Client()
    client.force_login(User.objects.get())
    return client


@pytest.fixture
def door(settings: Settings) -> Iterator[Door]:
    """The mail server that everything is sent to, and that may refuse it."""
    with at_the_door(settings) as server:
        yield server


@pytest.fixture
def inbound(settings: Settings) -> None:
    """Mail that comes in is read, and believed where our own server vouches for it."""
    settings.INBOUND_ADDRESS = "calendar@office.example"
    settings.TRUSTED_AUTHSERV_ID = AUTHSERV


@pytest.fixture
def appointment(office: Office) -> Appointment:
    """Booked on one of the last open days, and planned: calendar programs can answer."""
    found = booked(
        office, times=factories.open_starts(office, office.services["individual-50"])[-9:-8]
    )
    plan_all(NOW)
    return found


@pytest.fixture
def grumpy(settings: Settings) -> Iterator[Grumpy]:
    """The mail server that everything is sent to, and that answers as a test tells it."""
    handler = Grumpy()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.MAILERS = {
        "default": {"OPTIONS": {"host": "127.0.0.1", "port": controller.port, "timeout": PATIENCE}}
    }
    yield handler
    controller.stop()
