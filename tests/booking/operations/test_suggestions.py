"""Times of one's own in answer to a proposal: for the practitioner to see, and nobody else."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from booking.domain.gate import Unmet
from booking.domain.refusals import GateClosed, InvalidRequest, SlotTaken
from booking.models import Appointment, Participant, Request, TimeAnswer
from booking.operations import answers, decisions, moves, participants, requests
from booking.operations.sweep import sweep
from booking.queries.gate import unmet_for
from booking.queries.people import person_page
from booking.queries.together import suggested_by, suggestions
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import fresh

pytestmark = pytest.mark.django_db

#: The next batch leaves at 17:00 in New York; a little later people answer.
LATER = datetime(2026, 10, 12, 22, 0, tzinfo=NOW.tzinfo)


def offered(office: Office, relationship_type: str = "couple", **changes: Any) -> Request:
    """Two times, proposed to people who had asked for another."""
    request = make.ready(office, relationship_type, **changes)
    service = office.service(relationship_type)
    propose(office, request, make.open_starts(office, service, days=30)[-2:])
    return request


def propose(
    office: Office, request: Request, starts: list[datetime], *, now: datetime = NOW
) -> None:
    decided = decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=starts, now=now
    )
    if decided.due_at is not None:
        make.let_decision_leave(request)


def held(request: Request) -> list[Appointment]:
    """What was proposed."""
    return list(
        Appointment.objects.filter(
            request=request, state="held", suggested_by__isnull=True
        ).order_by("rank")
    )


def own_times(
    office: Office, *, relationship_type: str = "couple", now: datetime = LATER
) -> list[datetime]:
    """Open starts a week ahead."""
    starts = make.open_starts(office, office.service(relationship_type), now=now)
    return [s for s in starts if s > now + timedelta(days=7)]


def says(
    person: Participant,
    *,
    yes: bool = False,
    instead: list[datetime] | None = None,
    now: datetime = LATER,
) -> None:
    answers.answer_times(
        participant_id=person.pk,
        answers={a.pk: yes for a in held(person.request)},
        suggestions=instead or [],
        now=now,
    )


def suggested(request: Request, *, now: datetime = LATER) -> list[tuple[Any, datetime]]:
    return [(s.suggested_by_id, s.starts_at) for s in suggestions(request, now=now)]


def seen_by(person: Participant, *, now: datetime = LATER) -> tuple[Any, ...]:
    """Everything of a person's page that could tell of somebody else."""
    page = person_page(person.pk, now=now)
    return (
        page.outward,
        [(t.appointment.pk, t.accepts) for t in (*page.to_answer, *page.answered)],
        page.answer_until,
        [s.starts_at for s in suggested_by(person.pk, now=now)],
    )


# --- Who sees it ----------------------------------------------------------------------------------


