"""Where a call comes from, as far as proxies can be believed."""

from typing import Any

import pytest
from pytest_django import Settings

from booking.queries.access import client_address


@pytest.mark.parametrize(
    ("trusted", "meta", "found"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.1"}, "192.0.2.1"),
        (0, {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "198.51.100.9"}, "192.0.2.1"),
        (1, {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 192.0.2.1"}, "192.0.2.1"),
        (
            2,
            {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "192.0.2.1, 10.0.0.3"},
            "192.0.2.1",
        ),
        (2, {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, None),
        (1, {"REMOTE_ADDR": "192.0.2.1"}, "192.0.2.1"),
        (1, {"HTTP_X_FORWARDED_FOR": "[2001:db8::1]:443"}, "2001:db8::1"),
        (0, {"REMOTE_ADDR": "2001:db8::1"}, "2001:db8::1"),
        (0, {"REMOTE_ADDR": "192.0.2.1:5000"}, "192.0.2.1"),
        (0, {"REMOTE_ADDR": "nowhere"}, None),
        (0, {}, None),
    ],
)
def test_only_our_own_proxies_are_believed(
    settings: Settings, trusted: int, meta: dict[str, Any], found: str | None
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = trusted

    assert client_address(meta) == found
