"""The practice that most of these tests have, and somebody who asked it for a session."""

import pytest
from django.utils import timezone

from booking.models import Participant
from tests.booking.factories import Office, make_office, requester_of, verified


@pytest.fixture
def office() -> Office:
    """A practice made for one test."""
    return make_office()


@pytest.fixture
def person(office: Office) -> Participant:
    """Whoever asked for a session of their own, and has come in."""
    return requester_of(verified(office, now=timezone.now()))
