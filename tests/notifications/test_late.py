"""A wish after the cut-off, and running late: told through real SMTP."""

from datetime import timedelta

import pytest

from booking.models import Participant
from booking.operations import late
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, kind_of, only, plan_all, send_all

pytestmark = pytest.mark.django_db

State = Delivery.State


def test_a_wish_after_the_cut_off_goes_to_and_fro_between_two(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = make.booked(office, "couple")
    Participant.objects.update(shared_mailbox="no")
    asker, other = make.people_of(appointment.request)  # type: ignore[arg-type]  # booked by a request
    now = appointment.starts_at - timedelta(hours=20)
    send_all(NOW)
    before = len(mailcatcher.messages)
    wish = late.ask_late(
        participant_id=asker.pk, appointment_id=appointment.pk, words="Canary.", now=now
    )
    late.settle_late(
        wish_id=wish.pk, practitioner_id=office.practitioner.pk, outcome="kept", now=now
    )
    plan_all(now)
    Delivery.objects.exclude(kind__contains="late_wish").filter(state=State.PENDING).delete()
    send_all(now)

    new = mailcatcher.messages[before:]
    assert sorted(kind_of(m) for m in new) == [Kind.LATE_WISH_KEPT, Kind.PRACTITIONER_LATE_WISH]
    assert not [m for m in new if other.email in m.as_string() or "Canary" in m.as_string()]
    assert only(mailcatcher, Kind.LATE_WISH_KEPT)["To"] == asker.email


def test_running_late_says_how_late_and_when_it_begins(
    office: Office, mailcatcher: MailCatcher
) -> None:
    start = make.open_starts(office, office.services["individual-50"])[-20]
    appointment = make.booked(office, times=(start,))
    Participant.objects.update(shared_mailbox="no")
    now = start - timedelta(minutes=10)
    plan_all(NOW)
    Delivery.objects.all().delete()

    late.running_late(
        appointment_id=appointment.pk,
        minutes=10,
        practitioner_id=office.practitioner.pk,
        now=now,
    )
    send_all(now)

    plain = " ".join(body_of(only(mailcatcher, Kind.RUNNING_LATE), "plain").split())
    assert "about 10 minutes late" in plain
    assert (
        f"{(start + timedelta(minutes=10)).astimezone(NEW_YORK) - timedelta(hours=1):%H:%M}"
        in plain
    )
