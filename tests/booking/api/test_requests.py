"""Looking at a request, and who may."""

import json
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from booking.models import Request
from booking.operations import links
from tests.booking import factories as make
from tests.booking.api.caller import (
    Api,
    assert_problem,
    bearer,
    by_link,
    span,
)
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


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
