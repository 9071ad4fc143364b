"""Times: free, taken meanwhile, several of them, found together or waited for."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Appointment, Request, WaitlistEntry
from booking.queries.requesting import Week
from booking.views.choices import value_of
from booking.views.picker import week_picker
from practice.domain.wall import zone
from practice.models import HoursOverride
from tests.booking.browsing import press
from tests.booking.factories import Office, submitted
from tests.booking.request_pages.filled_in import (
    SLOT,
    has,
    key_of,
    person,
    to_details,
    to_times,
    typed_details,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("week", ["2026-02-30", "soon", "0000-00-00", "99999-01-01"])
def test_an_impossible_week_shows_the_next_free_times(
    client: Client, office: Office, week: str
) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"week": week})

    assert page.status_code == 200
    assert "There is no such day in the calendar." in page.content.decode()
    assert SLOT.search(page.content.decode())


@pytest.mark.parametrize("week", ["1999-01-01", "9999-12-31"])
def test_weeks_far_away_are_no_error(client: Client, office: Office, week: str) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    assert client.get("/request/time/", {"week": week}).status_code == 200


def test_a_day_with_two_hours_of_the_same_name_tells_them_apart() -> None:
    london = zone("Europe/London")
    sunday = date(2026, 10, 25)
    twice = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
    week = Week(
        first=sunday,
        end=sunday + timedelta(days=7),
        days=[(sunday, twice), *((sunday + timedelta(days=n), []) for n in range(1, 7))],
        has_earlier=False,
        has_later=False,
        next_open=None,
    )

    picker = week_picker(week, london)

    assert [(s.label, s.detail) for s in picker.days[0].slots] == [
        ("01:30", "GMT+1"),
        ("01:30", "GMT"),
    ]
    assert picker.clock_change == (
        "The clocks change on Sunday 25 October. From then on times are GMT."
    )


def test_an_empty_week_says_when_the_next_opening_is(client: Client, office: Office) -> None:
    today = timezone.localdate()
    HoursOverride.objects.bulk_create(
        HoursOverride(practitioner=office.practitioner, date=today + timedelta(days=n))
        for n in range(21)
    )
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    first = client.get("/request/time/").content.decode()
    empty = client.get("/request/time/", {"week": today.isoformat()}).content.decode()

    assert SLOT.search(first)  # it opens where there is something to choose
    assert not SLOT.search(empty)
    assert "The next one is" in empty


@pytest.mark.parametrize(
    "start",
    ["", "tomorrow", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01T10:00"],
)
def test_an_impossible_time_is_refused_kindly(client: Client, office: Office, start: str) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    answer = client.post("/request/time/", {"zone": "Europe/London", "start": start}, follow=True)

    assert answer.status_code == 200
    assert "That time is not free any more" in answer.content.decode()


def test_a_past_time_sent_with_the_details_is_a_clear_error(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    past = value_of(timezone.now() - timedelta(days=3))

    answer = client.post("/request/details/", typed_details(html, start=past), follow=True)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "That time has passed" in page
    assert SLOT.search(page)  # and here are others
    assert "We keep talking past each other." in page
    assert not Request.objects.exists()


def test_a_time_taken_meanwhile_keeps_everything_and_offers_the_nearest(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "couple")
    typed = typed_details(html, people="1", **person(0, email="sam@example.test"))
    submitted(office, now=timezone.now(), times=[datetime.fromisoformat(typed["start"])])

    answer = client.post("/request/details/", typed, follow=True)

    page = answer.content.decode()
    assert "That time was taken a moment ago." in page
    for kept in (
        "We keep talking past each other.",
        "sam@example.test",
        'value="jealousy" checked',
        'value="weekly" required id="id_cadence_1" checked',
    ):
        assert has(page, kept), kept
    nearest = SLOT.findall(page)
    assert len(nearest) == 3
    again = typed | {"start": nearest[0], "key": key_of(page)}
    assert client.post("/request/details/", again).status_code == 303
    assert Request.objects.filter(relationship_type="couple").count() == 1


def test_another_time_is_chosen_without_losing_a_word(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    typed = typed_details(html)
    week = (timezone.localdate() + timedelta(days=14)).isoformat()

    page = press(client, "/request/details/", typed | {"week": week})

    assert "We keep talking past each other." in page
    other = SLOT.findall(page)[-1]
    assert client.post("/request/details/", typed | {"start": other}).status_code == 303
    assert value_of(Appointment.objects.get().starts_at) == other


def test_up_to_three_times_are_chosen_best_first(client: Client, office: Office) -> None:
    slots = SLOT.findall(to_times(client))
    wanted = [slots[5], slots[1], slots[3]]

    pages = [
        client.post(
            "/request/time/", {"start": slot, "zone": "Europe/London"}, follow=True
        ).content.decode()
        for slot in wanted
    ]
    client.post("/request/time/", {"go": "on", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    client.post("/request/details/", typed_details(details))

    assert "Would another time suit you too?" in pages[0]
    assert wanted[0] not in SLOT.findall(pages[0])
    assert "These are your three times" in pages[2]
    request = Request.objects.get()
    assert [value_of(datetime.fromisoformat(t)) for t in request.wanted_starts] == wanted
    assert value_of(Appointment.objects.get().starts_at) == wanted[0]
    assert "We keep your first choice" in client.get("/request/sent/").content.decode()


def test_a_time_is_taken_off_again_and_the_rest_move_up(client: Client, office: Office) -> None:
    slots = SLOT.findall(to_times(client))[:3]
    for slot in slots:
        client.post("/request/time/", {"start": slot, "zone": "Europe/London"})

    client.post("/request/time/", {"remove": slots[0], "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    typed = typed_details(details)
    fewer = press(client, "/request/details/", typed | {"take_off": slots[1]})

    assert (typed["start"], typed["second"]) == (slots[1], slots[2])
    assert 'name="third"' not in details
    assert f'name="start" value="{slots[2]}"' in fewer
    assert "We keep talking past each other." in fewer


def test_one_of_several_times_taken_meanwhile_leaves_the_others(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "individual")
    typed = typed_details(html)
    second = SLOT.findall(to_times(client))[9]
    submitted(office, now=timezone.now(), times=[datetime.fromisoformat(typed["start"])])

    page = press(client, "/request/details/", typed | {"second": second})

    assert "One of your times was taken a moment ago." in page
    again = typed_details(page)
    assert again["start"] == second
    assert client.post("/request/details/", again).status_code == 303


def test_another_time_is_added_on_the_last_page(client: Client, office: Office) -> None:
    typed = typed_details(to_details(client, office, "individual"))

    page = press(client, "/request/details/", typed | {"pick": "second"})
    second = re.findall(r'name="second" value="([^"]+)"', page)[4]
    sent = client.post("/request/details/", typed_details(page, second=second))

    assert f'name="start" value="{typed["start"]}"' in page
    assert sent.status_code == 303
    assert len(Request.objects.get().wanted_starts) == 2


def test_two_people_find_a_time_together(client: Client, office: Office) -> None:
    page = to_times(client, "couple")

    client.post("/request/time/", {"way": "together", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    sent = client.post("/request/details/", typed_details(details, people="1", **person(0)))

    assert "Find a time together" in page
    assert "A time that suits all of you" in details
    assert sent["Location"] == "/request/sent/"
    request = Request.objects.get()
    assert (request.find_together, request.wanted_starts) == (True, [])
    assert not Appointment.objects.exists()
    after = client.get("/request/sent/").content.decode()
    assert "mark there which times would suit you" in after


def test_alone_nobody_is_asked_to_find_a_time_together(client: Client, office: Office) -> None:
    assert "Find a time together" not in to_times(client)

    client.post("/request/time/", {"way": "together", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    answer = client.post("/request/details/", typed_details(details))

    assert answer["Location"] == "/request/time/"
    assert not Request.objects.exists()


def test_whom_no_time_suits_is_put_on_the_list(client: Client, office: Office) -> None:
    page = to_times(client)

    client.post("/request/time/", {"way": "wait", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    changed = press(client, "/request/details/", typed_details(details) | {"pick": "start"})
    sent = client.post("/request/details/", typed_details(details))

    assert "Put me on the list" in page
    assert SLOT.search(changed)
    assert "We keep talking past each other." in changed
    assert sent.status_code == 303
    assert WaitlistEntry.objects.get().request == Request.objects.get()
    assert "you are on the list" in client.get("/request/sent/").content.decode()
