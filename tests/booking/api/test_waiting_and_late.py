"""The waitlist, moving by oneself, and what comes too late for that."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from booking.domain.waiting import DayPart, Wishes
from booking.models import Appointment, LateWish, Participant, Request, WaitlistEntry
from booking.operations.participants import set_passcode
from practice.models import Change
from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, body_of, by_link, errors_of
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


# --- Waiting --------------------------------------------------------------------------------------


def test_one_can_ask_for_a_time_that_comes_free(api: Api, office: Office) -> None:
    answer = api.post("requests/", body_of(office, times=[], wait=True))

    assert answer.status_code == 201, answer.content
    assert answer.json()["hold_expires_at"] is None
    assert WaitlistEntry.objects.filter(request=answer.json()["id"]).exists()


def test_which_times_would_suit_is_said_with_the_request_itself(api: Api, office: Office) -> None:
    wishes = {"weekdays": [4, 1], "parts": ["evening"], "from_date": "2027-01-11"}

    answer = api.post("requests/", body_of(office, times=[], wait=True, wishes=wishes))

    assert answer.status_code == 201, answer.content
    assert WaitlistEntry.objects.get(request=answer.json()["id"]).wishes == Wishes(
        weekdays=frozenset({1, 4}),
        parts=frozenset({DayPart.EVENING}),
        from_date=date(2027, 1, 11),
    )


def test_wishes_of_somebody_who_does_not_wait_are_refused(api: Api, office: Office) -> None:
    answer = api.post("requests/", body_of(office, wishes={"parts": ["evening"]}))

    assert errors_of(answer) == {("wishes", "only_waiting")}
    assert not Request.objects.exists()


def test_joining_and_leaving_the_waitlist(api: Api, office: Office) -> None:
    request = make.waiting(office, now=timezone.now())
    headers = by_link(make.requester_of(request))
    address = f"requests/{request.id}/waitlist/"

    left = api.delete(address, **headers)
    gone = api.delete(address, **headers)
    joined = api.put(address, **headers)

    any_time: dict[str, object] = {"weekdays": [], "parts": [], "from_date": None}
    assert left.json() == {
        "is_waiting": False,
        "is_asked": False,
        "may_join": True,
        "wishes": any_time,
    }
    assert_problem(gone, 404, "not_found")
    assert joined.json() == {
        "is_waiting": True,
        "is_asked": False,
        "may_join": False,
        "wishes": any_time,
    }
    assert api.put(address, **headers).json() == joined.json()
    assert api.get(address, **headers).json() == joined.json()


def test_which_times_would_suit_is_said_and_kept(api: Api, office: Office) -> None:
    request = make.waiting(office, now=timezone.now())
    headers = by_link(make.requester_of(request))
    address = f"requests/{request.id}/waitlist/"
    wishes = {"weekdays": [1, 3], "parts": ["afternoon", "evening"], "from_date": "2027-01-11"}

    said = api.put(address, {"wishes": wishes}, **headers)
    stayed = api.put(address, **headers)
    less = api.put(address, {"wishes": {"parts": ["morning"]}}, **headers)

    assert said.json()["wishes"] == wishes
    assert stayed.json()["wishes"] == wishes
    assert less.json()["wishes"] == {"weekdays": [], "parts": ["morning"], "from_date": None}


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"weekdays": [7]}, "wishes.weekdays.0"),
        ({"parts": ["night"]}, "wishes.parts.0"),
        ({"from_date": "soon"}, "wishes.from_date"),
    ],
)
def test_wishes_that_are_none_are_refused_at_their_field(
    api: Api, office: Office, wishes: dict[str, object], field: str
) -> None:
    request = make.waiting(office, now=timezone.now())
    headers = by_link(make.requester_of(request))

    refused = api.put(f"requests/{request.id}/waitlist/", {"wishes": wishes}, **headers)

    assert {named for named, _code in errors_of(refused)} == {field}


def test_only_who_asked_puts_a_request_on_the_list(api: Api, office: Office) -> None:
    request = make.ready(office, "couple", now=timezone.now(), times=[], wait=True)
    other = make.people_of(request)[1]

    answer = api.put(f"requests/{request.id}/waitlist/", **by_link(other))

    assert_problem(answer, 404, "not_found")


def test_the_practitioner_sees_who_waits_and_what_is_held_for_them(
    api: Api, office: Office
) -> None:
    now = timezone.now()
    first = make.waiting(office, now=now - timedelta(minutes=5))
    second = make.waiting(office, now=now)
    freed = make.cancelled(make.booked(office, now=now), now=now)

    found = api.get("waitlist/", **bearer(office)).json()["waiting"]

    assert [e["request"] for e in found] == [str(first.id), str(second.id)]
    assert datetime.fromisoformat(found[0]["offer"]["start"]) == freed
    assert found[1]["offer"] is None


def test_cancelling_can_offer_the_time_to_whoever_waits(api: Api, office: Office) -> None:
    now = timezone.now()
    waiting, booked = make.waiting(office, now=now), make.booked(office, now=now)

    api.post(
        f"appointments/{booked.id}/cancel/",
        {"offer_new_times": False, "offer_to_waitlist": True},
        **bearer(office),
    )

    held = Appointment.objects.get(request=waiting, state="held")
    assert held.starts_at == booked.starts_at


# --- Moving by oneself ----------------------------------------------------------------------------


def test_one_person_moves_at_once(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    assert booked.request is not None
    target = make.open_starts(office, booked.service, now=timezone.now())[30]

    answer = api.post(
        f"appointments/{booked.id}/ask-move/",
        {"times": [target.isoformat()]},
        **by_link(make.requester_of(booked.request)),
    )

    [date] = answer.json()["appointments"]
    assert datetime.fromisoformat(date["start"]) == target
    booked.refresh_from_db()
    assert booked.starts_at == target


def test_of_two_both_are_asked(api: Api, office: Office) -> None:
    chosen, target = make.open_starts(office, office.service("couple"), now=timezone.now())[
        60:90:29
    ]
    booked = make.booked(office, "couple", now=timezone.now(), times=[chosen])
    assert booked.request is not None
    alex, sam = make.people_of(booked.request)
    body = {"times": [target.isoformat()]}

    asked = api.post(f"appointments/{booked.id}/ask-move/", body, **by_link(alex))
    again = api.post(f"appointments/{booked.id}/ask-move/", body, **by_link(alex))
    of_sam = api.get(f"requests/{booked.request_id}/times/", **by_link(sam)).json()

    assert datetime.fromisoformat(asked.json()["appointments"][0]["start"]) == booked.starts_at
    assert_problem(again, 409, "move_waiting")
    assert of_sam["is_move"]
    assert [t["accepts"] for t in of_sam["times"]] == [None]
    assert not of_sam["can_suggest"]


def test_whoever_asked_leaves_it_as_it_is_after_all(api: Api, office: Office) -> None:
    chosen, target = make.open_starts(office, office.service("couple"), now=timezone.now())[
        60:90:29
    ]
    booked = make.booked(office, "couple", now=timezone.now(), times=[chosen])
    assert booked.request is not None
    alex, sam = make.people_of(booked.request)
    address = f"appointments/{booked.id}/ask-move/"
    asked = api.post(address, {"times": [target.isoformat()]}, **by_link(alex))

    by_sam = api.delete(address, **by_link(sam))
    taken_back = api.delete(address, **by_link(alex))
    again = api.delete(address, **by_link(alex))

    assert [d["wants_to_move"] for d in asked.json()["appointments"]] == [True]
    assert_problem(by_sam, 404, "not_found")
    [date] = taken_back.json()["appointments"]
    assert (date["wants_to_move"], date["can_move"]) == (False, True)
    assert_problem(again, 404, "not_found")


# --- After the cut-off ----------------------------------------------------------------------------


def test_after_the_cut_off_one_asks_and_the_practitioner_says(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    assert booked.request is not None
    headers = by_link(make.requester_of(booked.request))
    address = f"appointments/{booked.id}/late-wish/"
    early = api.post(address, {"words": "Later?"}, **headers)
    with time_machine.travel(booked.starts_at - timedelta(hours=5), tick=False):
        late_move = api.post(
            f"appointments/{booked.id}/ask-move/",
            {"times": [(booked.starts_at + timedelta(7)).isoformat()]},
            **headers,
        )
        asked = api.post(address, {"words": "Later?"}, **headers)
        again = api.post(address, {"words": "An hour later?"}, **headers)
        listed = api.get("late-wishes/", **bearer(office)).json()
        wish = asked.json()["id"]
        settled = api.post(f"late-wishes/{wish}/settle/", {"outcome": "kept"}, **bearer(office))
        gone = api.post(f"late-wishes/{wish}/settle/", **bearer(office))

    assert errors_of(early) == {("words", "not_late_yet")}
    assert_problem(late_move, 409, "too_late_to_change")
    assert asked.status_code == 201, asked.content
    assert again.json()["id"] == wish
    assert [w["person"] for w in listed["late_wishes"]] == ["Alex"]
    assert "hour" not in str(listed)
    assert settled.status_code == 204
    assert LateWish.objects.get().outcome == "kept"
    assert_problem(gone, 404, "not_found")


def test_running_late_can_be_said_by_both_near_the_session(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    assert booked.request is not None
    headers = by_link(make.requester_of(booked.request))
    address = f"appointments/{booked.id}/running-late/"
    early = api.post(address, {"minutes": 10}, **headers)
    with time_machine.travel(booked.starts_at - timedelta(minutes=30), tick=False):
        far = api.post(address, {"minutes": 90}, **headers)
        client = api.post(address, {"minutes": 10}, **headers)
        practitioner = api.post(address, {"minutes": 5}, **bearer(office))

    assert errors_of(early) == {("minutes", "not_now")}
    assert errors_of(far) == {("minutes", "out_of_range")}
    assert client.status_code == practitioner.status_code == 204
    said = Change.objects.filter(kind="running_late").values_list("snapshot__minutes", flat=True)
    assert sorted(said) == [5, 10]


def test_a_client_cancels_for_themselves(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    assert booked.request is not None
    headers = by_link(make.requester_of(booked.request))

    answer = api.post(f"appointments/{booked.id}/cancel/", **headers)

    assert answer.json() == {"id": str(booked.id), "coming": False, "late": False}
    assert api.get(f"requests/{booked.request_id}/", **headers).json()["status"] == "closed"
    assert_problem(api.post(f"appointments/{booked.id}/cancel/", **headers), 404, "not_found")


# --- Guarded by a passcode ------------------------------------------------------------------------

#: The rest of what is one's own, below.
OPEN_WITHOUT_PASSCODE = {("GET", "requests/{}/"), ("GET", "requests/{}/appointments/")}


def test_link_and_code_alone_do_nothing_for_whoever_has_set_a_passcode(
    api: Api, office: Office
) -> None:
    request = make.verified(office, now=timezone.now())
    alex = make.requester_of(request)
    set_passcode(participant_id=alex.pk, passcode="a word of mine", now=timezone.now())
    headers = by_link(alex)

    for method, address in OF_ONES_OWN:
        answer = api.call(method, address.format(request.id), {}, **headers)
        if (method, address) in OPEN_WITHOUT_PASSCODE:
            assert answer.status_code == 200, address
        else:
            assert_problem(answer, 403, "passcode_needed")
    assert Request.objects.get(pk=request.pk).state == "gathering"
    assert Participant.objects.get(pk=alex.pk).left_at is None


def test_somebody_elses_request_looks_like_none_to_whoever_has_a_passcode(
    api: Api, office: Office
) -> None:
    mine, foreign = (make.verified(office, now=timezone.now()) for _ in range(2))
    alex = make.requester_of(mine)
    set_passcode(participant_id=alex.pk, passcode="a word of mine", now=timezone.now())

    answer = api.post(f"requests/{foreign.id}/withdraw/", **by_link(alex))

    assert_problem(answer, 404, "not_found")


def test_a_date_is_called_off_without_the_passcode_as_on_its_page(api: Api, office: Office) -> None:
    appointment = make.booked(office, now=timezone.now())
    assert appointment.request is not None
    alex = make.requester_of(appointment.request)
    set_passcode(participant_id=alex.pk, passcode="a word of mine", now=timezone.now())

    answer = api.post(f"appointments/{appointment.id}/cancel/", {}, **by_link(alex))

    assert (answer.status_code, answer.json()["coming"]) == (200, False)


# --- Not yours, or not there ----------------------------------------------------------------------

OF_ONES_OWN = (
    ("GET", "requests/{}/"),
    ("GET", "requests/{}/ballot/"),
    ("PUT", "requests/{}/ballot/"),
    ("GET", "requests/{}/times/"),
    ("POST", "requests/{}/answer/"),
    ("GET", "requests/{}/appointments/"),
    ("GET", "requests/{}/seat/"),
    ("DELETE", "requests/{}/seat/"),
    ("GET", "requests/{}/waitlist/"),
    ("PUT", "requests/{}/waitlist/"),
    ("DELETE", "requests/{}/waitlist/"),
    ("POST", "requests/{}/stop/"),
    ("POST", "requests/{}/withdraw/"),
)


@pytest.mark.parametrize(("method", "address"), OF_ONES_OWN)
def test_what_is_not_yours_looks_like_what_is_not_there(
    api: Api, office: Office, method: str, address: str
) -> None:
    mine, foreign = (make.verified(office, now=timezone.now()) for _ in range(2))
    headers = by_link(make.requester_of(mine))

    not_mine = api.call(method, address.format(foreign.id), {}, **headers)
    nothing = api.call(method, address.format(uuid4()), {}, **headers)

    assert_problem(not_mine, 404, "not_found")
    assert not_mine.content == nothing.content


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("appointments/{}/cancel/", {}),
        ("appointments/{}/ask-move/", {"times": ["2027-01-05T15:00:00Z"]}),
        ("appointments/{}/late-wish/", {"words": ""}),
        ("appointments/{}/running-late/", {"minutes": 10}),
    ],
)
def test_an_appointment_of_others_looks_like_none(
    api: Api, office: Office, address: str, body: dict[str, object]
) -> None:
    mine, foreign = (make.booked(office, now=timezone.now()) for _ in range(2))
    assert mine.request is not None
    headers = by_link(make.requester_of(mine.request))

    not_mine = api.post(address.format(foreign.id), body, **headers)
    nothing = api.post(address.format(uuid4()), body, **headers)

    assert_problem(not_mine, 404, "not_found")
    assert not_mine.content == nothing.content
