"""How often a network may do what costs a stranger a mail."""

import logging

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError

from booking.domain.refusals import TooMany
from booking.operations.issuing import address_hash
from booking.operations.requests import network_hash
from booking.queries.access import client_address

_HOUR = 60 * 60
_PER_ADDRESS = 4
_PER_NETWORK = 30

logger = logging.getLogger(__name__)


def check_mail_rate(request: HttpRequest, address: str) -> None:
    """Count one more wish for a mail to this address, whether or not it is known here.

    Raises `TooMany`. Known and unknown addresses are counted alike, so that the answer does not
    tell them apart. Without Redis nothing is counted: the operations' own limits remain.
    """
    typed = address_hash(address.strip()).hex()
    network = (network_hash(client_address(request.META)) or b"").hex()
    if _count(f"mail:{typed}") > _PER_ADDRESS or _count(f"network:{network}") > _PER_NETWORK:
        raise TooMany


def _count(key: str) -> int:
    try:
        cache.add(key, 0, timeout=_HOUR)
        return cache.incr(key)
    except (RedisError, ValueError):  # ValueError: it expired in between
        logger.warning("mail_rate_not_counted")
        return 0
