"""An edit of hours against bookings: who is first is heard, and nobody falls between."""

import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connections, transaction

from booking.domain.refusals import SlotTaken
from booking.models import Appointment, Request
from booking.operations import availability, calendar, calls, requests
from booking.operations.availability import Saved
from booking.operations.calls import Caller
from booking.operations.requests import Submitted
from booking.queries import availability as queries
from practice.domain.hours import Span, WeeklySpan
from practice.domain.wall import instant
from practice.models import HoursOverride, Practitioner, WeeklyHours
from practice.operations import hours
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import (
    PATIENCE,
    all_at_once,
    own_connection,
    wait_until_somebody_waits,
)

pytestmark = pytest.mark.django_db(transaction=True)

NEW_YORK = ZoneInfo("America/New_York")
TUESDAYS = (date(2026, 10, 20), date(2026, 10, 27))
ROUNDS = 6


@pytest.fixture
def office() -> Office:
    return make.make_office()


def starts() -> list[datetime]:
    """Eight starts of the two Tuesdays that do not stand in each other's way."""
    return [instant(day, hour * 60, NEW_YORK) for day in TUESDAYS for hour in (9, 11, 14, 16)]


def by_phone(office: Office, start: datetime) -> Callable[[], Request]:
    return lambda: calls.book_for_caller(
        practitioner_id=office.practitioner.pk,
        service_id=office.services["individual-50"].pk,
        starts_at=start,
        people=[Caller("Robin")],
        modality="video",
        country="US",
        region="NY",
        time_zone="America/New_York",
        forms_on_paper=True,
        now=NOW,
    )


def by_form(office: Office, start: datetime) -> Callable[[], Submitted]:
    asking = make.make_asking(office, times=[start])
    return lambda: requests.submit(asking=asking, now=NOW)


def no_tuesdays(office: Office) -> Callable[[], Saved]:
    spans = [WeeklySpan(weekday, 9 * 60, 18 * 60) for weekday in (0, 2, 3, 4)]
    return lambda: availability.set_week(
        practitioner_id=office.practitioner.pk, spans=spans, now=NOW
    )


def stands() -> set[UUID]:
    return set(
        Appointment.objects.filter(state__in=("held", "booked")).values_list("id", flat=True)
    )


@pytest.mark.parametrize("book", [by_phone, by_form])
def test_a_booking_that_got_in_first_is_listed_and_one_after_is_refused(
    office: Office, book: Callable[[Office, datetime], Callable[[], object]]
) -> None:
    for number in range(ROUNDS):
        bookings = [book(office, start) for start in starts()]
        place = (number * 2) % (len(bookings) + 1)

        outcomes = all_at_once([*bookings[:place], no_tuesdays(office), *bookings[place:]])

        [saved] = [o for o in outcomes if isinstance(o, Saved)]
        rest = [o for o in outcomes if not isinstance(o, Saved)]
        assert {type(o) for o in rest} <= {Request, Submitted, SlotTaken}, rest
        assert set(saved.outside) == stands()
        assert len(stands()) == sum(not isinstance(o, SlotTaken) for o in rest)
        begin_again(office)


def begin_again(office: Office) -> None:
    """The usual week once more, and nothing in it."""
    Appointment.objects.update(state="cancelled")
    WeeklyHours.objects.filter(practitioner=office.practitioner).delete()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner=office.practitioner,
            weekday=weekday,
            opens_minute=9 * 60,
            closes_minute=18 * 60,
        )
        for weekday in range(5)
    )


def test_two_edits_of_one_day_leave_one_of_them_whole(office: Office) -> None:
    """Deleting and writing rows side by side, they could leave a mixture, or each other's twice."""
    edits = [
        lambda opens=opens: availability.set_days(
            practitioner_id=office.practitioner.pk,
            first=TUESDAYS[0],
            last=TUESDAYS[0],
            spans=[
                Span(opens * 60, opens * 60 + 60),
                Span(opens * 60 + 120, opens * 60 + 180),
            ],
            now=NOW,
        )
        for opens in range(6, 16)
    ]

    outcomes = all_at_once(edits)

    assert {type(o) for o in outcomes} == {Saved}
    first, second = HoursOverride.objects.values_list("opens_minute", flat=True)
    assert (first or 0) + 120 == second


# --- The negative control -------------------------------------------------------------------------


def without_the_lock(office: Office) -> Callable[[], Saved]:
    """What a careless program does: look who is outside, think for a moment, write. No lock."""
    spans = [WeeklySpan(weekday, 9 * 60, 18 * 60) for weekday in (0, 2, 3, 4)]

    def edit() -> Saved:
        with transaction.atomic():
            practitioner = Practitioner.objects.get(pk=office.practitioner.pk)
            before = queries.outside(practitioner, now=NOW)
            hours.write_week(practitioner.pk, spans, now=NOW)
            after = queries.outside(practitioner, now=NOW)
            time.sleep(0.5)
        return Saved(queries.newly(before, after))

    return edit


def test_without_the_lock_bookings_fall_between(office: Office) -> None:
    """Or the tests above would prove nothing."""
    outcomes = all_at_once(
        [without_the_lock(office), *[by_phone(office, start) for start in starts()]]
    )

    [saved] = [o for o in outcomes if isinstance(o, Saved)]
    assert stands() - set(saved.outside), "nobody got in unseen: the race was not there"


def test_a_booking_that_waited_for_an_edit_of_its_service_follows_the_new_rules(
    office: Office,
) -> None:
    service = office.services["individual-50"]
    asking = make.make_asking(office)
    booked: list[Submitted] = []

    def book() -> None:
        own_connection()
        try:
            booked.append(requests.submit(asking=asking, now=NOW))
        finally:
            connections.close_all()

    booking = threading.Thread(target=book, daemon=True)
    with transaction.atomic():
        calendar.lock(office.practitioner.pk)
        booking.start()
        wait_until_somebody_waits()
        service.duration_minutes = 30
        service.save()
    booking.join(PATIENCE)

    held = Appointment.objects.get(request=booked[0].request)
    assert held.ends_at - held.starts_at == timedelta(minutes=30)
