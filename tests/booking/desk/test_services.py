"""Services: their settings, and what a change of them does."""

from typing import Any

import pytest
from django.test import Client

from booking.models import Appointment
from practice.models import Change, Service
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import carried, on_tuesday, text
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def typed_service(service: Service, **changes: Any) -> dict[str, Any]:
    """A service's settings as its form sends them."""
    return {
        "name": service.name,
        "is_active": "on",
        "duration_minutes": f"{service.duration_minutes} min",
        "buffer_before_minutes": str(service.buffer_before_minutes),
        "buffer_after_minutes": str(service.buffer_after_minutes),
        "step_minutes": str(service.step_minutes),
        "notice_minutes": "24 h",
        "horizon_days": str(service.horizon_days),
        "cancel_minutes": "1 day",
        "modalities": service.modalities,
        "reminder_minutes": "3 days, 24, 2",
        "position": str(service.position),
        **changes,
    }


def test_a_service_is_changed_after_a_look_at_what_that_does(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]
    appointment = make.booked(office, times=[on_tuesday(office, 9)])
    before = Appointment.objects.filter(pk=appointment.pk).values().get()
    typed = typed_service(
        service, duration_minutes="1 h 15", step_minutes="15", day_cap="3", notice_minutes="2 days"
    )

    preview = desk.post(url("service", service.pk), typed)
    untouched = Service.objects.get(pk=service.pk).duration_minutes
    saved = desk.post(url("service", service.pk), {**carried(preview), "save": "1"}, follow=True)

    assert "Individual 50" in text(preview)
    assert "→" in text(preview)
    assert untouched == 50
    service.refresh_from_db()
    assert (service.duration_minutes, service.step_minutes, service.day_cap) == (75, 15, 3)
    assert service.notice_minutes == 2 * 24 * 60
    assert service.reminder_minutes == [72 * 60, 24 * 60, 2 * 60]
    assert service.relationship_type == "individual"
    assert "1 h 15 min" in text(saved)
    assert Appointment.objects.filter(pk=appointment.pk).values().get() == before
    assert Change.objects.get(kind="service_changed").snapshot["duration_minutes"] == 75


def test_a_service_that_stops_lists_what_is_booked_of_it(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]
    appointment = make.booked(office, times=[on_tuesday(office, 9)])
    typed = typed_service(service)
    del typed["is_active"]

    preview = desk.post(url("service", service.pk), typed)
    desk.post(url("service", service.pk), {**carried(preview), "save": "1"})

    assert url("appointment", appointment.pk) in preview.content.decode()
    assert "this session is not on offer any more" in text(preview)
    assert not Service.objects.get(pk=service.pk).is_active
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"
    assert "Not offered" in text(desk.get(url("services")))


def test_a_new_service_is_ones_own_and_can_be_asked_for(desk: Client, office: Office) -> None:
    typed = typed_service(
        office.services["individual-50"], name="Individual 50", relationship_type="individual"
    )

    preview = desk.post(url("service-new"), typed)
    count = Service.objects.count()
    desk.post(url("service-new"), {**carried(preview), "save": "1"})

    assert count == len(office.services)
    added = Service.objects.exclude(pk__in=[s.pk for s in office.services.values()]).get()
    assert added.slug == "individual-50-2"
    assert list(added.practitioners.all()) == [office.practitioner]
    assert make.open_starts(office, added)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"name": " "}, "Name: Please give it a name."),
        ({"duration_minutes": "long"}, "Length: Please write a length of time such as"),
        ({"duration_minutes": "2"}, "Length: Please give from 5 min to 8 h."),
        ({"modalities": []}, "How you can meet: Please choose at least one way to meet."),
        ({"reminder_minutes": "1 min"}, "Up to five, each from 10 minutes to 30 days before."),
        ({"horizon_days": "0"}, "Days ahead: Ensure this value is greater than or equal to 1."),
    ],
)
def test_settings_that_make_no_sense_are_asked_about_again(
    desk: Client, office: Office, typed: dict[str, Any], problem: str
) -> None:
    service = office.services["individual-50"]

    response = desk.post(
        url("service", service.pk),
        {**typed_service(service, price_text="$ 7"), **typed, "save": "1"},
    )

    assert response.status_code == 400
    assert problem in text(response)
    assert 'value="$ 7"' in response.content.decode()
    assert Service.objects.get(pk=service.pk).price_text == ""


def test_every_service_says_whether_it_is_a_call_or_a_session(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]

    preview = desk.post(url("service", service.pk), typed_service(service, is_call="on"))
    desk.post(url("service", service.pk), {**carried(preview), "save": "1"})

    service.refresh_from_db()
    page = text(desk.get(url("services")))
    assert service.is_call
    assert "Kind A call" in page
    assert "Kind A session" in page
    assert "A call, to find out whether it fits" in text(desk.get(url("service", service.pk)))
