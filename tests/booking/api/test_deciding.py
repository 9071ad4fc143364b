"""What the practitioner decides."""

from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone

from booking.models import Appointment, Request
from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, by_link
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


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
