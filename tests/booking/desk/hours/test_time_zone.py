"""The time zone of one's hours, at the desk."""

from datetime import date, timedelta
from html import unescape
from re import findall, search
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Appointment
from practice.domain.wall import instant
from practice.models import Change, Practice, Practitioner, TimeOff
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import carried, on_tuesday, text
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db

LONDON = {"zone": "Europe/London"}


def kept_in() -> str:
    return Practitioner.objects.get().time_zone


def chosen(response: Any) -> str:
    """What the list of zones has chosen."""
    found = search(r'<option value="([^"]*)"[^>]* selected>', response.content.decode())
    assert found
    return found[1]


def hidden(response: Any) -> dict[str, str]:
    """What the form carries along of how it stood, as a browser sends it back."""
    found = findall(
        r'<input type="hidden" name="(seen|stood)" value="([^"]*)">', response.content.decode()
    )
    return {name: unescape(value) for name, value in found}


def test_it_asks_a_stranger_to_sign_in(client: Client, office: Office) -> None:
    response = client.get(url("time-zone"))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_the_page_of_hours_says_the_zone_with_its_clock_and_leads_to_it(desk: Client) -> None:
    page = desk.get(url("hours"))

    assert "New York time (GMT-4). The clock there says 11:00 now." in text(page)
    assert f'href="{url("time-zone")}"' in page.content.decode()


def test_the_list_is_the_one_of_clients_pages_with_what_is_likely_first(
    desk: Client, office: Office
) -> None:
    Practice.objects.update(locations=[{"country": "IE", "region": "", "label": "Ireland"}])

    page = desk.get(url("time-zone"))
    body = page.content.decode()

    assert chosen(page) == "America/New_York"
    assert f'<a href="{url("hours")}" aria-current="page"' in body
    likely = search(
        r'(?s)<optgroup label="Yours, and where your clients are">(.*?)</optgroup>', body
    )
    assert likely
    assert findall(r'value="([^"]*)"', likely[1]) == ["America/New_York", "Europe/Dublin"]
    assert "Knox, Indiana, United States" in body
    # Nobody's hours move because they opened a page on a journey.
    assert "data-guess-zone" not in body


def test_first_it_shows_the_hours_on_both_clocks_and_saves_nothing(
    desk: Client, office: Office
) -> None:
    booked = make.booked(office, times=[on_tuesday(office, 14)])

    response = desk.post(url("time-zone"), LONDON)
    page = text(response)

    assert response.status_code == 200
    assert "Your hours in London time (GMT+1)" in page
    assert "on the clock in London instead of New York" in page
    assert "They begin up to 5 h earlier than now: the clocks change on other days there." in page
    # While the clocks are five hours apart, and in the week in which they are four.
    assert "Tuesday 20 October Tue 20 09:00–13:00 14:00–18:00 in New York: 04:00–08:00" in page
    assert "Tuesday 27 October Tue 27 09:00–13:00 14:00–18:00 in New York: 05:00–09:00" in page
    assert "1 session that is booked or held would not fit any more" in page
    assert "Tuesday 20 October 14:00 to 14:50 19:00 to 19:50 in London Alex" in page
    assert "outside your hours" in page
    assert url("appointment", booked.pk) in response.content.decode()
    assert kept_in() == "America/New_York"
    assert not Change.objects.filter(kind="time_zone_changed").exists()


def test_it_says_what_stays_and_what_goes_by_the_new_clock(desk: Client, office: Office) -> None:
    page = text(desk.post(url("time-zone"), LONDON))

    for sentence in (
        "Everything that is booked or held, at the same moment.",
        "Each appointment keeps the wall time and time zone it was made with",
        "Nobody is told.",
        "each goes on by the wall time and time zone that it has",
        "A series that you begin from now on goes by the clock in London.",
        "what reads 11:00 in New York now reads 16:00 then.",
        "The message with your day: it comes at 07:00 in London.",
    ):
        assert sentence in page


