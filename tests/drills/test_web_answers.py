"""The web server answers throughout: what it can, and otherwise that it cannot now."""

import json
import signal
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.message import Message

import pytest

from tests.booking import factories
from tests.conftest import Site
from tests.drills.database import Restartable
from tests.drills.visitors import Visitors, visitors

#: Longer than anybody waits for a connection, and much shorter than for ever.
BOUND = 20.0


def database_away(
    web: Site, postgres: Restartable, *, how: signal.Signals, seconds: float
) -> tuple[Visitors, float]:
    """It stops for so long while people look; they, and when it was back."""
    factories.make_office()
    with visitors(web.url) as people:
        time.sleep(1)
        postgres.stop(how)
        time.sleep(seconds)
        postgres.start()
        back_at = time.monotonic()
        _until_answered(people, back_at)
        time.sleep(1)
    return people, back_at


def _until_answered(people: Visitors, moment: float) -> None:
    deadline = time.monotonic() + 2 * BOUND
    while not any(answer.status == 200 for answer in people.since(moment)):
        assert time.monotonic() < deadline, "the database is back, and nobody is answered"
        time.sleep(0.05)


def recovery(people: Visitors, back_at: float) -> float:
    """How many seconds after it was back the last person was sent away."""
    refused = [a.asked_at + a.seconds - back_at for a in people.answers if a.status != 200]
    return max([0.0, *refused])


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        pytest.param(signal.SIGINT, 2, id="fast"),
        pytest.param(signal.SIGQUIT, 2, id="immediate", marks=pytest.mark.drill),
        pytest.param(signal.SIGINT, 30, id="away for half a minute", marks=pytest.mark.drill),
    ],
)
def test_while_the_database_restarts_the_site_answers_or_says_that_it_cannot(
    web: Site,
    postgres: Restartable,
    how: signal.Signals,
    seconds: float,
    capsys: pytest.CaptureFixture[str],
) -> None:
    people, back_at = database_away(web, postgres, how=how, seconds=seconds)

    with capsys.disabled():
        print(f"\n{people}; sent away until {recovery(people, back_at):.2f} s after")  # noqa: T201
    assert people.statuses <= {200, 503}
    assert people.worst < BOUND
    assert recovery(people, back_at) < BOUND


def test_without_a_database_pages_and_api_and_checks_say_so(
    web: Site, postgres: Restartable
) -> None:
    factories.make_office()
    postgres.stop(signal.SIGINT)
    try:
        addresses = ["/", "/api/v1/services/", "/healthz/ready", "/healthz/messages"]
        with ThreadPoolExecutor() as together:
            found = list(together.map(_answer, [f"{web.url}{address}" for address in addresses]))
        live = urllib.request.urlopen(f"{web.url}/healthz/live", timeout=BOUND).status
    finally:
        postgres.start()

    (page, page_headers), (problem, problem_headers), (ready, _), (messages, _) = found
    assert "We will be back in a moment" in page
    assert json.loads(problem)["code"] == "try_again"
    assert page_headers["Retry-After"] == problem_headers["Retry-After"] == "5"
    assert json.loads(ready) == {
        "status": "unavailable",
        "database": "unavailable",
        "redis": "ok",
        "migrations": "unavailable",
    }
    assert json.loads(messages) == {"status": "unavailable"}
    assert live == 200


def _answer(url: str) -> tuple[str, Message]:
    """The body and headers of an answer that must be a 503."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url, timeout=2 * BOUND)
    with refused.value as answer:
        assert answer.code == 503
        return answer.read().decode(), answer.headers
