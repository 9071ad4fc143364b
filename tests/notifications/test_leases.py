"""Messages on their way: leases of dead and slow senders, and a worker that is to stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection

from booking.models import Participant
from booking.operations import cancellations
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations import resending
from notifications.operations.claiming import DEATHS_MAX, claim_due, reclaim_expired
from notifications.operations.sending import send_due
from notifications.operations.settling import Ending, begin, settle
from notifications.operations.sweep import sweep
from practice.models import Pending
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import PATIENCE, MailCatcher
from tests.notifications.grumpy import Grumpy
from tests.notifications.helpers import (
    booked,
    calendar_part,
    one_code,
    plan_all,
    the_delivery,
    time_is_up_after,
)

State = Delivery.State


# --- Leases ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_dead_senders_message_is_taken_back_after_its_lease(mailcatcher: MailCatcher) -> None:
    one_code()
    (claimed,) = claim_due(claim="dead", now=NOW, limit=10)
    begin(claimed, now=NOW)

    assert reclaim_expired(now=NOW + timedelta(minutes=4)) == 0
    assert reclaim_expired(now=NOW + timedelta(minutes=6)) == 1
    assert send_due(worker="w", now=NOW + timedelta(minutes=6)).sent == 1

    assert the_delivery(Kind.CODE).maybe_sent is True
    assert len(mailcatcher.messages) == 1


@pytest.mark.django_db
def test_a_message_that_keeps_killing_its_senders_is_parked() -> None:
    one_code()
    now = NOW
    for _ in range(DEATHS_MAX):
        (claimed,) = claim_due(claim="dead", now=now, limit=10)
        begin(claimed, now=now)
        now += timedelta(minutes=6)
        reclaim_expired(now=now)

    parked = the_delivery(Kind.CODE)
    assert (parked.state, parked.reason) == (State.FAILED, "the sender died")
    assert not claim_due(claim="next", now=now, limit=10)


@pytest.mark.django_db
def test_a_sender_whose_lease_ran_out_does_not_overwrite_the_next_one(
    mailcatcher: MailCatcher,
) -> None:
    delivery = one_code()
    (slow,) = claim_due(claim="slow", now=NOW, limit=10)
    reclaim_expired(now=NOW + timedelta(minutes=6))
    claim_due(claim="next", now=NOW + timedelta(minutes=6), limit=10)

    settle(slow, Ending(State.FAILED, "late news"), then=None, now=NOW)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.claimed_by) == (State.SENDING, "next")


@pytest.mark.django_db
def test_the_practitioner_can_have_a_failed_message_tried_again(grumpy: Grumpy) -> None:
    grumpy.answers = ["550 5.7.1 no"]
    delivery = one_code()
    send_due(worker="w", now=NOW)

    assert delivery.participant is not None
    owner = delivery.participant.request.practitioner_id
    later = NOW + timedelta(days=9)

    assert resending.try_again(delivery_id=delivery.pk, practitioner_id=owner, now=later) is True

    assert send_due(worker="w", now=later).sent == 1
    assert resending.try_again(delivery_id=delivery.pk, practitioner_id=owner, now=NOW) is False


@pytest.mark.django_db
def test_another_practitioner_cannot_have_it_tried_again(grumpy: Grumpy) -> None:
    grumpy.answers = ["550 5.7.1 no"]
    delivery = one_code()
    send_due(worker="w", now=NOW)

    with pytest.raises(Delivery.DoesNotExist):
        resending.try_again(delivery_id=delivery.pk, practitioner_id=uuid4(), now=NOW)


@pytest.mark.django_db
def test_a_newer_calendar_file_waits_for_the_older_one_on_its_way(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    (claimed,) = claim_due(claim="slow", now=NOW, limit=10)
    begin(claimed, now=NOW)  # the confirmation is on its way
    cancellations.cancel(
        appointment_id=appointment.pk, participant_id=Participant.objects.get().pk, now=NOW
    )
    plan_all(NOW)

    send_due(worker="w", now=NOW)
    assert not [m for m in mailcatcher.messages if calendar_part(m)]

    reclaim_expired(now=NOW + timedelta(minutes=6))
    send_due(worker="w", now=NOW + timedelta(minutes=6))
    files = [part for m in mailcatcher.messages if (part := calendar_part(m))]
    assert [f.method for f in files] == ["CANCEL"]


# --- The worker is to stop --------------------------------------------------------------------


@contextmanager
def time_is_up_at(table: str) -> Iterator[None]:
    """Like `time_is_up_after`, at the first question that is put to a table."""

    def stop(execute: Any, sql: str, *rest: Any) -> Any:
        if f'FROM "{table}"' in sql:
            raise SoftTimeLimitExceeded
        return execute(sql, *rest)

    with connection.execute_wrapper(stop):
        yield


def _two_codes() -> None:
    office = factories.make_office()
    for _ in range(2):
        factories.submitted(office)
    plan_all(NOW)


@pytest.mark.django_db
def test_a_message_on_its_way_when_time_is_up_comes_back_by_its_lease(grumpy: Grumpy) -> None:
    grumpy.answers = ["TIME IS UP"]
    _two_codes()

    with time_is_up_after(PATIENCE), pytest.raises(SoftTimeLimitExceeded):
        send_due(worker="w", now=NOW)

    on_its_way, untouched = Delivery.objects.order_by("-attempts")
    assert (on_its_way.state, on_its_way.attempts) == (State.SENDING, 1)
    assert (untouched.state, untouched.attempts) == (State.PENDING, 0)
    later = NOW + timedelta(minutes=6)
    assert reclaim_expired(now=later) == 1
    assert send_due(worker="w", now=later).sent == 2


@pytest.mark.django_db
def test_a_message_being_written_when_time_is_up_is_not_parked(mailcatcher: MailCatcher) -> None:
    _two_codes()

    with time_is_up_at("booking_privatelink"), pytest.raises(SoftTimeLimitExceeded):
        send_due(worker="w", now=NOW)

    # Neither was begun, so neither has to wait for a lease.
    assert {d.state for d in Delivery.objects.all()} == {State.PENDING}
    assert send_due(worker="w", now=NOW).sent == len(mailcatcher.messages) == 2


@pytest.mark.django_db
def test_a_sweep_whose_time_is_up_stops_and_leaves_the_changes_as_they_were() -> None:
    factories.submitted(factories.make_office())

    with time_is_up_at("booking_privatelink"), pytest.raises(SoftTimeLimitExceeded):
        sweep(worker="w", now=NOW)

    assert Pending.objects.count() == 1
