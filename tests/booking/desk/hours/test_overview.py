"""The pages about hours: who comes in, and everything at a glance."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from practice.domain.wall import instant
from practice.models import EnergyRule, HoursOverride, Service, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import TUESDAY, text
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db

PAGES = ["hours", "hours-week", "hours-days", "time-off", "energy", "services", "service-new"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_hours_asks_a_stranger_to_sign_in(
    client: Client, office: Office, name: str
) -> None:
    response = client.get(url(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_about_hours_opens_and_stands_in_the_navigation(desk: Client, name: str) -> None:
    response = desk.get(url(name))

    assert response.status_code == 200
    assert f'<a href="{url("hours")}" aria-current="page"' in response.content.decode()


def test_what_is_somebody_elses_is_not_there(desk: Client, office: Office, now: datetime) -> None:
    robin = make.make_practitioner(slug="robin")
    off = TimeOff.objects.create(practitioner=robin, starts_at=now, ends_at=now + timedelta(days=1))
    HoursOverride.objects.create(practitioner=robin, date=TUESDAY)
    service = Service.objects.create(
        slug="robins", name="Robin's", relationship_type="individual", duration_minutes=50
    )
    service.practitioners.add(robin)

    answers = [
        desk.get(url("time-off-one", off.pk)).status_code,
        desk.post(url("time-off-one", off.pk), {"remove": "1", "save": "1"}).status_code,
        desk.get(url("hours-day", TUESDAY)).status_code,
        desk.get(url("service", service.pk)).status_code,
        desk.post(url("service", service.pk), {"save": "1"}).status_code,
    ]

    assert answers == [404] * 5
    assert TimeOff.objects.filter(pk=off.pk).exists()


def test_the_overview_says_everything_about_ones_hours(
    desk: Client, office: Office, now: datetime
) -> None:
    practitioner = office.practitioner
    WeeklyHours.objects.filter(practitioner=practitioner, weekday=4).update(
        modalities=["phone"], from_date=date(2026, 10, 23), until_date=date(2026, 11, 1)
    )
    HoursOverride.objects.create(practitioner=practitioner, date=TUESDAY)
    TimeOff.objects.create(
        practitioner=practitioner,
        starts_at=instant(date(2026, 12, 24), 0, NEW_YORK),
        ends_at=instant(date(2026, 12, 27), 0, NEW_YORK),
        label="Holidays",
    )
    EnergyRule.objects.create(
        practitioner=practitioner, kind="at_most", relationship_type="couple", limit=2
    )

    page = text(desk.get(url("hours")))

    assert "09:00–13:00 Phone call, from Friday 23 October, until Saturday 31 October" in page
    assert "Tuesday 20 October Closed" in page
    assert "Thursday 24 December to Saturday 26 December Holidays" in page
    assert "At most 2 sessions a day for two people" in page
    assert "The next four weeks" in page


def test_the_overview_counts_the_free_starts_of_the_session_chosen(
    desk: Client, office: Office, now: datetime
) -> None:
    service = office.services["couple-80"]
    free = make.open_starts(office, service, days=28)

    page = text(desk.get(url("hours"), {"counted": str(service.pk)}))

    assert f"Couple 80 – {len(free)} free" in page
    tuesday = [s for s in free if s.astimezone(NEW_YORK).date() == TUESDAY]
    assert f"Tuesday 20 October Tue 20 09:00–13:00 14:00–18:00 {len(tuesday)} free" in page
