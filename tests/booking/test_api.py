"""The API: what it answers, and how it refuses."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from booking.domain.states import Outward
from booking.models import Appointment, Participant, PrivateLink, Request
from booking.operations import links
from practice.models import HoursOverride, TimeOff
from tests.booking import factories as make
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

CLIENT = "America/Los_Angeles"


@pytest.fixture
def office() -> Office:
    return make.make_office()


@pytest.fixture
def api(client: Client) -> "Api":
    return Api(client)


class Api:
    """Calls as a program makes them."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, query: dict[str, Any] | None = None, /, **headers: str) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=headers)

    def post(self, path: str, body: Any = None, /, **headers: str) -> Any:
        data = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        return self.client.post(
            f"/api/v1/{path}", data, content_type="application/json", headers=headers
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


# --- Services and slots ---------------------------------------------------------------------------


def test_services_are_listed_in_the_order_of_the_practice(api: Api, office: Office) -> None:
    found = api.get("services/").json()["services"]

    assert [s["slug"] for s in found] == list(office.services)
    assert found[2]["duration_minutes"] == 80
    assert found[2]["practitioners"] == [
        {"slug": "morgan", "name": "Morgan", "time_zone": "America/New_York"}
    ]


def test_a_service_lists_only_who_takes_requests_now(api: Api, office: Office) -> None:
    away = make.make_practitioner(slug="river")
    office.services["individual-50"].practitioners.add(away)
    away.is_active = False
    away.save()

    found = api.get("services/").json()["services"]

    assert [p["slug"] for p in found[0]["practitioners"]] == ["morgan"]


def test_slots_are_those_of_the_calendar_in_the_zone_asked_for(api: Api, office: Office) -> None:
    answer = api.get("slots/", span(service="couple-80", practitioner="morgan", time_zone=CLIENT))

    found = answer.json()
    assert found["time_zone"] == CLIENT
    starts = [datetime.fromisoformat(s["start"]) for s in found["slots"]]
    expected = make.open_starts(office, office.services["couple-80"], now=timezone.now(), days=23)
    assert starts == [s for s in expected if s.astimezone(ZoneInfo(CLIENT)).date() <= last_day(21)]
    for slot in found["slots"]:
        start, end = (datetime.fromisoformat(slot[key]) for key in ("start", "end"))
        assert end - start == timedelta(minutes=80)
        assert start.utcoffset() == start.astimezone(ZoneInfo(CLIENT)).utcoffset()


def last_day(days: int) -> date:
    return timezone.now().date() + timedelta(days=days - 1)


def test_a_slot_taken_is_gone_from_the_next_answer(api: Api, office: Office) -> None:
    query = span(service="individual-50")
    before = [s["start"] for s in api.get("slots/", query).json()["slots"]]

    api.post("requests/", body_of(office, times=[before[0]]))

    after = [s["start"] for s in api.get("slots/", query).json()["slots"]]
    assert before[0] not in after


def test_the_last_day_is_included(api: Api, office: Office) -> None:
    first = make.open_starts(office, office.services["individual-50"], now=timezone.now())[0]
    day = first.astimezone(ZoneInfo("America/New_York")).date()

    slots = api.get("slots/", {"service": "individual-50", "from": day, "to": day}).json()["slots"]

    assert {s["start"][:10] for s in slots} == {str(day)}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"from": "2026-02-30"}, ("from", "invalid")),
        ({"from": "tomorrow"}, ("from", "invalid")),
        ({"from": "20261012"}, ("from", "invalid")),
        ({"from": None}, ("from", "invalid")),
        ({"to": "9999-12-31"}, ("to", "invalid")),
        ({"from": "0001-01-01"}, ("from", "invalid")),
        ({"from": "2026-12-02", "to": "2026-12-01"}, ("to", "ends_early")),
        ({"from": "2026-12-01", "to": "2027-02-01"}, ("to", "span_too_long")),
        ({"time_zone": "Mars/Olympus"}, ("time_zone", "unknown_zone")),
        ({"time_zone": "../../etc/passwd"}, ("time_zone", "unknown_zone")),
        ({"service": "massage"}, ("service", "unknown_service")),
        ({"service": "a\0b"}, ("service", "unknown_service")),
        ({"service": None}, ("service", "unknown_service")),
        ({"practitioner": "nobody\0"}, ("service", "unknown_service")),
    ],
)
def test_a_slot_search_that_cannot_be_says_why(
    api: Api, office: Office, changes: dict[str, str | None], error: tuple[str, str]
) -> None:
    query = span(service="individual-50") | changes

    answer = api.get("slots/", {k: v for k, v in query.items() if v is not None})

    assert errors_of(answer) == {error}


