"""What programs of the practitioner list and note down, as the pages of the desk do."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from booking.models import Appointment, Attendance, Participant, Request
from booking.operations import answers, decisions, requests
from practice.models import TimeOff
from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, by_link, errors_of
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


# --- The list -------------------------------------------------------------------------------------


def ids(answer: Any) -> list[str]:
    return [found["id"] for found in answer.json()["requests"]]


def test_the_list_has_what_is_open_the_oldest_first(api: Api, office: Office) -> None:
    now = timezone.now()
    couple = make.ready(office, "couple", now=now - timedelta(minutes=2), words="Something private")
    closed = make.ready(office, now=now)
    requests.withdraw(participant_id=make.requester_of(closed).pk, now=now)
    waits = make.waiting(office, now=now)
    make.submitted(office, now=now)

    answer = api.get("requests/", **bearer(office))

    assert answer.status_code == 200
    assert ids(answer) == [str(couple.pk), str(waits.pk)]
    first, second = answer.json()["requests"]
    assert [p["name"] for p in first["people"]] == ["Alex", "Sam"]
    assert (first["state"], first["status"]) == ("ready", "in_progress")
    assert len(first["times"]) == 1
    assert (first["is_waiting"], second["is_waiting"]) == (False, True)
    assert second["times"] == []
    assert "private" not in answer.content.decode()
    assert "example.test" not in answer.content.decode()


def test_the_list_is_asked_for_by_state(api: Api, office: Office) -> None:
    now = timezone.now()
    unverified = make.submitted(office, now=now - timedelta(minutes=2))
    ready = make.ready(office, now=now)
    booked = make.booked(office, now=now)

    wanted = {"state": ["received", "confirmed"]}
    found = ids(api.get("requests/", wanted, **bearer(office)))

    assert found == [str(unverified.pk), str(booked.request_id)]
    assert str(ready.pk) in ids(api.get("requests/", {"state": "ready"}, **bearer(office)))
    unknown = api.get("requests/", {"state": "later"}, **bearer(office))
    assert errors_of(unknown) == {("state", "invalid_choice")}


def test_the_list_comes_in_pages_and_says_what_is_to_leave(api: Api, office: Office) -> None:
    now = timezone.now()
    couple = make.ready(office, "couple", now=now - timedelta(minutes=2))
    decisions.decline(request_id=couple.pk, practitioner_id=office.practitioner.pk, now=now)
    make.ready(office, now=now)
    headers = bearer(office)

    page = api.get("requests/", {"limit": "1"}, **headers)
    rest = api.client.get(page.json()["next"], headers=headers)

    assert page.json()["requests"][0]["decision"]["kind"] == "decline"
    assert (len(page.json()["requests"]), len(rest.json()["requests"])) == (1, 1)
    assert rest.json()["next"] is None


def test_nobody_else_sees_the_list_and_anybody_may_still_ask(api: Api, office: Office) -> None:
    now = timezone.now()
    request = make.ready(office, now=now)
    robin = make.make_practitioner(slug="robin")

    assert_problem(api.get("requests/"), 401, "not_authenticated")
    by_a_client = api.get("requests/", **by_link(make.requester_of(request)))
    assert by_a_client.status_code == 401
    other = {"Authorization": f"Bearer {make.api_token(robin, now=now)}"}
    assert ids(api.get("requests/", **other)) == []
    assert errors_of(api.post("requests/", {})) >= {("service", "required")}


# --- People ---------------------------------------------------------------------------------------


def test_it_goes_on_without_somebody(api: Api, office: Office) -> None:
    request = make.ready(office, "couple", now=timezone.now())
    _alex, sam = make.people_of(request)
    address = f"requests/{request.pk}/people/{sam.pk}/excuse/"

    answer = api.post(address, **bearer(office))

    assert answer.status_code == 200
    assert Participant.objects.get(pk=sam.pk).excused_at is not None
    assert_problem(api.post(address, **bearer(office)), 404, "not_found")


def test_somebody_of_another_request_is_not_excused_by_mistake(api: Api, office: Office) -> None:
    now = timezone.now()
    request, other = (make.ready(office, "couple", now=now) for _ in range(2))
    sam = make.people_of(other)[1]

    answer = api.post(f"requests/{request.pk}/people/{sam.pk}/excuse/", **bearer(office))

    assert_problem(answer, 404, "not_found")
    assert Participant.objects.get(pk=sam.pk).excused_at is None


def test_what_somebody_said_on_the_phone_is_noted(api: Api, office: Office) -> None:
    now = timezone.now()
    request = make.ready(office, now=now)
    start = make.open_starts(office, office.service("individual"), now=now)[9]
    decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=[start], now=now
    )
    held = Appointment.objects.get(request=request, state="held")
    alex = make.requester_of(request)
    address = f"requests/{request.pk}/people/{alex.pk}/answer/"

    unsaid = api.post(address, {"accepted": [str(held.pk)]}, **bearer(office))
    said = api.post(address, {"accepted": [str(held.pk)], "they_told_me": True}, **bearer(office))

    assert errors_of(unsaid) == {("they_told_me", "required")}
    assert said.json()["state"] == "confirmed"
    assert Appointment.objects.get(pk=held.pk).state == "booked"


def test_a_suggested_time_is_given_back(api: Api, office: Office) -> None:
    now = timezone.now()
    request = make.ready(office, now=now)
    offered, wanted = make.open_starts(office, office.service("individual"), now=now)[9:40:30]
    decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=[offered], now=now
    )
    held = Appointment.objects.get(request=request, state="held")
    answers.answer_times(
        participant_id=make.requester_of(request).pk,
        answers={held.pk: False},
        suggestions=[wanted],
        now=now,
    )
    suggested = Appointment.objects.get(request=request, state="held")
    address = f"requests/{request.pk}/suggestions/{suggested.pk}/end/"

    answer = api.post(address, **bearer(office))

    assert answer.status_code == 200
    assert Appointment.objects.get(pk=suggested.pk).state == "released"
    assert_problem(api.post(address, **bearer(office)), 404, "not_found")


def test_somebody_who_comes_sometimes_is_put_on_the_roster(api: Api, office: Office) -> None:
    now = timezone.now()
    others = [make.partner("Kai"), make.partner("Noor", attends="sometimes")]
    appointment = make.booked(office, "non_monogamous", now=now, others=others)
    noor = Participant.objects.get(request=appointment.request, label="Noor")
    address = f"appointments/{appointment.pk}/people/{noor.pk}/"
    assert_problem(api.post(address, **bearer(office)), 404, "not_found")
    make.enter(noor, now=now)
    make.join(noor, accepts=None, now=now)
    make.clear(noor, now=now)

    answer = api.post(address, **bearer(office))

    assert answer.status_code == 200
    assert "Noor" in answer.json()["people"]
    assert Attendance.objects.filter(appointment=appointment, participant=noor).exists()


# --- On the phone, and in bed ---------------------------------------------------------------------


def call(office: Office, **changes: Any) -> dict[str, Any]:
    start = make.open_starts(office, office.service("individual"), now=timezone.now())[9]
    return {
        "service": "individual-50",
        "start": start.isoformat(),
        "modality": "phone",
        "location": {"country": "us", "region": "NY"},
        "time_zone": "America/Chicago",
        "people": [{"name": "Ash", "email": make.address("ash")}],
    } | changes


def test_a_call_is_entered_and_held_until_the_forms_are_there(api: Api, office: Office) -> None:
    answer = api.post("calls/", call(office), **bearer(office))

    assert answer.status_code == 201, answer.content
    assert answer.json()["state"] == "gathering"
    assert [a["state"] for a in answer.json()["appointments"]] == ["held"]
    assert Request.objects.get(pk=answer.json()["id"]).origin == "practitioner"


def test_with_the_forms_on_paper_a_call_is_booked_at_once(api: Api, office: Office) -> None:
    body = call(office, forms_on_paper=True, people=[{"name": "Ash"}])

    answer = api.post("calls/", body, **bearer(office))
    again = api.post("calls/", body, **bearer(office))

    assert [a["state"] for a in answer.json()["appointments"]] == ["booked"]
    problem = assert_problem(again, 409, "slot_taken")
    assert len(problem["alternatives"]) == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": "of-nobody"}, "service"),
        ({"people": []}, "people"),
        ({"people": [{"name": "Ash"}]}, "people.0.email"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"start": "2020-01-01T10:00:00Z"}, "starts_at"),
        ({"modality": "letter"}, "modality"),
    ],
)
def test_what_cannot_be_entered_says_why(
    api: Api, office: Office, changes: dict[str, Any], field: str
) -> None:
    answer = api.post("calls/", call(office, **changes), **bearer(office))

    assert field in {name for name, _code in errors_of(answer)}
    assert not Request.objects.exists()


def test_a_day_is_cancelled_kindly(api: Api, office: Office) -> None:
    now = timezone.now()
    booked = make.booked(office, now=now)
    day = booked.starts_at.astimezone(make.NEW_YORK).date().isoformat()

    answer = api.post("appointments/cancel-day/", {"day": day}, **bearer(office))
    past = api.post("appointments/cancel-day/", {"day": "2020-01-01"}, **bearer(office))

    assert answer.json() == {"cancelled": [str(booked.pk)]}
    assert Appointment.objects.get(pk=booked.pk).state == "cancelled"
    assert TimeOff.objects.count() == 1
    assert errors_of(past) == {("day", "time_passed")}


def test_none_of_it_is_there_for_the_people_of_a_request(api: Api, office: Office) -> None:
    now = timezone.now()
    appointment = make.booked(office, now=now)
    alex = make.people_of(appointment.request)[0] if appointment.request else None
    assert alex is not None
    headers = by_link(alex)
    request = appointment.request_id

    for address in (
        f"requests/{request}/people/{alex.pk}/excuse/",
        f"requests/{request}/people/{alex.pk}/answer/",
        f"requests/{request}/suggestions/{appointment.pk}/end/",
        f"appointments/{appointment.pk}/people/{alex.pk}/",
        "appointments/cancel-day/",
        "calls/",
    ):
        assert api.post(address, {}, **headers).status_code == 401, address
