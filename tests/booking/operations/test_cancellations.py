"""Appointments cancelled, left by one of several, or taken off a day of illness."""

from datetime import date, timedelta

import pytest
from django.db import transaction

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Move, Request
from booking.operations import answers, cancellations, moves
from booking.operations.sweep import sweep
from booking.queries import people
from practice.models import TimeOff
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import coming, far, fresh, recorded

pytestmark = pytest.mark.django_db


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