def test_sixty_two_days_are_the_most(api: Api, office: Office) -> None:
    assert api.get("slots/", span(62, service="individual-50")).status_code == 200
    assert errors_of(api.get("slots/", span(63, service="individual-50"))) == {
        ("to", "span_too_long")
    }


@pytest.mark.parametrize("days", [1, 7, 31, 62])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_a_slot_search_costs_two_queries_whatever_its_span(
    api: Api,
    office: Office,
    django_assert_num_queries: DjangoAssertNumQueries,
    days: int,
    zone: str,
) -> None:
    make.booked(office, now=timezone.now())
    today = timezone.now().date()
    HoursOverride.objects.create(practitioner=office.practitioner, date=today)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=1),
    )

    with django_assert_num_queries(2):
        answer = api.get("slots/", span(days, service="individual-50", time_zone=zone))

    assert answer.status_code == 200


# --- Asking ---------------------------------------------------------------------------------------


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


def in_days(days: int) -> str:
    return (timezone.now() + timedelta(days=days)).isoformat()


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
    ("find together", bad(find_together=True), {("find_together", "find_together_not_offered")}),
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


# --- Idempotency ----------------------------------------------------------------------------------


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


# --- Looking at a request -------------------------------------------------------------------------


def test_a_person_of_a_request_learns_its_status_and_nothing_else(api: Api, office: Office) -> None:
    request = make.verified(office, "couple", now=timezone.now())
    requester, other = make.people_of(request)
    make.enter(other, now=timezone.now())

    for participant in (requester, other):
        found = api.get(f"requests/{request.id}/", **by_link(participant)).json()
        assert found == {"id": str(request.id), "status": "in_progress"}


def test_a_review_and_an_undecided_practitioner_look_the_same(api: Api, office: Office) -> None:
    request = make.ready(office, now=timezone.now())
    headers = by_link(make.requester_of(request))
    before = api.get(f"requests/{request.id}/", **headers).content

    Request.objects.filter(pk=request.pk).update(review_open=True)

    assert api.get(f"requests/{request.id}/", **headers).content == before


def test_a_link_opens_its_own_request_only(api: Api, office: Office) -> None:
    mine = make.verified(office, now=timezone.now())
    foreign = make.verified(office, now=timezone.now())
    headers = by_link(make.requester_of(mine))

    not_mine = api.get(f"requests/{foreign.id}/", **headers)
    nothing = api.get(f"requests/{uuid4()}/", **headers)

    assert_problem(not_mine, 404, "not_found")
    assert not_mine.content == nothing.content


def test_ten_wrong_codes_lock_the_link_for_the_api_too(api: Api, office: Office) -> None:
    request = make.verified(office, now=timezone.now())
    link = make.link_of(make.requester_of(request))
    right = links.code(link.id)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    for _ in range(10):
        answer = api.get(
            f"requests/{request.id}/", Authorization=f"Link {links.token(link.id)} {wrong}"
        )
        assert_problem(answer, 401, "authentication_failed")

    answer = api.get(
        f"requests/{request.id}/", Authorization=f"Link {links.token(link.id)} {right}"
    )
    assert_problem(answer, 401, "authentication_failed")


def test_looking_proves_no_address(api: Api, office: Office) -> None:
    request = make.submitted(office, now=timezone.now())

    answer = api.get(f"requests/{request.id}/", **by_link(make.requester_of(request)))

    assert_problem(answer, 401, "authentication_failed")
    assert Request.objects.get(pk=request.pk).verified_at is None