def test_a_message_of_the_day_that_nobody_wants_is_not_spoken_of(
    desk: Client, office: Office
) -> None:
    Practitioner.objects.update(agenda_minute=None)

    assert "The message with your day" not in text(desk.post(url("time-zone"), LONDON))


def test_saving_keeps_what_is_booked_and_lists_it(desk: Client, office: Office) -> None:
    booked = make.booked(office, times=[on_tuesday(office, 14)])
    before = Appointment.objects.filter(pk=booked.pk).values().get()
    preview = desk.post(url("time-zone"), LONDON)

    saved = desk.post(url("time-zone"), {**carried(preview), "save": "1"}, follow=True)
    page = text(saved)

    assert kept_in() == "Europe/London"
    assert Appointment.objects.filter(pk=booked.pk).values().get() == before
    assert "Your hours are kept in London time (GMT+1) now. 1 session that is booked" in page
    assert "London time (GMT+1). The clock there says 16:00 now." in page
    assert "Booked or held outside your hours" in page
    assert "Tuesday 20 October 19:00 to 19:50" in page
    assert Change.objects.filter(kind="time_zone_changed").count() == 1


def test_hours_that_fall_on_another_day_of_the_old_clock_name_it(
    desk: Client, office: Office
) -> None:
    page = text(desk.post(url("time-zone"), {"zone": "Asia/Tokyo"}))

    assert "They begin up to 14 h earlier than now" in page
    assert "Tue 20 09:00–13:00 14:00–18:00 in New York: Mon 20:00–24:00 01:00–05:00" in page


def test_another_name_for_the_same_clock_shifts_nothing(desk: Client, office: Office) -> None:
    booked = make.booked(office, times=[on_tuesday(office, 14)])

    response = desk.post(url("time-zone"), {"zone": "America/Toronto"})
    page = text(response)

    assert "Both clocks show the same time in the next four weeks: nothing shifts." in page
    assert "nothing changes in these days" in page
    assert "Everything that is booked or held still fits." in page
    assert url("appointment", booked.pk) not in response.content.decode()


def test_time_off_that_is_no_whole_days_on_the_new_clock_is_said(
    desk: Client, office: Office
) -> None:
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=instant(date(2026, 12, 24), 0, NEW_YORK),
        ends_at=instant(date(2026, 12, 27), 0, NEW_YORK),
    )

    page = text(desk.post(url("time-zone"), LONDON))
    same = text(desk.post(url("time-zone"), {"zone": "America/Toronto"}))

    assert (
        "Thursday 24 December to Saturday 26 December: there, "
        "Thursday 24 December, 05:00, to Sunday 27 December, 05:00." in page
    )
    assert "as it reads on the new clock" not in same


@pytest.mark.parametrize("press", [{}, {"save": "1"}])
def test_a_zone_that_there_is_not_is_said_back_and_nothing_is_lost(
    desk: Client, office: Office, press: dict[str, str]
) -> None:
    looked_at = hidden(desk.get(url("time-zone")))

    response = desk.post(url("time-zone"), {"zone": "Mars/<Base>", **looked_at, **press})

    assert response.status_code == 400
    assert (
        "Time zone of your hours: We don't know the time zone “Mars/<Base>”. "
        "Please choose one from the list." in text(response)
    )
    assert hidden(response) == looked_at
    assert chosen(response) == "America/New_York"
    assert kept_in() == "America/New_York"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({}, "Please choose a time zone from the list."),
        ({"zone": ""}, "Please choose a time zone from the list."),
        ({"zone": "x" * 5000}, "We don't know the time zone “xxx"),
        ({"zone": "America/New_York"}, "Your hours are kept in this time zone already."),
    ],
)
def test_nothing_chosen_and_what_stands_already_are_asked_about_again(
    desk: Client, office: Office, typed: dict[str, str], problem: str
) -> None:
    response = desk.post(url("time-zone"), typed)

    assert response.status_code == 400
    assert problem in text(response)
    assert len(text(response)) < 60_000


