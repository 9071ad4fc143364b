"""Hours of single days."""

from datetime import date

import pytest
from django.test import Client

from booking.models import Appointment
from practice.models import HoursOverride
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import TUESDAY, carried, on_tuesday, text
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_a_single_day_gets_hours_of_its_own_and_the_weekly_ones_back(
    desk: Client, office: Office
) -> None:
    typed = {
        "first_date": "2026-10-20",
        "last_date": "",
        "kind": "open",
        "hours-0-opens": "15",
        "hours-0-closes": "20",
    }

    preview = desk.post(url("hours-days"), typed)
    desk.post(url("hours-days"), {**carried(preview), "save": "1"})
    [own] = HoursOverride.objects.all()
    shown = desk.get(url("hours-day", TUESDAY)).content.decode()
    removal = desk.post(url("hours-day", TUESDAY), {"remove": "1"})
    still = HoursOverride.objects.count()
    desk.post(url("hours-day", TUESDAY), {**carried(removal), "save": "1"})

    assert "Open 15:00–20:00." in text(preview)
    assert "1 day changes" in text(preview)
    assert (own.date, own.opens_minute, own.closes_minute) == (TUESDAY, 900, 1200)
    assert 'value="15:00"' in shown
    assert "Your weekly hours count on this day again." in text(removal)
    assert still == 1
    assert not HoursOverride.objects.exists()


def test_several_days_are_closed_at_once(desk: Client, office: Office) -> None:
    appointment = make.booked(office, times=[on_tuesday(office, 9)])
    typed = {
        "first_date": "2026-10-19",
        "last_date": "2026-10-21",
        "kind": "closed",
        "hours-0-opens": "",
        "hours-0-closes": "",
    }

    preview = desk.post(url("hours-days"), typed)
    desk.post(url("hours-days"), {**carried(preview), "save": "1"})

    assert url("appointment", appointment.pk) in preview.content.decode()
    assert list(HoursOverride.objects.values_list("date", "opens_minute")) == [
        (date(2026, 10, 19), None),
        (date(2026, 10, 20), None),
        (date(2026, 10, 21), None),
    ]
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"first_date": "2026-10-01"}, "Day: This day is over."),
        ({"first_date": ""}, "Day: This field is required."),
        ({"last_date": "2027-10-20"}, "Please choose a day up to 30 days later."),
        ({"hours-0-opens": ""}, "Please say from when."),
        ({"hours-0-opens": "", "hours-0-closes": ""}, "Please give the hours, or choose “Closed”."),
    ],
)
def test_a_day_that_makes_no_sense_is_asked_about_again(
    desk: Client, office: Office, typed: dict[str, str], problem: str
) -> None:
    usual = {
        "first_date": "2026-10-20",
        "last_date": "",
        "kind": "open",
        "hours-0-opens": "15",
        "hours-0-closes": "20",
    }

    response = desk.post(url("hours-days"), {**usual, **typed, "save": "1"})

    assert response.status_code == 400
    assert problem in text(response)
    assert not HoursOverride.objects.exists()
