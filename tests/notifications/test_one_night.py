"""What happens at night is told in the morning as it stands then: once, and as the news it is."""

from datetime import datetime, timedelta

import pytest

from booking.models import Appointment, Participant
from booking.operations import appointments
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import booked, calendar_part, deliveries, send_all

pytestmark = pytest.mark.django_db

State = Delivery.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Midnight for those who book, and ten o'clock after it.
NIGHT = NOW + timedelta(hours=14)
MORNING = NIGHT + timedelta(hours=10)


def far_off(office: Office) -> datetime:
    """A time that is not so soon that anything about it would be told at night."""
    return factories.open_starts(office, office.services["individual-50"])[-20]


def move(office: Office, appointment: Appointment, starts_at: datetime, now: datetime) -> None:
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=starts_at,
        now=now,
    )


@pytest.mark.parametrize("is_planned_between", [True, False])
def test_booked_and_moved_in_one_night_is_told_as_booked(
    office: Office, mailcatcher: MailCatcher, is_planned_between: bool
) -> None:
    start = far_off(office)
    appointment = booked(office, times=(start,), now=NIGHT)
    if is_planned_between:
        send_all(NIGHT)
    move(office, appointment, start + HOUR, NIGHT)
    send_all(NIGHT)
    mailcatcher.empty()

    send_all(MORNING)

    (mail,) = mailcatcher.to(Participant.objects.get().email)
    part = calendar_part(mail)
    assert part is not None
    assert (mail["Subject"], part.event.start) == ("Your appointment", start + HOUR)
    assert deliveries(Kind.MOVED) == []


def test_moved_twice_before_it_was_told_is_still_told_as_booked(
    office: Office, mailcatcher: MailCatcher
) -> None:
    start = far_off(office)
    appointment = booked(office, times=(start,), now=NIGHT)
    send_all(NIGHT)
    for to in (start + HOUR, start):
        move(office, Appointment.objects.get(pk=appointment.pk), to, NIGHT)
        send_all(NIGHT)
    mailcatcher.empty()

    send_all(MORNING)

    (mail,) = mailcatcher.to(Participant.objects.get().email)
    part = calendar_part(mail)
    assert part is not None
    assert (mail["Subject"], part.event.start) == ("Your appointment", start)


def test_once_it_was_told_a_move_is_a_move(office: Office, mailcatcher: MailCatcher) -> None:
    start = far_off(office)
    appointment = booked(office, times=(start,))
    send_all(NOW)
    mailcatcher.empty()

    move(office, appointment, start + HOUR, NIGHT)
    send_all(NIGHT)
    send_all(MORNING)

    assert [m["Subject"] for m in mailcatcher.to(Participant.objects.get().email)] == ["New time"]


def test_moved_and_moved_back_in_one_night_is_no_news(
    office: Office, mailcatcher: MailCatcher
) -> None:
    start = far_off(office)
    appointment = booked(office, times=(start,))
    send_all(NOW)
    mailcatcher.empty()

    for to in (start + HOUR, start):
        move(office, Appointment.objects.get(pk=appointment.pk), to, NIGHT)
        send_all(NIGHT)
    send_all(MORNING)

    assert mailcatcher.to(Participant.objects.get().email) == []
    assert [d.state for d in deliveries(Kind.MOVED)] == [State.SUPERSEDED] * 2


def test_moved_back_after_the_first_move_was_told_is_told_too(
    office: Office, mailcatcher: MailCatcher
) -> None:
    start = far_off(office)
    appointment = booked(office, times=(start,))
    send_all(NOW)
    mailcatcher.empty()

    for days, to in ((0, start + HOUR), (1, start)):
        move(office, Appointment.objects.get(pk=appointment.pk), to, NIGHT + days * DAY)
        send_all(NIGHT + days * DAY)
        send_all(MORNING + days * DAY)

    told = [m["Subject"] for m in mailcatcher.to(Participant.objects.get().email)]
    assert told == ["New time", "New time"]
    assert [d.state for d in deliveries(Kind.MOVED)] == [State.SENT] * 2
