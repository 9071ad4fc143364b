"""What the pages say and never say."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from booking.domain.gate import Unmet
from booking.models import Appointment, Decision, Participant
from booking.operations import appointments
from booking.views.desk import words
from tests.booking import factories
from tests.booking.desk.at_the_desk import text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_the_desk_never_says_the_words_the_product_does_not_use(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office, "couple")
    ready = factories.ready(office, "non_monogamous")
    pages = [
        url("waiting"),
        url("calendar"),
        url("agenda"),
        url("ill"),
        url("book"),
        url("request", ready.pk),
        url("propose", ready.pk),
        url("appointment", appointment.pk),
        url("move", appointment.pk),
    ]

    for page in pages:
        response = desk.get(page)
        assert response.status_code == 200
        said = text(response).lower()
        for word in ("therap", "patient", "treatment", "diagnos"):
            assert word not in said, page


def test_history_is_told_in_words(desk: Client, office: Office, now: datetime) -> None:
    appointment = factories.booked(office)
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=factories.open_starts(office, office.service("individual"))[12],
        now=timezone.now(),
    )

    page = text(desk.get(url("request", appointment.request_id)))

    assert "Alex sent the request." in page
    assert "Alex verified their address." in page
    assert "Everyone had finished." in page
    assert "You moved it from" in page


def test_every_reason_has_a_sentence() -> None:
    assert set(words.REASONS) == set(Unmet)


def test_a_time_before_the_batch_says_when_the_batch_is(
    desk: Client, office: Office, now: datetime
) -> None:
    office.practice.batch_weekdays = [6]  # not before Sunday
    office.practice.save()
    service = office.service("couple")
    request = factories.ready(
        office, "couple", times=factories.open_starts(office, service, days=5)[-1:]
    )

    response = desk.post(url("confirm", request.pk))

    page = text(response)
    assert response.status_code == 409
    assert "This time begins before your decision would leave (Sun " in page
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("shared", "warned"), [("no", False), ("yes", True), ("unsure", True)])
def test_a_mailbox_that_others_may_see_is_marked(
    desk: Client, office: Office, shared: str, warned: bool
) -> None:
    appointment = factories.booked(office)
    Participant.objects.update(shared_mailbox=shared)

    pages = [
        text(desk.get(url("appointment", appointment.pk))),
        text(desk.get(url("request", appointment.request_id))),
        text(desk.get(url("agenda"))),
    ]

    assert [("see their mail or phone" in page) for page in pages] == [warned] * 3


@pytest.mark.parametrize(
    ("phone", "said"),
    [("+44 20 7946 0000", "You call them on +44 20 7946 0000."), ("", "so they call you on")],
)
def test_a_session_by_phone_says_who_calls(
    desk: Client, office: Office, phone: str, said: str
) -> None:
    appointment = factories.booked(office)
    Appointment.objects.update(modality="phone")
    Participant.objects.update(phone=phone)

    assert said in text(desk.get(url("appointment", appointment.pk)))
