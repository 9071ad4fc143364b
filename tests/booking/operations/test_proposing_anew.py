"""Other times in place of those proposed: nothing dead waits, and nobody learns who could not."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from booking.domain.refusals import DecisionWaiting, InvalidRequest
from booking.models import Appointment, Decision, Participant, Request, TimeAnswer
from booking.operations import answers, decisions
from booking.operations.sweep import sweep
from booking.queries.people import person_page
from booking.queries.together import may_propose_anew
from practice.models import Pending
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import fresh

pytestmark = pytest.mark.django_db

#: After the first proposal has left.
LATER = NOW + timedelta(hours=8)


def propose(
    office: Office, request: Request, starts: list[datetime], *, now: datetime = LATER
) -> datetime | None:
    decided = decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=starts, now=now
    )
    return decided.due_at


def proposed(office: Office, kind: str = "couple") -> tuple[Request, list[datetime]]:
    """A proposal that people have been told of, and starts for another one."""
    request = make.ready(office, kind)
    far = make.open_starts(office, office.service(kind), days=30)
    due_at = propose(office, request, far[-4:-2], now=NOW)
    if due_at is not None:
        sweep(now=due_at)
    return fresh(request), far[-2:]


def says(person: Participant, *, yes: bool, now: datetime = LATER) -> None:
    shown = person_page(person.pk, now=now).to_answer
    answers.answer_times(
        participant_id=person.pk, answers={t.appointment.pk: yes for t in shown}, now=now
    )


def seen_by(person: Participant, *, now: datetime = LATER) -> tuple[Any, ...]:
    page = person_page(person.pk, now=now)
    return (
        page.outward,
        [(t.appointment.starts_at, t.accepts) for t in (*page.to_answer, *page.answered)],
        page.answer_until,
    )


def test_what_somebody_refused_is_replaced_with_the_next_batch(office: Office) -> None:
    request, other = proposed(office)
    alex, sam = make.people_of(request)
    says(alex, yes=False)
    Pending.objects.all().delete()

    due_at = propose(office, request, other)

    assert due_at is not None
    assert not Pending.objects.exists()  # nobody hears of it before
    sweep(now=due_at)
    times = [t.appointment.starts_at for t in person_page(sam.pk, now=due_at).to_answer]
    assert times == other
    assert fresh(request).state == "proposed"
    assert [p.change.kind for p in Pending.objects.all()] == ["request_proposed"]
    assert set(Appointment.objects.filter(state="held").values_list("starts_at", flat=True)) == (
        set(other)
    )


def test_until_it_leaves_nobodys_page_says_anything_of_it(office: Office) -> None:
    request, other = proposed(office)
    alex, sam = make.people_of(request)
    says(alex, yes=False)
    before = [seen_by(person) for person in (alex, sam)]

    propose(office, request, other)

    assert [seen_by(person) for person in (alex, sam)] == before


def test_it_is_possible_whatever_people_have_answered(office: Office) -> None:
    refused, _other = proposed(office)
    says(make.people_of(refused)[0], yes=False)
    assert may_propose_anew(fresh(refused))

    Participant.objects.get(pk=make.people_of(refused)[0].pk).time_answers.update(accepts=True)

    assert may_propose_anew(fresh(refused))


def test_people_can_answer_the_old_times_until_it_leaves(office: Office) -> None:
    request, other = proposed(office)
    alex, sam = make.people_of(request)
    says(alex, yes=False)
    due_at = propose(office, request, other)
    assert due_at is not None

    says(sam, yes=False)  # now everybody has answered, in vain
    assert fresh(request).state == "ready"
    sweep(now=due_at)

    times = [t.appointment.starts_at for t in person_page(sam.pk, now=due_at).to_answer]
    assert (fresh(request).state, times) == ("proposed", other)


def test_nobody_can_be_said_to_suit_a_time_before_it_leaves(office: Office) -> None:
    request, other = proposed(office)
    _, sam = make.people_of(request)
    propose(office, request, other)
    hidden = Appointment.objects.get(request=request, state="held", starts_at=other[0])

    with pytest.raises(InvalidRequest):
        answers.answer_for(
            request_id=request.pk,
            participant_id=sam.pk,
            practitioner_id=office.practitioner.pk,
            accepted=[hidden.pk],
            they_told_me=True,
            now=LATER,
        )

    assert not TimeAnswer.objects.filter(participant=sam, accepts=False).exists()


def test_what_all_have_accepted_meanwhile_is_not_replaced(office: Office) -> None:
    request, other = proposed(office)
    alex, sam = make.people_of(request)
    says(alex, yes=True)
    due_at = propose(office, request, other)
    assert due_at is not None
    says(sam, yes=True)

    sweep(now=due_at)

    assert Decision.objects.latest("made_at").failure == "decided"
    held = Appointment.objects.filter(request=request, state="held")
    assert fresh(request).state == "ready"
    assert not held.filter(starts_at__in=other).exists()
    assert held.count() == 1


def test_a_replacement_taken_back_leaves_the_old_times_standing(office: Office) -> None:
    request, other = proposed(office)
    alex, _sam = make.people_of(request)
    before = seen_by(alex)
    propose(office, request, other)

    decisions.undo(request_id=request.pk, practitioner_id=office.practitioner.pk, now=LATER)

    assert seen_by(alex) == before
    assert not Appointment.objects.filter(state="held", starts_at__in=other).exists()


def test_one_replacement_waits_at_a_time(office: Office) -> None:
    request, other = proposed(office)
    propose(office, request, other)

    assert not may_propose_anew(fresh(request))
    with pytest.raises(DecisionWaiting):
        propose(office, request, other)


def test_of_one_person_alone_the_times_change_at_once(office: Office) -> None:
    request, other = proposed(office, "individual")
    alex = make.requester_of(request)

    due_at = propose(office, request, other)

    times = [t.appointment.starts_at for t in person_page(alex.pk, now=LATER).to_answer]
    assert (due_at, times) == (None, other)
