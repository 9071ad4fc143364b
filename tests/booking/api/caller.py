"""How a program calls the API, and how its answers are read."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from booking.models import Participant
from booking.operations import links
from tests.booking import factories as make
from tests.booking.factories import Office

CLIENT = "America/Los_Angeles"


class Api:
    """Calls as a program makes them."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, query: dict[str, Any] | None = None, /, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=headers)

    def post(self, path: str, body: Any = None, /, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, /, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, /, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, /, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)

    def call(self, method: str, path: str, body: Any = None, /, **headers: str) -> Any:
        data = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        return self.client.generic(
            method, f"/api/v1/{path}", data, content_type="application/json", headers=headers
        )


def bearer(office: Office) -> dict[str, str]:
    return {"Authorization": f"Bearer {make.api_token(office.practitioner)}"}


def by_link(participant: Participant) -> dict[str, str]:
    link = make.link_of(participant)
    return {"Authorization": f"Link {links.token(link.id)} {links.code(link.id)}"}


def span(days: int = 21, **more: str) -> dict[str, str]:
    today = timezone.now().date()
    return {"from": str(today), "to": str(today + timedelta(days=days - 1)), **more}


def body_of(office: Office, **changes: Any) -> dict[str, Any]:
    """A body with nothing wrong in it, for the first open time of its service."""
    slug = changes.get("service", "individual-50")
    service = office.services.get(slug, office.services["individual-50"])
    body: dict[str, Any] = {
        "relationship_type": "individual",
        "service": slug,
        "times": [make.open_starts(office, service, now=timezone.now())[0].isoformat()],
        "time_zone": CLIENT,
        "modality": "video",
        "location": {"country": "US", "region": "NY"},
        "article": None,
        "requester": {"name": "Alex", "email": make.address(), "pronouns": ""},
        "adult": True,
        "not_emergency": True,
    }
    return body | changes


def person(label: str = "Sam", **changes: Any) -> dict[str, Any]:
    return {
        "label": label,
        "attends": "yes",
        "agreed": True,
        "route": "email",
        "email": make.address(label.lower()),
    } | changes


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"] == f"urn:attune:problem:{code}"
    assert problem["title"]
    return problem


def errors_of(answer: Any) -> set[tuple[str, str]]:
    problem = assert_problem(answer, 422, "invalid")
    assert all(e["message"] for e in problem["errors"])
    return {(e["field"], e["code"]) for e in problem["errors"]}


def in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()
