"""A press leads on to a page that is fetched: going back sends nothing twice and loses nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from booking.models import Appointment, Request, Vote
from booking.operations import decisions, links
from booking.views import drafts
from tests.booking.browsing import TIME, come_in, press
from tests.booking.factories import (
    NOW,
    Office,
    booked,
    link_of,
    make_office,
    open_starts,
    ready,
    requester_of,
    submitted,
    verified,
)
from tests.booking.own_pages.answering import MARK, WEEK, asking_together, refusing
from tests.booking.request_pages.filled_in import person, to_details, typed_details

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Monday."""
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(clock: None) -> Office:
    return make_office(locations=[{"country": "US", "region": "NY", "label": "New York"}])


def checked(html: str) -> set[str]:
    """The radio buttons and boxes that are marked, each as name=value."""
    return {
        f"{name}={value}"
        for name, value in re.findall(r'name="([^"]+)" value="([^"]+)" checked', html)
    }


# --- Finding a time together ----------------------------------------------------------------------


def test_going_back_to_an_earlier_week_shows_what_was_marked_in_all(office: Office) -> None:
    alex = requester_of(asking_together(office))
    client, path = come_in(alex), f"/you/{alex.id}/when/"
    first = client.get(path).content.decode()
    one = MARK.findall(first)[0]
    to_second = client.post(path, {one: "can", "week": WEEK.findall(first)[-1]})["Location"]
    second = client.get(to_second).content.decode()
    two = MARK.findall(second)[0]
    carried = {one: "can"}
    client.post(path, carried | {two: "could", "week": WEEK.findall(second)[-1]})

    back_once = client.get(to_second).content.decode()
    back_twice = client.get(path).content.decode()

    assert checked(back_once) == {f"{two}=could"}
    assert f'name="{one}" value="can"' in back_once  # carried along
    assert checked(back_twice) == {f"{one}=can"}
    assert not Vote.objects.exists()


def test_what_was_marked_is_forgotten_once_it_is_sent(office: Office) -> None:
    alex = requester_of(asking_together(office))
    client, path = come_in(alex), f"/you/{alex.id}/when/"
    first, second = MARK.findall(client.get(path).content.decode())[:2]
    address = client.post(path, {first: "can", second: "cant", "week": ""})["Location"]

    client.post(path, {first: "could", "send": "yes"})

    assert f"{first}=could" in checked(client.get(address).content.decode())
    assert "are kept on this page" not in client.get(path).content.decode()


# --- Times that are offered, and one's own --------------------------------------------------------


def test_an_answer_left_out_keeps_the_one_that_was_given(office: Office) -> None:
    request = ready(office)
    decisions.propose(
        request_id=request.id,
        practitioner_id=office.practitioner.id,
        starts=open_starts(office, office.service("individual"))[20:22],
        now=NOW,
    )
    alex = requester_of(request)
    one, _other = Appointment.objects.filter(request=request, state="held").order_by("rank")

    page = press(come_in(alex), f"/you/{alex.id}/times/", {f"time-{one.id}": "no"})

    assert "Please answer yes or no to each time." in page
    assert checked(page) == {f"time-{one.id}=no"}


def test_times_chosen_to_move_to_are_still_chosen_after_going_back(office: Office) -> None:
    times = [open_starts(office, office.service("couple"))[-1]]
    booked(office, "couple", times=times)
    alex = requester_of(Request.objects.get())
    client, path = come_in(alex), f"/you/{alex.id}/move/"
    chosen = TIME.findall(client.get(path).content.decode())[:2]
    address = client.post(path, {"times": chosen, "week": "2026-11-09"})["Location"]

    client.get(f"/you/{alex.id}/")

    assert TIME.findall(client.get(address).content.decode())[:2] == chosen


def test_times_suggested_are_still_chosen_after_a_mistake(office: Office) -> None:
    request = ready(office)
    decisions.propose(
        request_id=request.id,
        practitioner_id=office.practitioner.id,
        starts=open_starts(office, office.service("individual"))[20:21],
        now=NOW,
    )
    alex = requester_of(request)
    client, path = come_in(alex), f"/you/{alex.id}/times/"
    shown = TIME.findall(press(client, path, refusing(request)))
    said = refusing(request) | {"suggesting": "yes", "times": shown[:4]}

    page = press(client, path, said)

    assert checked(page) == {f"times={start}" for start in shown[:4]}


# --- The request ----------------------------------------------------------------------------------


def test_what_was_typed_stands_there_again_after_looking_elsewhere(
    client: Client, office: Office
) -> None:
    typed = typed_details(to_details(client, office, "couple"), name="", people="1", **person(0))
    address = client.post("/request/details/", typed)["Location"]

    client.get("/request/")
    page = client.get(address).content.decode()

    assert "Please give us a name to call you by." in page
    assert "We keep talking past each other." in page
    assert 'value="Friend 0"' in page


