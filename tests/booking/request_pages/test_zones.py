"""The zone in which times are read and chosen."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from booking.forms.zones import zone_groups
from booking.views.choices import value_of
from practice.domain.wall import zone_names
from tests.booking.factories import NOW, Office, open_starts
from tests.booking.request_pages.filled_in import to_details, typed_details

pytestmark = pytest.mark.django_db


def test_times_are_in_the_readers_zone_and_it_is_spelled_out(
    client: Client, office: Office
) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    guessed = client.get("/request/time/").content.decode()
    chosen = client.get("/request/time/", {"zone": "Asia/Kolkata"}).content.decode()

    assert "New York time (GMT-" in guessed
    assert 'data-guess-zone="submit">' in guessed
    assert "Kolkata time (GMT+5:30)" in chosen
    assert 'data-guess-zone="submit" data-chosen>' in chosen


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe/London\x00"])
def test_an_unknown_zone_is_explained(client: Client, office: Office, zone: str) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})
    slot = value_of(open_starts(office, office.service("individual"), now=timezone.now())[3])

    seen = client.get("/request/time/", {"zone": zone})
    chosen = client.post("/request/time/", {"zone": zone, "start": slot}, follow=True)

    for answer in (seen, chosen):
        assert answer.status_code == 200
        assert "We don't know that time zone" in answer.content.decode()


def test_a_zone_that_is_none_leads_back_with_a_sentence(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")

    answer = client.post(
        "/request/details/", typed_details(html, time_zone="Mars/Olympus"), follow=True
    )

    assert answer.redirect_chain[-1][0] == "/request/time/"
    assert "Please choose your time zone" in answer.content.decode()


def test_likely_zones_come_first_and_every_one_is_there(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"zone": "Asia/Kolkata"}).content.decode()

    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', page)
    likely = re.findall(r'value="([^"]+)"', groups[0][1])
    assert likely[:4] == ["Asia/Kolkata", "America/New_York", "America/Chicago", "America/Denver"]
    assert "Europe/London" in likely
    assert len(likely) < 15
    assert ">New York (GMT-4)</option>" in groups[0][1]
    assert "Kolkata, India" in page
    assert page.count(" selected>") == 1
    every = set(re.findall(r'<option value="([^"]+)"', page))
    assert {"Europe/Kyiv", "Asia/Kathmandu", "Europe/Stockholm", "UTC"} <= every


def test_a_zone_has_its_current_name_and_is_found_by_the_older_ones() -> None:
    rows = [row for _group, rows in zone_groups([], now=NOW) for row in rows]
    older = {name: row.value for row in rows for name in row.older.split()}

    odd = [row.value for row in rows if row.value.startswith(("US/", "Etc/"))]
    assert odd == []
    assert "America/Argentina/ComodRivadavia" not in {row.value for row in rows}
    assert older["US/Eastern"] == "America/New_York"
    assert older["Asia/Calcutta"] == "Asia/Kolkata"
    assert older["Europe/Kiev"] == "Europe/Kyiv"
    assert older["America/Argentina/ComodRivadavia"] == "America/Argentina/Catamarca"
    assert older["Etc/UTC"] == "UTC"


def test_every_zone_that_is_accepted_can_be_found_on_the_list() -> None:
    rows = [row for _group, rows in zone_groups([], now=NOW) for row in rows]
    found = {row.value for row in rows} | {name for row in rows for name in row.older.split()}

    missing = {name for name in zone_names() - found if not name.startswith("Etc/")}

    assert missing == set()


def test_an_older_name_is_taken_as_it_is(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"zone": "US/Eastern"}).content.decode()

    assert '<option value="US/Eastern" selected>Eastern (GMT-4)</option>' in page
