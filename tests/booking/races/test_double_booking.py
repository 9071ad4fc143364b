"""No double booking, however many ask at once; and proof that these tests would see one."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from booking.domain.refusals import SlotTaken
from booking.models import Appointment, Request
from booking.operations import calendar, requests
from booking.operations.requests import Submitted
from booking.queries import calendar as calendar_queries
from practice.models import Change, Service
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import (
    Post,
    all_at_once,
    asking_body,
    no_deadlock,
    overlaps,
    post_all_at_once,
    without_constraint,
)
from tests.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50
#: Three lengths with three buffers: 20 + 10, 50 + 10 and 80 + 20 minutes.
MIXED = (
    ("individual-call", "individual"),
    ("individual-50", "individual"),
    ("couple-80", "couple"),
)


@pytest.fixture
def office() -> Office:
    return make.make_office()


@dataclass(frozen=True)
class Wish:
    """One client's slot, and the time it would block."""

    service: Service
    relationship_type: str
    start: datetime

    @property
    def blocked(self) -> tuple[datetime, datetime]:
        return (
            self.start - timedelta(minutes=self.service.buffer_before_minutes),
            self.start
            + timedelta(minutes=self.service.duration_minutes + self.service.buffer_after_minutes),
        )


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def mixed_wishes(office: Office, *, now: datetime, count: int = CLIENTS) -> list[Wish]:
    """Different, overlapping starts of three services within two days: far more than fit."""
    chance = random.Random(7)  # noqa: S311 - the same wishes in every run
    wishes = []
    for number in range(count):
        slug, relationship_type = MIXED[number % len(MIXED)]
        service = office.services[slug]
        starts = make.open_starts(office, service, now=now, days=7)
        days = sorted({s.date() for s in starts})[:2]
        start = chance.choice([s for s in starts if s.date() in days])
        wishes.append(Wish(service, relationship_type, start))
    return wishes


def assert_as_many_as_fit(wishes: Sequence[Wish], accepted: Sequence[bool]) -> None:
    taken = [w.blocked for w, yes in zip(wishes, accepted, strict=True) if yes]
    for place, one in enumerate(taken):
        assert not any(overlap(one, other) for other in taken[place + 1 :])
    for wish, yes in zip(wishes, accepted, strict=True):
        assert yes or any(overlap(wish.blocked, other) for other in taken), (
            f"{wish.start} was refused though it was free"
        )
    assert 1 < len(taken) < len(wishes)


def assert_table_agrees(expected: int) -> None:
    """Nothing in the table overlaps, and the journal knows every request."""
    assert overlaps() == 0
    assert Appointment.objects.filter(state="held").count() == expected
    assert Request.objects.count() == expected
    assert Change.objects.filter(kind="request_received").count() == expected


def submit(office: Office, wish: Wish, **more: Any) -> Callable[[], Submitted]:
    asking = make.make_asking(
        office, wish.relationship_type, service=wish.service.slug, times=[wish.start]
    )
    return lambda: requests.submit(asking=asking, now=NOW, **more)


# --- The operation --------------------------------------------------------------------------------


def test_fifty_overlapping_wishes_for_three_services_get_what_fits(office: Office) -> None:
    wishes = mixed_wishes(office, now=NOW)

    with no_deadlock():
        outcomes = all_at_once([submit(office, wish) for wish in wishes])

    assert {type(o) for o in outcomes} == {Submitted, SlotTaken}
    assert_as_many_as_fit(wishes, [isinstance(o, Submitted) for o in outcomes])
    assert_table_agrees(sum(isinstance(o, Submitted) for o in outcomes))


def test_one_slot_goes_to_one_of_fifty(office: Office) -> None:
    service = office.services["individual-50"]
    wish = Wish(service, "individual", make.open_starts(office, service)[3])

    with no_deadlock():
        outcomes = all_at_once([submit(office, wish) for _ in range(CLIENTS)])

    assert Counter(type(o) for o in outcomes) == {Submitted: 1, SlotTaken: CLIENTS - 1}
    assert all(len(o.alternatives) == 3 for o in outcomes if isinstance(o, SlotTaken))
    assert_table_agrees(1)


def test_one_key_from_twenty_threads_makes_one_request(office: Office) -> None:
    service = office.services["individual-50"]
    wish = Wish(service, "individual", make.open_starts(office, service)[0])
    call = submit(office, wish, idempotency_key=str(uuid4()), body_hash=b"\1" * 32)

    outcomes = all_at_once([call] * 20)

    assert all(isinstance(o, Submitted) for o in outcomes), outcomes
    assert len({o.request.id for o in outcomes if isinstance(o, Submitted)}) == 1
    assert_table_agrees(1)


