"""What holds for every private page."""

from uuid import uuid4

import pytest
from django.test import Client

from booking.models import Appointment, Request
from booking.templatetags.times import spelled, zone_words
from tests.booking.browsing import RANDOM, come_in, someone_called
from tests.booking.factories import (
    NOW,
    Office,
    booked,
    people_of,
    requester_of,
    submitted,
    verified,
)
from tests.booking.own_pages.answering import asking_together

pytestmark = pytest.mark.django_db

ACTIONS = (
    "join",
    "decline",
    "times",
    "move",
    "cancel",
    "leave",
    "withdraw",
    "address",
    "address/code",
)


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_else_opens_a_persons_pages(office: Office, action: str) -> None:
    request = verified(office, "couple")
    alex = come_in(requester_of(request))
    sam = someone_called(request, "Sam")

    for method in (alex.get, alex.post, Client().get, Client().post):
        assert method(f"/you/{sam.id}/{action}/").status_code == 404
        assert method(f"/you/{uuid4()}/{action}/").status_code == 404


def test_a_private_page_that_does_not_open_is_that_page_too_and_is_not_stored(
    office: Office,
) -> None:
    person = requester_of(verified(office, "couple"))
    stranger, known = Client(), come_in(person)

    pages = [
        stranger.get("/open/nonsense/"),
        stranger.get(f"/you/{person.id}/"),
        stranger.get(f"/you/{uuid4()}/withdraw/"),
        stranger.post(f"/you/{person.id}/times/"),
        known.get(f"/you/{person.id}/people/{uuid4()}/"),
        known.get(f"/you/{person.id}/part/nowhere/"),
    ]

    assert {page.status_code for page in pages} == {404}
    assert len({RANDOM.sub("", page.content.decode()) for page in pages}) == 1
    assert all("no-store" in page["Cache-Control"] for page in pages)
    assert 'action="/open/again/"' in pages[0].content.decode()
    assert "no-store" in known.delete(f"/you/{person.id}/withdraw/")["Cache-Control"]


def test_private_pages_have_neutral_titles(office: Office) -> None:
    booked(office, "couple")
    person = people_of(Request.objects.get())[0]
    client = come_in(person)

    for action in ("move", "cancel", "address", "address/code"):
        page = client.get(f"/you/{person.id}/{action}/").content.decode()
        assert "<title>Your page</title>" in page
        assert "data-exit" in page
        assert 'action="/you/leave/"' in page


def test_times_are_spelled_out(office: Office) -> None:
    person = requester_of(verified(office))
    appointment = Appointment.objects.get()
    assert spelled(appointment, person.time_zone).endswith("Chicago time (GMT-5)")
    assert zone_words("UTC", NOW) == "UTC"
    assert zone_words("Asia/Kolkata", NOW) == "Kolkata time (GMT+5:30)"
    assert zone_words("America/St_Johns", NOW) == "St Johns time (GMT-2:30)"
    assert zone_words("Europe/London", NOW) == "London time (GMT+1)"


def test_titles_of_these_pages_are_neutral(office: Office) -> None:
    request = asking_together(office)
    person = requester_of(request)
    client = come_in(person)

    page = client.get(f"/you/{person.id}/when/").content.decode()

    assert "<title>Your page</title>" in page
    assert "data-exit" in page


def test_of_nobody_else_these_pages_open(office: Office) -> None:
    person = requester_of(submitted(office))
    pk = uuid4()

    for path in ("when", "wait", "wait/stop", "place/leave", f"dates/{pk}", f"dates/{pk}/late"):
        for client in (Client(), come_in(requester_of(verified(office)))):
            assert client.post(f"/you/{person.id}/{path}/").status_code == 404