def test_changing_it_again_brings_back_what_was_chosen(desk: Client, office: Office) -> None:
    preview = desk.post(url("time-zone"), LONDON)

    back = desk.post(url("time-zone"), {**carried(preview), "edit": "1"})

    assert chosen(back) == "Europe/London"
    assert kept_in() == "America/New_York"


@pytest.mark.parametrize("press", [{}, {"save": "1"}])
def test_the_second_tab_is_shown_what_the_first_one_saved_and_keeps_what_was_chosen(
    desk: Client, office: Office, press: dict[str, str]
) -> None:
    first_tab, second_tab = desk.get(url("time-zone")), desk.get(url("time-zone"))
    desk.post(url("time-zone"), {**LONDON, **hidden(first_tab), "save": "1"})
    tokyo = {"zone": "Asia/Tokyo"}

    stopped = desk.post(url("time-zone"), {**tokyo, **hidden(second_tab), **press})

    assert stopped.status_code == 409
    assert "This was changed meanwhile, perhaps in another tab" in text(stopped)
    assert "Now: London time (GMT+1)" in text(stopped)
    assert "Before: New York time (GMT-4)" in text(stopped)
    assert chosen(stopped) == "Asia/Tokyo"
    assert kept_in() == "Europe/London"

    desk.post(url("time-zone"), {**tokyo, **hidden(stopped), "save": "1"})

    assert kept_in() == "Asia/Tokyo"


def test_the_same_press_twice_is_no_conflict(desk: Client, office: Office) -> None:
    typed = {**LONDON, **hidden(desk.get(url("time-zone"))), "save": "1"}

    answers = [desk.post(url("time-zone"), typed).status_code for _press in range(2)]

    assert answers == [302, 302]
    assert Change.objects.filter(kind="time_zone_changed").count() == 1


def test_a_week_that_was_typed_on_the_old_clock_is_shown_again_before_it_counts_on_the_new_one(
    desk: Client, office: Office
) -> None:
    open_tab = hidden(desk.get(url("hours-week")))
    desk.post(url("time-zone"), {**LONDON, "save": "1"})

    stopped = desk.post(
        url("hours-week"), {"day-0-0-opens": "8", "day-0-0-closes": "12", **open_tab, "save": "1"}
    )

    assert stopped.status_code == 409
    assert "Now: Time zone: London time (GMT+1)" in text(stopped)
    assert "Before: Time zone: New York time (GMT-4)" in text(stopped)


def test_every_page_of_the_desk_goes_by_the_new_clock(desk: Client, office: Office) -> None:
    booked = make.booked(office, times=[on_tuesday(office, 14)])

    desk.post(url("time-zone"), {**LONDON, "save": "1"})

    assert "19:00 to 19:50" in text(desk.get(url("appointment", booked.pk)))
    assert "19:00 to 19:50" in text(desk.get(url("agenda")))


def test_a_preview_costs_as_many_queries_for_thirty_as_for_one(
    desk: Client, office: Office
) -> None:
    def fill(count: int) -> None:
        for start in make.open_starts(office, office.services["individual-50"])[::-4][:count]:
            make.booked(office, times=[start])

    def queries(method: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = desk.generic(
                method,
                url("time-zone"),
                "zone=Asia/Tokyo" if method == "POST" else "",
                content_type="application/x-www-form-urlencoded",
            )
            assert answer.status_code == 200
        return len(captured)

    fill(1)
    few = queries("GET"), queries("POST")
    fill(29)
    for weeks in range(6):
        TimeOff.objects.create(
            practitioner=office.practitioner,
            starts_at=make.NOW + timedelta(weeks=20 + weeks),
            ends_at=make.NOW + timedelta(weeks=20 + weeks, days=1),
        )
    many = queries("GET"), queries("POST")

    assert many == few
