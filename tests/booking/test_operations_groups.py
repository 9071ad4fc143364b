"""Groups: published, filled, left, called off; and what their members see of each other."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from booking.domain.asking import Requester
from booking.domain.refusals import (
    CallFirst,
    GateClosed,
    InvalidRequest,
    NoSeatLeft,
    NotTheirs,
    SlotTaken,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import (
    Appointment,
    Attendance,
    Cohort,
    Participant,
    Request,
    Seat,
    WaitlistEntry,
)
from booking.operations import appointments, decisions, groups, moves, places, requests
from booking.operations.sweep import sweep
from booking.queries.groups import group_as_seen_by
from practice.domain.wall import zone
from practice.models import Change, Practitioner
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make.make_office()


@pytest.fixture
def cohort(office: Office) -> Cohort:
    return make.published(office)


def changes(kind: str) -> list[Change]:
    return list(Change.objects.filter(kind=kind).order_by("id"))


def fresh(cohort: Cohort) -> Cohort:
    return Cohort.objects.get(pk=cohort.pk)


def sessions(cohort: Cohort, state: str = "booked") -> list[Appointment]:
    return list(cohort.appointments.filter(state=state).order_by("starts_at"))


def asked(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Request:
    return make.submitted(office, "group", cohort=cohort.slug, seat_name=name, **more)


def verified(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Request:
    return make.verified(office, "group", cohort=cohort.slug, seat_name=name, **more)


def ready(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Request:
    return make.ready(office, "group", cohort=cohort.slug, seat_name=name, **more)


def called(office: Office, cohort: Cohort, *, name: str = "Robin", **more: Any) -> Appointment:
    """The call before joining, booked."""
    return make.booked(office, "group", cohort=cohort.slug, seat_name=name, **more)


def give(office: Office, seat: Seat, *, now: datetime = NOW, without_call: bool = False) -> Seat:
    return places.give_seat(
        seat_id=seat.pk,
        practitioner_id=office.practitioner.pk,
        now=now,
        without_call=without_call,
    )


def coming(appointment: Appointment) -> set[Participant]:
    return {a.participant for a in appointment.attendances.filter(left_at__isnull=True)}


def codes(problem: pytest.ExceptionInfo[InvalidRequest]) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in problem.value.problems]


def taken_and_kept(cohort: Cohort) -> tuple[int, int]:
    """What the group counts, and how many seats take one: always the same."""
    return (
        fresh(cohort).seats_taken,
        cohort.places.filter(state__in=("asked", "given")).count(),
    )


# --- Publishing -----------------------------------------------------------------------------------


def test_publishing_takes_the_time_of_every_session(office: Office) -> None:
    cohort = make.published(office)

    booked = sessions(cohort)
    assert [s.starts_at for s in booked] == make.group_starts(office)
    assert {s.request_id for s in booked} == {None}
    assert len({s.claim for s in booked}) == 4
    assert (cohort.state, cohort.seats_taken) == ("open", 0)
    # The clocks go back between the first and the second: the wall time stays.
    assert {s.wall_start[11:] for s in booked} == {"15:00"}
    for session in booked:
        assert session.starts_at not in make.open_starts(office, office.services["individual-50"])


def test_if_one_of_the_times_is_taken_nothing_is_published(office: Office) -> None:
    taken = make.group_starts(office)[2]
    make.booked(office, times=[taken])

    with pytest.raises(SlotTaken) as refused:
        make.published(office)

    assert refused.value.wanted == taken
    assert (Cohort.objects.count(), Appointment.objects.filter(request=None).count()) == (0, 0)


def test_sessions_of_one_group_cannot_overlap(office: Office) -> None:
    first = make.group_starts(office)[0]

    with pytest.raises(SlotTaken):
        make.published(office, starts=[first, first + timedelta(minutes=60)])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": "  "}, ("title", "required")),
        ({"title": "x" * 81}, ("title", "too_long")),
        ({"slug": ""}, ("slug", "required")),
        ({"seats": 0, "minimum": 1}, ("seats", "too_many_seats")),
        ({"seats": 21}, ("seats", "too_many_seats")),
        ({"minimum": 7}, ("minimum", "minimum_fits")),
        ({"minimum": 0}, ("minimum", "minimum_fits")),
        ({"starts": []}, ("starts", "required")),
        ({"starts": [NOW]}, ("starts", "time_passed")),
        ({"decide_date": date(2026, 10, 28)}, ("decide_date", "after_the_start")),
        ({"modality": "in_person"}, ("modality", "modality_not_offered")),
    ],
)
def test_what_cannot_be_published_is_said_field_by_field(
    office: Office, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make.published(office, **change)

    assert codes(refused) == [problem]


def test_a_date_to_decide_does_not_move_past_the_first_session(
    office: Office, cohort: Cohort
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        edit(office, cohort, decide_date=date(2026, 10, 28))

    assert codes(refused) == [("decide_date", "after_the_start")]


def test_two_groups_have_different_addresses(office: Office, cohort: Cohort) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make.published(office, slug=cohort.slug)

    assert codes(refused) == [("slug", "in_use")]


def test_only_sessions_for_groups_make_a_group(office: Office) -> None:
    couple = office.services["couple-80"].pk

    with pytest.raises(InvalidRequest) as refused:
        make.published(office, service_id=couple, call_service_id=couple)

    assert codes(refused) == [("service", "unknown_service"), ("call_service", "unknown_service")]


def edit(office: Office, cohort: Cohort, **more: Any) -> Cohort:
    usual: dict[str, Any] = {
        "title": cohort.title,
        "description": cohort.description,
        "seats": cohort.seats,
        "minimum": cohort.minimum,
        "decide_date": cohort.decide_date,
        "state": cohort.state,
    }
    return groups.edit(
        cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW, **(usual | more)
    )


def test_a_group_never_has_fewer_seats_than_are_taken(office: Office, cohort: Cohort) -> None:
    for name in ("Robin", "Jo", "Kim"):
        asked(office, cohort, name=name)

    edit(office, cohort, seats=3, title="Another name")
    with pytest.raises(InvalidRequest) as refused:
        edit(office, cohort, seats=2)

    assert codes(refused) == [("seats", "fewer_than_taken")]
    assert (fresh(cohort).seats, fresh(cohort).title) == (3, "Another name")


def test_a_group_of_another_practitioner_is_nobodys_to_change(
    office: Office, cohort: Cohort
) -> None:
    robin = make.make_practitioner(slug="robin")
    elsewhere = Office(office.practice, robin, office.services)
    seat = make.seat_of(ready(office, cohort))

    with pytest.raises(NotTheirs):
        edit(elsewhere, cohort, title="Mine")
    with pytest.raises(NotTheirs):
        groups.call_off(cohort_id=cohort.pk, practitioner_id=robin.pk, now=NOW)
    with pytest.raises(NotTheirs):
        give(elsewhere, seat, without_call=True)
    with pytest.raises(NotTheirs):
        places.refuse_seat(seat_id=seat.pk, practitioner_id=robin.pk, now=NOW)


# --- Asking for a seat ----------------------------------------------------------------------------


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


# --- Reservations that end ------------------------------------------------------------------------


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
    appointments.cancel(appointment_id=call.pk, participant_id=person.pk, now=NOW)

    sweep(now=NOW + timedelta(days=15))

    assert (Seat.objects.get().state, taken_and_kept(cohort)) == ("waiting", (0, 0))


# --- Giving and refusing --------------------------------------------------------------------------


def test_after_the_call_a_seat_is_given_and_they_come_to_every_session(
    office: Office, cohort: Cohort
) -> None:
    call = called(office, cohort)
    [person] = coming(call)
    seat = Seat.objects.get()

    given = give(office, seat, now=call.starts_at)

    assert (given.state, given.reserved_until, given.settled_at) == ("given", None, call.starts_at)
    assert [coming(s) for s in sessions(cohort)] == [{person}] * 4
    assert taken_and_kept(cohort) == (1, 1)
    [change] = changes("seat_given")
    assert (change.subject_type, change.subject_id) == ("seat", seat.pk)
    assert change.snapshot == {
        "participant": str(person.pk),
        "cohort": str(cohort.pk),
        "appointments": [str(s.pk) for s in sessions(cohort)],
    }
    assert [c.subject_id for c in changes("attendance_added")] == [s.pk for s in sessions(cohort)]


def test_before_the_call_a_seat_needs_the_practitioners_word_that_none_is_needed(
    office: Office, cohort: Cohort
) -> None:
    call = called(office, cohort)
    seat = Seat.objects.get()

    with pytest.raises(CallFirst):
        give(office, seat, now=call.starts_at - timedelta(minutes=1))
    give(office, seat, without_call=True)

    assert Seat.objects.get().state == "given"


def test_a_call_that_they_missed_is_no_call(office: Office, cohort: Cohort) -> None:
    call = called(office, cohort)
    appointments.mark_no_show(
        appointment_id=call.pk, practitioner_id=office.practitioner.pk, now=call.ends_at
    )

    with pytest.raises(CallFirst):
        give(office, Seat.objects.get(), now=call.ends_at)


def test_without_a_call_their_request_ends_well(office: Office, cohort: Cohort) -> None:
    request = ready(office, cohort)

    give(office, make.seat_of(request), without_call=True)

    request.refresh_from_db()
    assert request.state == "confirmed"
    assert [a.state for a in request.appointments.all()] == ["released"]
    assert len(changes("request_confirmed")) == 1


@pytest.mark.parametrize("without_call", [True, False])
def test_nobody_gets_a_seat_whose_own_part_is_not_complete(
    office: Office, cohort: Cohort, without_call: bool
) -> None:
    request = verified(office, cohort)

    with pytest.raises(GateClosed) as refused:
        give(office, make.seat_of(request), without_call=without_call)

    assert refused.value.reasons == ["not_finished"]


def test_an_open_review_comes_first(office: Office, cohort: Cohort) -> None:
    request = ready(office, cohort)
    Request.objects.filter(pk=request.pk).update(review_open=True)

    with pytest.raises(GateClosed) as refused:
        give(office, make.seat_of(request), without_call=True)

    assert refused.value.reasons == ["review_open"]


def test_somebody_waiting_gets_a_seat_only_if_one_is_left(office: Office) -> None:
    cohort = make.published(office, seats=1, minimum=1)
    first = make.member(office, cohort)
    waiting = ready(office, cohort, name="Kim", wait=True)

    with pytest.raises(NoSeatLeft):
        give(office, make.seat_of(waiting), without_call=True)
    places.leave_group(participant_id=first.pk, now=NOW)
    give(office, make.seat_of(waiting), without_call=True)

    assert taken_and_kept(cohort) == (1, 1)


def test_a_seat_is_decided_once(office: Office, cohort: Cohort) -> None:
    seat = make.seat_of(ready(office, cohort))
    give(office, seat, without_call=True)

    with pytest.raises(TransitionNotAllowed):
        give(office, seat, without_call=True)
    with pytest.raises(TransitionNotAllowed):
        places.refuse_seat(seat_id=seat.pk, practitioner_id=office.practitioner.pk, now=NOW)


def test_whoever_joins_late_comes_to_what_is_still_to_come(office: Office, cohort: Cohort) -> None:
    now = make.group_starts(office)[1] + timedelta(hours=3)

    person = make.member(office, cohort, now=now)

    assert [coming(s) for s in sessions(cohort)] == [set(), set(), {person}, {person}]


def test_nobody_joins_a_group_that_is_over(office: Office, cohort: Cohort) -> None:
    last = make.group_starts(office)[-1]
    seat = make.seat_of(ready(office, cohort))

    with pytest.raises(InvalidRequest) as refused:
        give(office, seat, now=last, without_call=True)

    assert codes(refused) == [("state", "over")]


def test_a_refusal_ends_everything_they_had_to_come_in_one_message(
    office: Office, cohort: Cohort
) -> None:
    request = ready(office, cohort)

    places.refuse_seat(
        seat_id=make.seat_of(request).pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    request.refresh_from_db()
    assert (request.state, make.seat_of(request).state) == ("declined", "refused")
    assert [a.state for a in request.appointments.all()] == ["released"]
    assert taken_and_kept(cohort) == (0, 0)
    assert [c.subject_id for c in changes("seat_refused")] == [make.seat_of(request).pk]
    assert not changes("request_declined")


def test_a_refusal_cancels_a_call_to_come_and_leaves_one_that_was(
    office: Office, cohort: Cohort
) -> None:
    to_come, was = called(office, cohort), called(office, cohort)
    later = min(to_come.ends_at, was.ends_at)
    over, ahead = sorted((to_come, was), key=lambda a: a.starts_at)

    for call in (over, ahead):
        assert call.request is not None
        places.refuse_seat(
            seat_id=make.seat_of(call.request).pk,
            practitioner_id=office.practitioner.pk,
            now=later,
        )

    over.refresh_from_db()
    ahead.refresh_from_db()
    assert (over.state, ahead.state) == ("booked", "cancelled")


# --- Members --------------------------------------------------------------------------------------


@pytest.mark.parametrize("members", [1, 2, 3])
def test_cancelling_one_session_leaves_that_one_and_never_cancels_it(
    office: Office, cohort: Cohort, members: int
) -> None:
    people = [make.member(office, cohort, name=f"N{n}") for n in range(members)]
    first, *others = sessions(cohort)

    outcome = appointments.cancel(
        appointment_id=first.pk,
        participant_id=people[0].pk,
        now=first.starts_at - timedelta(hours=1),
    )

    assert (outcome.left_only, outcome.late) == (True, False)
    first.refresh_from_db()
    assert (first.state, coming(first)) == ("booked", set(people[1:]))
    assert [coming(s) for s in others] == [set(people)] * 3
    assert taken_and_kept(cohort) == (members, members)
    with pytest.raises(NotTheirs):
        appointments.cancel(appointment_id=first.pk, participant_id=people[0].pk, now=NOW)


def test_a_member_cannot_move_the_session_of_everybody(office: Office, cohort: Cohort) -> None:
    person = make.member(office, cohort)
    session = sessions(cohort)[0]

    with pytest.raises(NotTheirs):
        moves.ask_move(
            appointment_id=session.pk,
            participant_id=person.pk,
            starts=make.open_starts(office, cohort.service)[:1],
            now=NOW,
        )

    assert sessions(cohort)[0].starts_at == session.starts_at


def test_leaving_the_group_ends_what_is_to_come_and_frees_the_seat(
    office: Office, cohort: Cohort
) -> None:
    leaving, staying = (make.member(office, cohort, name=n) for n in ("Robin", "Kim"))
    now = make.group_starts(office)[0] + timedelta(hours=3)

    places.leave_group(participant_id=leaving.pk, now=now)

    first, *others = sessions(cohort)
    assert coming(first) == {leaving, staying}
    assert [coming(s) for s in others] == [{staying}] * 3
    assert taken_and_kept(cohort) == (1, 1)
    [change] = changes("seat_left")
    assert change.snapshot == {
        "participant": str(leaving.pk),
        "cohort": str(cohort.pk),
        "appointments": [str(s.pk) for s in others],
    }
    assert [c.subject_id for c in changes("attendance_left")] == [s.pk for s in others]
    with pytest.raises(NotTheirs):
        places.leave_group(participant_id=leaving.pk, now=now)


def test_whoever_has_no_seat_yet_can_stop_asking(office: Office, cohort: Cohort) -> None:
    gathering, waits_for_call = verified(office, cohort), called(office, cohort, name="Kim")
    assert waits_for_call.request is not None

    for request in (gathering, waits_for_call.request):
        places.leave_group(participant_id=make.requester_of(request).pk, now=NOW)

    gathering.refresh_from_db()
    waits_for_call.refresh_from_db()
    assert (gathering.state, waits_for_call.state) == ("withdrawn", "cancelled")
    assert taken_and_kept(cohort) == (0, 0)


def test_whoever_never_asked_for_a_seat_has_none_to_leave(office: Office) -> None:
    person = make.requester_of(make.ready(office))

    with pytest.raises(NotTheirs):
        places.leave_group(participant_id=person.pk, now=NOW)


# --- Sessions that change -------------------------------------------------------------------------


def test_one_more_session_is_for_everybody_with_a_seat(office: Office, cohort: Cohort) -> None:
    person = make.member(office, cohort)
    asked(office, cohort, name="Kim")
    start = make.group_starts(office, weeks=5)[-1]

    added = groups.add_session(
        cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, starts_at=start, now=NOW
    )

    assert (added.starts_at, coming(added)) == (start, {person})
    assert changes("appointment_booked")[-1].subject_id == added.pk


def test_the_practitioner_moves_one_session_and_nothing_else(
    office: Office, cohort: Cohort
) -> None:
    person = make.member(office, cohort)
    first, *others = sessions(cohort)
    new = first.starts_at + timedelta(hours=1)

    appointments.reschedule(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=new,
        now=NOW,
    )

    assert [s.starts_at for s in sessions(cohort)] == [new, *(s.starts_at for s in others)]
    assert coming(first) == {person}


def test_one_session_cancelled_by_the_practitioner_never_cancels_the_rest(
    office: Office, cohort: Cohort
) -> None:
    make.member(office, cohort)
    first, *others = sessions(cohort)

    offered = appointments.cancel_by_practitioner(
        appointment_id=first.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    # Nobody of a group can agree to a new time for all.
    assert offered == []
    assert changes("appointment_cancelled")[-1].snapshot["alternatives"] == []
    assert sessions(cohort) == others
    assert taken_and_kept(cohort) == (1, 1)


def test_a_day_of_illness_cancels_the_session_of_that_day(office: Office, cohort: Cohort) -> None:
    make.member(office, cohort)
    first, *others = sessions(cohort)

    appointments.cancel_day(
        practitioner_id=office.practitioner.pk,
        day=first.starts_at.astimezone(NEW_YORK).date(),
        now=NOW,
    )

    assert sessions(cohort) == others


def test_calling_a_group_off_cancels_what_is_to_come_and_ends_what_is_asked(
    office: Office, cohort: Cohort
) -> None:
    person = make.member(office, cohort)
    asking, never_verified = ready(office, cohort, name="Kim"), asked(office, cohort, name="Jo")
    now = make.group_starts(office)[0] + timedelta(hours=3)
    first, *others = sessions(cohort)
    sweep(now=first.ends_at)

    cancelled = groups.call_off(
        cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=now
    )

    assert cancelled == [s.pk for s in others]
    assert fresh(cohort).state == "called_off"
    assert (sessions(cohort), sessions(cohort, "cancelled")) == ([], others)
    assert sessions(cohort, "fulfilled") == [first]
    asking.refresh_from_db()
    assert (asking.state, make.seat_of(asking).state) == ("declined", "refused")
    assert [c.subject_id for c in changes("seat_refused")] == [make.seat_of(asking).pk]
    assert make.seat_of(never_verified).state != "asked"
    [change] = changes("cohort_called_off")
    assert change.snapshot == {"appointments": [str(s.pk) for s in others]}
    assert Seat.objects.get(request=person.request).state == "given"
    assert taken_and_kept(cohort) == (1, 1)


def test_a_group_that_was_called_off_stays_so(office: Office, cohort: Cohort) -> None:
    seat = make.seat_of(ready(office, cohort))
    groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)

    with pytest.raises(InvalidRequest):
        groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)
    with pytest.raises(InvalidRequest):
        edit(office, fresh(cohort), state="open")
    with pytest.raises((InvalidRequest, TransitionNotAllowed)):
        give(office, seat, without_call=True)
    with pytest.raises(InvalidRequest):
        asked(office, cohort)


# --- The minimum ----------------------------------------------------------------------------------


def at_midnight(office: Office, day: date) -> datetime:
    practitioner = Practitioner.objects.get(pk=office.practitioner.pk)
    return datetime(day.year, day.month, day.day, tzinfo=zone(practitioner.time_zone))


def test_a_group_too_small_at_its_date_is_noted_once(office: Office, cohort: Cohort) -> None:
    make.member(office, cohort)
    asked(office, cohort, name="Kim")
    the_date = at_midnight(office, cohort.decide_date)

    sweep(now=the_date - timedelta(minutes=1))
    assert not changes("cohort_short")
    for minutes in (0, 1, 60):
        sweep(now=the_date + timedelta(minutes=minutes))

    assert [c.subject_id for c in changes("cohort_short")] == [cohort.pk]
    assert fresh(cohort).short_noted_at == the_date


def test_a_group_with_enough_members_is_not(office: Office, cohort: Cohort) -> None:
    people = [make.member(office, cohort, name=n) for n in ("Robin", "Kim")]
    the_date = at_midnight(office, cohort.decide_date)

    sweep(now=the_date)
    assert not changes("cohort_short")
    # Somebody leaves after that, and now it is.
    places.leave_group(participant_id=people[0].pk, now=the_date)
    sweep(now=the_date + timedelta(hours=1))

    assert len(changes("cohort_short")) == 1


def test_a_later_date_is_noted_anew(office: Office, cohort: Cohort) -> None:
    sweep(now=at_midnight(office, cohort.decide_date))
    edit(office, fresh(cohort), decide_date=date(2026, 10, 26))

    sweep(now=at_midnight(office, date(2026, 10, 25)))
    assert len(changes("cohort_short")) == 1
    sweep(now=at_midnight(office, date(2026, 10, 26)))

    assert len(changes("cohort_short")) == 2


def test_a_group_that_is_called_off_or_over_is_not_noted(office: Office, cohort: Cohort) -> None:
    groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)

    sweep(now=NOW + timedelta(days=100))

    assert not changes("cohort_short")


# --- What they see of each other ------------------------------------------------------------------


def test_names_of_others_show_only_after_ones_own_seat_is_given(
    office: Office, cohort: Cohort
) -> None:
    robin, kim = (make.member(office, cohort, name=n) for n in ("Robin", "kim"))
    make.member(office, cohort, name="Alex B.")
    applicant = make.requester_of(ready(office, cohort, name="Jo"))

    before = group_as_seen_by(applicant.pk)
    give(office, make.seat_of(applicant.request), without_call=True)
    after = group_as_seen_by(applicant.pk)

    assert before is not None
    assert after is not None
    assert (before.has_seat, before.names) == (False, [])
    assert [s.is_coming for s in before.sessions] == [False] * 4
    assert (after.has_seat, after.names) == (True, ["Alex B.", "kim", "Robin"])
    assert [s.is_coming for s in after.sessions] == [True] * 4
    for_robin = group_as_seen_by(robin.pk)
    assert for_robin is not None
    assert for_robin.names == ["Alex B.", "Jo", "kim"]
    places.leave_group(participant_id=kim.pk, now=NOW)
    for_kim = group_as_seen_by(kim.pk)
    assert for_kim is not None
    assert (for_kim.names, for_kim.can_leave) == ([], False)


def test_what_one_applicant_sees_does_not_change_with_the_others(
    office: Office, cohort: Cohort
) -> None:
    applicant = make.requester_of(ready(office, cohort, name="Jo"))
    before = group_as_seen_by(applicant.pk)

    make.member(office, cohort, name="Robin")
    asked(office, cohort, name="Kim")
    after = group_as_seen_by(applicant.pk)

    assert before is not None
    assert after is not None
    assert (after.seat.state, after.names, after.sessions) == (
        before.seat.state,
        before.names,
        before.sessions,
    )


def test_the_name_for_the_group_stands_nowhere_else(office: Office, cohort: Cohort) -> None:
    make.member(office, cohort, name="Zephyrine")

    said = str(list(Change.objects.values_list("kind", "actor", "snapshot")))
    assert "Zephyrine" not in said
    assert not Participant.objects.filter(chosen_name="Zephyrine").exists()


def test_somebody_whose_request_is_not_about_a_group_sees_none(office: Office) -> None:
    assert group_as_seen_by(make.requester_of(make.ready(office)).pk) is None


# --- The backstop ---------------------------------------------------------------------------------


def test_the_table_itself_refuses_more_taken_than_there_are(cohort: Cohort) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Cohort.objects.filter(pk=cohort.pk).update(seats_taken=7)


def test_whoever_left_stays_on_the_roster_as_somebody_who_left(
    office: Office, cohort: Cohort
) -> None:
    person = make.member(office, cohort)
    places.leave_group(participant_id=person.pk, now=NOW)

    assert Attendance.objects.filter(participant=person, left_at=NOW).count() == 4
