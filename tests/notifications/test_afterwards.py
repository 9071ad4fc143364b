"""A note for after a session, and what follows a parting: told through real SMTP."""

from datetime import timedelta

import pytest

from booking.models import Participant
from booking.operations import cancellations
from booking.operations import sweep as booking_sweep
from intake.operations.parting import record_separation
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    booked,
    deliveries,
    plan_all,
    send_all,
    subjects_for,
)

pytestmark = pytest.mark.django_db

State = Delivery.State
DAY = timedelta(days=1)


# --- A note for after ------------------------------------------------------------------------


def test_a_note_for_after_comes_three_hours_later_to_who_asked_for_it(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office, "couple")
    wants, other = Participant.objects.order_by("position")
    Participant.objects.filter(pk=wants.pk).update(wants_aftercare=True)
    send_all(NOW)
    booking_sweep.sweep(now=appointment.ends_at)
    send_all(appointment.ends_at)
    mailcatcher.empty()

    (note,) = deliveries(Kind.AFTERCARE)
    send_due(worker="w", now=note.due_at)

    (message,) = mailcatcher.messages
    assert (message["To"], message["Subject"]) == (wants.email, "A note for after")
    assert subjects_for(mailcatcher, other) == []


def test_it_is_dropped_when_the_session_does_not_take_place_or_they_change_their_mind(
    office: Office,
) -> None:
    one, other = booked(office), booked(office)
    Participant.objects.update(wants_aftercare=True)
    plan_all(NOW)
    cancellations.cancel_by_practitioner(
        appointment_id=one.pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    plan_all(NOW)
    Participant.objects.filter(request=other.request).update(wants_aftercare=False)

    send_due(worker="w", now=other.ends_at + DAY)

    assert {d.subject_id: (d.state, d.reason) for d in deliveries(Kind.AFTERCARE)} == {
        one.pk: (State.SUPERSEDED, "they were not there"),
        other.pk: (State.SUPERSEDED, "notes for after are switched off"),
    }


# --- After a parting -------------------------------------------------------------------------


def test_after_a_parting_each_who_remains_reads_of_their_dates_once(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office, "couple")
    assert appointment.request_id is not None
    Participant.objects.update(calendar_entry="link")
    send_all(NOW)
    mailcatcher.empty()

    record_separation(
        request_id=appointment.request_id, practitioner_id=office.practitioner.pk, now=NOW
    )
    send_all(NOW)

    people = Participant.objects.order_by("position")
    for person in people:
        assert subjects_for(mailcatcher, person) == ["About your upcoming dates"]
    bodies = [body_of(m, "plain") for m in mailcatcher.messages]
    assert all("Cancelled: " in body for body in bodies)
