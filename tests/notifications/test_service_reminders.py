"""Reminders follow the service: other times hold for what is booked already."""

from dataclasses import replace
from datetime import timedelta

import pytest

from booking.operations import availability
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from practice.models import Change, Service
from practice.operations.services import settings_of
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.notifications.helpers import booked, deliveries, plan_all

pytestmark = pytest.mark.django_db

State = Delivery.State


def remind(office: Office, service: Service, *minutes: int) -> None:
    availability.set_service(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        settings=replace(settings_of(service), reminder_minutes=minutes),
        now=NOW,
    )
    plan_all(NOW)


def waiting() -> list[timedelta]:
    """How long before its session each reminder that waits would leave."""
    rows = [d for d in deliveries(Kind.REMINDER) if d.state == State.PENDING]
    return [d.says_start - d.due_at for d in rows if d.says_start is not None]


def test_other_reminder_times_hold_for_what_is_booked(office: Office) -> None:
    service = office.services["individual-50"]
    start = factories.open_starts(office, service)[-20]
    booked(office, times=(start,))
    plan_all(NOW)
    assert len(waiting()) == 3

    remind(office, service, 24 * 60)

    assert waiting() == [timedelta(hours=24)]


def test_what_is_not_about_reminders_plans_nothing(office: Office) -> None:
    service = office.services["individual-50"]
    booked(office)
    plan_all(NOW)
    before = set(Delivery.objects.values_list("key", "state"))

    availability.set_service(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        settings=replace(settings_of(service), price_text="$1"),
        now=NOW,
    )

    assert not Change.objects.filter(kind="service_changed", pending__isnull=False).exists()
    assert set(Delivery.objects.values_list("key", "state")) == before


def test_another_services_appointments_stay_as_they_are(office: Office) -> None:
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    booked(office, times=(start,))
    plan_all(NOW)

    remind(office, office.services["couple-80"], 24 * 60)

    assert len(waiting()) == 3
