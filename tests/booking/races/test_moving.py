"""Moves against new requests: a time is somebody's or nobody's, never two people's."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from booking.domain.refusals import SlotTaken
from booking.models import Appointment
from booking.operations import appointments, moves, requests
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import (
    Post,
    all_at_once,
    asking_body,
    lingering_writes,
    no_deadlock,
    overlaps,
    post_all_at_once,
    refused,
    without_constraint,
)
from tests.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = 20


@pytest.fixture
def office() -> Office:
    return make.make_office()


def moving(office: Office, appointment: Appointment, start: datetime) -> Callable[[], Appointment]:
    return partial(
        appointments.reschedule,
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start,
        now=NOW,
    )


def asking(office: Office, start: datetime) -> Callable[[], Any]:
    return partial(requests.submit, asking=make.make_asking(office, times=[start]), now=NOW)


def owners(start: datetime) -> int:
    return Appointment.objects.filter(state__in=("held", "booked"), starts_at=start).count()


@pytest.mark.parametrize("place", [0, OTHERS, 2 * OTHERS])
def test_a_move_and_new_requests_for_both_of_its_times(office: Office, place: int) -> None:
    """Whoever wants the new time races the move; whoever wants the old one may follow it."""
    booked = make.booked(office)
    old, new = booked.starts_at, make.open_starts(office, booked.service)[6]
    calls: list[Callable[[], Any]] = [asking(office, new) for _ in range(OTHERS)]
    calls += [asking(office, old) for _ in range(OTHERS)]
    calls.insert(place, moving(office, booked, new))

    with no_deadlock():
        outcomes = all_at_once(calls)

    assert {type(o) for o in refused(outcomes)} == {SlotTaken}
    booked.refresh_from_db()
    assert owners(new) == 1
    assert owners(old) <= 1
    if isinstance(outcomes[place], SlotTaken):
        assert booked.starts_at == old
        assert owners(old) == 1
    else:
        assert booked.starts_at == new
    assert overlaps() == 0


def test_ten_moves_to_one_time_have_one_winner(office: Office) -> None:
    booked = [
        make.booked(office, times=[start])
        for start in make.open_starts(office, office.services["individual-50"])[3:33:3]
    ]
    free = make.open_starts(office, office.services["individual-50"])[-1]
    people = [a.attendances.get().participant_id for a in booked]
    calls: list[Callable[[], Any]] = [
        moving(office, appointment, free)
        if number % 2
        else partial(
            moves.ask_move,
            appointment_id=appointment.pk,
            participant_id=people[number],
            starts=[free],
            now=NOW,
        )
        for number, appointment in enumerate(booked)
    ]

    with no_deadlock():
        outcomes = all_at_once(calls)

    assert [type(o) for o in refused(outcomes)] == [SlotTaken] * (len(booked) - 1)
    assert Appointment.objects.filter(state="booked").count() == len(booked)
    assert owners(free) == 1
    assert overlaps() == 0


def test_a_move_and_new_requests_over_the_api(office: Office, site: Site) -> None:
    now = timezone.now()
    booked = make.booked(office, now=now)
    new = make.open_starts(office, booked.service, now=now)[6]
    posts = [
        Post(f"{site.url}/api/v1/requests/", asking_body(booked.service, "individual", new))
        for _ in range(OTHERS)
    ]
    posts.insert(
        OTHERS // 2,
        Post(
            f"{site.url}/api/v1/appointments/{booked.pk}/reschedule/",
            {"start": new.isoformat()},
            {"Authorization": f"Bearer {make.api_token(office.practitioner)}"},
        ),
    )

    answers = post_all_at_once(posts)

    counted = Counter(a.status for a in answers)
    assert counted in ({200: 1, 409: OTHERS}, {201: 1, 409: OTHERS})
    assert {a.body["code"] for a in answers if a.status == 409} == {"slot_taken"}
    assert owners(new) == 1
    assert overlaps() == 0


def test_without_locks_and_constraint_these_tests_do_see_a_time_with_two_owners(
    office: Office,
) -> None:
    booked = make.booked(office)
    new = make.open_starts(office, booked.service)[6]

    calls: list[Callable[[], Any]] = [asking(office, new) for _ in range(5)]
    calls.insert(2, moving(office, booked, new))

    with without_constraint(), lingering_writes("booking_appointment", seconds=1):
        all_at_once(calls, has_locks=False)
        seen = owners(new)

    assert seen > 1
