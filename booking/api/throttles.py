"""How often somebody may call: per network, per token and per private link.

Counted in the cache, in fixed windows. The count is a courtesy to others, never worth an answer:
while Redis is away nobody is counted, and it is not asked again for a few seconds.
"""

import hmac
import math
import time
from collections.abc import Mapping
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.authentication import get_authorization_header
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from booking.models import Participant
from booking.operations.requests import network_hash
from booking.queries.access import client_address
from practice.models import Practitioner

log = structlog.get_logger(__name__)

_REST_SECONDS = 5.0


class _Counter:
    """Counts calls in the cache; tells nothing while that is away."""

    def __init__(self) -> None:
        self._rests_until = 0.0

    def forget(self) -> None:
        """Ask again at once, whatever was known."""
        self._rests_until = 0.0

    def count(self, key: str, *, seconds: int) -> int | None:
        """The number of calls under this key, this one included."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            # Of two that count at once neither is lost: `add` leaves what is there alone.
            cache.add(key, 0, timeout=seconds + 1)
            return cache.incr(key)
        except ValueError:  # the window ended in between
            return None
        except (RedisError, OSError) as error:
            self._rests_until = time.monotonic() + _REST_SECONDS
            log.warning("calls_not_counted", error=type(error).__name__)
            return None


counter = _Counter()


class _Throttle(SimpleRateThrottle):
    """So many calls in a window of time; no rate in the settings: as many as they like."""

    num_requests: int | None
    duration: int | None

    def get_rate(self) -> str | None:
        rates: Mapping[str, Any] = api_settings.DEFAULT_THROTTLE_RATES
        return rates.get(self.scope or "")

    def allow_request(self, request: Request, view: APIView) -> bool:
        who = self.who(request) if self.rate else None
        if not who or not self.num_requests or not self.duration:
            return True
        now = time.time()
        window = int(now // self.duration)
        self._ends_in = (window + 1) * self.duration - now
        key = f"calls:{self.scope}:{who}:{window}"
        counted = counter.count(key, seconds=self.duration)
        return counted is None or counted <= self.num_requests

    def wait(self) -> float | None:
        return math.ceil(self._ends_in)

    def who(self, request: Request) -> str | None:
        """Whose calls are counted together; never a name, an address or a token in clear."""
        raise NotImplementedError


class NetworkThrottle(_Throttle):
    """Everything from one network. Counted before credentials are looked at."""

    scope = "network"

    def who(self, request: Request) -> str | None:
        found = network_hash(client_address(request.META))
        return found.hex() if found else None


class AskingThrottle(NetworkThrottle):
    """Requests for a session from one network, on top."""

    scope = "asking"


class TokenThrottle(_Throttle):
    """A practitioner's programs, by token; the desk's own pages by who is signed in."""

    scope = "token"

    def who(self, request: Request) -> str | None:
        if not isinstance(request.auth, Practitioner):
            return None
        given = get_authorization_header(request).split()
        return _digest(given[1]) if len(given) > 1 else request.auth.id.hex


class LinkThrottle(_Throttle):
    """One person, by their private link."""

    scope = "link"

    def who(self, request: Request) -> str | None:
        if not isinstance(request.auth, Participant):
            return None
        return _digest(get_authorization_header(request).split()[1])


def _digest(secret: bytes) -> str:
    return hmac.digest(settings.LINK_KEY, b"calls:" + secret, "sha256").hex()[:32]
