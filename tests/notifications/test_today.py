"""What the practitioner reads at seven of the day that begins."""

from datetime import datetime, timedelta

import pytest

from booking.models import Appointment
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.days import begin_days
from notifications.operations.sending import send_due
from notifications.operations.sweep import sweep
from practice.models import Change
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    booked,
    deliveries,
    path_in,
    plan_all,
    send_all,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State
DAY = timedelta(days=1)


def at_seven(appointment: Appointment) -> datetime:
    return appointment.starts_at.astimezone(NEW_YORK).replace(hour=7, minute=0)


def test_at_seven_the_practitioner_reads_how_many_there_are_and_nothing_else(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    send_all(NOW)
    mailcatcher.empty()
    seven = at_seven(appointment)

    sweep(worker="w", now=seven - timedelta(seconds=1))
    before = [m for m in mailcatcher.messages if m["Subject"] == "Today"]
    for _ in range(3):
        sweep(worker="w", now=seven)

    assert before == []
    (today,) = [m for m in mailcatcher.messages if m["Subject"] == "Today"]
    assert today["To"] == office.practitioner.email
    assert "1 appointment today." in body_of(today, "plain")
    assert path_in(today) == "/desk/agenda/"


def test_no_day_without_sessions_begins_with_a_message(office: Office) -> None:
    appointment = booked(office)
    empty = [at_seven(appointment) - DAY, at_seven(appointment) + DAY]

    for seven in empty:
        sweep(worker="w", now=seven)

    assert deliveries(Kind.PRACTITIONER_TODAY) == []
    assert not Change.objects.filter(kind="day_began").exists()


def test_a_worker_that_was_away_tells_it_late_but_not_when_nothing_is_to_come(
    office: Office,
) -> None:
    appointment = booked(office)
    send_all(NOW)

    sweep(worker="w", now=appointment.starts_at)
    assert deliveries(Kind.PRACTITIONER_TODAY) == []
    sweep(worker="w", now=appointment.starts_at - timedelta(minutes=5))

    assert the_delivery(Kind.PRACTITIONER_TODAY).state == State.SENT


def test_a_day_that_empties_before_it_is_sent_is_not_told(office: Office) -> None:
    appointment = booked(office)
    send_all(NOW)
    seven = at_seven(appointment)
    assert begin_days(now=seven) == 1
    plan_all(seven)
    Appointment.objects.update(state="cancelled")
    send_due(worker="w", now=seven)

    told = the_delivery(Kind.PRACTITIONER_TODAY)
    assert (told.state, told.reason) == (State.SUPERSEDED, "nothing is booked on that day")