def test_a_suggestion_is_held_for_its_author_and_the_practitioner_alone(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    before = seen_by(sam)
    [start, other] = own_times(office)[:4:3]

    says(alex, instead=[other, start])

    assert suggested(request) == [(alex.pk, start), (alex.pk, other)]
    assert [s.starts_at for s in suggested_by(alex.pk, now=LATER)] == [start, other]
    assert seen_by(sam) == before
    assert start not in make.open_starts(office, office.service("couple"), now=LATER)
    # Candidates and suggestions are one thing being scheduled.
    assert len(set(request.appointments.filter(state="held").values_list("claim"))) == 1


def test_two_people_may_suggest_the_same_time_without_learning_of_it(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    [start] = own_times(office)[:1]

    says(alex, instead=[start])
    says(sam, instead=[start])

    assert suggested(request) == [(alex.pk, start), (sam.pk, start)]


@pytest.mark.parametrize("yes", [True, False])
def test_the_last_answer_changes_nothing_on_the_page_of_who_suggested(
    office: Office, yes: bool
) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    says(alex, yes=True, instead=own_times(office)[:2])
    before = seen_by(alex)

    says(sam, yes=yes)

    assert seen_by(alex) == before
    assert fresh(request).state == "ready"
    assert len(suggested(request)) == (0 if yes else 2)


def test_the_end_of_a_suggestion_does_not_move_when_others_answer(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    says(alex, instead=own_times(office)[:1])
    end = suggestions(request, now=LATER)[0].held_until

    says(sam, now=LATER + timedelta(hours=5))

    assert suggestions(request, now=LATER + timedelta(hours=5))[0].held_until == end
    announced = fresh(request).hold_ends_at
    assert announced is not None
    assert end is not None
    assert end > announced


def test_a_suggestion_keeps_no_proposal_open_past_its_announced_end(office: Office) -> None:
    request = offered(office)
    alex, _ = make.people_of(request)
    says(alex, instead=own_times(office)[:1])
    end = fresh(request).hold_ends_at
    assert end is not None

    sweep(now=end + timedelta(minutes=1))

    assert fresh(request).state == "ready"
    assert len(suggested(request, now=end + timedelta(minutes=1))) == 1
    assert suggested_by(alex.pk, now=end + timedelta(minutes=1)) == []
    assert Change.objects.filter(kind="hold_lapsed").count() == 1


def test_a_suggestion_is_no_answer_that_others_wait_for(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    says(alex, yes=True, instead=own_times(office)[:1])

    page = person_page(sam.pk, now=LATER)

    assert [t.appointment.pk for t in page.to_answer] == [a.pk for a in held(request)]
    assert (
        TimeAnswer.objects.filter(participant=alex).exclude(appointment__in=held(request)).count()
        == 1
    )  # the time first asked for


# --- What becomes of it ---------------------------------------------------------------------------


def test_once_everybody_accepts_an_offered_time_suggestions_are_released(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    start = own_times(office)[0]
    says(alex, yes=True, instead=[start])

    says(sam, yes=True)

    assert suggested(request) == []
    assert start in make.open_starts(office, office.service("couple"), now=LATER)
    assert unmet_for(fresh(request), now=LATER) == []


def test_a_suggestion_of_one_person_can_be_confirmed(office: Office) -> None:
    request = offered(office, "individual")
    [alex] = make.people_of(request)
    start, other = own_times(office, relationship_type="individual")[:2]
    says(alex, instead=[start, other])
    assert fresh(request).state == "ready"
    [_, chosen] = suggestions(request, now=LATER)

    decided = decisions.confirm(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        appointment_id=chosen.pk,
        now=LATER,
    )

    assert decided.appointment == chosen
    assert fresh(request).state == "confirmed"
    assert suggested(request) == []
    assert suggested_by(alex.pk, now=LATER) == []
    [told] = Change.objects.filter(kind="proposal_settled")
    assert told.snapshot == {"agreed": False, "suggested": 2}


def test_a_suggestion_of_one_of_several_cannot_be_confirmed(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    says(alex, instead=own_times(office)[:1])
    says(sam)
    [wish] = suggestions(request, now=LATER)

    with pytest.raises(GateClosed) as named:
        decisions.confirm(
            request_id=request.pk,
            practitioner_id=office.practitioner.pk,
            appointment_id=wish.pk,
            now=LATER,
        )
    assert named.value.reasons == [Unmet.TIME_NOT_ACCEPTED]
    assert unmet_for(fresh(request), now=LATER) == [Unmet.NO_TIME]


def test_the_practitioner_proposes_a_suggestion_to_all(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    start = own_times(office)[0]
    says(alex, instead=[start])
    says(sam)
    before = seen_by(alex), seen_by(sam)
    decided = decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=[start], now=LATER
    )
    assert (seen_by(alex), seen_by(sam)) == before

    make.let_decision_leave(request)

    assert decided.due_at is not None
    [candidate] = held(request)
    assert candidate.starts_at == start
    for person in (alex, sam):
        page = person_page(person.pk, now=decided.due_at)
        assert [t.appointment.pk for t in page.to_answer] == [candidate.pk]
        assert suggested_by(person.pk, now=decided.due_at) == []
    make.answer_all(request, [candidate.pk], now=decided.due_at)
    assert unmet_for(fresh(request), now=decided.due_at) == []


def test_an_undone_proposal_leaves_the_suggestion_as_it_was(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    start = own_times(office)[0]
    says(alex, instead=[start])
    says(sam)
    decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=[start], now=LATER
    )

    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=LATER)

    assert suggested(request) == [(alex.pk, start)]
    assert held(request) == []


def test_answering_again_replaces_what_was_suggested(office: Office) -> None:
    request = offered(office)
    alex, _ = make.people_of(request)
    first, second, third = own_times(office)[:9:4]
    says(alex, instead=[first, second])
    kept = suggestions(request, now=LATER)[1].pk

    says(alex, instead=[second, third])

    assert suggested(request) == [(alex.pk, second), (alex.pk, third)]
    assert suggestions(request, now=LATER)[0].pk == kept
    assert [s.starts_at for s in suggested_by(alex.pk, now=LATER)] == [second, third]
    says(alex)
    assert suggested(request) == []
    assert suggested_by(alex.pk, now=LATER) == []


def test_whoever_leaves_takes_their_suggestions_with_them(office: Office) -> None:
    request = offered(office, "non_monogamous", others=[make.partner("Kai"), make.partner("Noor")])
    _, kai, noor = make.people_of(request)
    starts = own_times(office, relationship_type="non_monogamous")
    says(kai, instead=starts[:1])
    says(noor, instead=starts[8:9])

    requests.withdraw(participant_id=noor.pk, now=LATER)

    assert suggested(request) == [(kai.pk, starts[0])]


def test_a_declined_request_holds_no_suggestion(office: Office) -> None:
    request = offered(office, "individual")
    [alex] = make.people_of(request)
    start = own_times(office, relationship_type="individual")[0]
    says(alex, instead=[start])

    decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=LATER)

    assert start in make.open_starts(office, office.service("individual"), now=LATER)
    assert suggested_by(alex.pk, now=LATER) == []


def test_going_on_with_one_person_makes_their_suggestion_one_to_confirm(office: Office) -> None:
    request = offered(office)
    alex, sam = make.people_of(request)
    start = own_times(office)[0]
    says(alex, instead=[start])

    participants.excuse(participant_id=sam.pk, practitioner_id=office.practitioner.pk, now=LATER)

    assert fresh(request).state == "ready"
    decided = decisions.confirm(
        request_id=request.pk, practitioner_id=office.practitioner.pk, now=LATER
    )
    assert decided.appointment is not None
    assert decided.appointment.starts_at == start


# --- What can be suggested ------------------------------------------------------------------------


def test_only_open_times_can_be_suggested_and_else_nothing_is_answered(office: Office) -> None:
    taken = make.booked(office, "couple").starts_at
    request = offered(office)
    alex, _ = make.people_of(request)

    with pytest.raises(SlotTaken) as refused:
        says(alex, yes=True, instead=[taken])

    assert refused.value.wanted == taken
    assert refused.value.alternatives
    assert not TimeAnswer.objects.filter(appointment__in=held(request)).exists()


@pytest.mark.parametrize("which", [[0, 4, 8, 12], [0, 0]])
def test_up_to_three_different_times_can_be_suggested(office: Office, which: list[int]) -> None:
    request = offered(office)
    alex, _ = make.people_of(request)
    starts = own_times(office)

    with pytest.raises(InvalidRequest) as refused:
        says(alex, instead=[starts[n] for n in which])

    assert [p.code for p in refused.value.problems] == ["up_to_three_times"]


def test_what_is_offered_already_needs_no_suggestion(office: Office) -> None:
    request = offered(office)
    alex, _ = make.people_of(request)

    says(alex, yes=True, instead=[held(request)[0].starts_at])

    assert suggested(request) == []


def test_a_move_is_answered_with_yes_or_no(office: Office) -> None:
    starts = own_times(office)
    appointment = make.booked(office, "couple", times=starts[-1:])
    assert appointment.request is not None
    alex, sam = make.people_of(appointment.request)
    moves.ask_move(
        appointment_id=appointment.pk, participant_id=alex.pk, starts=starts[:1], now=LATER
    )

    with pytest.raises(InvalidRequest):
        says(sam, instead=starts[4:5])