def test_what_was_typed_is_not_shown_to_whoever_opens_the_page_anew(
    client: Client, office: Office
) -> None:
    typed = typed_details(to_details(client, office, "individual"), name="")
    client.post("/request/details/", typed)

    anew = client.get("/request/details/").content.decode()
    guessed = client.get("/request/details/", {"again": "guess"}).content.decode()

    assert "We keep talking past each other." not in anew + guessed


def test_what_was_typed_is_gone_after_half_an_hour(
    client: Client, office: Office, clock: time_machine.Traveller
) -> None:
    typed = typed_details(to_details(client, office, "individual"), name="")
    address = client.post("/request/details/", typed)["Location"]

    clock.shift(timedelta(seconds=drafts.LIFE_SECONDS + 1))

    assert "We keep talking past each other." not in client.get(address).content.decode()


@pytest.mark.parametrize("end", ["sent", "under age", "left"])
def test_nothing_typed_is_kept_once_it_is_sent_or_left(
    client: Client, office: Office, end: str
) -> None:
    typed = typed_details(to_details(client, office, "individual"))
    client.post("/request/details/", typed | {"name": ""})
    assert client.session["drafts"]

    if end == "left":
        client.post("/you/leave/")  # what the way out presses
    else:
        client.post("/request/details/", typed | ({"adult": "no"} if end == "under age" else {}))

    assert not client.session.get("drafts")


def test_what_cannot_be_opened_any_more_is_as_if_it_were_not_there(
    client: Client, office: Office
) -> None:
    typed = typed_details(to_details(client, office, "individual"), name="")
    address = client.post("/request/details/", typed)["Location"]
    kept = client.session
    kept["drafts"]["details"]["row"] = "00000000-0000-0000-0000-000000000000"
    kept.save()

    page = client.get(address)

    assert page.status_code == 200
    assert "We keep talking past each other." not in page.content.decode()


# --- Links and codes ------------------------------------------------------------------------------


def test_a_wrong_code_is_counted_once_however_often_the_page_is_looked_at(office: Office) -> None:
    link = link_of(requester_of(submitted(office)))
    path = f"/open/{links.token(link.id)}/"
    wrong = f"{(int(links.code(link.id)) + 1) % 10**6:06d}"
    client = Client()
    address = client.post(path, {"code": wrong})["Location"]

    pages = [client.get(address).content.decode() for _ in range(3)]

    assert ["You can try 9 more times." in page for page in pages] == [True] * 3
    link.refresh_from_db()
    assert link.wrong_tries == 1


def test_the_session_of_a_browser_holds_no_token(office: Office) -> None:
    link = link_of(requester_of(submitted(office)))
    client = Client()

    client.post(f"/open/{links.token(link.id)}/", {"code": "12"})

    assert client.session["drafts"]
    assert links.token(link.id) not in str(dict(client.session.items()))


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("when/", {"week": "x"}),
        ("when/", {"send": "yes"}),
        ("address/", {"email": "nowhere"}),
        ("address/code/", {"code": "1"}),
        ("wait/", {"asked": "yes", "from_date": "soon"}),
    ],
)
def test_every_press_on_a_private_page_leads_on(
    office: Office, path: str, typed: dict[str, str]
) -> None:
    asking = asking_together(office) if path == "when/" else verified(office, times=(), wait=True)
    alex = requester_of(asking)

    answer = come_in(alex).post(f"/you/{alex.id}/{path}", typed)

    assert answer.status_code == 303
    assert answer["Location"].startswith(f"/you/{alex.id}/")
    assert "no-store" in answer["Cache-Control"]


# --- Several people on one device -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("address/", {"email": "%s@nowhere@"}),
        ("address/code/", {"code": "%s"}),
        ("wait/", {"asked": "yes", "from_date": "%s"}),
    ],
)
def test_what_one_person_typed_is_not_shown_to_another_of_the_same_device(
    office: Office, path: str, typed: dict[str, str]
) -> None:
    alex, sam = (requester_of(verified(office, times=(), wait=True)) for _ in range(2))
    client = come_in(alex)
    link = link_of(sam)
    client.post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})
    pages = [
        client.post(
            f"/you/{person.id}/{path}",
            {name: value.replace("%s", word) for name, value in typed.items()},
        )["Location"]
        for person, word in ((alex, "alexword"), (sam, "samsword"))
    ]

    alexs, sams = (client.get(page).content.decode() for page in pages)

    assert ("alexword" in alexs, "samsword" in alexs) == (True, False)
    assert ("samsword" in sams, "alexword" in sams) == (True, False)


def test_a_code_typed_for_one_link_is_not_shown_for_another(office: Office) -> None:
    one, two = (link_of(requester_of(submitted(office))) for _ in range(2))
    client = Client()
    pages = [
        client.post(f"/open/{links.token(link.id)}/", {"code": typed})["Location"]
        for link, typed in ((one, "12x1"), (two, "12x2"))
    ]

    html = [client.get(page).content.decode() for page in pages]

    assert ["12x1" in html[0], "12x2" in html[0], "12x2" in html[1]] == [True, False, True]
