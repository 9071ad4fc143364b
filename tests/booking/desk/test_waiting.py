"""What waits for a decision, and the number beside it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Appointment, Participant
from booking.operations import cancellations, decisions, participants, reviews
from booking.operations.sweep import sweep
from booking.queries.desk.waiting import waiting_count
from tests.booking import factories
from tests.booking.desk.at_the_desk import (
    counted,
    free_mornings,
    sign_in,
    started,
    suggested,
    text,
    url,
)
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_an_empty_list_says_so_kindly(desk: Client) -> None:
    page = text(desk.get(url("waiting")))

    assert "Nothing waits for you" in page


def test_what_waits_stands_in_the_order_of_urgency(
    desk: Client, office: Office, now: datetime
) -> None:
    factories.submitted(office)
    factories.verified(office, "couple")
    single = factories.ready(office)
    decisions.propose(
        request_id=factories.ready(office).pk,
        practitioner_id=office.practitioner.pk,
        starts=factories.open_starts(office, office.service("individual"))[-2:],
        now=now,
    )
    queued = factories.ready(office, "couple")
    decisions.confirm(request_id=queued.pk, practitioner_id=office.practitioner.pk, now=now)
    declined = factories.verified(office, "couple")
    sam = factories.people_of(declined)[1]
    participants.decline_invitation(participant_id=sam.pk, never_again=False, now=now)

    page = text(desk.get(url("waiting")))

    places = [
        page.index(f'id="{key}"')
        for key in ("ready", "left", "queued", "proposed", "gathering", "received")
    ]
    assert places == sorted(places)
    assert url("request", single.pk) in page
    assert "Sam has not come in yet (address not verified)" in page
    assert "Sam won&#x27;t take part" in page
    assert "2 decisions wait for you." in page
    assert waiting_count(office.practitioner.pk, now=now) == 2


def test_a_hold_that_lapsed_asks_for_other_times(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.ready(office)
    later = now + timedelta(days=4)
    sweep(now=later)

    with time_machine.travel(later, tick=False):
        sign_in(desk, office)
        page = text(desk.get(url("waiting")))

    assert 'id="no_time"' in page
    assert url("request", request.pk) in page
    assert waiting_count(office.practitioner.pk, now=later) == 1


def test_a_decision_that_could_not_leave_comes_back_with_the_reason(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.ready(office, "couple")
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)
    sam = factories.people_of(request)[1]
    Participant.objects.filter(pk=sam.pk).update(cleared_at=None)  # as intake would, in passing
    factories.let_decision_leave(request)

    waiting = text(desk.get(url("waiting")))
    page = text(desk.get(url("request", request.pk)))

    assert 'id="failed"' in waiting
    assert "Your decision could not leave" in page
    assert "Somebody has not finished their own part yet." in page


@pytest.mark.parametrize("name", ["waiting", "calendar", "agenda"])
def test_a_list_costs_as_many_queries_for_thirty_as_for_one(
    desk: Client, office: Office, now: datetime, name: str
) -> None:
    def fill(count: int) -> None:
        for n in range(count):
            if n % 3 == 2:
                factories.booked(office)
            else:
                factories.verified(office, ("individual", "couple")[n % 3])

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert desk.get(url(name), {"week": "2026-W42"}).status_code == 200
        return len(captured)

    fill(3)
    few = queries()
    fill(27)
    many = queries()

    assert many == few


def test_a_move_shows_the_clock_of_everyone_who_comes(desk: Client, office: Office) -> None:
    appointment = factories.booked(office, "couple")
    _alex, sam = factories.people_of(appointment.request)  # type: ignore[arg-type]
    type(sam).objects.filter(pk=sam.pk).update(time_zone="Europe/London")

    page = text(desk.get(url("move", appointment.pk)))

    assert "Chicago time (GMT-5), London time (GMT+1)" in page
    assert page.count("There: ") == 2


def test_a_move_begins_with_the_week_of_the_appointment(desk: Client, office: Office) -> None:
    own = started(office)
    last = Appointment.objects.filter(series=own).order_by("-starts_at")[0]

    page = text(desk.get(url("move", last.pk)))

    assert "Mon 9 Nov" in page
    assert "Mon 12 Oct" not in page.split('id="times"')[1]


@pytest.mark.parametrize("name", ["groups", "waitlist", "group", "waiting", "agenda"])
def test_a_page_costs_as_many_queries_for_thirty_as_for_one(
    desk: Client, office: Office, name: str
) -> None:
    cohort = factories.published(office, seats=20)

    dates = iter(free_mornings(100))

    def fill(count: int) -> None:
        for n in range(count):
            if name == "groups":
                factories.published(office, starts=[next(dates)])
            elif name == "waitlist":
                factories.waiting(office)
            elif n < count // 2:
                factories.member(office, cohort, name=f"P{n}", times=[], wait=True)
            else:
                factories.ready(
                    office, "group", cohort=cohort.slug, seat_name=f"P{n}", times=[], wait=True
                )

    def queries() -> int:
        args: list[UUID] = [cohort.pk] if name == "group" else []
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(url(name, *args)).status_code == 200
        return len(captured)

    fill(2)
    few = queries()
    fill(28)
    many = queries()

    assert many == few


def test_the_board_and_the_number_beside_it_agree_whatever_waits(
    desk: Client, office: Office, now: datetime
) -> None:
    makers: list[Callable[[], Any]] = [
        lambda: factories.ready(office),
        lambda: factories.ready(office, "couple"),
        lambda: factories.verified(office),
        lambda: factories.verified(office, times=[], wait=True),
        lambda: factories.waiting(office),
        lambda: factories.waiting(office, "couple"),
        lambda: factories.finding(office),
        lambda: suggested(office),
        lambda: suggested(office, "couple"),
    ]
    for make in makers:
        make()
        shown, beside = counted(office)
        assert shown == beside
    assert desk.get(url("waiting")).status_code == 200


def test_a_cancelled_turn_offers_no_new_times(desk: Client, office: Office) -> None:
    own = started(office)
    first = Appointment.objects.filter(series=own).order_by("starts_at")[0]

    page = text(desk.get(url("appointment", first.pk)))
    desk.post(url("cancel", first.pk), {"new_times": "on"})

    assert "The other dates of the series stand." in page
    assert "Offer three new times" not in page
    assert not Appointment.objects.filter(request=own.request, state="held").exists()


def test_a_cancelled_appointment_is_not_repeated(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    cancellations.cancel_by_practitioner(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        offer_new_times=False,
        now=factories.NOW,
    )

    response = desk.get(url("repeat", appointment.pk))

    assert response.status_code == 302


def test_a_request_that_a_review_holds_comes_first_and_is_counted_wherever_else_it_stood(
    desk: Client, office: Office, now: datetime
) -> None:
    factories.ready(office)
    gathering = factories.verified(office, "couple")
    proposed = factories.ready(office)
    decisions.propose(
        request_id=proposed.pk,
        practitioner_id=office.practitioner.pk,
        starts=factories.open_starts(office, office.service("individual"))[-2:],
        now=now,
    )
    queued = factories.ready(office, "couple")
    decisions.confirm(request_id=queued.pk, practitioner_id=office.practitioner.pk, now=now)
    before = counted(office)
    for held in (gathering, proposed, queued):
        with transaction.atomic():
            reviews.open_review(request_id=held.pk, now=now)

    page = text(desk.get(url("waiting")))

    assert page.index('id="review"') < page.index('id="ready"')
    assert 'id="gathering"' not in page
    first = page.split('id="ready"')[0].split('id="review"')[1]
    for held in (gathering, proposed, queued):
        assert reverse("desk-review", args=[held.pk]) in first
    assert url("undo", queued.pk) in first
    assert "4 decisions wait for you." in page
    assert (before, counted(office)) == ((1, 1), (4, 4))
