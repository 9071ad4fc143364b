"""Another time zone against bookings: who is first is heard, and nobody falls between."""

import time
from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

import pytest
from django.db import transaction

from booking.domain.refusals import ChangedMeanwhile, SlotTaken
from booking.models import Appointment
from booking.operations import availability, requests
from booking.operations.availability import Saved
from booking.operations.requests import Submitted
from booking.queries import availability as queries
from booking.queries import versions
from practice.domain.wall import instant
from practice.models import Change, Practitioner
from practice.operations import hours
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.booking.races.harness import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAYS = (date(2026, 10, 20), date(2026, 10, 27))
ROUNDS = 4
#: Its working days are New York's nights: what is booked by day never fits there.
FAR_AWAY = "Asia/Tokyo"


@pytest.fixture
def office() -> Office:
    return make.make_office()


def bookings(office: Office) -> list[Callable[[], Submitted]]:
    """Eight starts of the two Tuesdays that do not stand in each other's way."""
    starts = [instant(day, hour * 60, NEW_YORK) for day in TUESDAYS for hour in (9, 11, 14, 16)]
    return [by_form(office, start) for start in starts]


def by_form(office: Office, start: datetime) -> Callable[[], Submitted]:
    asking = make.make_asking(office, times=[start])
    return lambda: requests.submit(asking=asking, now=NOW)


def moving(office: Office, to: str, *, seen: str | None = None) -> Callable[[], Saved]:
    return lambda: availability.set_time_zone(
        practitioner_id=office.practitioner.pk, time_zone=to, now=NOW, seen=seen
    )


def stands() -> set[UUID]:
    return set(
        Appointment.objects.filter(state__in=("held", "booked")).values_list("id", flat=True)
    )


def test_a_booking_that_got_in_first_is_listed_and_one_after_is_refused(office: Office) -> None:
    for number in range(ROUNDS):
        wanted = bookings(office)
        place = number * 2 + 1

        outcomes = all_at_once([*wanted[:place], moving(office, FAR_AWAY), *wanted[place:]])

        [saved] = [o for o in outcomes if isinstance(o, Saved)]
        rest = [o for o in outcomes if not isinstance(o, Saved)]
        assert {type(o) for o in rest} <= {Submitted, SlotTaken}, rest
        assert set(saved.outside) == stands()
        assert {a.wall_zone for a in Appointment.objects.filter(pk__in=stands())} <= {
            "America/New_York"
        }
        Appointment.objects.update(state="cancelled")
        Practitioner.objects.update(time_zone="America/New_York")


def test_of_two_who_choose_different_zones_at_once_one_is_told_of_the_other(
    office: Office,
) -> None:
    seen = versions.of_time_zone(office.practitioner.pk)

    outcomes = all_at_once(
        [moving(office, FAR_AWAY, seen=seen), moving(office, "Europe/London", seen=seen)]
    )

    assert sorted(type(o).__name__ for o in outcomes) == [ChangedMeanwhile.__name__, Saved.__name__]
    [change] = Change.objects.filter(kind="time_zone_changed")
    assert change.snapshot["time_zone"] == Practitioner.objects.get().time_zone


# --- The negative control -------------------------------------------------------------------------


def without_the_lock(office: Office) -> Callable[[], Saved]:
    """What a careless program does: look who is outside, think for a moment, write. No lock."""

    def edit() -> Saved:
        with transaction.atomic():
            practitioner = Practitioner.objects.get(pk=office.practitioner.pk)
            before = queries.outside(practitioner, now=NOW)
            practitioner.time_zone = FAR_AWAY
            after = queries.outside(practitioner, now=NOW)
            time.sleep(0.5)
            practitioner.time_zone = "America/New_York"
            hours.write_time_zone(practitioner, FAR_AWAY, now=NOW)
        return Saved(queries.newly(before, after))

    return edit


def test_without_the_lock_bookings_fall_between(office: Office) -> None:
    """Or the tests above would prove nothing."""
    outcomes = all_at_once([without_the_lock(office), *bookings(office)])

    [saved] = [o for o in outcomes if isinstance(o, Saved)]
    assert stands() - set(saved.outside), "nobody got in unseen: the race was not there"
