"""Decisions that meet: one is carried out, and whoever comes second is told so."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from booking.domain.refusals import DecisionWaiting, GateClosed, SlotTaken
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Attendance, Decision, Request
from booking.operations import calendar, decisions, links, requests
from booking.operations.decisions import Outcome
from booking.queries.together import ballot
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import (
    Answer,
    Post,
    all_at_once,
    lingering_writes,
    no_deadlock,
    overlaps,
    post_all_at_once,
    refused,
    without_constraint,
)
from tests.conftest import Site

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRMATIONS = 50


@pytest.fixture
def office() -> Office:
    return make.make_office()


def confirming(
    office: Office, request: Request, starts_at: datetime | None = None
) -> Callable[[], Outcome]:
    return partial(
        decisions.confirm,
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=starts_at,
        now=NOW,
    )


# --- Confirmations of overlapping requests --------------------------------------------------------


def parties(office: Office, count: int, *, now: datetime = NOW) -> list[tuple[Request, datetime]]:
    """Couples whom two days suit, and for each a start of these days: far more than fit."""
    found = []
    for number in range(count):
        request = make.finding(office, now=now)
        people = make.people_of(request)
        asked = ballot(people[0].pk, now=now)
        assert asked is not None
        starts = [time.starts_at for _, times in asked.days[4:6] for time in times]
        for person in people:
            make.mark(person, can=starts, now=now)
        found.append((request, starts[(5 * number) % len(starts)]))
    return found


def assert_what_fits_is_confirmed(
    wishes: Sequence[tuple[Request, datetime]], outcomes: Sequence[Outcome | Exception]
) -> None:
    """`outcomes` of two confirmations for each of the wishes."""
    told = Counter(type(o) for o in refused(outcomes))
    won = assert_what_fits_is_held(wishes)
    assert told == {DecisionWaiting: won, SlotTaken: CONFIRMATIONS - 2 * won}


def assert_what_fits_is_held(wishes: Sequence[tuple[Request, datetime]]) -> int:
    """How many have won."""
    held = list(Appointment.objects.filter(state="held"))
    won = {a.request_id for a in held}
    assert overlaps() == 0
    assert 1 < len(held) == len(won) == Decision.objects.count()
    for request, start in wishes:
        wanted = blocked(request, start)
        assert request.pk in won or any(
            a.blocked_from < wanted.blocked_until and wanted.blocked_from < a.blocked_until
            for a in held
        ), f"{start} was refused though it was free"
    return len(won)


def blocked(request: Request, start: datetime) -> Appointment:
    return calendar.placed(
        Appointment(practitioner=request.practitioner, service=request.service), start
    )


def test_of_fifty_confirmations_of_overlapping_requests_those_that_fit_win(office: Office) -> None:
    wishes = parties(office, CONFIRMATIONS // 2)
    calls = [confirming(office, request, start) for request, start in wishes] * 2

    with no_deadlock():
        outcomes = all_at_once(calls)

    assert_what_fits_is_confirmed(wishes, outcomes)


def test_of_fifty_confirmations_over_the_api_those_that_fit_win(office: Office, site: Site) -> None:
    each = 5
    wishes = parties(office, CONFIRMATIONS // each, now=timezone.now())
    posts = [
        replace(confirm_post(office, site, request), body={"start": start.isoformat()})
        for request, start in wishes
    ]

    answers = post_all_at_once(posts * each)

    won = assert_what_fits_is_held(wishes)
    told = Counter((a.status, a.body.get("code")) for a in answers)
    assert told == {
        (202, None): won,
        (409, "decision_waiting"): won * (each - 1),
        (409, "slot_taken"): CONFIRMATIONS - won * each,
    }


def test_without_locks_and_constraint_these_confirmations_overlap(office: Office) -> None:
    wishes = parties(office, 8)
    calls = [confirming(office, request, wishes[0][1]) for request, _ in wishes]

    with without_constraint(), lingering_writes("booking_appointment"):
        all_at_once(calls, has_locks=False)
        seen = overlaps()

    assert seen > 0


# --- Confirmations of one request -----------------------------------------------------------------


def assert_confirmed_once(request: Request, outcomes: Sequence[Any]) -> None:
    assert len(refused(outcomes)) == len(outcomes) - 1
    assert Change.objects.filter(kind="request_confirmed", subject_id=request.pk).count() == 1
    booked = Appointment.objects.get(request=request, state="booked")
    assert Attendance.objects.filter(appointment=booked).count() == 1


@pytest.mark.parametrize(
    ("relationship_type", "refusal"), [("individual", GateClosed), ("couple", DecisionWaiting)]
)
def test_of_many_confirmations_one_wins_and_the_others_are_told(
    office: Office, relationship_type: str, refusal: type[Exception]
) -> None:
    request = make.ready(office, relationship_type)

    with no_deadlock():
        outcomes = all_at_once([confirming(office, request)] * CONFIRMATIONS)

    assert Counter(type(o) for o in outcomes) == {Outcome: 1, refusal: CONFIRMATIONS - 1}
    if relationship_type == "individual":
        assert_confirmed_once(request, outcomes)


def test_without_locks_this_race_does_see_two_winners(office: Office) -> None:
    request = make.ready(office)

    with lingering_writes("booking_appointment"):
        outcomes = all_at_once([confirming(office, request)] * 5, has_locks=False)

    with pytest.raises(AssertionError):
        assert_confirmed_once(request, outcomes)


def test_of_fifty_confirmations_over_the_api_one_wins(office: Office, site: Site) -> None:
    request = make.ready(office, now=timezone.now())

    answers = post_all_at_once([confirm_post(office, site, request)] * CONFIRMATIONS)

    assert Counter(a.status for a in answers) == {200: 1, 409: CONFIRMATIONS - 1}
    assert {a.body["code"] for a in answers if a.status == 409} == {"gate_closed"}
    assert Appointment.objects.filter(state="booked").count() == 1


# --- Confirm against withdraw ---------------------------------------------------------------------


def withdrawing(request: Request) -> Callable[[], None]:
    return partial(requests.withdraw, participant_id=make.requester_of(request).pk, now=NOW)


def assert_confirmed_or_withdrawn(request: Request, outcomes: Sequence[Any]) -> None:
    [told] = refused(outcomes)
    assert isinstance(told, GateClosed | TransitionNotAllowed)
    request.refresh_from_db()
    booked = Appointment.objects.filter(request=request, state="booked").count()
    ends = Change.objects.filter(
        subject_id=request.pk, kind__in=("request_confirmed", "request_withdrawn")
    )
    assert (request.state, booked) in (("confirmed", 1), ("withdrawn", 0))
    assert [change.kind for change in ends] == [f"request_{request.state}"]


def test_a_confirmation_and_a_withdrawal_have_one_winner(office: Office) -> None:
    pairs = [make.ready(office) for _ in range(10)]
    calls: list[Callable[[], Any]] = []
    for number, request in enumerate(pairs):
        both: list[Callable[[], Any]] = [confirming(office, request), withdrawing(request)]
        calls += both[:: 1 if number % 2 else -1]

    with no_deadlock():
        outcomes = all_at_once(calls)

    for number, request in enumerate(pairs):
        assert_confirmed_or_withdrawn(request, outcomes[2 * number : 2 * number + 2])
    assert overlaps() == 0


def test_without_locks_this_race_does_see_both_win(office: Office) -> None:
    request = make.ready(office)

    with lingering_writes("booking_appointment", "booking_request"):
        outcomes = all_at_once([confirming(office, request), withdrawing(request)], has_locks=False)

    with pytest.raises((AssertionError, ValueError)):
        assert_confirmed_or_withdrawn(request, outcomes)


def test_over_the_api_a_confirmation_and_a_withdrawal_have_one_winner(
    office: Office, site: Site
) -> None:
    pairs = [make.ready(office, now=timezone.now()) for _ in range(6)]
    posts = [
        post
        for request in pairs
        for post in (confirm_post(office, site, request), withdraw_post(site, request))
    ]

    answers = post_all_at_once(posts)

    for number, request in enumerate(pairs):
        confirmed, withdrawn = answers[2 * number : 2 * number + 2]
        assert_one_of_two(request, confirmed, withdrawn)


def assert_one_of_two(request: Request, confirmed: Answer, withdrawn: Answer) -> None:
    request.refresh_from_db()
    if request.state == "confirmed":
        assert (confirmed.status, withdrawn.status) == (200, 409)
        assert withdrawn.body["code"] == "not_allowed_now"
    else:
        assert (request.state, confirmed.status, withdrawn.status) == ("withdrawn", 409, 200)
        assert confirmed.body["code"] == "gate_closed"


def confirm_post(office: Office, site: Site, request: Request) -> Post:
    return Post(
        f"{site.url}/api/v1/requests/{request.pk}/confirm/",
        headers={"Authorization": f"Bearer {make.api_token(office.practitioner)}"},
    )


def withdraw_post(site: Site, request: Request) -> Post:
    link = make.link_of(make.requester_of(request))
    return Post(
        f"{site.url}/api/v1/requests/{request.pk}/withdraw/",
        headers={"Authorization": f"Link {links.token(link.id)} {links.code(link.id)}"},
    )
