"""What took place, or was missed, keeps its time and counts as it did when it was booked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module

import pytest
from django.db import IntegrityError, connection
from pytest_django import DjangoAssertNumQueries

from booking.domain.availability import Reason
from booking.domain.refusals import SlotTaken
from booking.domain.states import TransitionNotAllowed
from booking.models import NO_OVERLAP, Appointment
from booking.operations import appointments, availability
from booking.operations.calendar import constraint_of
from booking.operations.sweep import sweep
from booking.queries import availability as availability_queries
from booking.queries import calendar
from practice.models import EnergyRule, Service
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, Office
from tests.booking.races.harness import overlaps, without_constraint

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Of October 2026, whose 19th is a Monday."""
    return datetime(2026, 10, day, hour, minute, tzinfo=NEW_YORK)


TEN = at(21, 10)


@pytest.fixture
def office() -> Office:
    """What can be asked for can be asked for until it begins."""
    office = make.make_office()
    Service.objects.update(notice_minutes=0, step_minutes=5)
    for service in office.services.values():
        service.refresh_from_db()
    return office


def starts(office: Office, slug: str, *, now: datetime) -> list[datetime]:
    return make.open_starts(office, office.services[slug], now=now, days=7)


# --- Caps and energy ------------------------------------------------------------------------------


def day_cap(office: Office) -> None:
    Service.objects.filter(slug="individual-50").update(day_cap=2)


def week_cap(office: Office) -> None:
    Service.objects.filter(slug="individual-50").update(week_cap=2)


def at_most_two(office: Office) -> None:
    EnergyRule.objects.create(
        practitioner=office.practitioner,
        kind="at_most",
        relationship_type="individual",
        limit=2,
    )


def none_after_another(office: Office) -> None:
    EnergyRule.objects.create(
        practitioner=office.practitioner,
        kind="not_after",
        relationship_type="individual",
        after_type="individual",
    )


RULES = pytest.mark.parametrize("rule", [day_cap, week_cap, at_most_two, none_after_another])


@RULES
@pytest.mark.parametrize("state", ["fulfilled", "no_show"])
def test_a_session_counts_after_its_end_as_it_did_before(
    office: Office, rule: Callable[[Office], None], state: str
) -> None:
    two = [make.booked(office, times=[start]).pk for start in (at(21, 9), at(21, 10))]
    after = at(21, 12)
    free = starts(office, "individual-50", now=after)
    rule(office)
    office.services["individual-50"].refresh_from_db()
    while_booked = starts(office, "individual-50", now=after)

    Appointment.objects.filter(pk__in=two).update(state=state)

    assert starts(office, "individual-50", now=after) == while_booked
    assert 0 < len(while_booked) < len(free)


def test_a_week_counts_from_its_monday_and_not_from_the_days_before(office: Office) -> None:
    for start in (at(16, 10), at(16, 12), at(19, 10)):
        make.booked(office, times=[start])
    sweep(now=at(19, 11))
    service = office.services["individual-50"]
    service.week_cap = 2
    service.save()
    assert [s for s in starts(office, service.slug, now=at(19, 11)) if s < at(24, 0)]

    make.booked(office, times=[at(20, 10)], now=at(19, 11))
    sweep(now=at(20, 11))

    assert not [s for s in starts(office, service.slug, now=at(20, 11)) if s < at(24, 0)]
    assert not Appointment.objects.filter(state="booked").exists()


