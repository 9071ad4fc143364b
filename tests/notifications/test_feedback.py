"""One minute of your time: from a session that has taken place to the mail, and not too often."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from booking.models import Appointment, Participant
from booking.operations import appointments
from booking.operations.sweep import sweep as booking_sweep
from intake.domain.feedback import Slider
from intake.operations.feedback import Saying, say
from intake.operations.parting import record_separation
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.intake.people import device
from tests.intake.sessions import days_before, took_place
from tests.notifications.helpers import (
    body_of,
    booked,
    deliveries,
    path_in,
    send_all,
    subjects_for,
    the_delivery,
)
from tests.notifications.test_choices import appears, look

pytestmark = pytest.mark.django_db

State = Delivery.State
DAY = timedelta(days=1)


def third(office: Office, kind: str = "individual") -> Appointment:
    """A booked session after two that took place; whoever asked for it wants to be asked."""
    appointment = booked(office, kind)
    people = list(Participant.objects.order_by("position"))
    took_place(people, *days_before(NOW, 14, 7))
    Participant.objects.filter(pk=people[0].pk).update(wants_feedback=True)
    Participant.objects.update(shared_mailbox="no")
    send_all(NOW)
    return appointment


def ends(appointment: Appointment) -> Delivery:
    """The session takes place; the delivery that follows from it."""
    booking_sweep(now=appointment.ends_at)
    send_all(appointment.ends_at)
    return the_delivery(Kind.FEEDBACK)


def test_a_day_after_their_third_session_one_of_two_is_asked_and_the_other_is_not(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = third(office, "couple")
    wants, other = Participant.objects.order_by("position")
    assert deliveries(Kind.FEEDBACK) == []

    planned = ends(appointment)
    mailcatcher.empty()
    send_due(worker="w", now=planned.due_at - timedelta(seconds=1))
    before = subjects_for(mailcatcher, wants)
    send_due(worker="w", now=planned.due_at)

    assert planned.due_at == appointment.ends_at + DAY
    assert before == []
    (mail,) = mailcatcher.to(wants.email)
    assert mail["Subject"] == "One minute of your time"
    assert subjects_for(mailcatcher, other) == []
    assert urlsplit(path_in(mail)).path.startswith("/open/")
    assert "appointment" not in body_of(mail, "plain")


def test_after_a_second_and_a_fourth_session_nobody_is_asked(office: Office) -> None:
    appointment = third(office)
    first = Appointment.objects.filter(state="fulfilled").earliest("ends_at")
    Appointment.objects.filter(pk=first.pk).update(state="no_show")
    booking_sweep(now=appointment.ends_at)
    send_all(appointment.ends_at)
    assert deliveries(Kind.FEEDBACK) == []

    again = third(office)
    took_place([again.attendances.get().participant], *days_before(NOW, 21))
    booking_sweep(now=again.ends_at)
    send_all(again.ends_at)
    assert deliveries(Kind.FEEDBACK) == []


def test_what_changes_in_between_is_seen_before_it_is_sent(office: Office) -> None:
    appointment = third(office, "couple")
    person = Participant.objects.order_by("position")[0]
    planned = ends(appointment)

    def reason() -> tuple[str, str]:
        Delivery.objects.filter(pk=planned.pk).update(state=State.PENDING, reason="")
        send_due(worker="w", now=planned.due_at)
        planned.refresh_from_db()
        return planned.state, planned.reason

    Participant.objects.filter(pk=person.pk).update(wants_feedback=False)
    assert reason() == (State.SUPERSEDED, "being asked is switched off")
    Participant.objects.filter(pk=person.pk).update(wants_feedback=True, channel="page")
    assert reason() == (State.SUPERSEDED, "they read their page only")
    Participant.objects.filter(pk=person.pk).update(channel="email")
    assert say(
        participant_id=person.pk,
        appointment_id=appointment.pk,
        saying=Saying({Slider.HEARD: 7}),
        now=planned.due_at,
    )
    assert reason() == (State.SUPERSEDED, "they have said it already")


def test_a_session_that_was_missed_after_all_asks_nobody(office: Office) -> None:
    appointment = third(office)
    planned = ends(appointment)

    appointments.mark_no_show(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        now=appointment.ends_at + timedelta(hours=2),
    )
    send_all(appointment.ends_at + timedelta(hours=2))
    send_due(worker="w", now=planned.due_at)

    planned.refresh_from_db()
    assert planned.state == State.SUPERSEDED


def test_after_a_parting_nobody_is_asked(office: Office, mailcatcher: MailCatcher) -> None:
    appointment = third(office, "couple")
    assert appointment.request_id is not None
    planned = ends(appointment)
    record_separation(
        request_id=appointment.request_id,
        practitioner_id=office.practitioner.pk,
        now=appointment.ends_at + timedelta(hours=1),
    )
    mailcatcher.empty()

    send_due(worker="w", now=planned.due_at)

    planned.refresh_from_db()
    assert (planned.state, planned.reason) == (
        State.SUPERSEDED,
        "it is no third session of theirs",
    )
    assert "One minute of your time" not in [m["Subject"] for m in mailcatcher.messages]


def test_what_will_appear_shows_it_as_soon_as_it_is_ticked(office: Office) -> None:
    booked(office)
    person = Participant.objects.get()
    client = device(person)

    without = appears(look(client, person))
    asked = appears(look(client, person, wants_feedback="on"))
    both = appears(look(client, person, wants_feedback="on", wants_aftercare="on"))
    quiet = appears(look(client, person, wants_feedback="on", subject_style="quiet"))

    assert "One minute of your time" not in without
    assert "One minute of your time" in asked
    assert "A note for after" in both
    assert "A note for after" not in asked
    assert "One minute of your time" not in quiet
