"""Finding a time together, proposals and suggestions: what each person sees and says."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from booking.models import Appointment, Request
from booking.queries.together import asked_starts
from tests.booking import factories as make
from tests.booking.api.caller import (
    CLIENT,
    Api,
    assert_problem,
    bearer,
    body_of,
    by_link,
    errors_of,
    person,
)
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_two_can_ask_for_finding_a_time_together(api: Api, office: Office) -> None:
    body = body_of(
        office,
        relationship_type="couple",
        service="couple-80",
        participants=[person()],
        times=[],
        find_together=True,
    )

    answer = api.post("requests/", body)

    assert answer.status_code == 201, answer.content
    assert answer.json()["hold_expires_at"] is None
    assert Request.objects.get(pk=answer.json()["id"]).find_together


def test_a_ballot_is_in_ones_own_zone_with_ones_own_words(api: Api, office: Office) -> None:
    request = make.finding(office, now=timezone.now())
    alex, sam = make.people_of(request)
    headers = by_link(alex)

    empty = api.get(f"requests/{request.id}/ballot/", **headers).json()
    first = empty["times"][0]["start"]
    marked = api.put(
        f"requests/{request.id}/ballot/", {"marks": [{"start": first, "word": "can"}]}, **headers
    )

    starts = [datetime.fromisoformat(t["start"]) for t in empty["times"]]
    assert starts == asked_starts(Request.objects.get(pk=request.pk), now=timezone.now())
    assert empty["time_zone"] == alex.time_zone
    assert not empty["has_answered"]
    assert {t["word"] for t in empty["times"]} == {None}
    assert marked.status_code == 200, marked.content
    assert marked.json()["has_answered"]
    words = [t["word"] for t in marked.json()["times"]]
    assert words == ["can", *["cant"] * (len(words) - 1)]
    of_sam = api.get(f"requests/{request.id}/ballot/", **by_link(sam)).json()
    assert {t["word"] for t in of_sam["times"]} == {None}


def test_a_ballot_does_not_change_with_what_others_do(api: Api, office: Office) -> None:
    request = make.finding(office, now=timezone.now())
    alex, sam = make.people_of(request)
    address, headers = f"requests/{request.id}/ballot/", by_link(alex)
    before = api.get(address, **headers).content

    make.mark(sam, now=timezone.now())

    assert api.get(address, **headers).content == before


@pytest.mark.parametrize(
    ("marks", "field"),
    [
        ([{"start": "2026-12-01T10:00:00Z", "word": "maybe"}], "marks.0.word"),
        ([{"start": "tomorrow", "word": "can"}], "marks.0.start"),
        ([{"word": "can"}], "marks.0.start"),
        (None, "marks"),
    ],
)
def test_marks_that_cannot_be_are_refused(api: Api, office: Office, marks: Any, field: str) -> None:
    request = make.finding(office, now=timezone.now())
    headers = by_link(make.requester_of(request))

    answer = api.put(f"requests/{request.id}/ballot/", {"marks": marks}, **headers)

    assert {name for name, _code in errors_of(answer)} == {field}


def test_a_ballot_without_a_word_is_refused_and_changes_nothing(api: Api, office: Office) -> None:
    request = make.finding(office, now=timezone.now())
    alex = make.requester_of(request)

    refused = api.put(f"requests/{request.id}/ballot/", {"marks": []}, **by_link(alex))

    assert errors_of(refused) == {("marks", "empty")}
    alex.refresh_from_db()
    assert alex.voted_round == 0


def test_the_outcome_is_empty_until_all_have_answered(api: Api, office: Office) -> None:
    now = timezone.now()
    request = make.finding(office, now=now)
    alex, sam = make.people_of(request)
    first, second, *_ = asked_starts(Request.objects.get(pk=request.pk), now=now)[20:]
    address = f"requests/{request.id}/outcome/"

    make.mark(alex, can=[second], could=[first], now=now)
    before = api.get(address, **bearer(office)).json()
    make.mark(sam, can=[second, first], now=now)
    after = api.get(address, {"time_zone": CLIENT}, **bearer(office)).json()

    assert before == {
        "time_zone": "America/New_York",
        "all_answered": False,
        "works": [],
        "nearest": [],
    }
    assert after["all_answered"]
    assert after["time_zone"] == CLIENT
    assert [datetime.fromisoformat(m["start"]) for m in after["works"]] == [second, first]
    assert (after["works"][1]["can"], after["works"][1]["could"]) == (1, 1)


def test_what_works_for_all_is_confirmed_with_its_start(api: Api, office: Office) -> None:
    now = timezone.now()
    request = make.finding(office, now=now)
    start, other = asked_starts(Request.objects.get(pk=request.pk), now=now)[20:22]
    for participant in make.people_of(request):
        make.mark(participant, can=[start], now=now)
    address = f"requests/{request.id}/confirm/"

    refused = api.post(address, {"start": other.isoformat()}, **bearer(office))
    both = api.post(address, {"start": start.isoformat(), "time": str(uuid4())}, **bearer(office))
    queued = api.post(address, {"start": start.isoformat()}, **bearer(office))

    assert assert_problem(refused, 409, "gate_closed")["reasons"] == ["time_not_accepted"]
    assert errors_of(both) == {("start", "one_of_two")}
    assert queued.status_code == 202, queued.content
    undone = api.post(f"requests/{request.id}/undo/", **bearer(office))
    assert undone.json()["decision"] is None
    assert_problem(api.post(f"requests/{request.id}/undo/", **bearer(office)), 404, "not_found")


def test_asking_again_leaves_with_the_batch(api: Api, office: Office) -> None:
    now = timezone.now()
    request = make.finding(office, now=now)
    address = f"requests/{request.id}/ask-again/"

    early = api.post(address, **bearer(office))
    for participant in make.people_of(request):
        make.mark(participant, now=now)
    queued = api.post(address, **bearer(office))

    assert_problem(early, 409, "not_allowed_now")
    assert queued.status_code == 202, queued.content
    assert_problem(api.post(address, **bearer(office)), 409, "decision_waiting")


def proposed(api: Api, office: Office) -> tuple[Request, list[datetime]]:
    """One person, to whom two times are proposed."""
    request = make.ready(office, now=timezone.now())
    starts = make.open_starts(office, office.services["individual-50"], now=timezone.now())[8:10]
    body = {"times": [s.isoformat() for s in starts]}
    assert api.post(f"requests/{request.id}/propose/", body, **bearer(office)).status_code == 200
    return request, starts


def test_a_proposal_is_answered_with_a_time_of_ones_own(api: Api, office: Office) -> None:
    request, starts = proposed(api, office)
    headers = by_link(make.requester_of(request))
    own = make.open_starts(office, office.services["individual-50"], now=timezone.now())[20]

    asked = api.get(f"requests/{request.id}/times/", **headers).json()
    answer = api.post(
        f"requests/{request.id}/answer/",
        {
            "answers": [{"time": t["id"], "accepts": False} for t in asked["times"]],
            "suggestions": [own.isoformat()],
        },
        **headers,
    )

    assert [datetime.fromisoformat(t["start"]) for t in asked["times"]] == starts
    assert {t["accepts"] for t in asked["times"]} == {None}
    assert asked["can_suggest"]
    assert answer.json() == {"id": str(request.id), "status": "in_progress"}
    suggested = api.get(f"requests/{request.id}/times/", **headers).json()["suggested"]
    assert [datetime.fromisoformat(s["start"]) for s in suggested] == [own]
    seen = api.get(f"requests/{request.id}/", **bearer(office)).json()["appointments"]
    assert [a["suggested_by"] for a in seen] == [str(make.requester_of(request).id)]
    proposing = api.post(
        f"requests/{request.id}/propose/", {"times": [own.isoformat()]}, **bearer(office)
    )
    assert proposing.status_code == 200, proposing.content


def test_a_yes_of_one_person_books(api: Api, office: Office) -> None:
    request, starts = proposed(api, office)
    headers = by_link(make.requester_of(request))
    times = api.get(f"requests/{request.id}/times/", **headers).json()["times"]

    answer = api.post(
        f"requests/{request.id}/answer/",
        {"answers": [{"time": times[1]["id"], "accepts": True}]}
        | {"answers": [{"time": t["id"], "accepts": t is times[1]} for t in times]},
        **headers,
    )

    assert answer.json()["status"] == "booked"
    assert Appointment.objects.get(request=request, state="booked").starts_at == starts[1]
    again = api.post(f"requests/{request.id}/answer/", {"answers": []}, **headers)
    assert_problem(again, 409, "hold_expired")


def test_a_suggestion_that_is_taken_comes_with_alternatives(api: Api, office: Office) -> None:
    request, _starts = proposed(api, office)
    taken = make.booked(office, now=timezone.now())

    answer = api.post(
        f"requests/{request.id}/answer/",
        {"answers": [], "suggestions": [taken.starts_at.isoformat()]},
        **by_link(make.requester_of(request)),
    )

    assert len(assert_problem(answer, 409, "slot_taken")["alternatives"]) == 3
