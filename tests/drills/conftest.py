"""What every drill has: the mail server to torment, and the environment of real workers."""

import signal
from collections.abc import Iterator

import pytest
import redis
from pytest_django import Settings

from config.embedded import Postgres, Servers
from tests.conftest import Site
from tests.drills.database import Restartable
from tests.drills.ground import Stub
from tests.drills.visitors import serving


@pytest.fixture
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """For processes that work on the test database."""
    found: dict[str, str] = request.getfixturevalue("_site_environment")
    return found


@pytest.fixture
def stub(settings: Settings, servers: Servers, transactional_db: None) -> Iterator[Stub]:
    """A mail server of our own, for this process too. What earlier tests rang for is forgotten."""
    redis.Redis.from_url(servers.redis_url).flushall()
    server = Stub()
    server.start()
    server.adopt(settings)
    yield server
    server.stop()


@pytest.fixture
def postgres(servers: Servers, transactional_db: None) -> Iterator[Restartable]:
    """The tests' own PostgreSQL, which waits for the disk as long as it is tormented."""
    ours = [server for server in servers._running if isinstance(server, Postgres)]
    if not ours:
        pytest.skip("DATABASE_URL names somebody else's server")
    server = Restartable(ours[0])
    server.restart(signal.SIGINT, synchronous_commit="on")
    yield server
    server.restart(signal.SIGINT, synchronous_commit="off")


@pytest.fixture
def web(environment: dict[str, str]) -> Iterator[Site]:
    """A web server of its own."""
    with serving(environment) as site:
        yield site
