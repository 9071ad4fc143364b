"""Appointments: moved, cancelled, left, kept, missed; a call; and what time does by itself."""

from datetime import date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection, transaction

from booking.domain.refusals import (
    InvalidRequest,
    MoveWaiting,
    NotTheirs,
    SlotTaken,
    TooLateToChange,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Decision, Move, Participant, Request
from booking.operations import answers, appointments, calls, cancellations, decisions, moves
from booking.operations.calls import Caller
from booking.operations.sweep import sweep
from booking.queries import people
from practice.domain.wall import local_date, zone
from practice.models import Change, Pending, TimeOff, WeeklyHours
from practice.queries import database_now
from tests.booking import factories as make
from tests.booking.factories import NOW, Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make.make_office()


def recorded(kind: str) -> list[dict[str, object]]:
    return [c.snapshot for c in Change.objects.filter(kind=kind).order_by("id")]


def coming(appointment: Appointment) -> list[Participant]:
    return [
        a.participant
        for a in appointment.attendances.filter(left_at__isnull=True).order_by(
            "participant__position"
        )
    ]


def far(office: Office, relationship_type: str, *, nth: int = 0) -> datetime:
    """An open start two to three weeks ahead."""
    found = make.open_starts(office, office.service(relationship_type), days=30)
    return found[-20 + 4 * nth]


def fresh(appointment: Appointment) -> Appointment:
    return Appointment.objects.get(pk=appointment.pk)


# --- Moving ---------------------------------------------------------------------------------------


def test_one_person_alone_moves_their_appointment_at_once(office: Office) -> None:
    appointment = make.booked(office, times=[far(office, "individual")])
    old, new = appointment.starts_at, far(office, "individual", nth=1)
    [person] = coming(appointment)

    waiting = moves.ask_move(
        appointment_id=appointment.pk, participant_id=person.pk, starts=[new], now=NOW
    )

    moved = fresh(appointment)
    assert waiting is None
    assert (moved.starts_at, moved.state) == (new, "booked")
    assert moved.ends_at - moved.starts_at == timedelta(minutes=50)
    assert moved.revision == appointment.revision + 1
    assert old in make.open_starts(office, office.services["individual-50"], days=30)
    assert recorded("appointment_moved")[0]["from"] == old.isoformat()


def test_an_appointment_may_move_into_its_own_old_time(office: Office) -> None:
    appointment = make.booked(office, times=[far(office, "individual")])
    half_an_hour_later = appointment.starts_at + timedelta(minutes=30)
    [person] = coming(appointment)

    moves.ask_move(
        appointment_id=appointment.pk,
        participant_id=person.pk,
        starts=[half_an_hour_later],
        now=NOW,
    )

    assert fresh(appointment).starts_at == half_an_hour_later


def test_of_several_the_old_time_stays_until_all_agree(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[far(office, "couple")])
    old, new = appointment.starts_at, far(office, "couple", nth=2)
    alex, sam = coming(appointment)

    move = moves.ask_move(
        appointment_id=appointment.pk, participant_id=alex.pk, starts=[new], now=NOW
    )

    assert move is not None
    assert fresh(appointment).starts_at == old
    [candidate] = Appointment.objects.filter(claim=appointment.claim, state="held")
    with pytest.raises(MoveWaiting):
        moves.ask_move(appointment_id=appointment.pk, participant_id=sam.pk, starts=[new], now=NOW)
    answers.answer_times(participant_id=sam.pk, answers={candidate.pk: True}, now=NOW)
    assert fresh(appointment).starts_at == new
    assert Move.objects.get().outcome == "agreed"
    assert old in make.open_starts(office, office.services["couple-80"], days=30)


def test_a_move_that_one_does_not_want_leaves_everything_as_it_was(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[far(office, "couple")])
    alex, sam = coming(appointment)
    new = far(office, "couple", nth=2)
    moves.ask_move(appointment_id=appointment.pk, participant_id=alex.pk, starts=[new], now=NOW)
    [candidate] = Appointment.objects.filter(claim=appointment.claim, state="held")

    answers.answer_times(participant_id=sam.pk, answers={candidate.pk: False}, now=NOW)

    assert fresh(appointment).starts_at == appointment.starts_at
    assert Move.objects.get().outcome == "dropped"
    assert len(recorded("move_dropped")) == 1
    assert new in make.open_starts(office, office.services["couple-80"], days=30)


def test_a_session_moves_only_to_hours_in_which_people_can_meet_its_way(office: Office) -> None:
    appointment = make.booked(office, times=[far(office, "individual")])
    start = far(office, "individual", nth=1)
    [person] = coming(appointment)
    day = local_date(start, zone(office.practitioner.time_zone)).weekday()
    WeeklyHours.objects.filter(weekday=day).update(modalities=["in_person"])

    with pytest.raises(SlotTaken) as refused:
        moves.ask_move(
            appointment_id=appointment.pk, participant_id=person.pk, starts=[start], now=NOW
        )
    new_times = cancellations.cancel_by_practitioner(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    near = [*refused.value.alternatives, *new_times]
    assert len(near) == 6
    assert day not in {local_date(t, zone(office.practitioner.time_zone)).weekday() for t in near}


def test_inside_the_cut_off_nobody_moves_by_themselves(office: Office) -> None:
    appointment = make.booked(office)
    [person] = coming(appointment)
    last = appointment.starts_at - timedelta(hours=24)

    with pytest.raises(TooLateToChange):
        moves.ask_move(
            appointment_id=appointment.pk,
            participant_id=person.pk,
            starts=[far(office, "individual")],
            now=last + timedelta(seconds=1),
        )
    moves.ask_move(
        appointment_id=appointment.pk,
        participant_id=person.pk,
        starts=[far(office, "individual")],
        now=last,
    )


def test_nobody_moves_onto_taken_time_or_an_appointment_of_others(office: Office) -> None:
    one, two = make.booked(office), make.booked(office)
    [person] = coming(one)

    with pytest.raises(SlotTaken):
        moves.ask_move(
            appointment_id=one.pk, participant_id=person.pk, starts=[two.starts_at], now=NOW
        )
    with pytest.raises(NotTheirs):
        moves.ask_move(
            appointment_id=two.pk,
            participant_id=person.pk,
            starts=[far(office, "individual")],
            now=NOW,
        )
    assert fresh(one).starts_at == one.starts_at


def test_the_practitioner_reschedules_without_notice_but_within_hours(office: Office) -> None:
    appointment = make.booked(office)
    today = datetime(2026, 10, 12, 20, 5, tzinfo=NOW.tzinfo)

    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=today,
        now=NOW,
    )

    assert fresh(appointment).starts_at == today
    for wrong, refusal in (
        (today.replace(hour=23), SlotTaken),
        (NOW - timedelta(hours=1), InvalidRequest),
    ):
        with pytest.raises(refusal):
            appointments.reschedule(
                appointment_id=appointment.pk,
                practitioner_id=office.practitioner.pk,
                starts_at=wrong,
                now=NOW,
            )


# --- Cancelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relationship_type", "late_word"), [("individual", True), ("couple", False)]
)
def test_a_late_cancellation_is_called_late_only_for_one_alone(
    office: Office, relationship_type: str, late_word: bool
) -> None:
    appointment = make.booked(office, relationship_type)
    person = coming(appointment)[-1]

    done = cancellations.cancel(
        appointment_id=appointment.pk,
        participant_id=person.pk,
        now=appointment.starts_at - timedelta(hours=1),
    )

    assert done == cancellations.Cancelled(left_only=False, late=late_word)
    assert fresh(appointment).state == "cancelled"
    assert recorded("appointment_cancelled") == [{"by": str(person.pk), "late": late_word}]