def test_one_key_for_two_calendars_makes_one_request(office: Office) -> None:
    """Different practitioners share no lock, so here the racer waits on the unique index."""
    robin = make.make_practitioner(slug="robin")
    for service in office.services.values():
        service.practitioners.add(robin)
    starts = make.open_starts(office, office.services["individual-50"])[:1]
    key = str(uuid4())
    calls = [
        lambda slug=slug: requests.submit(
            asking=make.make_asking(office, practitioner=slug, times=starts),
            now=NOW,
            idempotency_key=key,
            body_hash=b"\1" * 32,
        )
        for slug in ("morgan", "robin") * 5
    ]

    outcomes = all_at_once(calls)

    assert all(isinstance(o, Submitted) for o in outcomes), outcomes
    assert_table_agrees(1)


# --- The whole way, over HTTP ---------------------------------------------------------------------


def post(site: Site, wish: Wish, **headers: str) -> Post:
    body = asking_body(wish.service, wish.relationship_type, wish.start)
    return Post(f"{site.url}/api/v1/requests/", body, headers)


def test_fifty_clients_of_the_api_get_what_fits(office: Office, site: Site) -> None:
    wishes = mixed_wishes(office, now=timezone.now())

    answers = post_all_at_once([post(site, wish) for wish in wishes])

    assert {a.status for a in answers} == {201, 409}
    assert all(a.body["code"] == "slot_taken" for a in answers if a.status == 409)
    assert_as_many_as_fit(wishes, [a.status == 201 for a in answers])
    assert_table_agrees(sum(a.status == 201 for a in answers))


def test_one_slot_goes_to_one_of_fifty_clients_of_the_api(office: Office, site: Site) -> None:
    service = office.services["individual-50"]
    start = make.open_starts(office, service, now=timezone.now())[3]
    wish = Wish(service, "individual", start)

    answers = post_all_at_once([post(site, wish) for _ in range(CLIENTS)])

    assert Counter(a.status for a in answers) == {201: 1, 409: CLIENTS - 1}
    assert_table_agrees(1)


def test_one_key_from_twenty_clients_of_the_api_makes_one_request(
    office: Office, site: Site
) -> None:
    service = office.services["individual-50"]
    start = make.open_starts(office, service, now=timezone.now())[0]
    same = post(site, Wish(service, "individual", start), **{"Idempotency-Key": str(uuid4())})

    answers = post_all_at_once([same] * 20)

    assert {a.status for a in answers} == {201}
    assert len({a.body["id"] for a in answers}) == 1
    assert_table_agrees(1)


# --- The negative control -------------------------------------------------------------------------


def check_then_insert(office: Office, wish: Wish) -> Callable[[], None]:
    """What a careless program does: look, think for a moment, write. No lock."""

    def call() -> None:
        with transaction.atomic():
            offer = calendar_queries.bookable(office.practitioner, wish.service)
            calendar.check_open(offer, [wish.start], now=NOW)
            time.sleep(0.5)
            calendar.placed(
                Appointment(
                    practitioner=office.practitioner,
                    service=wish.service,
                    state="booked",
                    modality="video",
                    created_at=datetime.now(UTC),
                ),
                wish.start,
            ).save(force_insert=True)

    return call


def test_without_lock_and_constraint_these_tests_do_see_double_bookings(office: Office) -> None:
    service = office.services["individual-50"]
    wish = Wish(service, "individual", make.open_starts(office, service)[3])

    with without_constraint():
        outcomes = all_at_once([check_then_insert(office, wish) for _ in range(CLIENTS)])
        accepted = Appointment.objects.filter(state="booked").count()

    assert accepted > 1
    assert accepted == sum(o is None for o in outcomes)


def test_the_constraint_alone_prevents_them_but_not_kindly(office: Office) -> None:
    """Hence the lock before it: without one, those refused see database errors."""
    service = office.services["individual-50"]
    wish = Wish(service, "individual", make.open_starts(office, service)[3])

    outcomes = all_at_once([check_then_insert(office, wish) for _ in range(CLIENTS)])

    assert Appointment.objects.filter(state="booked").count() == 1
    assert sum(o is None for o in outcomes) == 1
    refused = [o for o in outcomes if o is not None]
    assert all(isinstance(o, IntegrityError | OperationalError | SlotTaken) for o in refused)
    assert any(isinstance(o, IntegrityError) for o in refused)
