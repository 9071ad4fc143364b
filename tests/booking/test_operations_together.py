"""Finding a time together: everyone says what suits, and nobody learns anything of the others."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

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
from booking.models import Appointment, Attendance, Decision, Participant, Request, Vote
from booking.operations import answers, decisions, participants, requests, together
from booking.operations.sweep import sweep
from booking.queries.gate import unmet_for
from booking.queries.people import person_page
from booking.queries.together import Ballot, ballot, outcome
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

#: Monday 11:00 in New York; the next batch leaves at 17:00.
NEXT_BATCH = datetime(2026, 10, 12, 21, 0, tzinfo=NOW.tzinfo)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def fresh(request: Request) -> Request:
    return Request.objects.get(pk=request.pk)


def asked_of(person: Participant, *, now: datetime = NOW) -> Ballot:
    found = ballot(person.pk, now=now)
    assert found is not None
    return found


def starts_of(person: Participant, *, now: datetime = NOW) -> list[datetime]:
    return [time.starts_at for _, times in asked_of(person, now=now).days for time in times]


def words_of(person: Participant, *, now: datetime = NOW) -> dict[datetime, str | None]:
    days = asked_of(person, now=now).days
    return {time.starts_at: time.word for _, times in days for time in times}


def seen_by(person: Participant, *, now: datetime) -> tuple[Any, ...]:
    """Everything of a person's page that could tell of somebody else."""
    page = person_page(person.pk, now=now)
    found = ballot(person.pk, now=now)
    return (
        page.outward,
        [(t.appointment.pk, t.accepts) for t in (*page.to_answer, *page.answered)],
        page.needs_to_join and [t.appointment.pk for t in page.wanted],
        page.answer_until,
        page.can_withdraw,
        found and (found.days, found.round, found.has_answered, found.is_open, found.zone),
    )


def all_mark(request: Request, can: Sequence[datetime], *, now: datetime = NOW) -> None:
    for person in make.people_of(request):
        make.mark(person, can=can, now=now)


def confirm(
    office: Office, request: Request, start: datetime | None, *, now: datetime = NOW
) -> decisions.Outcome:
    return decisions.confirm(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts_at=start, now=now
    )


def ask_again(office: Office, request: Request, *, now: datetime = NOW) -> decisions.Outcome:
    return together.ask_again(
        request_id=request.pk, practitioner_id=office.practitioner.pk, now=now
    )


def last_decision(request: Request) -> Decision:
    return Decision.objects.filter(request=request).latest("made_at")


# --- Saying what suits ----------------------------------------------------------------------------