def test_cancelling_frees_the_time_at_once(office: Office) -> None:
    appointment = make.booked(office)
    [person] = coming(appointment)

    cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)

    assert appointment.starts_at in make.open_starts(office, office.services["individual-50"])
    with pytest.raises(NotTheirs):
        cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)


def test_of_three_one_leaves_and_the_others_still_come(office: Office) -> None:
    appointment = make.booked(office, "non_monogamous")
    alex, kai, noor = coming(appointment)

    done = cancellations.cancel(appointment_id=appointment.pk, participant_id=kai.pk, now=NOW)

    assert done.left_only
    assert fresh(appointment).state == "booked"
    assert coming(appointment) == [alex, noor]
    assert recorded("attendance_left") == [{"participant": str(kai.pk)}]
    with pytest.raises(NotTheirs):
        cancellations.cancel(appointment_id=appointment.pk, participant_id=kai.pk, now=NOW)
    cancellations.cancel(appointment_id=appointment.pk, participant_id=noor.pk, now=NOW)
    assert fresh(appointment).state == "cancelled"


def test_that_one_of_three_has_left_does_not_show_in_what_the_others_are_asked(
    office: Office,
) -> None:
    appointment = make.booked(office, "non_monogamous", times=[far(office, "non_monogamous")])
    new = far(office, "non_monogamous", nth=1)
    alex, kai, noor = coming(appointment)
    moves.ask_move(appointment_id=appointment.pk, participant_id=alex.pk, starts=[new], now=NOW)
    before = people.person_page(noor.pk, now=NOW)

    cancellations.cancel(appointment_id=appointment.pk, participant_id=kai.pk, now=NOW)

    after = people.person_page(noor.pk, now=NOW)
    assert before.to_answer
    assert after.to_answer == before.to_answer
    [asked] = after.to_answer
    answers.answer_times(participant_id=noor.pk, answers={asked.appointment.pk: True}, now=NOW)
    assert fresh(appointment).starts_at == new


