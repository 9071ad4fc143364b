"""What every test of the API starts from."""

import pytest
from django.test import Client

from tests.booking import factories as make
from tests.booking.api.caller import Api
from tests.booking.factories import Office


@pytest.fixture
def office() -> Office:
    return make.make_office()


@pytest.fixture
def api(client: Client) -> Api:
    return Api(client)