def test_the_practitioner_sees_who_has_finished_and_what_is_in_the_way(
    api: Api, office: Office
) -> None:
    request = make.verified(office, "couple", now=timezone.now(), words="only at the desk")

    found = api.get(f"requests/{request.id}/", **bearer(office)).json()

    assert found["state"] == "gathering"
    assert found["status"] == "in_progress"
    assert [p["name"] for p in found["people"]] == ["Alex", "Sam"]
    assert "not_joined" in found["in_the_way"]
    assert found["appointments"][0]["state"] == "held"
    assert "only at the desk" not in json.dumps(found)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Bearer two words",
        "Link",
        "Link token",
        "Link bm9uc2Vuc2U 123456",
        "Link not*base64 123456",
        "Basic YTpi",
        "Bearer schlüssel",
    ],
)
def test_whoever_shows_nothing_valid_is_not_let_in(
    api: Api, office: Office, authorization: str
) -> None:
    request = make.verified(office, now=timezone.now())

    answer = api.get(f"requests/{request.id}/", Authorization=authorization)

    assert answer.status_code == 401
    assert answer.json()["code"] in ("not_authenticated", "authentication_failed")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_another_practitioner_finds_nothing(api: Api, office: Office) -> None:
    appointment = make.booked(office, now=timezone.now())
    stranger = make.make_practitioner(slug="robin")
    headers = {"Authorization": f"Bearer {make.api_token(stranger)}"}

    for method, path in (
        (api.get, f"requests/{appointment.request_id}/"),
        (api.post, f"requests/{appointment.request_id}/confirm/"),
        (api.post, f"requests/{appointment.request_id}/decline/"),
        (api.post, f"appointments/{appointment.id}/cancel/"),
        (api.post, f"appointments/{appointment.id}/fulfil/"),
        (api.post, f"appointments/{uuid4()}/no-show/"),
    ):
        assert_problem(method(path, **headers), 404, "not_found")
    assert api.get("appointments/", span(), **headers).json()["appointments"] == []


def test_a_person_of_a_request_decides_nothing(api: Api, office: Office) -> None:
    request = make.ready(office, now=timezone.now())

    answer = api.post(f"requests/{request.id}/confirm/", **by_link(make.requester_of(request)))

    assert answer.status_code == 401


# --- Deciding -------------------------------------------------------------------------------------


def test_confirming_for_one_person_books_at_once(api: Api, office: Office) -> None:
    request = make.ready(office, now=timezone.now())

    answer = api.post(f"requests/{request.id}/confirm/", **bearer(office))

    assert answer.status_code == 200
    found = answer.json()
    assert found["state"] == "confirmed"
    assert found["due_at"] is None
    assert found["appointment"]["state"] == "booked"
    assert found["appointment"]["people"] == ["Alex"]


def test_confirming_for_several_waits_for_the_batch(api: Api, office: Office) -> None:
    request = make.ready(office, "couple", now=timezone.now())

    answer = api.post(f"requests/{request.id}/confirm/", {"time": None}, **bearer(office))

    assert answer.status_code == 202
    assert datetime.fromisoformat(answer.json()["due_at"]) > timezone.now()
    again = api.post(f"requests/{request.id}/confirm/", **bearer(office))
    assert_problem(again, 409, "decision_waiting")


def test_confirming_too_early_says_everything_that_is_in_the_way(api: Api, office: Office) -> None:
    request = make.verified(office, "couple", now=timezone.now())

    answer = api.post(f"requests/{request.id}/confirm/", **bearer(office))

    problem = assert_problem(answer, 409, "gate_closed")
    assert set(problem["reasons"]) == {"not_joined", "not_finished", "time_not_accepted"}


def test_declining_closes_a_request_once(api: Api, office: Office) -> None:
    request = make.ready(office, now=timezone.now())

    assert api.post(f"requests/{request.id}/decline/", **bearer(office)).json()["state"] == (
        "declined"
    )
    again = api.post(f"requests/{request.id}/decline/", **bearer(office))
    assert_problem(again, 409, "not_allowed_now")


