"""Many at once: no message is sent twice, and no change is planned twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection

from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from tests.booking import factories
from tests.booking.factories import NOW
from tests.booking.races.harness import own_connection
from tests.conftest import PATIENCE, MailCatcher
from tests.notifications.helpers import booked, plan_all

State = Delivery.State


def _thirty_due() -> None:
    office = factories.make_office()
    for _ in range(30):
        factories.submitted(office)
    plan_all(NOW)


def _in_threads(count: int, work: object) -> None:
    barrier = threading.Barrier(count)

    def run(_number: int) -> None:
        own_connection()
        try:
            barrier.wait(PATIENCE)
            work()  # type: ignore[operator]  # any callable
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_two_senders_never_send_one_message_twice(mailcatcher: MailCatcher) -> None:
    _thirty_due()

    _in_threads(4, lambda: send_due(worker="w", now=NOW))

    ids = [m["Message-ID"] for m in mailcatcher.messages]
    assert len(ids) == len(set(ids)) == 30


@pytest.mark.django_db(transaction=True)
def test_the_race_would_be_seen_without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a claim that reads and then writes hands out rows twice."""
    _thirty_due()
    handed_out: list[UUID] = []
    met = threading.Barrier(2)

    def claim_carelessly() -> None:
        ids = list(Delivery.objects.filter(state=State.PENDING).values_list("pk", flat=True))
        met.wait(PATIENCE)
        Delivery.objects.filter(pk__in=ids).update(state=State.SENDING)
        handed_out.extend(ids)

    _in_threads(2, claim_carelessly)

    assert len(handed_out) > len(set(handed_out))


@pytest.mark.django_db(transaction=True)
def test_one_change_planned_by_many_at_once_is_planned_once() -> None:
    office = factories.make_office()
    booked(office)

    _in_threads(4, lambda: plan_all(NOW))
    plan_all(NOW)

    planned = Delivery.objects.filter(kind=Kind.BOOKED)
    assert [(d.sequence, d.state) for d in planned] == [(0, State.PENDING)]
