"""Answers to what is none of it."""

import pytest
from django.test import Client

from tests.booking.api.caller import Api, assert_problem
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_what_is_not_there_is_a_problem_too(api: Api, office: Office) -> None:
    for path in ("nothing/", "requests/7/", "requests/7/confirm/", "slots/more/"):
        assert_problem(api.get(path), 404, "not_found")


def test_a_method_that_is_not_taken_is_a_problem(api: Api, office: Office) -> None:
    answer = api.post("slots/")

    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "text/html, */*;q=0.1", "application/*"]
)
def test_whoever_takes_anything_is_answered_in_json(api: Api, office: Office, accept: str) -> None:
    answer = api.get("services/", Accept=accept)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


def test_another_format_is_not_acceptable(api: Api, office: Office) -> None:
    assert_problem(api.get("services/", Accept="text/csv"), 406, "not_acceptable")


def test_a_fault_of_ours_says_nothing_about_itself(
    client: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("booking.api.views.services.services_on_offer", broken)

    answer = client.get("/api/v1/services/")

    assert_problem(answer, 500, "internal_error")
    assert b"secret" not in answer.content