def test_a_move_is_asked_for_even_by_the_last_who_still_comes_of_three(office: Office) -> None:
    appointment = make.booked(office, "non_monogamous", times=[far(office, "non_monogamous")])
    old, new = appointment.starts_at, far(office, "non_monogamous", nth=1)
    alex, kai, noor = coming(appointment)
    with transaction.atomic():
        for person in (kai, noor):
            cancellations.leave(appointment, person.pk, now=NOW)
    [date] = people.person_page(alex.pk, now=NOW).dates

    move = moves.ask_move(
        appointment_id=appointment.pk, participant_id=alex.pk, starts=[new], now=NOW
    )
    asked = fresh(appointment).starts_at
    done = sweep(now=NOW + timedelta(minutes=1))

    assert (date.moves_at_once, move is None) == (False, False)
    assert (asked, fresh(appointment).starts_at) == (old, new)
    assert (done["moves agreed"], Move.objects.get().outcome) == (1, "agreed")


def test_whoever_has_left_keeps_no_move_from_being_agreed(office: Office) -> None:
    appointment = make.booked(office, "non_monogamous", times=[far(office, "non_monogamous")])
    new = far(office, "non_monogamous", nth=1)
    alex, kai, noor = coming(appointment)
    moves.ask_move(appointment_id=appointment.pk, participant_id=alex.pk, starts=[new], now=NOW)
    candidate = Appointment.objects.get(claim=appointment.claim, state="held")
    answers.answer_times(participant_id=noor.pk, answers={candidate.pk: True}, now=NOW)
    cancellations.cancel(appointment_id=appointment.pk, participant_id=kai.pk, now=NOW)

    sweep(now=NOW + timedelta(minutes=1))

    assert fresh(appointment).starts_at == new


def test_a_session_that_has_begun_is_not_cancelled(office: Office) -> None:
    appointment = make.booked(office)
    [person] = coming(appointment)

    with pytest.raises(NotTheirs):
        cancellations.cancel(
            appointment_id=appointment.pk, participant_id=person.pk, now=appointment.starts_at
        )


