"""A time that suits everybody is confirmed while others want it, or while somebody changes theirs.

That this harness sees a double booking where there is one shows the negative control in
`test_double_booking.py`.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import connection

from booking.domain.refusals import DecisionWaiting, GateClosed, SlotTaken
from booking.models import Appointment, Decision, Request
from booking.operations import decisions, requests, together
from booking.operations.decisions import Outcome
from booking.operations.requests import Submitted
from booking.queries.together import ballot
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 20


@pytest.fixture
def office() -> Office:
    return make.make_office()


def agreeing(office: Office, *, nth: int) -> tuple[Request, datetime]:
    """Two people whom the nth open start suits, and that start."""
    request = make.finding(office)
    people = make.people_of(request)
    found = ballot(people[0].pk, now=NOW)
    assert found is not None
    start = [time.starts_at for _, times in found.days for time in times][nth]
    for person in people:
        make.mark(person, can=[start])
    return request, start


def confirming(office: Office, request: Request, start: datetime) -> Callable[[], Outcome]:
    return partial(
        decisions.confirm,
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start,
        now=NOW,
    )


def overlaps() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM booking_appointment a JOIN booking_appointment b
                ON a.practitioner_id = b.practitioner_id AND a.id < b.id AND a.claim <> b.claim
               AND tstzrange(a.blocked_from, a.blocked_until)
                   && tstzrange(b.blocked_from, b.blocked_until)
             WHERE a.state IN ('held', 'booked') AND b.state IN ('held', 'booked')
            """
        )
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("nth", [3, 9])
def test_a_time_for_everybody_and_new_requests_for_it_have_one_winner(
    office: Office, nth: int
) -> None:
    request, start = agreeing(office, nth=nth)
    asking = [make.make_asking(office, times=[start]) for _ in range(CLIENTS)]
    calls: list[Callable[[], Any]] = [
        partial(requests.submit, asking=one, now=NOW) for one in asking
    ]
    calls.insert(CLIENTS // 2, confirming(office, request, start))

    outcomes = all_at_once(calls)

    winners = [o for o in outcomes if isinstance(o, Outcome | Submitted)]
    assert len(winners) == 1
    refused = [o for o in outcomes if o not in winners]
    assert {type(o) for o in refused} == {SlotTaken}
    assert Appointment.objects.filter(state="held").count() == 1
    assert Decision.objects.count() == sum(isinstance(o, Outcome) for o in winners)
    assert overlaps() == 0


def test_two_parties_whom_the_same_time_suits_have_one_winner(office: Office) -> None:
    one, start = agreeing(office, nth=3)
    other, same = agreeing(office, nth=3)
    assert start == same

    outcomes = all_at_once([confirming(office, r, start) for r in (one, other) * 4])

    counted = Counter(type(o) for o in outcomes)
    assert counted == {Outcome: 1, DecisionWaiting: 3, SlotTaken: 4}
    assert overlaps() == 0


def test_a_confirmation_and_a_change_of_mind_never_book_what_does_not_suit(office: Office) -> None:
    request, start = agreeing(office, nth=30)
    sam = make.people_of(request)[1]

    calls: list[Callable[[], Any]] = [
        confirming(office, request, start),
        partial(together.vote, participant_id=sam.pk, marks={}, now=NOW),
    ]

    outcomes = all_at_once(calls)

    assert outcomes[1] is None
    assert isinstance(outcomes[0], Outcome | GateClosed)
    if isinstance(outcomes[0], Outcome):
        make.let_decision_leave(request)
    assert not Appointment.objects.filter(request=request, state="booked").exists()
    assert not Appointment.objects.filter(request=request, state="held").exists()
