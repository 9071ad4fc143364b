"""Fixtures of these tests."""

import pytest

from booking.models import (
    Cohort,
)
from tests.booking import factories as make
from tests.booking.factories import Office


@pytest.fixture
def office() -> Office:
    return make.make_office()


@pytest.fixture
def cohort(office: Office) -> Cohort:
    return make.published(office)