def test_the_practitioner_cancels_with_new_times_held(office: Office) -> None:
    appointment = make.booked(office)

    new_times = cancellations.cancel_by_practitioner(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert len(new_times) == 3
    request = Request.objects.get()
    assert request.state == "proposed"
    held = Appointment.objects.filter(request=request, state="held").order_by("rank")
    assert [h.starts_at for h in held] == new_times
    assert all(h.held_until == request.hold_ends_at for h in held)
    make.answer_all(request, [held[0].pk])
    assert Request.objects.get().state == "confirmed"
    assert Appointment.objects.get(state="booked").starts_at == new_times[0]
    with pytest.raises(TransitionNotAllowed):
        cancellations.cancel_by_practitioner(
            appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=NOW
        )


def test_an_ill_day_is_cleared_and_closed_in_one_press(office: Office) -> None:
    day = date(2026, 10, 20)
    that_day = [
        s
        for s in make.open_starts(office, office.services["individual-50"])
        if s.astimezone(make.NEW_YORK).date() == day
    ]
    alone = make.booked(office, times=[that_day[0]])
    asked = make.verified(office, times=[that_day[4]])
    other_day = make.booked(office)

    done = cancellations.cancel_day(practitioner_id=office.practitioner.pk, day=day, now=NOW)

    assert done == [alone.pk]
    assert fresh(alone).state == "cancelled"
    assert fresh(other_day).state == "booked"
    assert not Appointment.objects.filter(request=asked, state="held").exists()
    assert TimeOff.objects.count() == len(recorded("time_off_added")) == 1
    assert not [
        s
        for s in make.open_starts(office, office.services["individual-50"])
        if s.astimezone(make.NEW_YORK).date() == day
    ]
    offered = Appointment.objects.filter(request=alone.request, state="held")
    assert all(a.starts_at.astimezone(make.NEW_YORK).date() != day for a in offered)
    assert offered.count() == 3


def test_a_day_that_is_over_cannot_be_cancelled(office: Office) -> None:
    with pytest.raises(InvalidRequest):
        cancellations.cancel_day(
            practitioner_id=office.practitioner.pk, day=date(2026, 10, 11), now=NOW
        )


@pytest.mark.parametrize(
    ("operation", "since", "state"),
    [
        (appointments.fulfil, "ends_at", "fulfilled"),
        (appointments.mark_no_show, "starts_at", "no_show"),
    ],
)
def test_that_it_was_missed_is_said_once_it_has_begun_and_that_it_took_place_once_it_is_over(
    office: Office, operation: object, since: str, state: str
) -> None:
    assert callable(operation)
    appointment = make.booked(office)
    who = {"appointment_id": appointment.pk, "practitioner_id": office.practitioner.pk}
    moment = getattr(appointment, since)

    with pytest.raises(TransitionNotAllowed):
        operation(**who, now=moment - timedelta(seconds=1))
    operation(**who, now=moment)

    assert fresh(appointment).state == state
    with pytest.raises(TransitionNotAllowed):
        operation(**who, now=moment)


# --- A call ---------------------------------------------------------------------------------------


def book_for(office: Office, people: list[Caller], slug: str, **changes: object) -> Request:
    service = office.services[slug]
    options = {
        "starts_at": make.open_starts(office, service)[0],
        "forms_on_paper": False,
        "now": NOW,
    } | changes
    return calls.book_for_caller(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        people=people,
        modality="video",
        country="US",
        region="NY",
        time_zone="America/New_York",
        **options,  # type: ignore[arg-type]
    )


def test_a_caller_with_forms_on_paper_is_booked_at_once(office: Office) -> None:
    request = book_for(office, [Caller("Alex")], "individual-50", forms_on_paper=True)

    assert Request.objects.get(pk=request.pk).state == "confirmed"
    booked = Appointment.objects.get(request=request, state="booked")
    assert [p.chosen_name for p in coming(booked)] == ["Alex"]


def test_a_caller_without_paper_is_booked_when_their_part_is_done(office: Office) -> None:
    request = book_for(office, [Caller("Alex", "Alex@Example.test")], "individual-50")
    [person] = make.people_of(request)
    assert person.email == "alex@example.test"
    assert Appointment.objects.get(request=request).state == "held"

    make.enter(person)
    make.clear(person)

    assert Request.objects.get(pk=request.pk).state == "confirmed"
    assert Appointment.objects.get(request=request).state == "booked"


@pytest.mark.parametrize(
    ("people", "slug", "problem"),
    [
        ([], "individual-50", ("people", "one_person")),
        ([Caller("A", "a@x.test")], "couple-80", ("people", "exactly_two")),
        (
            [Caller("A", "a@x.test"), Caller("B", "A@x.test")],
            "couple-80",
            ("people", "address_in_use"),
        ),
        ([Caller(" ", "a@x.test")], "individual-50", ("people.0.name", "required")),
        ([Caller("A")], "individual-50", ("people.0.email", "required")),
    ],
)
def test_a_call_needs_people_that_fit(
    office: Office, people: list[Caller], slug: str, problem: tuple[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        book_for(office, people, slug)

    assert problem in [(p.field, p.code) for p in refused.value.problems]
    assert not Request.objects.exists()


def test_a_call_takes_no_time_that_is_taken(office: Office) -> None:
    taken = make.booked(office).starts_at

    with pytest.raises(SlotTaken):
        book_for(office, [Caller("Alex")], "individual-50", forms_on_paper=True, starts_at=taken)


# --- What time does by itself ---------------------------------------------------------------------


def test_a_lapsed_hold_frees_the_time_and_the_practitioner_is_told_once(office: Office) -> None:
    request = make.verified(office, times=[far(office, "individual")])
    after = NOW + timedelta(hours=73)

    for _ in range(2):
        sweep(now=after)

    request.refresh_from_db()
    assert request.state == "gathering"
    assert not Appointment.objects.filter(state="held").exists()
    assert len(recorded("hold_lapsed")) == 1


def test_a_lapsed_proposal_goes_back_to_the_practitioner(office: Office) -> None:
    request = make.ready(office, times=[far(office, "individual")])
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=[far(office, "individual", nth=2)],
        now=NOW,
    )

    sweep(now=NOW + timedelta(hours=73))

    request.refresh_from_db()
    assert request.state == "ready"
    assert recorded("proposal_settled") == [{"agreed": False}]


@pytest.mark.parametrize(
    ("is_verified", "after"), [(False, timedelta(hours=25)), (True, timedelta(days=15))]
)
def test_a_request_that_nobody_goes_on_with_expires(
    office: Office, is_verified: bool, after: timedelta
) -> None:
    request = make.verified(office) if is_verified else make.submitted(office)

    sweep(now=NOW + after)
    sweep(now=NOW + after)

    request.refresh_from_db()
    assert request.state == "expired"
    assert len(recorded("request_expired")) == 1


@pytest.mark.parametrize("relationship_type", ["individual", "couple"])
def test_a_request_that_is_ready_and_gets_no_time_expires_too_and_everybody_is_told(
    office: Office, relationship_type: str
) -> None:
    request = make.ready(office, relationship_type)

    sweep(now=request.expires_at - timedelta(seconds=1))
    request.refresh_from_db()
    assert (request.state, request.hold_lapsed_at is not None) == ("ready", True)
    for _ in range(2):
        sweep(now=request.expires_at)

    request.refresh_from_db()
    assert request.state == "expired"
    assert len(recorded("request_expired")) == 1
    assert Pending.objects.filter(change__kind="request_expired").count() == 1


def test_whoever_finishes_a_minute_before_the_end_leaves_the_practitioner_time_to_decide(
    office: Office,
) -> None:
    request = make.verified(office)
    end = request.expires_at

    make.clear(make.requester_of(request), now=end - timedelta(minutes=1))
    sweep(now=end)
    request.refresh_from_db()

    assert (request.state, request.expires_at) == ("ready", end + timedelta(days=14, minutes=-1))
    sweep(now=request.expires_at)
    request.refresh_from_db()
    assert request.state == "expired"


@pytest.mark.parametrize(
    ("state", "ends", "is_later"),
    [("ready", -30, True), ("ready", 3, True), ("ready", 40, False), ("gathering", -1, False)],
)
def test_what_was_ready_before_it_ended_in_time_has_its_time_from_the_upgrade_on(
    office: Office, state: str, ends: int, is_later: bool
) -> None:
    migration = import_module("booking.migrations.0011_ready_has_time")
    request = make.verified(office)
    now = database_now()
    end = now + timedelta(days=ends)
    Request.objects.filter(pk=request.pk).update(state=state, expires_at=end)

    with connection.cursor() as cursor:
        cursor.execute(migration.EXTEND)

    request.refresh_from_db()
    if is_later:
        assert abs(request.expires_at - now - timedelta(days=14)) < timedelta(minutes=1)
    else:
        assert request.expires_at == end


def test_while_a_time_is_held_for_it_or_a_decision_is_on_its_way_a_request_does_not_expire(
    office: Office,
) -> None:
    held, decided = make.ready(office), make.ready(office, "couple")
    late = held.expires_at + timedelta(hours=1)
    Appointment.objects.filter(request=held).update(held_until=late + timedelta(days=1))
    for request in (held, decided):
        Request.objects.filter(pk=request.pk).update(hold_lapsed_at=NOW)
    decisions.decline(request_id=decided.pk, practitioner_id=office.practitioner.pk, now=NOW)
    Decision.objects.update(due_at=late + timedelta(minutes=1))

    sweep(now=late)

    assert set(Request.objects.values_list("state", flat=True)) == {"ready"}


def test_a_queued_decision_leaves_with_the_sweep_and_its_time_does_not_lapse_before(
    office: Office,
) -> None:
    request = make.ready(office, "couple")
    outcome = decisions.confirm(
        request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    assert outcome.due_at is not None

    sweep(now=outcome.due_at - timedelta(minutes=1))
    assert not Appointment.objects.filter(state="booked").exists()
    sweep(now=outcome.due_at)

    assert Appointment.objects.filter(state="booked").count() == 1


def test_an_unanswered_move_ends_and_the_old_time_stays(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[far(office, "couple")])
    alex, _ = coming(appointment)
    moves.ask_move(
        appointment_id=appointment.pk,
        participant_id=alex.pk,
        starts=[far(office, "couple", nth=2)],
        now=NOW,
    )

    sweep(now=NOW + timedelta(hours=73))

    assert Move.objects.get().outcome == "dropped"
    assert fresh(appointment).starts_at == appointment.starts_at
    assert not Appointment.objects.filter(state="held").exists()


def test_a_session_is_fulfilled_after_its_end_and_not_before(office: Office) -> None:
    appointment = make.booked(office)

    sweep(now=appointment.ends_at - timedelta(seconds=1))
    assert fresh(appointment).state == "booked"
    for _ in range(2):
        sweep(now=appointment.ends_at)

    assert fresh(appointment).state == "fulfilled"
    assert len(recorded("appointment_fulfilled")) == 1
