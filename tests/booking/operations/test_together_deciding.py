"""A time that suits all is confirmed, everybody is asked again, or times are proposed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from booking.domain.gate import Unmet
from booking.domain.refusals import (
    DecisionWaiting,
    GateClosed,
    InvalidRequest,
    NotTheirs,
    SlotTaken,
)
from booking.domain.states import TransitionNotAllowed
from booking.domain.together import Match
from booking.models import Appointment, Attendance, Participant, Request
from booking.operations import answers, decisions, participants, together
from booking.operations.sweep import sweep
from booking.queries.gate import unmet_for
from booking.queries.together import ballot, outcome
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.ballots import (
    all_mark,
    ask_again,
    asked_of,
    confirm,
    last_decision,
    seen_by,
    starts_of,
)
from tests.booking.operations.shared import NEXT_BATCH, fresh

pytestmark = pytest.mark.django_db


def proposed(office: Office, request: Request) -> list[Appointment]:
    starts = make.open_starts(office, office.service("couple"), days=30)[-2:]
    decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=starts, now=NOW
    )
    make.let_decision_leave(request)
    return list(Appointment.objects.filter(request=request, state="held").order_by("rank"))


def says(person: Participant, said: dict[Any, bool], at: datetime) -> None:
    answers.answer_times(participant_id=person.pk, answers=said, now=at)


# --- Confirming -----------------------------------------------------------------------------------


def test_a_time_that_suits_all_is_held_and_booked_with_the_batch(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = starts_of(alex)[3]
    make.mark(alex, can=[start])
    make.mark(sam, could=[start])

    decided = confirm(office, request, start)

    assert decided.due_at == NEXT_BATCH
    assert start not in make.open_starts(office, office.service("couple"))
    make.let_decision_leave(request)
    booked = Appointment.objects.get(request=request, state="booked")
    assert booked.starts_at == start
    assert fresh(request).state == "confirmed"
    assert set(
        Attendance.objects.filter(appointment=booked).values_list("participant_id", flat=True)
    ) == {alex.pk, sam.pk}
    assert ballot(alex.pk, now=NEXT_BATCH) is None


def test_a_time_that_does_not_suit_all_cannot_be_confirmed(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = starts_of(alex)[3]
    make.mark(alex, can=[start])
    make.mark(sam)

    with pytest.raises(GateClosed) as closed:
        confirm(office, request, start)

    assert closed.value.reasons == [Unmet.TIME_NOT_ACCEPTED]
    assert not Appointment.objects.exists()


def test_a_time_that_is_gone_cannot_be_confirmed_and_others_are_named(office: Office) -> None:
    request = make.finding(office)
    alex, _ = make.people_of(request)
    start = starts_of(alex)[3]
    all_mark(request, [start])
    make.submitted(office, times=[start])

    with pytest.raises(SlotTaken) as taken:
        confirm(office, request, start)

    assert taken.value.wanted == start
    assert taken.value.alternatives
    assert fresh(request).state == "ready"
    assert outcome(fresh(request), now=NOW).works == []


def test_somebody_who_has_not_marked_is_in_the_way(office: Office) -> None:
    request = make.finding(office)
    alex, _ = make.people_of(request)
    start = starts_of(alex)[0]
    make.mark(alex, can=[start])

    assert unmet_for(fresh(request), now=NOW) == [Unmet.NOT_MARKED, Unmet.NO_TIME]
    with pytest.raises(GateClosed) as closed:
        confirm(office, request, start)

    assert closed.value.reasons == [Unmet.NOT_MARKED]


def test_a_review_keeps_the_gate_closed(office: Office) -> None:
    request = make.finding(office)
    alex, _ = make.people_of(request)
    start = starts_of(alex)[0]
    all_mark(request, [start])
    Request.objects.filter(pk=request.pk).update(review_open=True)

    with pytest.raises(GateClosed) as closed:
        confirm(office, request, start)

    assert closed.value.reasons == [Unmet.REVIEW_OPEN]


def test_people_who_chose_their_times_have_no_start_to_confirm(office: Office) -> None:
    request = make.ready(office, "couple")

    with pytest.raises(InvalidRequest):
        confirm(office, request, make.open_starts(office, office.service("couple"))[5])


def test_whoever_changes_their_mind_before_the_batch_is_not_booked(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = starts_of(alex)[30]
    all_mark(request, [start])
    confirm(office, request, start)
    assert start in starts_of(sam)

    make.mark(sam)
    before = seen_by(alex, now=NEXT_BATCH)
    sweep(now=NEXT_BATCH)

    assert last_decision(request).failure == Unmet.TIME_NOT_ACCEPTED
    assert fresh(request).state == "ready"
    assert start in make.open_starts(office, office.service("couple"), now=NEXT_BATCH)
    assert seen_by(alex, now=NEXT_BATCH) == before


def test_changing_another_start_leaves_the_decision_alone(office: Office) -> None:
    request = make.finding(office)
    _, sam = make.people_of(request)
    start, other = starts_of(sam)[3:5]
    all_mark(request, [start])
    confirm(office, request, start)

    make.mark(sam, could=[start], can=[other])
    sweep(now=NEXT_BATCH)

    assert Appointment.objects.get(request=request, state="booked").starts_at == start


def test_an_undone_confirm_gives_the_time_back(office: Office) -> None:
    request = make.finding(office)
    alex, _ = make.people_of(request)
    start = starts_of(alex)[3]
    all_mark(request, [start])
    confirm(office, request, start)

    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert start in make.open_starts(office, office.service("couple"))
    assert confirm(office, request, start).due_at == NEXT_BATCH


def test_for_somebody_who_has_come_to_be_alone_it_is_booked_at_once(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    participants.excuse(participant_id=sam.pk, practitioner_id=office.practitioner.pk, now=NOW)
    start = starts_of(alex)[0]
    make.mark(alex, could=[start])

    assert outcome(fresh(request), now=NOW).works == [Match(start, 0, 1, 0)]
    decided = confirm(office, request, start)

    assert decided.appointment is not None
    assert decided.appointment.starts_at == start
    assert fresh(request).state == "confirmed"


# --- Asking everybody again -----------------------------------------------------------------------


def test_everybody_is_asked_again_with_the_batch(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    for person in (alex, sam):
        make.mark(person)
    asked_until = fresh(request).poll.until_date

    decided = ask_again(office, request)

    assert decided.due_at == NEXT_BATCH
    assert fresh(request).state == "ready"
    with pytest.raises(DecisionWaiting):
        ask_again(office, request)
    sweep(now=NEXT_BATCH)
    request = fresh(request)
    assert request.state == "gathering"
    assert request.poll.round == 2
    assert request.poll.first_date == asked_until
    for person in (alex, sam):
        found = asked_of(person, now=NEXT_BATCH)
        assert (found.round, found.has_answered) == (2, False)
        assert {t.word for _, times in found.days for t in times} == {None}
    [told] = Change.objects.filter(kind="poll_reopened")
    assert (told.subject_type, told.subject_id) == ("request", request.pk)
    assert hasattr(told, "pending")
    assert request.expires_at >= NEXT_BATCH + timedelta(days=14)


def test_the_second_round_is_answered_like_the_first(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    for person in (alex, sam):
        make.mark(person)
    ask_again(office, request)
    sweep(now=NEXT_BATCH)
    start = starts_of(alex, now=NEXT_BATCH)[2]

    make.mark(alex, can=[start], now=NEXT_BATCH)
    assert not outcome(fresh(request), now=NEXT_BATCH).all_answered
    make.mark(sam, can=[start], now=NEXT_BATCH)

    assert fresh(request).state == "ready"
    assert outcome(fresh(request), now=NEXT_BATCH).works == [Match(start, 2, 0, 0)]


def test_where_the_horizon_leaves_no_later_days_the_same_days_are_asked_about(
    office: Office,
) -> None:
    office.services["couple-80"].horizon_days = 14
    office.services["couple-80"].save()
    request = make.finding(office)
    alex, sam = make.people_of(request)
    make.mark(alex, can=[starts_of(alex)[0]])
    make.mark(sam)

    ask_again(office, request)
    sweep(now=NEXT_BATCH)

    poll = fresh(request).poll
    assert poll.first_date < poll.until_date
    assert starts_of(alex, now=NEXT_BATCH)
    # What they said about days that are asked about again still stands on their own ballot.
    assert not asked_of(alex, now=NEXT_BATCH).has_answered


def test_people_are_asked_again_only_once_all_have_finished(office: Office) -> None:
    request = make.finding(office)

    with pytest.raises(TransitionNotAllowed):
        ask_again(office, request)
    with pytest.raises(NotTheirs):
        together.ask_again(request_id=request.pk, practitioner_id=uuid4(), now=NOW)
    with pytest.raises(TransitionNotAllowed):
        ask_again(office, make.ready(office, "couple"))


def test_asking_again_that_is_not_possible_any_more_fails_quietly(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    for person in (alex, sam):
        make.mark(person)
    ask_again(office, request)
    make.unclear(sam)

    sweep(now=NEXT_BATCH)

    assert last_decision(request).failure == "not_allowed_now"
    assert fresh(request).poll.round == 1
    assert not Change.objects.filter(kind="poll_reopened").exists()


# --- Proposing times to people who find one together ----------------------------------------------


def test_no_ballot_comes_back_when_the_last_person_answers_a_proposal(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    for person in (alex, sam):
        make.mark(person)
    first, second = proposed(office, request)
    none = {first.pk: False, second.pk: False}
    at = NEXT_BATCH + timedelta(hours=1)
    says(alex, none, at)
    before = seen_by(alex, now=at)

    says(sam, none, at)

    assert fresh(request).state == "ready"
    assert seen_by(alex, now=at) == before
    assert ballot(alex.pk, now=at) is None
    ask_again(office, request, now=at)
    make.let_decision_leave(request)
    later = last_decision(request).due_at
    assert asked_of(alex, now=later).round == 2


def test_a_proposal_that_all_accept_is_confirmed_without_another_ballot(office: Office) -> None:
    request = make.finding(office)
    for person in make.people_of(request):
        make.mark(person)
    first, _ = proposed(office, request)

    make.answer_all(request, [first.pk], now=NEXT_BATCH)

    assert unmet_for(fresh(request), now=NEXT_BATCH) == []


def test_what_was_refused_in_a_proposal_does_not_suit_any_more(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = make.open_starts(office, office.service("couple"), days=30)[-1]
    for person in (alex, sam):
        make.mark(person, can=[start])
    _, second = proposed(office, request)
    assert second.starts_at == start

    make.answer_all(request, [], now=NEXT_BATCH)

    assert outcome(fresh(request), now=NEXT_BATCH).works == []
    with pytest.raises(GateClosed):
        confirm(office, request, start, now=NEXT_BATCH)


@pytest.mark.parametrize("what", ["waits", "is undone", "fails"])
def test_a_confirm_after_a_refused_proposal_shows_nowhere(office: Office, what: str) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = starts_of(alex)[40]
    all_mark(request, [start])
    proposed(office, request)
    make.answer_all(request, [], now=NEXT_BATCH)
    before = seen_by(alex, now=NEXT_BATCH)

    confirm(office, request, start, now=NEXT_BATCH)
    if what == "is undone":
        decisions.undo(
            request_id=request.pk, practitioner_id=office.practitioner.pk, now=NEXT_BATCH
        )
    if what == "fails":
        make.unclear(sam)
        make.let_decision_leave(request)

    assert seen_by(alex, now=NEXT_BATCH) == before


def test_one_person_who_answers_a_proposal_instead_of_marking_is_done(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    participants.excuse(participant_id=sam.pk, practitioner_id=office.practitioner.pk, now=NOW)
    start = make.open_starts(office, office.service("couple"))[5]
    decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=[start], now=NOW
    )
    [held] = Appointment.objects.filter(request=request, state="held")

    says(alex, {held.pk: True}, NOW)

    assert fresh(request).state == "confirmed"