def test_proposing_holds_other_times(api: Api, office: Office) -> None:
    request = make.ready(office, now=timezone.now())
    starts = make.open_starts(office, office.services["individual-50"], now=timezone.now())[5:7]

    answer = api.post(
        f"requests/{request.id}/propose/",
        {"times": [s.isoformat() for s in starts]},
        **bearer(office),
    )

    assert answer.status_code == 200
    assert answer.json()["state"] == "proposed"
    held = Appointment.objects.filter(request=request, state="held").order_by("rank")
    assert [a.starts_at for a in held] == starts


@pytest.mark.parametrize("times", [[], ["2020-01-01T10:00:00Z"], ["x"], None])
def test_a_proposal_needs_times_that_can_be(api: Api, office: Office, times: Any) -> None:
    request = make.ready(office, now=timezone.now())

    answer = api.post(f"requests/{request.id}/propose/", {"times": times}, **bearer(office))

    assert_problem(answer, 422, "invalid")


def test_one_of_two_ends_a_request_without_a_reason(api: Api, office: Office) -> None:
    request = make.verified(office, "couple", now=timezone.now())
    other = make.enter(make.people_of(request)[1], now=timezone.now())
    headers = by_link(other)

    answer = api.post(f"requests/{request.id}/withdraw/", **headers)

    assert answer.json() == {"id": str(request.id), "status": "closed"}
    assert Request.objects.get(pk=request.pk).state == "withdrawn"
    assert api.get(f"requests/{request.id}/", **headers).json()["status"] == "closed"


# --- Appointments ---------------------------------------------------------------------------------


def test_the_practitioner_lists_what_starts_on_these_days(api: Api, office: Office) -> None:
    appointment = make.booked(office, "non_monogamous", now=timezone.now())

    found = api.get("appointments/", span(), **bearer(office)).json()

    assert found["time_zone"] == "America/New_York"
    assert [a["id"] for a in found["appointments"]] == [str(appointment.id)]
    assert found["appointments"][0]["people"] == ["Alex", "Kai", "Noor"]
    assert found["appointments"][0]["start"].endswith(("-04:00", "-05:00"))
    assert_problem(api.get("appointments/", span()), 401, "not_authenticated")
    assert errors_of(api.get("appointments/", span(63), **bearer(office))) == {
        ("to", "span_too_long")
    }


def test_rescheduling_moves_and_frees_in_one_step(api: Api, office: Office) -> None:
    appointment = make.booked(office, now=timezone.now())
    old = appointment.starts_at
    other = make.open_starts(office, office.services["individual-50"], now=timezone.now())[9]

    answer = api.post(
        f"appointments/{appointment.id}/reschedule/",
        {"start": other.isoformat()},
        **bearer(office),
    )

    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["start"]) == other
    assert old in make.open_starts(office, office.services["individual-50"], now=timezone.now())


def test_rescheduling_onto_taken_time_is_refused_with_alternatives(
    api: Api, office: Office
) -> None:
    first = make.booked(office, now=timezone.now())
    second = make.booked(office, now=timezone.now())

    answer = api.post(
        f"appointments/{second.id}/reschedule/",
        {"start": first.starts_at.isoformat()},
        **bearer(office),
    )

    problem = assert_problem(answer, 409, "slot_taken")
    assert len(problem["alternatives"]) == 3


def test_cancelling_offers_new_times_unless_told_not_to(api: Api, office: Office) -> None:
    kind, plain = (make.booked(office, now=timezone.now()) for _ in range(2))

    offered = api.post(f"appointments/{kind.id}/cancel/", **bearer(office)).json()
    nothing = api.post(
        f"appointments/{plain.id}/cancel/", {"offer_new_times": False}, **bearer(office)
    ).json()

    assert offered["state"] == nothing["state"] == "cancelled"
    assert len(offered["new_times"]) == 3
    assert nothing["new_times"] == []
    again = api.post(f"appointments/{plain.id}/cancel/", **bearer(office))
    assert_problem(again, 409, "not_allowed_now")
    moved = api.post(
        f"appointments/{plain.id}/reschedule/", {"start": in_days(9)}, **bearer(office)
    )
    assert_problem(moved, 409, "not_allowed_now")


