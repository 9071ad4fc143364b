"""An edit of hours against bookings: who is first is heard, and nobody falls between."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import connections, transaction
from rest_framework.test import APIClient

from booking.domain.asking import Asking
from booking.domain.refusals import InvalidRequest, SlotTaken
from booking.models import Appointment, Poll, Request
from booking.operations import availability, calendar, calls, requests
from booking.operations.availability import Saved
from booking.operations.calls import Caller
from booking.operations.requests import Submitted
from booking.queries import availability as queries
from practice.domain.hours import Span, WeeklySpan
from practice.domain.wall import instant, zone
from practice.models import HoursOverride, Practitioner, Service, WeeklyHours
from practice.operations import hours
from practice.operations.services import settings_of
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
    asking = make.make_asking(office)

    outcome = asked_while(office, asking, changes(office, duration_minutes=30))

    assert isinstance(outcome, Submitted)
    held = Appointment.objects.get(request=outcome.request)
    assert held.ends_at - held.starts_at == timedelta(minutes=30)


def test_a_booking_that_waited_while_the_practitioner_moved_stands_in_their_new_zone(
    office: Office,
) -> None:
    service = office.services["individual-50"]
    before = set(make.open_starts(office, service))
    office.practitioner.time_zone = "America/Chicago"
    start = min(before & set(make.open_starts(office, service)))

    outcome = asked_while(office, make.make_asking(office, times=[start]), office.practitioner.save)

    assert isinstance(outcome, Submitted)
    held = Appointment.objects.get(request=outcome.request)
    here = start.astimezone(zone("America/Chicago"))
    assert (held.wall_zone, held.wall_start) == ("America/Chicago", f"{here:%Y-%m-%dT%H:%M}")


WITHOUT_TIMES = pytest.mark.parametrize("way", [{"wait": True}, {"find_together": True}])


@WITHOUT_TIMES
def test_asking_without_a_time_is_refused_too_when_the_service_was_withdrawn_meanwhile(
    office: Office, way: dict[str, Any]
) -> None:
    asking = make.make_asking(office, "couple", times=(), **way)

    outcome = asked_while(office, asking, changes(office, "couple-80", is_active=False))

    assert isinstance(outcome, InvalidRequest)
    assert [p.code for p in outcome.problems] == ["unknown_service"]
    assert not Request.objects.exists()


def test_people_who_waited_for_an_edit_are_asked_about_the_days_that_are_open_now(
    office: Office,
) -> None:
    asking = make.make_asking(office, "couple", times=(), find_together=True)

    outcome = asked_while(office, asking, changes(office, "couple-80", horizon_days=5))

    assert isinstance(outcome, Submitted)
    poll = Poll.objects.get(request=outcome.request)
    assert poll.until_date <= NOW.date() + timedelta(days=6)


def two_edits_of_one_service(office: Office, *edits: Callable[[], Any]) -> tuple[str, int]:
    """What is left of a new name and a new length, asked for at once by two people."""
    outcomes = all_at_once(edits)
    assert [o for o in outcomes if isinstance(o, Exception)] == []
    service = Service.objects.get(pk=office.services["individual-50"].pk)
    return service.name, service.duration_minutes


def test_two_who_change_different_settings_of_one_service_are_both_heard(office: Office) -> None:
    def change(**wanted: Any) -> Callable[[], Any]:
        return lambda: availability.change_service(
            practitioner_id=office.practitioner.pk,
            service_id=office.services["individual-50"].pk,
            changes=wanted,
            now=NOW,
        )

    for number in range(ROUNDS):
        left = two_edits_of_one_service(
            office, change(name=f"Talk {number}"), change(duration_minutes=30 + 5 * number)
        )

        assert left == (f"Talk {number}", 30 + 5 * number)


def test_whoever_looks_before_the_lock_and_writes_all_they_saw_loses_one_of_the_two(
    office: Office,
) -> None:
    """Or the test above would prove nothing."""
    known = office.services["individual-50"]
    looked = threading.Barrier(2)

    def careless(**wanted: Any) -> Callable[[], Any]:
        def edit() -> None:
            settings = replace(settings_of(Service.objects.get(pk=known.pk)), **wanted)
            looked.wait(PATIENCE)
            availability.set_service(
                practitioner_id=office.practitioner.pk,
                service_id=known.pk,
                settings=settings,
                now=NOW,
            )

        return edit

    left = two_edits_of_one_service(office, careless(name="Talk"), careless(duration_minutes=30))

    assert left in ((known.name, 30), ("Talk", known.duration_minutes))


def test_a_program_that_waited_for_an_edit_changes_only_what_it_sent(office: Office) -> None:
    """It has read the service before the lock, and writes nothing of what it read."""
    service = office.services["individual-50"]
    headers = {"Authorization": f"Bearer {make.api_token(office.practitioner)}"}
    answers: list[Any] = []

    def patch() -> None:
        own_connection()
        try:
            answers.append(
                APIClient().patch(
                    f"/api/v1/availability/services/{service.pk}/",
                    {"day_cap": 3},
                    format="json",
                    headers=headers,
                )
            )
        finally:
            connections.close_all()

    thread = threading.Thread(target=patch, daemon=True)
    with transaction.atomic():
        calendar.lock(office.practitioner.pk)
        thread.start()
        wait_until_somebody_waits()
        Service.objects.filter(pk=service.pk).update(name="Talk", duration_minutes=30)
    thread.join(PATIENCE)

    assert [a.status_code for a in answers] == [200]
    service.refresh_from_db()
    assert (service.name, service.duration_minutes, service.day_cap) == ("Talk", 30, 3)


def changes(office: Office, slug: str = "individual-50", **fields: Any) -> Callable[[], Any]:
    return partial(Service.objects.filter(pk=office.services[slug].pk).update, **fields)


def asked_while(office: Office, asking: Asking, change: Callable[[], Any]) -> Submitted | Exception:
    """How asking ends that came to the lock before this change, and got it afterwards."""
    outcomes: list[Submitted | Exception] = []

    def ask() -> None:
        own_connection()
        try:
            outcomes.append(requests.submit(asking=asking, now=NOW))
        except Exception as error:  # noqa: BLE001 - what was raised is the outcome
            outcomes.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=ask, daemon=True)
    with transaction.atomic():
        calendar.lock(office.practitioner.pk)
        thread.start()
        wait_until_somebody_waits()
        change()
    thread.join(PATIENCE)
    return outcomes[0]
