"""Groups: a seat is asked for, and kept for a while."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from booking.domain.asking import Requester
from booking.domain.refusals import (
    InvalidRequest,
    NoSeatLeft,
    SlotTaken,
)
from booking.models import (
    Appointment,
    Cohort,
    Request,
    Seat,
    WaitlistEntry,
)
from booking.operations import (
    cancellations,
    decisions,
    requests,
)
from booking.operations.sweep import sweep
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.groups.filling import (
    asked,
    called,
    changes,
    codes,
    coming,
    edit,
    ready,
    taken_and_kept,
    verified,
)

pytestmark = pytest.mark.django_db


def test_asking_keeps_a_seat_for_as_long_as_the_time_of_the_call(
    office: Office, cohort: Cohort
) -> None:
    request = asked(office, cohort, name="  Robin ")

    seat = make.seat_of(request)
    held = Appointment.objects.get(request=request)
    assert (seat.state, seat.name, seat.reserved_until) == ("asked", "Robin", held.held_until)
    assert taken_and_kept(cohort) == (1, 1)
    assert request.service == cohort.call_service


def test_a_verified_request_keeps_its_seat_as_long_as_there_is_time_to_finish(
    office: Office, cohort: Cohort
) -> None:
    request = verified(office, cohort)

    seat = make.seat_of(request)
    assert (seat.state, seat.reserved_until) == ("asked", request.expires_at)


def test_a_full_group_takes_nobody(office: Office) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    asked(office, cohort)

    with pytest.raises(NoSeatLeft):
        asked(office, cohort)

    assert Request.objects.count() == 1
    assert taken_and_kept(cohort) == (1, 1)


def test_whoever_may_wait_is_written_down_with_or_without_a_time_for_the_call(
    office: Office,
) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    asked(office, cohort)

    without = asked(office, cohort, wait=True, times=[])
    with_time = asked(office, cohort, wait=True)

    for request in (without, with_time):
        seat = make.seat_of(request)
        assert (seat.state, seat.reserved_until) == ("waiting", None)
    assert [request.appointments.count() for request in (without, with_time)] == [0, 1]
    # They wait for a seat: a call that opens up would not help them.
    assert not WaitlistEntry.objects.exists()
    assert taken_and_kept(cohort) == (1, 1)


def test_whoever_finds_no_time_for_the_call_has_a_seat_kept_and_waits_for_a_time(
    office: Office, cohort: Cohort
) -> None:
    request = asked(office, cohort, wait=True, times=[])

    assert make.seat_of(request).state == "asked"
    assert WaitlistEntry.objects.get().request_id == request.pk


def test_a_call_at_a_time_that_is_taken_keeps_no_seat(office: Office, cohort: Cohort) -> None:
    time = make.open_starts(office, office.services["group-call"])[0]
    make.submitted(office, times=[time])

    with pytest.raises(SlotTaken):
        asked(office, cohort, times=[time])

    assert taken_and_kept(cohort) == (0, 0)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"cohort": "no-such-group"}, ("cohort", "unknown_group")),
        ({"seat_name": " "}, ("seat_name", "required")),
        ({"seat_name": "x" * 61}, ("seat_name", "too_long")),
    ],
)
def test_what_is_wrong_with_asking_for_a_seat_is_said(
    office: Office, cohort: Cohort, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    asking = make.make_asking(
        office, "group", **({"cohort": cohort.slug, "seat_name": "X"} | change)
    )

    with pytest.raises(InvalidRequest) as refused:
        requests.submit(asking=asking, now=NOW)

    assert codes(refused) == [problem]


def test_a_closed_group_or_one_that_is_over_takes_no_requests(
    office: Office, cohort: Cohort
) -> None:
    over = make.group_starts(office)[-1]
    with pytest.raises(InvalidRequest) as refused:
        asked(office, cohort, now=over)
    assert codes(refused) == [("cohort", "unknown_group")]

    edit(office, cohort, state="closed")
    with pytest.raises(InvalidRequest) as refused:
        asked(office, cohort)
    assert codes(refused) == [("cohort", "unknown_group")]


def test_a_seat_goes_with_its_own_call_and_the_session_is_not_booked_alone(
    office: Office, cohort: Cohort
) -> None:
    other = make.make_practitioner(slug="robin")
    for service in (*office.services.values(), cohort.service):
        service.practitioners.add(other)
    times = make.open_starts(office, office.services["group-call"])[:1]

    with pytest.raises(InvalidRequest) as refused:
        asked(office, cohort, practitioner=other.slug)
    assert codes(refused) == [("practitioner", "not_its_practitioner")]
    with pytest.raises(InvalidRequest) as refused:
        make.submitted(office, "individual", cohort=cohort.slug, seat_name="X", times=times)
    assert codes(refused) == [("service", "not_its_call")]
    with pytest.raises(InvalidRequest) as refused:
        requests.submit(
            asking=make.make_asking(
                office, "group", service="group-call", times=times, practitioner=None
            ),
            now=NOW,
        )
    assert codes(refused) == [("practitioner", "required")]
    # The group says who leads it.
    assert asked(office, cohort, practitioner=None).practitioner == office.practitioner


def test_the_session_of_a_group_is_not_offered_to_somebody_alone(
    office: Office, cohort: Cohort
) -> None:
    asking = make.make_asking(office, "group", times=[make.group_starts(office)[0]])

    with pytest.raises(InvalidRequest) as refused:
        requests.submit(
            asking=replace(asking, service=cohort.service.slug),
            now=NOW,
        )

    assert codes(refused) == [("service", "unknown_service")]


def test_unverified_seats_are_limited_like_other_holds(office: Office, cohort: Cohort) -> None:
    someone = Requester(name="Alex", email=make.address())
    asked(office, cohort, requester=someone)

    second = asked(office, cohort, requester=someone)

    # Accepted all the same; it says nothing about who asked before.
    assert make.seat_of(second).state == "waiting"
    assert taken_and_kept(cohort) == (1, 1)


def test_a_network_cannot_fill_a_group_with_unverified_requests(office: Office) -> None:
    office.practice.holds_per_network = 2
    office.practice.save()
    cohort = make.published(office)
    network = requests.network_hash("192.0.2.7")

    kept = [
        requests.submit(
            asking=make.make_asking(office, "group", cohort=cohort.slug, seat_name="X"),
            now=NOW,
            network=network,
        ).seat_kept
        for _ in range(4)
    ]

    assert kept == [True, True, False, False]
    assert taken_and_kept(cohort) == (2, 2)


def test_nobody_keeps_two_seats_of_one_group(office: Office, cohort: Cohort) -> None:
    someone = Requester(name="Alex", email=make.address())
    first = verified(office, cohort, requester=someone)

    second = asked(office, cohort, requester=someone)
    # Until the address is proven nothing shows that it has a seat.
    assert make.seat_of(second).state == "asked"
    make.enter(make.requester_of(second))

    assert make.seat_of(first).state == "asked"
    assert make.seat_of(second).state == "waiting"
    assert taken_and_kept(cohort) == (1, 1)


def test_the_same_key_gives_the_same_seat(office: Office, cohort: Cohort) -> None:
    asking = make.make_asking(office, "group", cohort=cohort.slug, seat_name="Robin")
    key: dict[str, Any] = {"idempotency_key": "one", "body_hash": b"\1" * 32}

    first = requests.submit(asking=asking, now=NOW, **key)
    again = requests.submit(asking=asking, now=NOW, **key)

    assert (first.seat_kept, again.seat_kept, again.replayed) == (True, True, True)
    assert taken_and_kept(cohort) == (1, 1)


def test_the_sweep_frees_the_seat_of_somebody_who_never_came_back(
    office: Office, cohort: Cohort
) -> None:
    request = asked(office, cohort)

    sweep(now=NOW + timedelta(minutes=29))
    assert taken_and_kept(cohort) == (1, 1)
    sweep(now=NOW + timedelta(minutes=31))

    assert (make.seat_of(request).state, taken_and_kept(cohort)) == ("waiting", (0, 0))
    assert [c.subject_id for c in changes("seat_lapsed")] == [make.seat_of(request).pk]


def test_a_seat_that_lapsed_is_free_for_the_next_one_before_any_sweep(office: Office) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    first = asked(office, cohort)

    second = asked(office, cohort, now=NOW + timedelta(minutes=31))

    assert (make.seat_of(first).state, make.seat_of(second).state) == ("waiting", "asked")
    assert taken_and_kept(cohort) == (1, 1)


def test_whoever_verifies_late_gets_a_seat_again_if_there_is_one(office: Office) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    late = NOW + timedelta(minutes=31)
    first = asked(office, cohort)
    sweep(now=late)
    make.enter(make.requester_of(first), now=late)
    assert make.seat_of(first).state == "asked"

    second = asked(office, cohort, now=late, wait=True)
    make.enter(make.requester_of(second), now=late)

    assert make.seat_of(second).state == "waiting"
    assert taken_and_kept(cohort) == (1, 1)


def test_a_request_that_closes_gives_its_seat_back(office: Office, cohort: Cohort) -> None:
    withdrawn, declined, expired = (verified(office, cohort) for _ in range(3))
    unverified = asked(office, cohort)
    assert taken_and_kept(cohort) == (4, 4)

    requests.withdraw(participant_id=make.requester_of(withdrawn).pk, now=NOW)
    decisions.decline(request_id=declined.pk, practitioner_id=office.practitioner.pk, now=NOW)
    sweep(now=NOW + timedelta(days=30))

    assert [make.seat_of(r).state for r in (withdrawn, declined, expired, unverified)] == [
        "left",
        "refused",
        "left",
        "left",
    ]
    assert taken_and_kept(cohort) == (0, 0)
    # What they read about it is what everybody reads whose request ends.
    assert not changes("seat_refused")


def test_the_seat_stays_kept_while_it_is_the_practitioners_turn(
    office: Office, cohort: Cohort
) -> None:
    request = ready(office, cohort)
    after = request.expires_at + timedelta(days=1)

    sweep(now=after)

    seat = make.seat_of(request)
    assert seat.state == "asked"
    assert seat.reserved_until is not None
    assert seat.reserved_until > after


def test_a_call_keeps_the_seat_until_there_was_time_to_decide(
    office: Office, cohort: Cohort
) -> None:
    far = make.open_starts(office, office.services["group-call"])[-1]
    call = called(office, cohort, times=[far])
    seat = Seat.objects.get()
    assert seat.reserved_until is not None
    assert seat.reserved_until < call.ends_at

    sweep(now=call.ends_at)
    assert Seat.objects.get().state == "asked"
    sweep(now=call.ends_at + timedelta(days=15))
    assert (Seat.objects.get().state, taken_and_kept(cohort)) == ("waiting", (0, 0))


def test_a_call_that_they_cancelled_keeps_nothing(office: Office, cohort: Cohort) -> None:
    call = called(office, cohort)
    [person] = coming(call)
    cancellations.cancel(appointment_id=call.pk, participant_id=person.pk, now=NOW)

    sweep(now=NOW + timedelta(days=15))

    assert (Seat.objects.get().state, taken_and_kept(cohort)) == ("waiting", (0, 0))
