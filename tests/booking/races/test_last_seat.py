"""The last seat, asked for by many at once, goes to one; and proof that we would see two."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from booking.domain.refusals import InvalidRequest, NoSeatLeft, Refusal
from booking.domain.states import TransitionNotAllowed
from booking.models import SEATS_NOT_EXCEEDED, Attendance, Cohort, Request, Seat
from booking.operations import calendar, groups, places, requests
from booking.operations.requests import Submitted
from booking.operations.sweep import sweep
from practice.domain.wall import local_date, zone
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import (
    PATIENCE,
    Post,
    all_at_once,
    asking_body,
    own_connection,
    post_all_at_once,
    wait_until_somebody_waits,
    without_constraint,
)
from tests.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50


@pytest.fixture
def office() -> Office:
    return make.make_office()


def ask_for_seats(office: Office, cohort: Cohort) -> list[Callable[[], Submitted]]:
    """Everybody wants a seat, and each their own time for the call: only the seat is short."""
    starts = make.open_starts(office, office.services["group-call"])[::2][:CLIENTS]
    askings = [
        make.make_asking(office, "group", cohort=cohort.slug, seat_name="Robin", times=[start])
        for start in starts
    ]
    assert len(askings) == CLIENTS
    return [partial(requests.submit, asking=asking, now=NOW) for asking in askings]


def give(office: Office, seat_id: UUID) -> Callable[[], Seat]:
    return partial(
        places.give_seat,
        seat_id=seat_id,
        practitioner_id=office.practitioner.pk,
        now=NOW,
        without_call=True,
    )


def assert_seats_agree(cohort: Cohort, expected: int) -> None:
    """The count, and the seats that it counts."""
    assert Cohort.objects.get(pk=cohort.pk).seats_taken == expected
    assert Seat.objects.filter(cohort=cohort, state__in=("asked", "given")).count() == expected


def test_the_last_seat_goes_to_one_of_fifty(office: Office) -> None:
    cohort = make.published(office, seats=3)
    for name in ("Robin", "Kim"):
        make.submitted(office, "group", cohort=cohort.slug, seat_name=name)

    # The times that those two hold for their calls are nobody's obstacle here.
    outcomes = all_at_once(ask_for_seats(office, cohort))

    assert Counter(type(o) for o in outcomes) == {Submitted: 1, NoSeatLeft: CLIENTS - 1}
    assert_seats_agree(cohort, 3)
    assert Request.objects.count() == 3
    assert Change.objects.filter(kind="request_received").count() == 3


def test_as_many_of_fifty_as_there_are_seats_get_one(office: Office) -> None:
    cohort = make.published(office, seats=7)

    outcomes = all_at_once(ask_for_seats(office, cohort))

    assert Counter(type(o) for o in outcomes) == {Submitted: 7, NoSeatLeft: CLIENTS - 7}
    assert_seats_agree(cohort, 7)


def test_the_last_seats_go_to_three_of_fifty_clients_of_the_api(office: Office, site: Site) -> None:
    now = timezone.now()
    call = office.services["group-call"]
    session = make.open_starts(office, call, now=now, days=50)[-16]
    tz = zone(office.practitioner.time_zone)
    day = local_date(session, tz)
    cohort = make.published(office, now=now, starts=[session], seats=3, decide_date=day)
    starts = [s for s in make.open_starts(office, call, now=now) if local_date(s, tz) < day]
    seat = {"cohort": cohort.slug, "seat_name": "Robin"}
    posts = [
        Post(f"{site.url}/api/v1/requests/", asking_body(call, "group", start) | seat)
        for start in starts[::2][:CLIENTS]
    ]
    assert len(posts) == CLIENTS

    answers = post_all_at_once(posts)

    told = Counter((a.status, a.body.get("code")) for a in answers)
    assert told == {(201, None): 3, (409, "no_seat_left"): CLIENTS - 3}
    assert_seats_agree(cohort, 3)


def test_nobody_gets_a_seat_in_a_group_that_was_closed_while_they_waited(office: Office) -> None:
    cohort = make.published(office)
    asking = make.make_asking(office, "group", cohort=cohort.slug, seat_name="Robin")
    outcomes: list[object] = []

    def ask() -> None:
        own_connection()
        try:
            outcomes.append(requests.submit(asking=asking, now=NOW))
        except InvalidRequest as refusal:
            outcomes.append([(p.field, p.code) for p in refusal.problems])
        finally:
            connections.close_all()

    asker = threading.Thread(target=ask, daemon=True)
    with transaction.atomic():
        calendar.lock(office.practitioner.pk)
        asker.start()
        wait_until_somebody_waits()
        Cohort.objects.filter(pk=cohort.pk).update(state="closed")
    asker.join(PATIENCE)

    assert outcomes == [[("cohort", "unknown_group")]]
    assert_seats_agree(cohort, 0)


def test_a_seat_that_lapses_under_fifty_who_want_it_goes_to_one(office: Office) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    make.submitted(office, "group", cohort=cohort.slug, seat_name="Robin", times=[], wait=True)
    later = NOW + timedelta(minutes=31)
    askings = [
        make.make_asking(office, "group", cohort=cohort.slug, seat_name="Kim", times=[start])
        for start in make.open_starts(office, office.services["group-call"], now=later)[::2][:25]
    ]

    calls: list[Callable[[], object]] = [
        *[partial(requests.submit, asking=asking, now=later) for asking in askings],
        *[partial(sweep, now=later)] * 5,
    ]
    outcomes = all_at_once(calls)

    assert Counter(type(o) for o in outcomes) == {Submitted: 1, NoSeatLeft: 24, Counter: 5}
    assert_seats_agree(cohort, 1)


def test_the_last_seat_is_given_to_one_of_those_who_wait(office: Office) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    first = make.member(office, cohort)
    waiting = [
        make.ready(office, "group", cohort=cohort.slug, seat_name=f"N{n}", times=[], wait=True)
        for n in range(10)
    ]
    places.leave_group(participant_id=first.pk, now=NOW)
    wanted = [make.seat_of(request).pk for request in waiting]

    outcomes = all_at_once([give(office, seat_id) for seat_id in wanted])

    assert Counter(type(o) for o in outcomes) == {Seat: 1, NoSeatLeft: 9}
    assert_seats_agree(cohort, 1)
    assert Attendance.objects.filter(left_at__isnull=True).count() == 4


def test_of_giving_refusing_and_leaving_at_once_the_seats_still_agree(office: Office) -> None:
    cohort = make.published(office)
    request = make.ready(office, "group", cohort=cohort.slug, seat_name="Robin")
    seat, person = make.seat_of(request), make.requester_of(request)
    lead = office.practitioner.pk

    outcomes = all_at_once(
        [
            give(office, seat.pk),
            lambda: places.refuse_seat(seat_id=seat.pk, practitioner_id=lead, now=NOW),
            lambda: places.leave_group(participant_id=person.pk, now=NOW),
        ]
        * 3
    )

    named = (TransitionNotAllowed, Refusal)
    assert all(isinstance(o, (Seat, *named)) for o in outcomes), outcomes
    seat.refresh_from_db()
    assert seat.state in ("refused", "left")
    assert_seats_agree(cohort, 0)
    assert not Attendance.objects.filter(left_at__isnull=True).exists()


def test_calling_off_against_giving_seats_leaves_nobody_on_a_roster_to_come(
    office: Office,
) -> None:
    cohort = make.published(office)
    wanted = [
        make.seat_of(make.ready(office, "group", cohort=cohort.slug, seat_name=f"N{n}")).pk
        for n in range(4)
    ]

    call_off = partial(
        groups.call_off, cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    calls: list[Callable[[], object]] = [*[give(office, p) for p in wanted], call_off]
    outcomes = all_at_once(calls)

    assert not [o for o in outcomes if isinstance(o, Exception) and not isinstance(o, Refusal)]
    assert set(cohort.appointments.values_list("state", flat=True)) == {"cancelled"}
    given = cohort.places.filter(state="given").count()
    assert cohort.places.filter(state="refused").count() == 4 - given
    assert_seats_agree(cohort, given)


# --- The negative control -------------------------------------------------------------------------


def look_then_take(cohort: Cohort) -> None:
    """What a careless program does: look, think for a moment, write. No lock."""
    with transaction.atomic():
        found = Cohort.objects.get(pk=cohort.pk)
        if found.seats_taken >= found.seats:
            raise NoSeatLeft
        time.sleep(0.5)
        Cohort.objects.filter(pk=cohort.pk).update(seats_taken=found.seats_taken + 1)


def look_then_count(cohort: Cohort) -> None:
    """A little less careless: the count is right, but nobody looks again."""
    with transaction.atomic():
        found = Cohort.objects.get(pk=cohort.pk)
        if found.seats_taken >= found.seats:
            raise NoSeatLeft
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE booking_cohort SET seats_taken = seats_taken + 1 WHERE id = %s", [cohort.pk]
            )


@pytest.mark.parametrize("careless", [look_then_take, look_then_count])
def test_without_lock_and_check_these_tests_do_see_one_seat_taken_twice(
    office: Office, careless: Callable[[Cohort], None]
) -> None:
    cohort = make.published(office, seats=1, minimum=1)

    with without_constraint("booking_cohort", SEATS_NOT_EXCEEDED):
        outcomes = all_at_once([lambda: careless(cohort)] * CLIENTS)

    assert sum(o is None for o in outcomes) > 1


def test_the_check_alone_keeps_the_count_but_not_kindly(office: Office) -> None:
    """Hence the conditional update: without it, those refused see database errors."""
    cohort = make.published(office, seats=1, minimum=1)

    outcomes = all_at_once([lambda: look_then_count(cohort)] * CLIENTS)

    assert Cohort.objects.get(pk=cohort.pk).seats_taken == 1
    assert sum(o is None for o in outcomes) == 1
    assert any(isinstance(o, IntegrityError) for o in outcomes)
