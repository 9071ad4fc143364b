"""Groups: places are given and left, and what members see of each other."""

from datetime import timedelta

import pytest

from booking.domain.refusals import (
    CallFirst,
    GateClosed,
    InvalidRequest,
    NoSeatLeft,
    NotTheirs,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import (
    Cohort,
    Participant,
    Request,
    Seat,
)
from booking.operations import (
    appointments,
    cancellations,
    moves,
    places,
)
from booking.queries.groups import group_as_seen_by
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.groups.filling import (
    asked,
    called,
    changes,
    codes,
    coming,
    give,
    ready,
    sessions,
    taken_and_kept,
    verified,
)

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("members", [1, 2, 3])
def test_cancelling_one_session_leaves_that_one_and_never_cancels_it(
    office: Office, cohort: Cohort, members: int
) -> None:
    people = [make.member(office, cohort, name=f"N{n}") for n in range(members)]
    first, *others = sessions(cohort)

    outcome = cancellations.cancel(
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
        cancellations.cancel(appointment_id=first.pk, participant_id=people[0].pk, now=NOW)


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
