"""Appointments that repeat."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from booking.models import Appointment
from tests.booking import factories as make
from tests.booking.api.caller import CLIENT, Api, assert_problem, bearer, by_link, errors_of
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def open_turns(api: Api, office: Office, appointment: Appointment, count: int = 4) -> list[str]:
    preview = api.get(
        f"appointments/{appointment.id}/series/preview/",
        {"every_weeks": 1, "count": count},
        **bearer(office),
    )
    assert preview.status_code == 200, preview.content
    return [d["start"] for d in preview.json()["dates"] if d["is_open"]]


def started(api: Api, office: Office, appointment: Appointment) -> Any:
    answer = api.post(
        f"appointments/{appointment.id}/series/",
        {"every_weeks": 1, "starts": open_turns(api, office, appointment)},
        **bearer(office),
    )
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_preview_says_which_turn_is_taken_and_what_else_there_is(
    api: Api, office: Office
) -> None:
    first = make.booked(office, now=timezone.now())
    in_the_way = make.booked(office, now=timezone.now(), times=[first.starts_at + timedelta(7)])

    found = api.get(
        f"appointments/{first.id}/series/preview/",
        {"every_weeks": "1", "count": "4", "time_zone": CLIENT},
        **bearer(office),
    ).json()

    assert found["time_zone"] == CLIENT
    assert [d["is_open"] for d in found["dates"]][:2] == [True, False]
    taken = found["dates"][1]
    assert datetime.fromisoformat(taken["start"]) == in_the_way.starts_at
    assert taken["reason"] == "taken"
    assert taken["replacements"]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({}, {("every_weeks", "invalid")}),
        ({"every_weeks": "x", "count": "4"}, {("every_weeks", "invalid")}),
        (
            {"every_weeks": "9", "count": "99"},
            {("every_weeks", "one_to_three_weeks"), ("count", "four_to_twelve_dates")},
        ),
    ],
)
def test_a_preview_that_cannot_be_says_why(
    api: Api, office: Office, query: dict[str, str], errors: set[tuple[str, str]]
) -> None:
    first = make.booked(office, now=timezone.now())

    answer = api.get(f"appointments/{first.id}/series/preview/", query, **bearer(office))

    assert errors_of(answer) == errors


def test_a_series_is_booked_looked_at_and_paused(api: Api, office: Office) -> None:
    first = make.booked(office, now=timezone.now())

    series = started(api, office, first)
    second = datetime.fromisoformat(series["dates"][1]["start"]).date()
    paused = api.post(
        f"series/{series['id']}/pause/",
        {"first": str(second), "until": str(second + timedelta(1))},
        **bearer(office),
    )

    assert len(series["dates"]) == 4
    assert series["dates"][0]["id"] == str(first.id)
    assert paused.status_code == 200, paused.content
    assert [d["state"] for d in paused.json()["dates"]] == ["booked", "cancelled"] + ["booked"] * 2
    assert api.get(f"series/{series['id']}/", **bearer(office)).json() == paused.json()
    listed = api.get(
        "appointments/",
        {"from": str(second), "to": str(second + timedelta(30))},
        **bearer(office),
    ).json()["appointments"]
    assert {a["series"] for a in listed} == {series["id"]}


def test_repeating_a_second_time_is_refused(api: Api, office: Office) -> None:
    first = make.booked(office, now=timezone.now())
    body = {"every_weeks": 1, "starts": open_turns(api, office, first)}
    address = f"appointments/{first.id}/series/"

    assert api.post(address, body, **bearer(office)).status_code == 201
    again = api.post(address, body, **bearer(office))

    assert ("starts", "repeats_already") in errors_of(again)


def test_a_turn_taken_meanwhile_books_nothing(api: Api, office: Office) -> None:
    first = make.booked(office, now=timezone.now())
    turns = open_turns(api, office, first)
    make.booked(office, now=timezone.now(), times=[first.starts_at + timedelta(7)])

    answer = api.post(
        f"appointments/{first.id}/series/", {"every_weeks": 1, "starts": turns}, **bearer(office)
    )

    assert_problem(answer, 409, "slot_taken")
    assert not Appointment.objects.filter(series__isnull=False).exists()


def test_all_following_move_together(api: Api, office: Office) -> None:
    first = make.booked(office, now=timezone.now())
    series = started(api, office, first)
    second = series["dates"][1]
    at = datetime.fromisoformat(second["start"])
    starts = make.open_starts(office, first.service, now=timezone.now())
    target = next(start for start in starts if start.date() == at.astimezone(UTC).date())

    answer = api.post(
        f"appointments/{second['id']}/move-following/",
        {"start": target.isoformat()},
        **bearer(office),
    )

    assert answer.status_code == 200, answer.content
    moved = [datetime.fromisoformat(a["start"]) for a in answer.json()["appointments"]]
    assert len(moved) == 3
    assert moved[0] == target


def test_a_series_is_renewed_with_further_turns(api: Api, office: Office) -> None:
    series = started(api, office, make.booked(office, now=timezone.now()))
    address = f"series/{series['id']}/renewal/"

    preview = api.get(address, {"count": 2}, **bearer(office)).json()["dates"]
    renewed = api.post(address, {"starts": [d["start"] for d in preview]}, **bearer(office))

    assert renewed.status_code == 201, renewed.content
    assert len(renewed.json()["dates"]) == 6


def test_a_client_sees_their_dates_and_stops(api: Api, office: Office) -> None:
    first = make.booked(office, now=timezone.now())
    assert first.request is not None
    series = started(api, office, first)
    headers = by_link(make.requester_of(first.request))
    address = f"requests/{first.request.id}"

    dates = api.get(f"{address}/appointments/", {"time_zone": "Asia/Kathmandu"}, **headers).json()
    stopped = api.post(f"{address}/stop/", **headers).json()

    assert [d["id"] for d in dates["appointments"]] == [d["id"] for d in series["dates"]]
    assert dates["appointments"][0]["start"].endswith("+05:45")
    assert len(stopped["cancelled"]) == 4
    assert_problem(api.post(f"{address}/stop/", **headers), 404, "not_found")


def test_a_series_of_another_practitioner_is_not_there(api: Api, office: Office) -> None:
    series = started(api, office, make.booked(office, now=timezone.now()))
    stranger = {"Authorization": f"Bearer {make.api_token(make.make_practitioner(slug='robin'))}"}

    not_theirs = api.get(f"series/{series['id']}/", **stranger)
    nothing = api.get(f"series/{uuid4()}/", **stranger)

    assert_problem(not_theirs, 404, "not_found")
    assert not_theirs.content == nothing.content
