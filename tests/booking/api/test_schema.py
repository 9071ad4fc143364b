"""The schema: valid, complete, and its examples true to it."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from jsonschema import Draft202012Validator

from booking.api.problems import CONTENT_TYPE, TITLES
from booking.domain import refusals
from booking.domain.refusals import Refusal
from booking.domain.states import Outward

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"


@pytest.fixture(scope="module")
def schema() -> Any:
    """As it is served."""
    call_command("spectacular", "--format", "openapi-json", stdout=(out := StringIO()))
    return json.loads(out.getvalue())


def operations(schema: Any) -> Iterator[tuple[str, Any]]:
    """Every operation with its name."""
    for address, item in schema["paths"].items():
        for method in _METHODS:
            if method in item:
                yield f"{method.upper()} {address}", item[method]


def bodies(operation: Any) -> Iterator[tuple[str, Any]]:
    """Every body of an operation, sent or answered, with what it is called."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"request {kind}", content
    for status, answer in operation["responses"].items():
        for kind, content in answer.get("content", {}).items():
            yield f"{status} {kind}", content


def test_the_schema_is_openapi_3_1_without_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "schema.yaml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))

    assert file.read_text().startswith("openapi: 3.1")


def test_every_operation_has_examples_of_what_is_sent_and_answered(schema: Any) -> None:
    missing = [
        f"{name}: {body}"
        for name, operation in operations(schema)
        for body, content in bodies(operation)
        if CONTENT_TYPE not in body and body[0] in "r2" and not content.get("examples")
    ]

    # A second success (202, "with the next batch") may do with the example of another operation.
    assert missing == []


def test_every_example_is_true_to_its_schema(schema: Any) -> None:
    wrong = [
        f"{name}, {body}, {example}: {error.message}"
        for name, operation in operations(schema)
        for body, content in bodies(operation)
        for example, shown in content.get("examples", {}).items()
        for error in Draft202012Validator(
            {**content["schema"], "components": schema["components"]}
        ).iter_errors(shown["value"])
    ]

    assert wrong == []


def test_every_operation_says_how_it_refuses(schema: Any) -> None:
    for name, operation in operations(schema):
        answers = operation["responses"].items()
        refused = {status for status, a in answers if CONTENT_TYPE in a.get("content", {})}
        assert {"429", "503"} <= refused, name


def test_what_a_passcode_guards_says_so(schema: Any) -> None:
    guarded = {
        operation["operationId"]
        for _name, operation in operations(schema)
        if any(
            shown["value"]["code"] == "passcode_needed"
            for shown in operation["responses"]
            .get("403", {})
            .get("content", {})
            .get(CONTENT_TYPE, {})
            .get("examples", {})
            .values()
        )
    }

    assert guarded == {
        "request_answer",
        "request_ballot",
        "request_seat",
        "request_seat_leave",
        "request_stop",
        "request_times",
        "request_vote",
        "request_waitlist",
        "request_waitlist_join",
        "request_waitlist_leave",
        "request_withdraw",
    }


def test_whoever_answers_times_takes_the_zone_to_write_them_in(schema: Any) -> None:
    for name, operation in operations(schema):
        if "date-time" not in str(written_by(schema, operation)):
            continue
        names = {p["name"] for p in operation["parameters"]}
        assert "time_zone" in names, name


def written_by(schema: Any, operation: Any) -> Any:
    """The shape of what is answered, with everything that it refers to."""
    found = [
        content["schema"] for body, content in bodies(operation) if body[0] == "2" and _JSON in body
    ]
    return [resolved(schema, shape) for shape in found]


def resolved(schema: Any, shape: Any) -> Any:
    if isinstance(shape, dict):
        if "$ref" in shape:
            return resolved(schema, schema["components"]["schemas"][shape["$ref"].split("/")[-1]])
        return {key: resolved(schema, inner) for key, inner in shape.items()}
    return [resolved(schema, inner) for inner in shape] if isinstance(shape, list) else shape


def test_every_list_that_can_grow_comes_in_pages(schema: Any) -> None:
    in_pages = {
        operation["operationId"]
        for _name, operation in operations(schema)
        if {"limit", "cursor"} <= {p["name"] for p in operation.get("parameters", [])}
    }

    assert in_pages == {
        "services",
        "requests",
        "appointments",
        "late_wishes",
        "cohorts",
        "cohorts_own",
        "waitlist",
        "availability_services",
    }


def test_every_refusal_has_a_title() -> None:
    named = {
        kind.code
        for kind in vars(refusals).values()
        if isinstance(kind, type) and issubclass(kind, Refusal) and kind is not Refusal
    }

    # Somebody without a part in it learns what somebody learns who asks for what is not there.
    assert named - set(TITLES) == set()


def test_words_for_outside_are_four() -> None:
    assert {o.value for o in Outward} == {"in_progress", "time_to_confirm", "booked", "closed"}