def test_what_is_not_marked_does_not_suit(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    first, second, third = starts_of(alex)[:3]

    make.mark(alex, can=[first], could=[third])

    words = words_of(alex)
    assert [words.pop(s) for s in (first, second, third)] == ["can", "cant", "could"]
    assert set(words.values()) == {"cant"}
    assert asked_of(alex).has_answered
    noted = Change.objects.get(kind="poll_answered")
    assert noted.actor == f"client:{alex.pk}"
    assert not hasattr(noted, "pending")


def test_marks_come_in_any_zone_and_those_for_other_times_are_ignored(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    first = starts_of(alex)[0]

    make.mark(alex, can=[first.astimezone(ZoneInfo("Asia/Kathmandu")), first - timedelta(days=30)])

    assert list(Vote.objects.filter(word="can").values_list("starts_at", flat=True)) == [first]


def test_marking_again_replaces_what_was_said(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    first, second = starts_of(alex)[:2]
    make.mark(alex, can=[first])

    make.mark(alex, could=[second])

    assert [words_of(alex)[s] for s in (first, second)] == ["cant", "could"]


def test_a_word_that_is_none_of_the_three_is_refused(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))

    with pytest.raises(InvalidRequest):
        together.vote(participant_id=alex.pk, marks={starts_of(alex)[0]: "perhaps"}, now=NOW)

    assert not Vote.objects.exists()


def test_the_request_is_ready_once_everybody_has_marked(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    start = starts_of(alex)[0]
    assert fresh(request).state == "gathering"

    make.mark(alex, can=[start])
    assert fresh(request).state == "gathering"
    make.mark(sam)

    assert fresh(request).state == "ready"


def test_marking_early_does_not_make_up_for_an_unfinished_part(office: Office) -> None:
    request = make.verified(office, "couple", times=(), find_together=True)
    alex, sam = make.people_of(request)
    make.enter(sam)
    make.join(sam)
    for person in (alex, sam):
        make.mark(person)

    assert fresh(request).state == "gathering"
    for person in (alex, sam):
        make.clear(person)
    assert fresh(request).state == "ready"


@pytest.mark.parametrize(
    "why", ["nobody", "not joined", "left", "excused", "chose times", "closed"]
)
def test_whoever_is_not_asked_cannot_mark(office: Office, why: str) -> None:
    request = (
        make.verified(office, "couple")
        if why == "chose times"
        else make.verified(office, "couple", times=(), find_together=True)
    )
    alex, sam = make.people_of(request)
    person_id = {"nobody": uuid4(), "chose times": alex.pk, "closed": alex.pk}.get(why, sam.pk)
    if why in ("left", "excused"):
        make.enter(sam)
        make.join(sam)
    if why == "left":
        leave(sam)
    if why == "excused":
        participants.excuse(participant_id=sam.pk, practitioner_id=office.practitioner.pk, now=NOW)
    if why == "closed":
        requests.withdraw(participant_id=alex.pk, now=NOW)

    assert ballot(person_id, now=NOW) is None
    with pytest.raises(NotTheirs):
        together.vote(participant_id=person_id, marks={}, now=NOW)


def leave(person: Participant) -> None:
    """One of several leaves quietly; of two this ends the request."""
    requests.withdraw(participant_id=person.pk, now=NOW)


def test_a_person_who_comes_sometimes_is_not_asked(office: Office) -> None:
    request = make.verified(
        office,
        "non_monogamous",
        times=(),
        find_together=True,
        others=[make.partner("Kai"), make.partner("Noor", attends="sometimes")],
    )
    [noor] = make.people_of(request, attends="sometimes")
    make.enter(noor)
    make.join(noor)

    assert ballot(noor.pk, now=NOW) is None


# --- One's own ballot -----------------------------------------------------------------------------


def test_a_ballot_has_the_open_times_by_day_in_ones_own_zone(office: Office) -> None:
    alex, _ = make.people_of(make.finding(office))
    participants_zone = ZoneInfo("Pacific/Auckland")
    Participant.objects.filter(pk=alex.pk).update(time_zone=participants_zone.key)

    found = asked_of(alex)

    assert found.zone == participants_zone
    assert all(
        t.starts_at.astimezone(participants_zone).date() == day
        for day, times in found.days
        for t in times
    )
    offered = make.open_starts(office, office.service("couple"), days=43)
    assert [t.starts_at for _, times in found.days for t in times] == offered
    assert [day for day, _ in found.days] == sorted({day for day, _ in found.days})
    assert not found.has_answered
    assert found.is_open


def test_a_ballot_shows_only_ones_own_words(office: Office) -> None:
    alex, sam = make.people_of(make.finding(office))
    start = starts_of(alex)[0]

    make.mark(sam, can=[start])

    assert set(words_of(alex).values()) == {None}


def test_a_time_that_opened_since_has_no_word_yet(office: Office) -> None:
    taken = make.booked(office, "couple")
    alex, _ = make.people_of(make.finding(office))
    make.mark(alex)

    freed = make.cancelled(taken, now=NOW + timedelta(seconds=1))

    assert words_of(alex)[freed] is None
    assert asked_of(alex).has_answered


def test_nothing_on_a_ballot_changes_through_what_happens_to_the_others(office: Office) -> None:
    request = make.finding(
        office, "non_monogamous", others=[make.partner("Kai"), make.partner("Noor")]
    )
    alex, kai, noor = make.people_of(request)
    start = starts_of(alex)[3]
    make.mark(alex, can=[start])
    before = seen_by(alex, now=NOW)

    def unchanged() -> bool:
        return seen_by(alex, now=NOW) == before

    make.mark(kai, can=[start])
    assert unchanged()
    make.mark(noor, could=[start])
    assert fresh(request).state == "ready"
    assert unchanged()
    confirm(office, request, start)
    assert Appointment.objects.filter(request=request, state="held").exists()
    assert unchanged()
    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    assert unchanged()
    ask_again(office, request)
    assert unchanged()
    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    make.unclear(noor)
    assert fresh(request).state == "gathering"
    assert unchanged()
    requests.withdraw(participant_id=noor.pk, now=NOW)
    assert unchanged()
    participants.excuse(participant_id=noor.pk, practitioner_id=office.practitioner.pk, now=NOW)
    assert unchanged()


# --- What the practitioner sees -------------------------------------------------------------------


def test_the_practitioner_sees_nothing_until_all_have_answered(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    starts = starts_of(alex)
    make.mark(alex, can=starts)

    found = outcome(fresh(request), now=NOW)
    assert (found.all_answered, found.works, found.nearest) == (False, [], [])
    make.mark(sam, can=[starts[4]], could=[starts[2]])

    found = outcome(fresh(request), now=NOW)
    assert found.all_answered
    assert found.works == [Match(starts[4], 2, 0, 0), Match(starts[2], 1, 1, 0)]
    assert found.nearest == []


def test_where_nothing_suits_all_they_see_what_comes_nearest(office: Office) -> None:
    request = make.finding(office)
    alex, sam = make.people_of(request)
    starts = starts_of(alex)
    make.mark(alex, could=[starts[1]])
    make.mark(sam, can=[starts[5]])

    found = outcome(fresh(request), now=NOW)

    assert found.works == []
    assert found.nearest == [Match(starts[5], 1, 0, 1), Match(starts[1], 0, 1, 1)]


def test_somebody_who_has_left_is_waited_for_until_it_goes_on_without_them(
    office: Office,
) -> None:
    request = make.finding(
        office, "non_monogamous", others=[make.partner("Kai"), make.partner("Noor")]
    )
    alex, kai, noor = make.people_of(request)
    start = starts_of(alex)[0]
    for person in (alex, kai):
        make.mark(person, can=[start])
    make.mark(noor)
    requests.withdraw(participant_id=noor.pk, now=NOW)
    assert not outcome(fresh(request), now=NOW).all_answered

    participants.excuse(participant_id=noor.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert fresh(request).state == "ready"
    assert outcome(fresh(request), now=NOW).works == [Match(start, 2, 0, 0)]


def test_a_start_before_the_decision_would_leave_is_not_offered_to_the_practitioner(
    office: Office,
) -> None:
    request = make.finding(office)
    alex, _ = make.people_of(request)
    friday = NOW + timedelta(days=4, hours=7)  # 18:00; the next batch leaves on Monday at 10:00
    office.services["couple-80"].notice_minutes = 0
    office.services["couple-80"].save()
    monday = datetime(2026, 10, 19, 9, 0, tzinfo=NEW_YORK)
    later = monday + timedelta(hours=6)
    all_mark(request, [monday, later], now=friday)
    assert monday in starts_of(alex, now=friday)

    assert [m.starts_at for m in outcome(fresh(request), now=friday).works] == [later]


def test_a_request_with_times_of_its_own_has_no_outcome(office: Office) -> None:
    assert not outcome(make.ready(office, "couple"), now=NOW).all_answered


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


def proposed(office: Office, request: Request) -> list[Appointment]:
    starts = make.open_starts(office, office.service("couple"), days=30)[-2:]
    decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=starts, now=NOW
    )
    make.let_decision_leave(request)
    return list(Appointment.objects.filter(request=request, state="held").order_by("rank"))


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


def says(person: Participant, said: dict[Any, bool], at: datetime) -> None:
    answers.answer_times(participant_id=person.pk, answers=said, now=at)


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
