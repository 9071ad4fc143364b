"""Editing hours and services: what is booked stays, and what comes after meets the new rules."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from booking.domain.availability import Reason
from booking.domain.refusals import InvalidRequest, NotTheirs, SlotTaken
from booking.models import Appointment, Request
from booking.operations import availability, calls, requests
from booking.operations.calls import Caller
from practice.domain.hours import Span, WeeklySpan
from practice.domain.wall import instant
from practice.models import Change, HoursOverride, Pending, Service, TimeOff, WeeklyHours
from practice.operations.services import ServiceSettings
from tests.booking import factories as make
from tests.booking.factories import NOW, Office

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = date(2026, 10, 20)
NO_TUESDAYS = [
    WeeklySpan(weekday, opens, closes)
    for weekday in (0, 2, 3, 4)
    for opens, closes in ((9 * 60, 13 * 60), (14 * 60, 18 * 60))
]


def at(hour: int, day: date = TUESDAY) -> datetime:
    return instant(day, hour * 60, NEW_YORK)


def call(office: Office, start: datetime) -> Request:
    """A booking by phone with everything on paper: booked at once."""
    return calls.book_for_caller(
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


def settings_of(service: Service, **changes: Any) -> ServiceSettings:
    known = {name: getattr(service, name) for name in ServiceSettings.__dataclass_fields__}
    return ServiceSettings(**{**known, **changes})


EDITS: list[tuple[Callable[[Office], availability.Saved], Reason]] = [
    (
        lambda o: availability.set_week(
            practitioner_id=o.practitioner.pk, spans=NO_TUESDAYS, now=NOW
        ),
        Reason.CLOSED,
    ),
    (
        lambda o: availability.set_days(
            practitioner_id=o.practitioner.pk, first=TUESDAY, last=TUESDAY, spans=[], now=NOW
        ),
        Reason.CLOSED,
    ),
    (
        lambda o: availability.set_days(
            practitioner_id=o.practitioner.pk,
            first=TUESDAY,
            last=TUESDAY,
            spans=[Span(9 * 60, 18 * 60, ("phone",))],
            now=NOW,
        ),
        Reason.WAY,
    ),
    (
        lambda o: availability.set_time_off(
            practitioner_id=o.practitioner.pk,
            starts_at=at(0),
            ends_at=at(12),
            label="",
            now=NOW,
        ),
        Reason.TIME_OFF,
    ),
]


@pytest.mark.parametrize(("edit", "reason"), EDITS)
def test_what_got_in_first_stays_and_is_in_the_answer(
    office: Office, edit: Callable[[Office], availability.Saved], reason: Reason
) -> None:
    booked = make.booked(office, times=[at(9)])
    request = make.verified(office, times=[at(10)])
    held = Appointment.objects.get(request=request, state="held")
    make.booked(office, times=[at(9, date(2026, 10, 21))])
    before = list(Appointment.objects.order_by("id").values())

    saved = edit(office)

    assert saved.outside == {booked.pk: {reason}, held.pk: {reason}}
    assert list(Appointment.objects.order_by("id").values()) == before
    assert not Pending.objects.filter(change__kind__in=["hours_changed", "days_changed"]).exists()


@pytest.mark.parametrize(("edit", "reason"), EDITS)
def test_what_comes_after_meets_the_new_hours(
    office: Office, edit: Callable[[Office], availability.Saved], reason: Reason
) -> None:
    asking = make.make_asking(office, times=[at(9)])

    edit(office)

    with pytest.raises(SlotTaken):
        requests.submit(asking=asking, now=NOW)
    if reason is not Reason.WAY:  # the practitioner's own choice may cross ways to meet
        with pytest.raises(SlotTaken):
            call(office, at(9))


def test_what_was_outside_before_is_no_news(office: Office) -> None:
    make.booked(office, times=[at(9)])
    availability.set_week(practitioner_id=office.practitioner.pk, spans=NO_TUESDAYS, now=NOW)

    again = availability.set_week(
        practitioner_id=office.practitioner.pk, spans=NO_TUESDAYS[2:], now=NOW
    )

    assert again.outside == {}


def test_somebody_elses_hours_and_bookings_are_left_alone(office: Office) -> None:
    robin = make.make_practitioner(slug="robin")
    appointment = make.booked(office, times=[at(9)])

    saved = availability.set_week(practitioner_id=robin.pk, spans=[], now=NOW)

    assert saved.outside == {}
    assert WeeklyHours.objects.filter(practitioner=office.practitioner).count() == 10
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"


def test_hours_that_are_over_stay_as_history(office: Office) -> None:
    over = WeeklyHours.objects.create(
        practitioner=office.practitioner,
        weekday=5,
        opens_minute=600,
        closes_minute=660,
        until_date=date(2026, 9, 1),
    )

    availability.set_week(practitioner_id=office.practitioner.pk, spans=NO_TUESDAYS, now=NOW)

    saturdays = WeeklyHours.objects.filter(practitioner=office.practitioner, weekday=5)
    assert [(w.opens_minute, w.until_date) for w in saturdays] == [(600, over.until_date)]


@pytest.mark.parametrize(
    "spans",
    [
        [WeeklySpan(0, 600, 540)],
        [WeeklySpan(0, 600, 1441)],
        [WeeklySpan(7, 600, 660)],
        [WeeklySpan(0, 600, 660), WeeklySpan(0, 630, 700)],
        [WeeklySpan(0, 600, 660, date(2026, 12, 2), date(2026, 12, 1))],
        [WeeklySpan(0, 600, 660, modalities=("pigeon",))],
    ],
)
def test_hours_that_cannot_be_are_refused_and_nothing_changes(
    office: Office, spans: list[WeeklySpan]
) -> None:
    with pytest.raises(InvalidRequest):
        availability.set_week(practitioner_id=office.practitioner.pk, spans=spans, now=NOW)

    assert WeeklyHours.objects.count() == 10
    assert not Change.objects.filter(kind="hours_changed").exists()


@pytest.mark.parametrize(
    ("last", "spans"),
    [
        (date(2026, 10, 19), []),
        (date(2026, 12, 20), []),
        (TUESDAY, [Span(600, 660), Span(630, 700)]),
    ],
)
def test_dates_that_cannot_be_are_refused(office: Office, last: date, spans: list[Span]) -> None:
    with pytest.raises(InvalidRequest):
        availability.set_days(
            practitioner_id=office.practitioner.pk, first=TUESDAY, last=last, spans=spans, now=NOW
        )

    assert not HoursOverride.objects.exists()


def test_time_off_of_somebody_else_cannot_be_changed(office: Office) -> None:
    robin = make.make_practitioner(slug="robin")
    row = TimeOff.objects.create(practitioner=robin, starts_at=at(9), ends_at=at(10))
    known: dict[str, Any] = {
        "practitioner_id": office.practitioner.pk,
        "time_off_id": row.pk,
        "now": NOW,
    }

    with pytest.raises(NotTheirs):
        availability.remove_time_off(**known)
    with pytest.raises(NotTheirs):
        availability.set_time_off(**known, starts_at=at(1), ends_at=at(2), label="")

    assert TimeOff.objects.get() == row


def test_a_service_changes_for_what_comes_only(office: Office) -> None:
    service = office.services["individual-50"]
    appointment = make.booked(office, times=[at(9)])
    before = Appointment.objects.filter(pk=appointment.pk).values().get()
    day = at(9)

    saved = availability.set_service(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        settings=settings_of(service, duration_minutes=80, modalities=["phone"], day_cap=1),
        now=NOW,
    )

    assert saved.outside == {appointment.pk: {Reason.WAY_OF_SERVICE}}
    assert Appointment.objects.filter(pk=appointment.pk).values().get() == before
    service.refresh_from_db()
    free = make.open_starts(office, service)
    assert day.date() not in {s.date() for s in free}
    assert free


def test_a_service_is_changed_only_by_whoever_offers_it(office: Office) -> None:
    robin = make.make_practitioner(slug="robin")
    service = office.services["individual-50"]

    with pytest.raises(NotTheirs):
        availability.set_service(
            practitioner_id=robin.pk, service_id=service.pk, settings=settings_of(service), now=NOW
        )


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"duration_minutes": 0}, {"step_minutes": 1}, {"modalities": []}]
)
def test_a_service_that_cannot_be_is_refused(office: Office, wrong: dict[str, Any]) -> None:
    service = office.services["individual-50"]

    with pytest.raises(InvalidRequest):
        availability.set_service(
            practitioner_id=office.practitioner.pk,
            service_id=service.pk,
            settings=settings_of(service, **wrong),
            now=NOW,
        )

    assert Service.objects.get(pk=service.pk).duration_minutes == 50
