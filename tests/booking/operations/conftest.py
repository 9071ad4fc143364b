"""Fixtures of these tests."""

import pytest

from tests.booking import factories as make
from tests.booking.factories import Office


@pytest.fixture
def office() -> Office:
    return make.make_office()
