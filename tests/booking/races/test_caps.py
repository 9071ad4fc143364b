"""Fifty against a limit of three: of the day, of the week, of what one person can give in a day."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from booking.domain.asking import Requester
from booking.domain.refusals import SlotTaken, TooMany
from booking.models import Appointment, PrivateLink
from booking.operations import requests
from booking.operations.requests import Submitted
from practice.domain.wall import local_date, zone
from practice.models import EnergyRule, Service
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
)
from tests.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50
LIMIT = 3
CALL = "individual-call"


@pytest.fixture
def office() -> Office:
    return make.make_office()


def cap_of_the_day(office: Office) -> None:
    Service.objects.filter(pk=office.services[CALL].pk).update(day_cap=LIMIT)


def cap_of_the_week(office: Office) -> None:
    Service.objects.filter(pk=office.services[CALL].pk).update(week_cap=LIMIT)


def energy_for_three(office: Office) -> None:
    EnergyRule.objects.create(
        practitioner=office.practitioner,
        kind=EnergyRule.Kind.AT_MOST,
        relationship_type="individual",
        limit=LIMIT,
    )


limits = pytest.mark.parametrize("limit", [cap_of_the_day, cap_of_the_week, energy_for_three])


def one_days_starts(office: Office, *, now: datetime) -> list[datetime]:
    """The starts of the second day that is open: none of them stands in another's way."""
    starts = make.open_starts(office, office.services[CALL], now=now, days=7)
    tz = zone(office.practitioner.time_zone)
    day = sorted({local_date(s, tz) for s in starts})[1]
    return [s for s in starts if local_date(s, tz) == day]


def fifty_wishes(starts: Sequence[datetime]) -> list[datetime]:
    return [starts[n % len(starts)] for n in range(CLIENTS)]


def submits(office: Office, starts: Sequence[datetime]) -> list[Callable[[], Submitted]]:
    askings = [make.make_asking(office, service=CALL, times=[start]) for start in starts]
    return [partial(requests.submit, asking=asking, now=NOW) for asking in askings]


@limits
def test_three_of_fifty_get_in(office: Office, limit: Callable[[Office], Any]) -> None:
    limit(office)
    calls = submits(office, fifty_wishes(one_days_starts(office, now=NOW)))

    with no_deadlock():
        outcomes = all_at_once(calls)

    assert Counter(type(o) for o in outcomes) == {Submitted: LIMIT, SlotTaken: CLIENTS - LIMIT}
    assert Appointment.objects.filter(state="held").count() == LIMIT
    assert overlaps() == 0


def test_three_of_fifty_clients_of_the_api_get_in(office: Office, site: Site) -> None:
    cap_of_the_day(office)
    starts = fifty_wishes(one_days_starts(office, now=timezone.now()))

    answers = post_all_at_once(
        [
            Post(
                f"{site.url}/api/v1/requests/",
                asking_body(office.services[CALL], "individual", start),
            )
            for start in starts
        ]
    )

    assert Counter(a.status for a in answers) == {201: LIMIT, 409: CLIENTS - LIMIT}
    assert {a.body["code"] for a in answers if a.status == 409} == {"slot_taken"}
    assert Appointment.objects.filter(state="held").count() == LIMIT


def one_address_asks_eight_times(office: Office) -> list[Callable[[], Submitted]]:
    """Of two practitioners in turn: they have nothing in common but the address."""
    service = office.services["individual-50"]
    other = make.make_practitioner(slug="robin")
    service.practitioners.add(other)
    alex = Requester("Alex", make.address("alex"))
    starts = make.open_starts(office, service)[::4]
    who = [office.practitioner.slug, other.slug] * 4
    return [
        partial(
            requests.submit,
            asking=make.make_asking(office, times=[start], practitioner=slug, requester=alex),
            now=NOW,
        )
        for slug, start in zip(who, starts, strict=False)
    ]


def test_one_address_gets_five_codes_an_hour_however_many_ask_at_once(office: Office) -> None:
    calls = one_address_asks_eight_times(office)

    with no_deadlock():
        outcomes = all_at_once(calls)

    assert Counter(type(o) for o in outcomes) == {Submitted: 5, TooMany: 3}
    assert PrivateLink.objects.count() == 5
    assert Appointment.objects.filter(state="held").count() == 1


def test_without_locks_this_race_does_see_more_codes(office: Office) -> None:
    calls = one_address_asks_eight_times(office)

    with lingering_writes("booking_privatelink"):
        outcomes = all_at_once(calls, has_locks=False)

    refused(outcomes)
    assert PrivateLink.objects.count() > 5


@limits
def test_without_locks_this_race_does_see_a_limit_overrun(
    office: Office, limit: Callable[[Office], Any]
) -> None:
    limit(office)
    calls = submits(office, one_days_starts(office, now=NOW))

    with lingering_writes("booking_appointment"):
        outcomes = all_at_once(calls, has_locks=False)

    refused(outcomes)
    assert Appointment.objects.filter(state="held").count() > LIMIT
