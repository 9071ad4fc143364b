"""Groups with seats."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from booking.models import Cohort, Seat
from tests.booking import factories as make
from tests.booking.api.caller import (
    CLIENT,
    Api,
    assert_problem,
    bearer,
    body_of,
    by_link,
    errors_of,
)
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def afternoons(weeks: int = 3) -> list[datetime]:
    """Tuesdays at 15:00 of the practitioner, from two weeks ahead."""
    today = timezone.now().astimezone(make.NEW_YORK)
    tuesday = today + timedelta(days=14 + (1 - today.weekday()) % 7)
    at = tuesday.replace(hour=15, minute=0, second=0, microsecond=0)
    return [at + timedelta(weeks=week) for week in range(weeks)]


def cohort_of(office: Office, **changes: Any) -> Cohort:
    starts = afternoons()
    usual = {"starts": starts, "decide_date": starts[0].date() - timedelta(days=3)}
    return make.published(office, now=timezone.now(), **{**usual, **changes})


def seat_body(office: Office, cohort: Cohort, **changes: Any) -> dict[str, Any]:
    return body_of(
        office,
        relationship_type="group",
        service="group-call",
        cohort=cohort.slug,
        seat_name="Robin",
        **changes,
    )


def publishing(office: Office, **changes: Any) -> dict[str, Any]:
    cohort_of(office, starts=[afternoons(6)[-1]])  # its service is there then
    return {
        "slug": "evenings",
        "title": "Evenings",
        "service": "group-90",
        "call_service": "group-call",
        "modality": "video",
        "seats": 6,
        "minimum": 2,
        "decide_date": str(afternoons()[0].date() - timedelta(days=3)),
        "starts": [start.isoformat() for start in afternoons()],
    } | changes


def test_the_public_list_says_whether_there_are_seats_and_not_how_many(
    api: Api, office: Office
) -> None:
    roomy, full = cohort_of(office), cohort_of(office, seats=1, minimum=1, starts=afternoons(4)[3:])
    assert api.post("requests/", seat_body(office, full)).json()["seat_kept"]

    found = api.get("cohorts/", {"time_zone": CLIENT}).json()["cohorts"]

    assert {c["slug"]: c["has_seats"] for c in found} == {roomy.slug: True, full.slug: False}
    assert not {"seats", "seats_taken", "minimum", "state"} & set(found[0])
    starts = [datetime.fromisoformat(s["start"]) for s in found[0]["sessions"]]
    assert starts == afternoons()
    assert starts[0].utcoffset() != afternoons()[0].utcoffset()


def test_the_last_seat_is_refused_unless_they_wait(api: Api, office: Office) -> None:
    cohort = cohort_of(office, seats=1, minimum=1)
    assert api.post("requests/", seat_body(office, cohort)).status_code == 201

    late = api.post("requests/", seat_body(office, cohort))
    waiting = api.post("requests/", seat_body(office, cohort, wait=True, times=[]))

    assert_problem(late, 409, "no_seat_left")
    assert waiting.status_code == 201, waiting.content
    assert waiting.json()["seat_kept"] is False


def test_a_group_is_published_edited_and_called_off(api: Api, office: Office) -> None:
    made = api.post("cohorts/", publishing(office), **bearer(office))
    assert made.status_code == 201, made.content
    address = f"cohorts/{made.json()['id']}/"

    edited = api.patch(address, {"seats": 8, "state": "closed"}, **bearer(office))
    added = api.post(
        f"{address}sessions/", {"start": afternoons(4)[3].isoformat()}, **bearer(office)
    )
    called_off = api.post(f"{address}call-off/", **bearer(office))

    assert len(made.json()["sessions"]) == 3
    assert (edited.json()["seats"], edited.json()["state"]) == (8, "closed")
    assert edited.json()["title"] == "Evenings"
    assert added.status_code == 201, added.content
    assert added.json()["cohort"] == made.json()["id"]
    assert len(called_off.json()["cancelled"]) == 4
    assert api.get(address, **bearer(office)).json()["state"] == "called_off"
    assert errors_of(api.post(f"{address}call-off/", **bearer(office))) == {("state", "called_off")}


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"slug": ""}, {("slug", "blank")}),
        ({"service": "massage"}, {("service", "unknown_service")}),
        ({"seats": 99}, {("seats", "too_many_seats")}),
        ({"decide_date": "soon"}, {("decide_date", "invalid")}),
        ({"starts": ["2020-01-01T10:00:00Z"]}, {("starts", "time_passed")}),
        ({"title": "Two\nlines"}, {("title", "one_line")}),
    ],
)
def test_a_group_that_cannot_be_says_why(
    api: Api, office: Office, changes: dict[str, Any], errors: set[tuple[str, str]]
) -> None:
    assert errors_of(api.post("cohorts/", publishing(office, **changes), **bearer(office))) == (
        errors
    )


def test_publishing_takes_a_practitioner(api: Api, office: Office) -> None:
    answer = api.post("cohorts/", publishing(office))

    assert_problem(answer, 401, "not_authenticated")


def test_a_seat_is_given_after_the_call_and_not_before(api: Api, office: Office) -> None:
    cohort = cohort_of(office)
    request = make.ready(office, "group", now=timezone.now(), cohort=cohort.slug, seat_name="Robin")
    seat = make.seat_of(request)

    page = api.get(f"cohorts/{cohort.id}/", **bearer(office)).json()
    early = api.post(f"seats/{seat.id}/give/", **bearer(office))
    given = api.post(f"seats/{seat.id}/give/", {"without_call": True}, **bearer(office))

    assert [m["seat"]["group_name"] for m in page["undecided"]] == ["Robin"]
    assert_problem(early, 409, "call_first")
    assert given.json()["state"] == "given"
    assert_problem(api.post(f"seats/{seat.id}/refuse/", **bearer(office)), 409, "not_allowed_now")


def test_a_seat_is_refused(api: Api, office: Office) -> None:
    cohort = cohort_of(office)
    request = make.ready(office, "group", now=timezone.now(), cohort=cohort.slug, seat_name="Robin")
    seat = make.seat_of(request)

    assert api.post(f"seats/{seat.id}/refuse/", **bearer(office)).json()["state"] == "refused"
    found = api.get(f"requests/{request.id}/", **by_link(make.requester_of(request))).json()
    assert found["status"] == "closed"


def test_names_are_seen_once_ones_own_seat_is_given_and_one_can_leave(
    api: Api, office: Office
) -> None:
    now = timezone.now()
    cohort = cohort_of(office)
    robin = make.member(office, cohort, name="Robin", now=now)
    asking = make.ready(office, "group", now=now, cohort=cohort.slug, seat_name="Kim")
    outside = api.get(f"requests/{asking.id}/seat/", **by_link(make.requester_of(asking))).json()
    charlie = make.member(office, cohort, name="Charlie", now=now)
    address = f"requests/{robin.request_id}/seat/"

    inside = api.get(address, **by_link(robin)).json()
    left = api.delete(address, **by_link(robin))

    assert (outside["names"], outside["group_name"]) == ([], "Kim")
    assert inside["names"] == ["Charlie"]
    assert [s["coming"] for s in inside["sessions"]] == [True] * 3
    assert left.status_code == 200, left.content
    assert Seat.objects.get(request_id=robin.request_id).state == "left"
    assert_problem(api.delete(address, **by_link(robin)), 404, "not_found")
    seen = api.get(f"requests/{charlie.request_id}/seat/", **by_link(charlie)).json()
    assert seen["names"] == []


def test_who_asks_for_no_seat_has_none(api: Api, office: Office) -> None:
    request = make.verified(office, now=timezone.now())

    answer = api.get(f"requests/{request.id}/seat/", **by_link(make.requester_of(request)))

    assert_problem(answer, 404, "not_found")


def test_one_session_is_left_and_never_cancelled_for_all(api: Api, office: Office) -> None:
    cohort = cohort_of(office)
    robin = make.member(office, cohort, now=timezone.now())
    session = cohort.appointments.order_by("starts_at")[0]

    answer = api.post(f"appointments/{session.id}/cancel/", **by_link(robin))

    assert answer.json() == {"id": str(session.id), "coming": False, "late": False}
    session.refresh_from_db()
    assert session.state == "booked"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"minimum": 50}, "minimum"), ({"seats": 0}, "seats"), ({"decide_date": "2199-01-01"}, None)],
)
def test_an_edit_that_cannot_be_says_why(
    api: Api, office: Office, changes: dict[str, Any], field: str | None
) -> None:
    cohort = cohort_of(office)

    answer = api.patch(f"cohorts/{cohort.id}/", changes, **bearer(office))

    found = {name for name, _code in errors_of(answer)}
    assert found == {field or "decide_date"}


def test_a_group_of_another_practitioner_is_not_there(api: Api, office: Office) -> None:
    cohort = cohort_of(office)
    stranger = {"Authorization": f"Bearer {make.api_token(make.make_practitioner(slug='robin'))}"}

    for call, address in (
        (api.get, "cohorts/{}/"),
        (api.patch, "cohorts/{}/"),
        (api.post, "cohorts/{}/call-off/"),
    ):
        not_theirs = call(address.format(cohort.id), {}, **stranger)
        nothing = call(address.format(uuid4()), {}, **stranger)
        assert_problem(not_theirs, 404, "not_found")
        assert not_theirs.content == nothing.content
    assert api.get("cohorts/own/", **stranger).json()["cohorts"] == []
