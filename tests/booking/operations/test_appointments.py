"""Appointments: moved, kept, missed."""

from datetime import datetime, timedelta

import pytest

from booking.domain.refusals import (
    InvalidRequest,
    MoveWaiting,
    NotTheirs,
    SlotTaken,
    TooLateToChange,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Move
from booking.operations import answers, appointments, cancellations, moves
from practice.domain.wall import local_date, zone
from practice.models import WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import coming, far, fresh, recorded

pytestmark = pytest.mark.django_db


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
