"""An appointment moves or is cancelled at the instant at which its messages are being sent."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from booking.models import Participant
from booking.operations import appointments
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations import sending
from notifications.operations.sending import send_due
from tests.booking import factories
from tests.booking.races.harness import own_connection
from tests.browser.people import where_it_is_day
from tests.drills.ground import PATIENCE, Stub
from tests.notifications.helpers import booked, calendar_part, plan_all

#: A sending of an old time may have begun at the most so long after the change: on a machine that
#: has nothing else to do, and on one that is busy. Whoever looks only once needs `COPIES` times as
#: long as one message takes, which is more than either.
SECOND = 1.0
SECONDS_OF_A_BUSY_MACHINE = 2.5
COPIES = 14


def outdated(stub: Stub, old: datetime, moved_at: float) -> list[float]:
    """By how many seconds the sendings that tell the old time began after it had changed."""
    late = []
    for arrival in stub.arrivals:
        part = calendar_part(arrival.message)
        if part is not None and part.event.start == old:
            late.append(arrival.begun_at - moved_at)
    return late


def change_while_it_is_sent(
    stub: Stub, office: factories.Office, *, seconds: float, is_cancelled: bool = False
) -> list[float]:
    """One appointment moves, or is cancelled, while several of its messages are on their way."""
    now = timezone.now()
    stub.arrivals.clear()
    Delivery.objects.all().delete()
    start = factories.open_starts(office, office.services["individual-50"], now=now)[-20]
    appointment = booked(office, times=(start,), now=now)
    # Else nothing would be sent in the quiet hours of the practice's zone.
    Participant.objects.update(time_zone=where_it_is_day())
    plan_all(now)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    _copy(Delivery.objects.get(), COPIES)
    changed: list[float] = []

    def change() -> None:
        time.sleep(seconds)
        if is_cancelled:
            factories.cancelled(appointment, now=timezone.now())
        else:
            appointments.reschedule(
                appointment_id=appointment.pk,
                practitioner_id=office.practitioner.pk,
                starts_at=start + timedelta(hours=1),
                now=timezone.now(),
            )
        changed.append(time.time())

    _at_once(lambda: send_due(worker="w", now=timezone.now()), change)
    late = outdated(stub, start, changed[0])
    appointment.refresh_from_db()
    assert (appointment.state == "cancelled") is is_cancelled
    if not is_cancelled:  # the next one needs the room
        factories.cancelled(appointment, now=timezone.now())
    return late


def _copy(pattern: Delivery, number: int) -> None:
    key = pattern.key
    for n in range(number):
        pattern.pk, pattern.key = None, f"{key}:drill:{n}"
        pattern.pk = Delivery._meta.pk.get_default()
        pattern.save(force_insert=True)


def _at_once(*works: Callable[[], object]) -> None:
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        own_connection()
        try:
            barrier.wait(PATIENCE)
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(run, works))


def _changes(stub: Stub, times: int) -> list[float]:
    office = factories.make_office()
    stub.seconds = 0.3
    late = []
    for n in range(times):
        late += change_while_it_is_sent(
            stub, office, seconds=(n % 10) * 0.1, is_cancelled=n % 2 == 1
        )
    return late


def test_no_sending_of_an_old_time_begins_long_after_the_change(stub: Stub) -> None:
    late = _changes(stub, 6)

    assert late
    assert max(late) <= SECONDS_OF_A_BUSY_MACHINE


@pytest.mark.drill
def test_nor_more_than_a_second_in_two_hundred_changes(
    stub: Stub, capsys: pytest.CaptureFixture[str]
) -> None:
    late = _changes(stub, 200)

    with capsys.disabled():
        print(f"\n{len(late)} told the old time; the last began {max(late):.2f} s after")  # noqa: T201
    assert max(late) <= SECOND


def test_a_sender_that_looks_only_once_would_be_found_out(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_LOOK_SECONDS", 60.0)
    office = factories.make_office()
    stub.seconds = 0.3

    late = change_while_it_is_sent(stub, office, seconds=0.3)

    assert max(late) > SECONDS_OF_A_BUSY_MACHINE
