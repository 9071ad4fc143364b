"""The practitioner's decision: at once, with the batch, undone, or other times."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from booking.domain.gate import Unmet
from booking.domain.refusals import (
    DecisionWaiting,
    GateClosed,
    HoldExpired,
    InvalidRequest,
    NotTheirs,
    SlotTaken,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Decision, Request
from booking.operations import answers, decisions, participants
from booking.queries.gate import unmet_for
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import NEXT_BATCH, fresh, recorded

pytestmark = pytest.mark.django_db


def confirm(office: Office, request: Request, **more: object) -> decisions.Outcome:
    return decisions.confirm(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


def propose(office: Office, request: Request, starts: list[datetime]) -> decisions.Outcome:
    return decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=starts, now=NOW
    )


def candidates(request: Request) -> list[Appointment]:
    return list(Appointment.objects.filter(request=request, state="held").order_by("rank"))


# --- Confirming -----------------------------------------------------------------------------------


def test_for_one_person_confirm_books_at_once(office: Office) -> None:
    request = make.ready(office)

    outcome = confirm(office, request)

    assert outcome.due_at is None
    assert outcome.appointment is not None
    assert outcome.appointment.state == "booked"
    assert outcome.appointment.held_until is None
    assert fresh(request).state == "confirmed"
    assert [a.participant for a in outcome.appointment.attendances.all()] == make.people_of(request)
    assert len(recorded("appointment_booked")) == len(recorded("request_confirmed")) == 1


def test_alternatives_are_released_in_the_same_step(office: Office) -> None:
    starts = make.open_starts(office, office.services["individual-50"], days=30)[-9::4]
    request = make.ready(office, times=starts)
    third = Appointment.objects.get(request=request, rank=3)

    outcome = confirm(office, request, appointment_id=third.pk)

    assert outcome.appointment == third
    assert Appointment.objects.filter(request=request, state="released").count() == 2
    free = make.open_starts(office, office.services["individual-50"], days=30)
    assert set(starts[:2]) <= set(free)


def test_for_several_it_leaves_with_the_batch_and_nothing_shows_before(office: Office) -> None:
    request = make.ready(office, "couple")

    outcome = confirm(office, request)

    assert outcome.due_at == NEXT_BATCH
    assert fresh(request).state == "ready"
    assert not Appointment.objects.filter(state="booked").exists()
    make.let_decision_leave(request)
    assert fresh(request).state == "confirmed"
    booked = Appointment.objects.get(request=request, state="booked")
    assert booked.attendances.count() == 2


def test_a_waiting_decision_can_be_undone_and_stands_in_the_way_of_another(
    office: Office,
) -> None:
    request = make.ready(office, "couple")
    confirm(office, request)

    with pytest.raises(DecisionWaiting):
        decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)

    waiting = Decision.objects.get()
    decisions.carry_out(decision_id=waiting.pk, now=NEXT_BATCH)
    assert fresh(request).state == "ready"
    with pytest.raises(NotTheirs):
        decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)


def test_a_decision_does_not_leave_early_and_leaves_once(office: Office) -> None:
    request = make.ready(office, "couple")
    confirm(office, request)
    waiting = Decision.objects.get()

    decisions.carry_out(decision_id=waiting.pk, now=NEXT_BATCH - timedelta(seconds=1))
    assert fresh(request).state == "ready"
    for _ in range(2):
        decisions.carry_out(decision_id=waiting.pk, now=NEXT_BATCH)

    assert len(recorded("appointment_booked")) == 1


def test_the_gate_is_checked_again_when_a_decision_leaves(office: Office) -> None:
    request = make.ready(office, "couple")
    confirm(office, request)
    participants.mark_uncleared(participant_id=make.people_of(request)[1].pk, now=NOW)

    make.let_decision_leave(request)

    assert fresh(request).state == "gathering"
    assert Decision.objects.get().failure
    assert len(recorded("decision_failed")) == 1


def test_a_proposal_does_not_leave_while_somebody_has_something_to_finish(office: Office) -> None:
    request = make.ready(office, "couple")
    propose(office, request, make.open_starts(office, office.services["couple-80"], days=30)[-1:])
    make.unclear(make.people_of(request)[1])

    make.let_decision_leave(request)

    assert fresh(request).state == "gathering"
    assert Decision.objects.get().failure == "not_allowed_now"
    assert len(recorded("decision_failed")) == 1
    assert recorded("request_proposed") == []


def test_undoing_a_confirm_takes_nothing_that_people_agreed_on(office: Office) -> None:
    request = make.ready(office, "couple")
    start = make.open_starts(office, office.services["couple-80"], days=30)[-1]
    propose(office, request, [start])
    make.let_decision_leave(request)
    agreed = Appointment.objects.get(request=request, state="held")
    ends = fresh(request).hold_ends_at
    assert ends is not None
    make.answer_all(fresh(request), [agreed.pk], now=ends - timedelta(hours=1))
    after = ends + timedelta(hours=1)
    practitioner_id = office.practitioner.pk
    decisions.confirm(request_id=request.pk, practitioner_id=practitioner_id, now=after)

    decisions.undo(request_id=request.pk, practitioner_id=practitioner_id, now=after)

    assert unmet_for(fresh(request), now=after) == []


@pytest.mark.parametrize("changes", [{"review_open": True}, {"country": "DE"}])
def test_a_review_or_a_place_out_of_reach_keeps_the_gate_closed(changes: dict[str, object]) -> None:
    office = make.make_office(locations=[{"country": "US", "region": "", "label": "USA"}])
    request = make.ready(office)
    Request.objects.filter(pk=request.pk).update(**changes)

    with pytest.raises(GateClosed):
        confirm(office, request)

    assert fresh(request).state == "ready"


def test_an_unverified_request_cannot_be_confirmed(office: Office) -> None:
    request = make.submitted(office)

    with pytest.raises(GateClosed) as refused:
        confirm(office, request)

    assert Unmet.UNVERIFIED in refused.value.reasons


def test_somebody_elses_request_is_not_there(office: Office) -> None:
    request = make.ready(office)

    for request_id, practitioner_id in (
        (request.pk, make.make_practitioner(slug="robin").pk),
        (uuid4(), office.practitioner.pk),
    ):
        with pytest.raises(NotTheirs):
            decisions.confirm(request_id=request_id, practitioner_id=practitioner_id, now=NOW)


def test_declining_frees_the_time(office: Office) -> None:
    request = make.ready(office)
    start = Appointment.objects.get(request=request).starts_at

    decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert fresh(request).state == "declined"
    assert start in make.open_starts(office, office.services["individual-50"])
    with pytest.raises(TransitionNotAllowed):
        decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)


# --- Proposing ------------------------------------------------------------------------------------


def test_one_person_who_takes_a_proposed_time_has_it(office: Office) -> None:
    request = make.ready(office)
    starts = make.open_starts(office, office.services["individual-50"], days=30)[-6::4]
    propose(office, request, starts)
    assert fresh(request).state == "proposed"
    first, second = candidates(request)
    assert first.held_until == second.held_until == NOW + timedelta(hours=72)

    make.answer_all(request, [second.pk])

    assert fresh(request).state == "confirmed"
    assert Appointment.objects.get(request=request, state="booked") == second
    assert not candidates(request)


def test_one_person_who_takes_none_leaves_it_to_the_practitioner(office: Office) -> None:
    request = make.ready(office)
    propose(office, request, make.open_starts(office, office.services["individual-50"])[-4::2])

    make.answer_all(request, [])

    assert fresh(request).state == "ready"
    assert not candidates(request)
    assert recorded("proposal_settled") == [{"agreed": False}]


def test_a_proposal_to_several_is_settled_when_all_have_answered(office: Office) -> None:
    request = make.ready(office, "couple")
    starts = make.open_starts(office, office.services["couple-80"], days=30)[-6::4]
    assert propose(office, request, starts).due_at == NEXT_BATCH
    make.let_decision_leave(request)
    assert fresh(request).state == "proposed"
    first, second = candidates(request)
    one, two = make.people_of(request)
    later = NEXT_BATCH + timedelta(hours=1)

    outcome = answers.answer_times(
        participant_id=one.pk, answers={first.pk: False, second.pk: True}, now=later
    )
    assert outcome.waiting
    assert fresh(request).state == "proposed"
    outcome = answers.answer_times(
        participant_id=two.pk, answers={first.pk: True, second.pk: True}, now=later
    )

    assert outcome.candidate == second.pk
    assert fresh(request).state == "ready"
    assert unmet_for(fresh(request), now=later) == []


def test_an_undone_proposal_gives_its_time_back(office: Office) -> None:
    request = make.ready(office, "couple")
    starts = make.open_starts(office, office.services["couple-80"], days=30)[-2:]
    propose(office, request, starts[:1])

    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert starts[0] in make.open_starts(office, office.services["couple-80"], days=30)


@pytest.mark.parametrize("count", [0, 4])
def test_a_proposal_has_one_to_three_times(office: Office, count: int) -> None:
    request = make.ready(office)
    starts = make.open_starts(office, office.services["individual-50"])[:count]

    with pytest.raises(InvalidRequest):
        propose(office, request, starts)


def test_a_proposal_needs_time_that_is_open(office: Office) -> None:
    request = make.ready(office)
    taken = make.booked(office).starts_at

    with pytest.raises(SlotTaken):
        propose(office, request, [taken])

    assert fresh(request).state == "ready"


def test_several_people_are_proposed_to_only_when_all_have_finished(office: Office) -> None:
    request = make.verified(office, "couple")

    with pytest.raises(TransitionNotAllowed):
        propose(office, request, make.open_starts(office, office.services["couple-80"])[-1:])


def test_notice_and_horizon_do_not_bind_the_practitioner(office: Office) -> None:
    request = make.ready(office)
    today = datetime(2026, 10, 12, 20, 5, tzinfo=NOW.tzinfo)  # 16:05, on a grid of five minutes

    propose(office, request, [today])

    assert candidates(request)[0].starts_at == today
    assert fresh(request).hold_ends_at == today


def test_answers_that_come_too_late_or_from_outside_are_refused(office: Office) -> None:
    request = make.ready(office)
    person = make.requester_of(request)

    with pytest.raises(HoldExpired):
        answers.answer_times(participant_id=person.pk, answers={}, now=NOW)
    propose(office, request, make.open_starts(office, office.services["individual-50"])[-1:])
    with pytest.raises(HoldExpired):
        answers.answer_times(participant_id=person.pk, answers={}, now=NOW + timedelta(days=4))
    with pytest.raises(NotTheirs):
        answers.answer_times(participant_id=UUID(int=5), answers={}, now=NOW)
