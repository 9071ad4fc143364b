"""How often one may call, and that the count is never worth an answer."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from booking.api import throttles
from config.embedded import Valkey
from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, body_of, by_link, span
from tests.booking.factories import Office
from tests.waiting import measured

pytestmark = pytest.mark.django_db


@pytest.fixture
def rates(settings: Settings) -> Iterator[Callable[..., None]]:
    """Set rates for a test, counted under a prefix of its own."""
    own = settings.CACHES["default"] | {"KEY_PREFIX": uuid4().hex}
    settings.CACHES = {"default": own}
    throttles.counter.forget()

    def set_rates(**found: str) -> None:
        settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": found}

    yield set_rates
    throttles.counter.forget()


def test_a_network_that_calls_too_often_is_told_when_to_come_back(
    api: Api, office: Office, rates: Callable[..., None]
) -> None:
    rates(network="2/day")

    answers = [api.get("services/") for _ in range(3)]

    assert [a.status_code for a in answers] == [200, 200, 429]
    assert_problem(answers[2], 429, "too_many")
    assert 0 < int(answers[2]["Retry-After"]) <= 24 * 60 * 60


def test_guessing_credentials_is_counted_too(
    api: Api, office: Office, rates: Callable[..., None]
) -> None:
    rates(network="1/day")

    answers = [api.get("appointments/", span(), Authorization="Bearer guess") for _ in range(2)]

    assert [a.status_code for a in answers] == [401, 429]


def test_asking_has_a_rate_of_its_own(api: Api, office: Office, rates: Callable[..., None]) -> None:
    rates(asking="1/hour")
    body = body_of(office)

    assert api.post("requests/", body).status_code == 201
    assert_problem(api.post("requests/", body), 429, "too_many")
    assert api.get("services/").status_code == 200


def test_each_token_and_each_link_is_counted_by_itself(
    api: Api, office: Office, rates: Callable[..., None]
) -> None:
    rates(token="1/day", link="1/day")
    request = make.verified(office, "couple", now=timezone.now())
    alex, sam = make.people_of(request)
    make.enter(sam, now=timezone.now())
    address = f"requests/{request.id}/"

    for headers in (bearer(office), bearer(office), by_link(alex), by_link(sam)):
        assert api.get(address, **headers).status_code == 200
        assert_problem(api.get(address, **headers), 429, "too_many")


def test_nothing_is_counted_where_no_rate_is_set(
    api: Api, office: Office, rates: Callable[..., None]
) -> None:
    rates()

    assert all(api.get("services/").status_code == 200 for _ in range(20))


def test_a_dead_redis_takes_nothing_down(
    api: Api, office: Office, settings: Settings, rates: Callable[..., None]
) -> None:
    rates(network="1/day")
    dead = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": dead}

    with measured() as wait:
        answers = [api.get("services/").status_code for _ in range(5)]

    assert answers == [200] * 5
    assert wait.seconds < 2


@pytest.fixture
def silent_redis(tmp_path: Path) -> Iterator[str]:
    """A Redis that takes connections and never answers."""
    server = Valkey.start(tmp_path)
    server.process.send_signal(signal.SIGSTOP)
    yield server.url
    server.process.send_signal(signal.SIGCONT)
    server.stop()


def test_a_silent_redis_is_waited_for_once_and_not_again(
    api: Api,
    office: Office,
    settings: Settings,
    rates: Callable[..., None],
    silent_redis: str,
) -> None:
    rates(network="1/day")
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": silent_redis}}

    with measured() as once:
        first = api.get("services/").status_code
    with measured() as afterwards:
        rest = [api.get("services/").status_code for _ in range(5)]

    assert [first, *rest] == [200] * 6
    # Nobody but the database is waited for any more: five times Redis would be four seconds.
    assert once.seconds < 3
    assert afterwards.seconds < 3
