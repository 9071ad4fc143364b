"""The waitlist, as the practitioner sees it."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from booking.domain.waiting import DayPart, Wishes
from booking.models import Appointment
from booking.operations import waitlist
from tests.booking import factories
from tests.booking.desk.at_the_desk import counted, sign_in, text, url
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def test_the_waitlist_stands_in_the_order_of_its_turns(desk: Client, office: Office) -> None:
    first = factories.waiting(office)
    unfinished = factories.verified(office, times=[], wait=True)
    second = factories.waiting(office, now=factories.NOW + timedelta(minutes=1))

    page = text(desk.get(url("waitlist")))
    waiting = text(desk.get(url("waiting")))

    places = [page.index(url("request", r.pk)) for r in (first, second, unfinished)]
    assert places == sorted(places)
    assert "Alex has not finished" in page
    assert 'id="waitlist"' in waiting
    assert counted(office) == (0, 0)


def test_what_somebody_said_would_suit_them_stands_beside_their_name(
    desk: Client, office: Office
) -> None:
    factories.waiting(office)
    unsaid = text(desk.get(url("waitlist")))
    picky = factories.waiting(office, time_zone="Europe/London")
    wishes = Wishes(
        weekdays=frozenset({0, 4}),
        parts=frozenset({DayPart.EVENING, DayPart.MORNING}),
        from_date=date(2026, 11, 2),
    )
    alex = factories.requester_of(picky)
    waitlist.join(participant_id=alex.pk, wishes=wishes, now=factories.NOW)

    page = text(desk.get(url("waitlist")))

    said = "Monday, Friday; in the morning, in the evening; from Mon 2 Nov 2026 on (London time"
    assert "What suits them" not in unsaid
    assert page.count("What suits them") == 1
    assert f"What suits them: {said}" in page


def test_a_cancelled_time_is_offered_to_the_waitlist(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    request = factories.waiting(office)

    desk.post(url("cancel", appointment.pk), {"to_waitlist": "on"})
    pages = [text(desk.get(url("waitlist"))), text(desk.get(url("request", request.pk)))]

    held = Appointment.objects.get(request=request, state="held")
    assert held.starts_at == appointment.starts_at
    assert "Offered" in pages[0]
    assert "A time opened up for them" in pages[1]


def test_a_time_that_waits_for_the_morning_is_not_shown_as_theirs_yet(
    desk: Client, office: Office
) -> None:
    request = factories.waiting(office)
    night = datetime(2026, 10, 12, 23, 30, tzinfo=NEW_YORK)
    appointment = factories.booked(office)

    with time_machine.travel(night, tick=False):
        sign_in(desk, office)
        desk.post(url("cancel", appointment.pk), {"to_waitlist": "on"})
        page = text(desk.get(url("request", request.pk)))
        waiting = text(desk.get(url("waitlist")))
        counts = counted(office)

    assert "in their daytime" in page
    assert "held for them; they are told" in waiting
    assert counts == (0, 0)


def test_without_the_tick_nobody_on_the_waitlist_gets_the_time(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office)
    request = factories.waiting(office)

    desk.post(url("cancel", appointment.pk))

    assert not Appointment.objects.filter(request=request, state="held").exists()
    assert "Nobody waits" not in text(desk.get(url("waitlist")))