def test_it_is_all_asked_in_one_statement(
    office: Office, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    week_cap(office)
    make.booked(office, times=[at(19, 10)])
    sweep(now=at(20, 9))
    offer = calendar.bookable(office.practitioner, office.services["individual-50"])

    with django_assert_num_queries(1):
        calendar.open_slots(offer, first=at(20, 0).date(), end=at(31, 0).date(), now=at(20, 9))


def test_a_week_that_is_half_over_counts_when_a_limit_is_set(office: Office) -> None:
    """What an edit says does not fit any more is what comes after those that were first."""
    make.booked(office, times=[at(19, 10)])
    later = make.booked(office, times=[at(22, 10)])
    sweep(now=at(20, 9))

    saved = availability.change_service(
        practitioner_id=office.practitioner.pk,
        service_id=office.services["individual-50"].pk,
        changes={"week_cap": 1},
        now=at(20, 9),
    )

    assert saved.outside == {later.pk: {Reason.WEEK_CAP}}
    found = availability_queries.outside(office.practitioner, now=at(22, 12))
    assert found == {}  # nothing is said of what is over


# --- Its time -------------------------------------------------------------------------------------


def test_a_session_has_not_taken_place_while_it_runs(office: Office) -> None:
    appointment = make.booked(office, times=[TEN])
    who = {"appointment_id": appointment.pk, "practitioner_id": office.practitioner.pk}

    with pytest.raises(TransitionNotAllowed):
        appointments.fulfil(**who, now=appointment.ends_at - MINUTE)
    appointments.fulfil(**who, now=appointment.ends_at)

    assert Appointment.objects.get().state == "fulfilled"


def missed_while_it_runs(office: Office, appointment: Appointment) -> datetime:
    """Nobody came; the time until its end is not given to somebody else."""
    now = TEN + 20 * MINUTE
    appointments.mark_no_show(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=now
    )
    return now


def over_by_the_sweep(office: Office, appointment: Appointment) -> datetime:
    """It has ended, and its buffer has not."""
    sweep(now=appointment.ends_at)
    return appointment.ends_at


ENDED = pytest.mark.parametrize("ended", [missed_while_it_runs, over_by_the_sweep])


@ENDED
def test_its_time_is_taken_until_its_buffer_is_over(
    office: Office, ended: Callable[[Office, Appointment], datetime]
) -> None:
    appointment = make.booked(office, times=[TEN])
    other = make.booked(office, times=[at(22, 10)])

    now = ended(office, appointment)

    assert appointment.blocked_until == at(21, 11)
    assert min(starts(office, "individual-50", now=now)) == at(21, 11)
    with pytest.raises(SlotTaken):
        appointments.reschedule(
            appointment_id=other.pk,
            practitioner_id=office.practitioner.pk,
            starts_at=at(21, 10, 55),
            now=now,
        )
    with pytest.raises(SlotTaken):
        make.submitted(office, now=now, times=[at(21, 10, 55)])
    appointments.reschedule(
        appointment_id=other.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=at(21, 11),
        now=now,
    )


@ENDED
def test_the_database_refuses_it_to_whoever_does_not_ask(
    office: Office, ended: Callable[[Office, Appointment], datetime]
) -> None:
    appointment = make.booked(office, times=[TEN])
    other = make.booked(office, times=[at(22, 10)])
    ended(office, appointment)

    with pytest.raises(IntegrityError) as refused:
        Appointment.objects.filter(pk=other.pk).update(
            starts_at=at(21, 10, 55),
            ends_at=at(21, 11, 45),
            blocked_from=at(21, 10, 55),
            blocked_until=at(21, 11, 55),
        )

    assert constraint_of(refused.value) == NO_OVERLAP


# --- What older versions let in -------------------------------------------------------------------


def put(office: Office, state: str, *span: datetime, slug: str = "individual-50") -> Appointment:
    """A row as it stands: blocked from, starts, ends, blocked until."""
    return Appointment.objects.create(
        practitioner=office.practitioner,
        service=office.services[slug],
        state=state,
        blocked_from=span[0],
        starts_at=span[1],
        ends_at=span[2],
        blocked_until=span[3],
        wall_start=f"{span[1]:%Y-%m-%dT%H:%M}",
        wall_zone="America/New_York",
        modality="video",
        created_at=make.NOW,
    )


def span_of(appointment: Appointment) -> list[datetime]:
    appointment.refresh_from_db()
    return [
        appointment.blocked_from,
        appointment.starts_at,
        appointment.ends_at,
        appointment.blocked_until,
    ]


@pytest.mark.django_db(transaction=True)
def test_what_was_let_in_before_makes_way_for_what_came_after_it(office: Office) -> None:
    migration = import_module("booking.migrations.0009_its_time_stays_its_own")
    ten, half_past, eleven, noon = TEN, at(21, 10, 30), at(21, 11), at(21, 12)
    with without_constraint():
        alone = put(office, "fulfilled", at(20, 10), at(20, 10), at(20, 11), at(20, 11))
        # Called over at half past ten, and the rest of its time was given away.
        cut = put(office, "fulfilled", ten, ten, eleven, eleven + 10 * MINUTE)
        # Moved into the buffer of the one before it; its own buffer before it gives way as well.
        second = put(office, "no_show", half_past - 10 * MINUTE, half_past, eleven, at(21, 11, 20))
        to_come = put(office, "booked", eleven, at(21, 11, 10), noon, noon + 10 * MINUTE)
        cancelled = put(office, "cancelled", ten, ten, noon, noon)
        before = overlaps()

        with connection.cursor() as cursor:
            cursor.execute(migration.TRIM)

        assert (before, overlaps()) == (3, 0)
        assert span_of(alone) == [at(20, 10), at(20, 10), at(20, 11), at(20, 11)]
        assert span_of(cut) == [ten, ten, half_past, half_past]
        assert span_of(second) == [half_past, half_past, eleven, eleven]
        assert span_of(to_come) == [eleven, at(21, 11, 10), noon, noon + 10 * MINUTE]
        assert span_of(cancelled) == [ten, ten, noon, noon]
