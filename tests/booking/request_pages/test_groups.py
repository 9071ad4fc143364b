"""A place in a group."""

import pytest
from django.test import Client

from booking.models import Cohort, Seat
from tests.booking.browsing import press
from tests.booking.factories import Office, published
from tests.booking.request_pages.filled_in import SLOT, to_details, typed_details

pytestmark = pytest.mark.django_db


def test_a_group_is_told_that_the_time_is_for_a_first_call(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "group"})

    page = client.get("/request/session/").content.decode()

    assert "short first call" in page
    html = to_details(client, office, "group")
    assert 'name="people"' not in html


def test_a_place_in_a_group_is_asked_for_under_a_name(client: Client, office: Office) -> None:
    cohort = published(office)
    client.post("/request/", {"relationship_type": "group"})
    page = client.get("/request/session/").content.decode()
    choice = f"group-call:video:{cohort.slug}"
    client.post("/request/session/", {"choice": choice})
    slot = SLOT.findall(client.get("/request/time/").content.decode())[2]
    client.post("/request/time/", {"start": slot, "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()

    unnamed = press(client, "/request/details/", typed_details(details))
    client.post("/request/details/", typed_details(details, seat_name="Robin"))

    assert cohort.title in page
    assert "Places left" in page
    assert f'value="{choice}"' in page
    assert 'value="group-90:' not in page
    assert "Under which name should the group know you?" in unnamed
    seat = Seat.objects.get()
    assert (seat.name, seat.state, seat.cohort) == ("Robin", "asked", cohort)


def test_a_full_group_has_a_list(client: Client, office: Office) -> None:
    cohort = published(office)
    Cohort.objects.update(seats_taken=cohort.seats)
    client.post("/request/", {"relationship_type": "group"})
    page = client.get("/request/session/").content.decode()
    client.post("/request/session/", {"choice": f"group-call:video:{cohort.slug}"})
    full = client.get("/request/time/").content.decode()
    client.post("/request/time/", {"way": "wait", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()

    sent = client.post("/request/details/", typed_details(details, seat_name="Robin"))

    assert "Full" in page
    assert "Every place is taken for now" in full
    assert sent.status_code == 303
    assert Seat.objects.get().state == "waiting"


def test_the_last_place_taken_meanwhile_offers_the_list(client: Client, office: Office) -> None:
    cohort = published(office)
    client.post("/request/", {"relationship_type": "group"})
    client.post("/request/session/", {"choice": f"group-call:video:{cohort.slug}"})
    slot = SLOT.findall(client.get("/request/time/").content.decode())[2]
    client.post("/request/time/", {"start": slot, "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    Cohort.objects.update(seats_taken=cohort.seats)

    page = press(client, "/request/details/", typed_details(details, seat_name="Robin"))
    again = client.post("/request/details/", typed_details(page, seat_name="R"))

    assert "The last place was taken a moment ago." in page
    assert again.status_code == 303
    assert Seat.objects.get().state == "waiting"


def test_a_group_closed_meanwhile_leads_back_with_a_sentence(
    client: Client, office: Office
) -> None:
    cohort = published(office)
    client.post("/request/", {"relationship_type": "group"})
    client.post("/request/session/", {"choice": f"group-call:video:{cohort.slug}"})
    Cohort.objects.update(state="closed")

    answer = client.get("/request/time/", follow=True)

    assert answer.redirect_chain[-1][0] == "/request/session/"
    assert "That group takes no requests any more." in answer.content.decode()
