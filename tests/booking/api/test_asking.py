"""Asking for a session."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import PrivateLink, Request
from tests.booking import factories as make
from tests.booking.api.caller import (
    CLIENT,
    Api,
    assert_problem,
    body_of,
    errors_of,
    in_days,
    person,
)
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("relationship_type", "service", "participants"),
    [
        ("individual", "individual-50", []),
        ("couple", "couple-80", [person()]),
        (
            "non_monogamous",
            "constellation-80",
            [
                person("Kai"),
                person("Noor", agreed=False, route="link", email=""),
                person("Jo", attends="no", agreed=False, route="link", email=""),
            ],
        ),
        ("group", "group-call", []),
    ],
)
def test_every_relationship_type_can_ask(
    api: Api,
    office: Office,
    relationship_type: str,
    service: str,
    participants: list[dict[str, Any]],
) -> None:
    body = body_of(
        office,
        relationship_type=relationship_type,
        service=service,
        participants=participants,
        topics=["desire"],
        words="A few words.",
    )

    answer = api.post("requests/", body)

    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert set(found) == {"id", "status", "hold_expires_at"}
    assert found["status"] == "in_progress"
    until = datetime.fromisoformat(found["hold_expires_at"])
    assert until.utcoffset() == timezone.now().astimezone(ZoneInfo(CLIENT)).utcoffset()
    request = Request.objects.get(pk=found["id"])
    assert request.origin == "api"
    assert request.participants.count() == 1 + len(participants)


def bad(**changes: Any) -> Callable[[Office], dict[str, Any]]:
    return lambda office: body_of(office, **changes)


BAD_BODIES: Sequence[tuple[str, Callable[[Office], dict[str, Any]], set[tuple[str, str]]]] = [
    ("impossible date", bad(times=["2027-02-30T10:00:00-05:00"]), {("times.0", "invalid")}),
    ("no offset", bad(times=["2027-02-03T10:00:00"]), {("times.0", "offset_required")}),
    ("a date alone", bad(times=["2027-02-03"]), {("times.0", "invalid")}),
    ("a number", bad(times=[1700000000]), {("times.0", "invalid")}),
    ("the end of time", bad(times=["9999-12-31T23:59:59-12:00"]), {("times.0", "out_of_range")}),
    ("the dawn of time", bad(times=["0001-01-01T00:00:00+14:00"]), {("times.0", "out_of_range")}),
    ("past slot", bad(times=["2020-02-03T10:00:00-05:00"]), {("times", "time_passed")}),
    ("far future", bad(times=["2150-02-03T10:00:00-05:00"]), {("times", "time_too_far")}),
    ("no time", bad(times=[]), {("times", "one_to_three_times")}),
    ("four times", bad(times=[in_days(n) for n in range(1, 5)]), {("times", "max_length")}),
    ("the same twice", bad(times=["2026-12-24T10:00:00Z"] * 2), {("times", "same_time_twice")}),
    ("unknown zone", bad(time_zone="Mars/Olympus"), {("time_zone", "unknown_zone")}),
    ("zone as a path", bad(time_zone="/etc/passwd"), {("time_zone", "unknown_zone")}),
    ("unknown service", bad(service="massage"), {("service", "unknown_service")}),
    ("service of others", bad(service="couple-80"), {("service", "service_does_not_fit")}),
    ("unknown type", bad(relationship_type="pair"), {("relationship_type", "invalid_choice")}),
    ("unknown modality", bad(modality="fax"), {("modality", "modality_not_offered")}),
    ("not offered", bad(modality="in_person"), {("modality", "modality_not_offered")}),
    ("country", bad(location={"country": "USA"}), {("location.country", "invalid")}),
    ("no place", bad(location={}), {("location.country", "required")}),
    ("a minor", bad(adult=False), {("adult", "adults_only")}),
    (
        "an emergency",
        bad(not_emergency=False),
        {("not_emergency", "not_an_emergency_service")},
    ),
    (
        "together, with times",
        bad(
            find_together=True,
            relationship_type="couple",
            service="couple-80",
            participants=[person()],
        ),
        {("times", "no_times_then")},
    ),
    (
        "together, alone",
        bad(find_together=True, times=[]),
        {("find_together", "only_for_several")},
    ),
    ("waiting, with times", bad(wait=True), {("times", "no_times_then")}),
    (
        "a group that there is not",
        bad(
            relationship_type="group",
            service="group-call",
            cohort="no-such",
            seat_name="Robin",
        ),
        {("cohort", "unknown_group")},
    ),
    (
        "a seat without a name",
        bad(relationship_type="group", service="group-call", cohort="no-such"),
        {("seat_name", "required"), ("cohort", "unknown_group")},
    ),
    ("long words", bad(words="x" * 501), {("words", "too_long")}),
    ("unknown topic", bad(topics=["weather"]), {("topics", "unknown_topic")}),
    ("words with NUL", bad(words="a\0b"), {("words", "null_characters_not_allowed")}),
    ("lone surrogate", bad(words="\ud800"), {("words", "surrogate_characters_not_allowed")}),
    (
        "mistyped address",
        bad(requester={"name": "Alex", "email": "alex@"}),
        {("requester.email", "invalid")},
    ),
    (
        "header injection",
        bad(requester={"name": "Alex\r\nBcc: x@y.z", "email": "a@example.test"}),
        {("requester.name", "one_line")},
    ),
    ("no name", bad(requester={"email": "a@example.test"}), {("requester.name", "required")}),
    (
        "alone with company",
        bad(participants=[person()]),
        {("participants", "for_one_person")},
    ),
    (
        "a pair of one",
        bad(relationship_type="couple", service="couple-80"),
        {("participants", "exactly_two")},
    ),
    (
        "eleven people for a pair",
        bad(
            relationship_type="couple",
            service="couple-80",
            participants=[person(f"P{n}") for n in range(10)],
        ),
        {("participants", "exactly_two")},
    ),
    (
        "more than can attend",
        bad(
            relationship_type="non_monogamous",
            service="constellation-80",
            participants=[person(f"P{n}") for n in range(5)],
        ),
        {("participants", "too_many_people")},
    ),
    (
        "a crowd",
        bad(participants=[person(f"P{n}") for n in range(101)]),
        {("participants", "max_length")},
    ),
    (
        "not agreed",
        bad(
            relationship_type="couple",
            service="couple-80",
            participants=[person(agreed=False)],
        ),
        {("participants.0.route", "not_agreed")},
    ),
    (
        "contact of somebody only mentioned",
        bad(
            relationship_type="non_monogamous",
            service="constellation-80",
            participants=[person(), person("Jo", attends="no")],
        ),
        {("participants.1.email", "not_attending")},
    ),
    (
        "a shared address",
        bad(
            relationship_type="couple",
            service="couple-80",
            requester={"name": "Alex", "email": "One@example.test"},
            participants=[person(email="one@EXAMPLE.test")],
        ),
        {("participants.0.email", "address_in_use")},
    ),
    (
        "a nested mistake",
        bad(
            relationship_type="couple",
            service="couple-80",
            participants=[person(attends="maybe")],
        ),
        {("participants.0.attends", "invalid_choice")},
    ),
]


@pytest.mark.parametrize(
    ("body", "errors"), [case[1:] for case in BAD_BODIES], ids=[case[0] for case in BAD_BODIES]
)
def test_a_request_that_cannot_be_says_why_beside_the_field(
    api: Api,
    office: Office,
    body: Callable[[Office], dict[str, Any]],
    errors: set[tuple[str, str]],
) -> None:
    answer = api.post("requests/", body(office))

    assert errors_of(answer) == errors
    assert not Request.objects.exists()


def test_everything_wrong_is_said_at_once(api: Api, office: Office) -> None:
    answer = api.post(
        "requests/", body_of(office, time_zone="Nowhere", adult=False, words="x" * 501)
    )

    assert errors_of(answer) == {
        ("time_zone", "unknown_zone"),
        ("adult", "adults_only"),
        ("words", "too_long"),
    }


@pytest.mark.parametrize("body", ['{"times": [', "[" * 100_000, "\xff", '{"a": NaN}'])
def test_a_body_that_is_no_json_is_a_problem(api: Api, office: Office, body: str) -> None:
    assert_problem(api.post("requests/", body), 400, "malformed")


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "7"])
def test_a_body_that_is_no_object_is_a_problem(api: Api, office: Office, body: str) -> None:
    assert api.post("requests/", body).status_code == 422


def test_a_huge_body_is_refused_unread(api: Api, office: Office) -> None:
    answer = api.post("requests/", body_of(office, words="x" * 600_000))

    assert_problem(answer, 413, "too_large")


def test_a_form_is_no_json(client: Client, office: Office) -> None:
    answer = client.post("/api/v1/requests/", {"service": "individual-50"})

    assert_problem(answer, 415, "unsupported_media_type")


def test_a_slot_taken_meanwhile_comes_with_the_nearest_open_times(api: Api, office: Office) -> None:
    body = body_of(office)
    assert api.post("requests/", body).status_code == 201

    answer = api.post(
        "requests/", body | {"requester": {"name": "Bo", "email": make.address("bo")}}
    )

    problem = assert_problem(answer, 409, "slot_taken")
    wanted = datetime.fromisoformat(body["times"][0])
    open_now = make.open_starts(office, office.services["individual-50"], now=timezone.now())
    offered = [datetime.fromisoformat(s["start"]) for s in problem["alternatives"]]
    assert len(offered) == 3
    assert set(offered) <= set(open_now)
    assert offered == sorted(sorted(open_now, key=lambda s: (abs(s - wanted), s))[:3])
    assert offered[0].utcoffset() == offered[0].astimezone(ZoneInfo(CLIENT)).utcoffset()


def test_a_practice_that_is_not_set_up_says_so(api: Api, office: Office) -> None:
    body = body_of(office)
    office.practice.delete()

    assert_problem(api.post("requests/", body), 503, "not_set_up")


def test_a_key_that_comes_again_with_its_body_gets_the_same_answer(
    api: Api, office: Office
) -> None:
    body, key = body_of(office), str(uuid4())
    first = api.post("requests/", body, **{"Idempotency-Key": key})

    reordered = json.dumps(dict(reversed(body.items())), indent=3)
    again = api.post("requests/", reordered, **{"Idempotency-Key": key})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert Request.objects.count() == 1
    assert PrivateLink.objects.count() == 1


def test_a_key_that_comes_again_with_another_body_is_refused(api: Api, office: Office) -> None:
    body, key = body_of(office), str(uuid4())
    api.post("requests/", body, **{"Idempotency-Key": key})

    answer = api.post("requests/", body | {"words": "more"}, **{"Idempotency-Key": key})

    assert_problem(answer, 422, "idempotency_key_reused")
    assert Request.objects.count() == 1


def test_a_refused_request_leaves_its_key_free(api: Api, office: Office) -> None:
    key = str(uuid4())
    api.post("requests/", body_of(office, adult=False), **{"Idempotency-Key": key})

    answer = api.post("requests/", body_of(office), **{"Idempotency-Key": key})

    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "schlüssel"])
def test_an_unusable_key_is_a_problem(api: Api, office: Office, key: str) -> None:
    answer = api.post("requests/", body_of(office), **{"Idempotency-Key": key})

    assert errors_of(answer) == {("Idempotency-Key", "invalid")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key-of-ones-own"}])
@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"relationship_type": "couple", "service": "couple-80", "participants": [person()]},
    ],
)
def test_asking_costs_four_statements_and_its_transaction(
    api: Api, office: Office, wish: dict[str, Any], headers: dict[str, str]
) -> None:
    body = body_of(office, **wish)

    with CaptureQueriesContext(connection) as asked:
        answer = api.post("requests/", body, **headers)

    assert answer.status_code == 201, answer.content
    first_words = [query["sql"].split()[0] for query in asked.captured_queries]
    # The lock; under it what it is judged by and what is open; then all of its rows.
    assert first_words == ["BEGIN", "SELECT", "SELECT", "WITH", "WITH", "COMMIT"]


def test_a_body_that_was_wrong_in_everything_leaves_no_trace_in_the_next(
    api: Api, office: Office
) -> None:
    wrong = dict.fromkeys(body_of(office), 17)

    refused = assert_problem(api.post("requests/", wrong), 422, "invalid")
    answer = api.post("requests/", body_of(office))
    again = assert_problem(api.post("requests/", wrong), 422, "invalid")

    assert answer.status_code == 201, answer.content
    assert refused["errors"] == again["errors"] != []
