"""What a log line never holds."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from config import logs


def _private(_request: HttpRequest, token: str) -> HttpResponse:
    if token == "missing":
        raise Http404
    if token == "broken":
        raise ValueError("duplicate key: (email)=(ann@example.org) already exists")
    return HttpResponse("fine")


urlpatterns = [path("p/<str:token>/", _private)]


@pytest.fixture
def logged(settings: Settings) -> Iterator[io.StringIO]:
    """What production would write.

    The handler is put together by hand: `dictConfig` closes every handler there is, pytest's
    included.
    """
    settings.ROOT_URLCONF = __name__
    formatter = logs.configuration(as_json=True, level="INFO")["formatters"]["structlog"]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter.pop("()")(**formatter))
    handler.addFilter(logs.RouteInsteadOfPath())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("token", ["tok-3f9a", "missing", "broken"])
def test_neither_path_nor_address_is_logged(token: str, logged: io.StringIO) -> None:
    client = Client(raise_request_exception=False, headers={"user-agent": "Canary/1"})
    client.get(f"/p/{token}/?secret=canary", REMOTE_ADDR="203.0.113.7")
    text = logged.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    assert any(line.get("route") == "p/<str:token>/" for line in lines)
    for private in (f"/p/{token}", "canary", "Canary", "203.0.113.7", "ann@example.org"):
        assert private not in text


def test_a_name_with_line_breaks_stays_one_line(logged: io.StringIO) -> None:
    logging.getLogger("attune").info("name: %s", "Ann\r\n\x1b[31mFAKE LINE")
    (line,) = logged.getvalue().splitlines()
    assert json.loads(line)["event"].startswith("name: Ann")
