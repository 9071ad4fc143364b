"""The practice that most of these tests have, its desk, and people who asked it for a session."""

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Participant
from tests.booking.factories import (
    Office,
    enter,
    join,
    make_office,
    people_of,
    requester_of,
    verified,
)
from tests.intake.people import begin


@pytest.fixture
def office() -> Office:
    """A practice made for one test."""
    return make_office()


@pytest.fixture
def person(office: Office) -> Participant:
    """Whoever asked for a session of their own, and has come in."""
    return requester_of(verified(office, now=timezone.now()))


@pytest.fixture
def one(office: Office) -> Participant:
    """One of two people who have both joined, with the agreements signed."""
    now = timezone.now()
    request = verified(office, "couple", now=now)
    person, other = people_of(request)
    enter(other, now=now)
    join(other, accepts=True, now=now)
    begin(person)
    return Participant.objects.get(pk=person.pk)


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    """A browser in which the practitioner has signed in."""
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    return client
