"""What is booked."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, errors_of, in_days, span
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


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


def test_times_are_in_the_zone_asked_for_whoever_asks(api: Api, office: Office) -> None:
    appointment = make.booked(office, now=timezone.now())

    listed = api.get("appointments/", span(time_zone="Asia/Kathmandu"), **bearer(office)).json()
    ended = api.post(
        f"appointments/{appointment.id}/cancel/?time_zone=Asia/Kathmandu", **bearer(office)
    ).json()
    nowhere = api.get("appointments/", span(time_zone="Mars/Olympus"), **bearer(office))

    assert listed["time_zone"] == "Asia/Kathmandu"
    assert listed["appointments"][0]["start"].endswith("+05:45")
    assert {slot["start"][-6:] for slot in ended["new_times"]} == {"+05:45"}
    assert errors_of(nowhere) == {("time_zone", "unknown_zone")}


def test_alternatives_are_in_the_zone_asked_for_too(api: Api, office: Office) -> None:
    taken, other = (make.booked(office, now=timezone.now()) for _ in range(2))

    answer = api.post(
        f"appointments/{other.id}/reschedule/?time_zone=Asia/Kathmandu",
        {"start": taken.starts_at.isoformat()},
        **bearer(office),
    )

    alternatives = assert_problem(answer, 409, "slot_taken")["alternatives"]
    assert {slot["start"][-6:] for slot in alternatives} == {"+05:45"}