@pytest.mark.parametrize(("verb", "state"), [("no-show", "no_show"), ("fulfil", "fulfilled")])
def test_a_session_is_closed_after_it_began_and_not_before(
    api: Api, office: Office, verb: str, state: str
) -> None:
    long_ago = timezone.now() - timedelta(days=10)
    past = make.booked(office, now=long_ago)
    assert past.starts_at < timezone.now()
    future = make.booked(office, now=timezone.now())

    assert api.post(f"appointments/{past.id}/{verb}/", **bearer(office)).json()["state"] == state
    early = api.post(f"appointments/{future.id}/{verb}/", **bearer(office))
    assert_problem(early, 409, "not_allowed_now")


# --- The desk's session ---------------------------------------------------------------------------


def test_a_signed_in_practitioner_needs_the_csrf_token(office: Office) -> None:
    request = make.ready(office, now=timezone.now())
    browser = Client(enforce_csrf_checks=True)
    assert office.practitioner.user is not None
    browser.force_login(office.practitioner.user)
    address = f"/api/v1/requests/{request.id}/confirm/"

    assert browser.get(f"/api/v1/requests/{request.id}/").status_code == 200
    without = browser.post(address, content_type="application/json")
    assert_problem(without, 403, "permission_denied")
    browser.cookies["csrf"] = "a" * 32
    with_token = browser.post(
        address, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert with_token.status_code == 200, with_token.content


def test_the_session_ends_after_a_quarter_of_an_hour_of_quiet(
    client: Client, office: Office
) -> None:
    user = office.practitioner.user
    assert user is not None
    with time_machine.travel(make.NOW, tick=False) as clock:
        client.force_login(user)
        for _ in range(2):
            clock.shift(14 * 60)
            assert client.get("/api/v1/appointments/", span()).status_code == 200
        clock.shift(15 * 60 + 1)

        assert client.get("/api/v1/appointments/", span()).status_code == 401


def test_an_account_without_a_practitioner_is_nobody(client: Client, office: Office) -> None:
    user = office.practitioner.user
    assert user is not None
    client.force_login(user)
    office.practitioner.is_active = False
    office.practitioner.save()

    assert client.get("/api/v1/appointments/", span()).status_code == 401


# --- Everything else ------------------------------------------------------------------------------


def test_what_is_not_there_is_a_problem_too(api: Api, office: Office) -> None:
    for path in ("nothing/", "requests/7/", "requests/7/confirm/", "slots/more/"):
        assert_problem(api.get(path), 404, "not_found")


def test_a_method_that_is_not_taken_is_a_problem(api: Api, office: Office) -> None:
    answer = api.post("slots/")

    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_another_format_is_not_acceptable(api: Api, office: Office) -> None:
    assert_problem(api.get("services/", Accept="text/csv"), 406, "not_acceptable")


def test_a_fault_of_ours_says_nothing_about_itself(
    client: Client, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("booking.api.views.offered_services", broken)

    answer = client.get("/api/v1/services/")

    assert_problem(answer, 500, "internal_error")
    assert b"secret" not in answer.content


def test_the_schema_is_valid_and_complete(tmp_path: Any, office: Office) -> None:
    file = tmp_path / "schema.yaml"

    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))

    text = file.read_text()
    assert text.startswith("openapi: 3.1")
    assert "application/problem+json" in text


def test_the_number_of_queries_of_a_booking_does_not_grow(
    api: Api, office: Office, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Twelve are the goal of issue 3; what is counted here are statements, transaction included."""
    for _ in range(5):
        make.booked(office, now=timezone.now())
    body = body_of(office)

    with django_assert_max_num_queries(20) as counted:
        assert api.post("requests/", body).status_code == 201

    print(f"statements of a booking: {len(counted)}")  # noqa: T201


def test_words_for_outside_are_four() -> None:
    assert {o.value for o in Outward} == {"in_progress", "time_to_confirm", "booked", "closed"}
