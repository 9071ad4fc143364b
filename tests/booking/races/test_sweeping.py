"""Sweeps at the same time, and people who come just then: what is due happens once."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from booking.domain.refusals import SlotTaken
from booking.models import Appointment, Request
from booking.operations import appointments, decisions, moves, requests
from booking.operations.requests import Submitted
from booking.operations.sweep import sweep
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import (
    all_at_once,
    lingering_writes,
    no_deadlock,
    overlaps,
    refused,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def changes(*kinds: str) -> Counter[str]:
    return Counter(Change.objects.filter(kind__in=kinds).values_list("kind", flat=True))


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    """A sweep goes on after what it cannot do, and says so in the log only."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("is_released", [False, True])
def test_two_sweeps_on_one_lapsed_hold_let_it_lapse_once(
    office: Office, caplog: pytest.LogCaptureFixture, is_released: bool
) -> None:
    request = make.verified(office)
    assert request.hold_ends_at is not None
    if is_released:
        release_by_somebody_elses_request(office, request)

    with no_deadlock():
        outcomes = all_at_once([partial(sweep, now=request.hold_ends_at)] * 2)

    assert refused(outcomes) == []
    assert not failures(caplog)
    assert sum(o["lapsed holds"] for o in outcomes if isinstance(o, Counter)) == 1
    assert Appointment.objects.get(request=request).state == "released"
    assert changes("hold_lapsed") == {"hold_lapsed": 1}


def release_by_somebody_elses_request(office: Office, request: Request) -> None:
    """Whoever takes time first gives back what has lapsed; people hear of it by the sweep."""
    assert request.hold_ends_at is not None
    make.submitted(office, now=request.hold_ends_at)


def test_ten_sweeps_do_everything_that_is_due_once(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """A proposal lapses, a joint decision leaves, a move ends, sessions end, requests expire."""
    make.submitted(office)
    proposed = make.ready(office)
    decisions.propose(
        request_id=proposed.pk,
        practitioner_id=office.practitioner.pk,
        starts=make.open_starts(office, proposed.service)[40:41],
        now=NOW,
    )
    decided = make.ready(office, "couple")
    decisions.decline(request_id=decided.pk, practitioner_id=office.practitioner.pk, now=NOW)
    couple = make.booked(office, "couple", times=make.open_starts(office, proposed.service)[60:61])
    moves.ask_move(
        appointment_id=couple.pk,
        participant_id=couple.attendances.all()[0].participant_id,
        starts=make.open_starts(office, couple.service)[-1:],
        now=NOW,
    )
    later = NOW + timedelta(days=30)

    with no_deadlock():
        outcomes = all_at_once([partial(sweep, now=later)] * 10)

    assert refused(outcomes) == []
    assert not failures(caplog)
    once = (
        "request_expired",
        "proposal_settled",
        "hold_lapsed",
        "request_declined",
        "move_dropped",
        "appointment_fulfilled",
    )
    # What was never verified, and what has no time any more.
    assert changes(*once) == {**dict.fromkeys(once, 1), "request_expired": 2}


@pytest.mark.parametrize("place", [0, 10, 20])
def test_a_hold_that_lapses_under_twenty_who_want_it_goes_to_one(
    office: Office, place: int
) -> None:
    request = make.verified(office)
    held = Appointment.objects.get(request=request)
    now = request.hold_ends_at
    assert now is not None
    start = held.starts_at
    if start - now < timedelta(minutes=held.service.notice_minutes):
        start = make.open_starts(office, held.service, now=now)[0]
    calls: list[Callable[[], Any]] = [
        partial(requests.submit, asking=make.make_asking(office, times=[start], now=now), now=now)
        for _ in range(20)
    ]
    calls[place:place] = [partial(sweep, now=now)] * 2

    with no_deadlock():
        outcomes = all_at_once(calls)

    assert Counter(type(o) for o in outcomes) == {Counter: 2, Submitted: 1, SlotTaken: 19}
    assert changes("hold_lapsed") == {"hold_lapsed": 1}
    assert overlaps() == 0


def test_a_session_that_ends_while_it_is_called_missed_is_missed(office: Office) -> None:
    booked = make.booked(office)
    over = booked.ends_at

    calls: list[Callable[[], Any]] = [
        partial(sweep, now=over),
        partial(
            appointments.mark_no_show,
            appointment_id=booked.pk,
            practitioner_id=office.practitioner.pk,
            now=over,
        ),
        partial(sweep, now=over),
    ]
    outcomes = all_at_once(calls)

    assert refused(outcomes) == []
    booked.refresh_from_db()
    assert booked.state == "no_show"
    assert changes("appointment_missed") == {"appointment_missed": 1}


def test_without_locks_two_sweeps_do_let_it_lapse_twice(office: Office) -> None:
    request = make.verified(office)
    release_by_somebody_elses_request(office, request)
    # Passed on to the line already: else one sweep would wait for the other at that row.
    Appointment.objects.filter(request=request).update(held_until=None)
    assert request.hold_ends_at is not None

    with lingering_writes("booking_request"):
        all_at_once([partial(sweep, now=request.hold_ends_at)] * 2, has_locks=False)

    assert changes("hold_lapsed") == {"hold_lapsed": 2}
    assert Request.objects.get(pk=request.pk).hold_lapsed_at is not None
