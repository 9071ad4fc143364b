"""Groups: published, edited, moved, called off, and too small at their date."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from booking.domain.refusals import (
    InvalidRequest,
    NotTheirs,
    SlotTaken,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import (
    Appointment,
    Attendance,
    Cohort,
    Seat,
)
from booking.operations import (
    appointments,
    cancellations,
    groups,
    places,
)
from booking.operations.sweep import sweep
from practice.domain.wall import zone
from practice.models import Practitioner
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.booking.groups.filling import (
    asked,
    changes,
    codes,
    coming,
    edit,
    fresh,
    give,
    ready,
    sessions,
    taken_and_kept,
)

pytestmark = pytest.mark.django_db


def at_midnight(office: Office, day: date) -> datetime:
    practitioner = Practitioner.objects.get(pk=office.practitioner.pk)
    return datetime(day.year, day.month, day.day, tzinfo=zone(practitioner.time_zone))


def test_publishing_takes_the_time_of_every_session(office: Office) -> None:
    cohort = make.published(office)

    booked = sessions(cohort)
    assert [s.starts_at for s in booked] == make.group_starts(office)
    assert {s.request_id for s in booked} == {None}
    assert len({s.claim for s in booked}) == 4
    assert (cohort.state, cohort.seats_taken) == ("open", 0)
    # The clocks go back between the first and the second: the wall time stays.
    assert {s.wall_start[11:] for s in booked} == {"15:00"}
    for session in booked:
        assert session.starts_at not in make.open_starts(office, office.services["individual-50"])


def test_if_one_of_the_times_is_taken_nothing_is_published(office: Office) -> None:
    taken = make.group_starts(office)[2]
    make.booked(office, times=[taken])

    with pytest.raises(SlotTaken) as refused:
        make.published(office)

    assert refused.value.wanted == taken
    assert (Cohort.objects.count(), Appointment.objects.filter(request=None).count()) == (0, 0)


def test_sessions_of_one_group_cannot_overlap(office: Office) -> None:
    first = make.group_starts(office)[0]

    with pytest.raises(SlotTaken):
        make.published(office, starts=[first, first + timedelta(minutes=60)])


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": "  "}, ("title", "required")),
        ({"title": "x" * 81}, ("title", "too_long")),
        ({"slug": ""}, ("slug", "required")),
        ({"seats": 0, "minimum": 1}, ("seats", "too_many_seats")),
        ({"seats": 21}, ("seats", "too_many_seats")),
        ({"minimum": 7}, ("minimum", "minimum_fits")),
        ({"minimum": 0}, ("minimum", "minimum_fits")),
        ({"starts": []}, ("starts", "required")),
        ({"starts": [NOW]}, ("starts", "time_passed")),
        ({"decide_date": date(2026, 10, 28)}, ("decide_date", "after_the_start")),
        ({"modality": "in_person"}, ("modality", "modality_not_offered")),
    ],
)
def test_what_cannot_be_published_is_said_field_by_field(
    office: Office, change: dict[str, Any], problem: tuple[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make.published(office, **change)

    assert codes(refused) == [problem]


def test_a_date_to_decide_does_not_move_past_the_first_session(
    office: Office, cohort: Cohort
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        edit(office, cohort, decide_date=date(2026, 10, 28))

    assert codes(refused) == [("decide_date", "after_the_start")]


def test_two_groups_have_different_addresses(office: Office, cohort: Cohort) -> None:
    with pytest.raises(InvalidRequest) as refused:
        make.published(office, slug=cohort.slug)

    assert codes(refused) == [("slug", "in_use")]


def test_only_sessions_for_groups_make_a_group(office: Office) -> None:
    couple = office.services["couple-80"].pk

    with pytest.raises(InvalidRequest) as refused:
        make.published(office, service_id=couple, call_service_id=couple)

    assert codes(refused) == [("service", "unknown_service"), ("call_service", "unknown_service")]


def test_a_group_never_has_fewer_seats_than_are_taken(office: Office, cohort: Cohort) -> None:
    for name in ("Robin", "Jo", "Kim"):
        asked(office, cohort, name=name)

    edit(office, cohort, seats=3, title="Another name")
    with pytest.raises(InvalidRequest) as refused:
        edit(office, cohort, seats=2)

    assert codes(refused) == [("seats", "fewer_than_taken")]
    assert (fresh(cohort).seats, fresh(cohort).title) == (3, "Another name")


def test_a_group_of_another_practitioner_is_nobodys_to_change(
    office: Office, cohort: Cohort
) -> None:
    robin = make.make_practitioner(slug="robin")
    elsewhere = Office(office.practice, robin, office.services)
    seat = make.seat_of(ready(office, cohort))

    with pytest.raises(NotTheirs):
        edit(elsewhere, cohort, title="Mine")
    with pytest.raises(NotTheirs):
        groups.call_off(cohort_id=cohort.pk, practitioner_id=robin.pk, now=NOW)
    with pytest.raises(NotTheirs):
        give(elsewhere, seat, without_call=True)
    with pytest.raises(NotTheirs):
        places.refuse_seat(seat_id=seat.pk, practitioner_id=robin.pk, now=NOW)


def test_one_more_session_is_for_everybody_with_a_seat(office: Office, cohort: Cohort) -> None:
    person = make.member(office, cohort)
    asked(office, cohort, name="Kim")
    start = make.group_starts(office, weeks=5)[-1]

    added = groups.add_session(
        cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, starts_at=start, now=NOW
    )

    assert (added.starts_at, coming(added)) == (start, {person})
    assert changes("appointment_booked")[-1].subject_id == added.pk


def test_the_practitioner_moves_one_session_and_nothing_else(
    office: Office, cohort: Cohort
) -> None:
    person = make.member(office, cohort)
    first, *others = sessions(cohort)
    new = first.starts_at + timedelta(hours=1)

    appointments.reschedule(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=new,
        now=NOW,
    )

    assert [s.starts_at for s in sessions(cohort)] == [new, *(s.starts_at for s in others)]
    assert coming(first) == {person}


def test_one_session_cancelled_by_the_practitioner_never_cancels_the_rest(
    office: Office, cohort: Cohort
) -> None:
    make.member(office, cohort)
    first, *others = sessions(cohort)

    offered = cancellations.cancel_by_practitioner(
        appointment_id=first.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    # Nobody of a group can agree to a new time for all.
    assert offered == []
    assert changes("appointment_cancelled")[-1].snapshot["alternatives"] == []
    assert sessions(cohort) == others
    assert taken_and_kept(cohort) == (1, 1)


def test_a_day_of_illness_cancels_the_session_of_that_day(office: Office, cohort: Cohort) -> None:
    make.member(office, cohort)
    first, *others = sessions(cohort)

    cancellations.cancel_day(
        practitioner_id=office.practitioner.pk,
        day=first.starts_at.astimezone(NEW_YORK).date(),
        now=NOW,
    )

    assert sessions(cohort) == others


def test_calling_a_group_off_cancels_what_is_to_come_and_ends_what_is_asked(
    office: Office, cohort: Cohort
) -> None:
    person = make.member(office, cohort)
    asking, never_verified = ready(office, cohort, name="Kim"), asked(office, cohort, name="Jo")
    now = make.group_starts(office)[0] + timedelta(hours=3)
    first, *others = sessions(cohort)
    sweep(now=first.ends_at)

    cancelled = groups.call_off(
        cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=now
    )

    assert cancelled == [s.pk for s in others]
    assert fresh(cohort).state == "called_off"
    assert (sessions(cohort), sessions(cohort, "cancelled")) == ([], others)
    assert sessions(cohort, "fulfilled") == [first]
    asking.refresh_from_db()
    assert (asking.state, make.seat_of(asking).state) == ("declined", "refused")
    assert [c.subject_id for c in changes("seat_refused")] == [make.seat_of(asking).pk]
    assert make.seat_of(never_verified).state != "asked"
    [change] = changes("cohort_called_off")
    assert change.snapshot == {"appointments": [str(s.pk) for s in others]}
    assert Seat.objects.get(request=person.request).state == "given"
    assert taken_and_kept(cohort) == (1, 1)


def test_a_group_that_was_called_off_stays_so(office: Office, cohort: Cohort) -> None:
    seat = make.seat_of(ready(office, cohort))
    groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)

    with pytest.raises(InvalidRequest):
        groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)
    with pytest.raises(InvalidRequest):
        edit(office, fresh(cohort), state="open")
    with pytest.raises((InvalidRequest, TransitionNotAllowed)):
        give(office, seat, without_call=True)
    with pytest.raises(InvalidRequest):
        asked(office, cohort)


def test_a_group_too_small_at_its_date_is_noted_once(office: Office, cohort: Cohort) -> None:
    make.member(office, cohort)
    asked(office, cohort, name="Kim")
    the_date = at_midnight(office, cohort.decide_date)

    sweep(now=the_date - timedelta(minutes=1))
    assert not changes("cohort_short")
    for minutes in (0, 1, 60):
        sweep(now=the_date + timedelta(minutes=minutes))

    assert [c.subject_id for c in changes("cohort_short")] == [cohort.pk]
    assert fresh(cohort).short_noted_at == the_date


def test_a_group_with_enough_members_is_not(office: Office, cohort: Cohort) -> None:
    people = [make.member(office, cohort, name=n) for n in ("Robin", "Kim")]
    the_date = at_midnight(office, cohort.decide_date)

    sweep(now=the_date)
    assert not changes("cohort_short")
    # Somebody leaves after that, and now it is.
    places.leave_group(participant_id=people[0].pk, now=the_date)
    sweep(now=the_date + timedelta(hours=1))

    assert len(changes("cohort_short")) == 1


def test_a_later_date_is_noted_anew(office: Office, cohort: Cohort) -> None:
    sweep(now=at_midnight(office, cohort.decide_date))
    edit(office, fresh(cohort), decide_date=date(2026, 10, 26))

    sweep(now=at_midnight(office, date(2026, 10, 25)))
    assert len(changes("cohort_short")) == 1
    sweep(now=at_midnight(office, date(2026, 10, 26)))

    assert len(changes("cohort_short")) == 2


def test_a_group_that_is_called_off_or_over_is_not_noted(office: Office, cohort: Cohort) -> None:
    groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)

    sweep(now=NOW + timedelta(days=100))

    assert not changes("cohort_short")


def test_the_table_itself_refuses_more_taken_than_there_are(cohort: Cohort) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Cohort.objects.filter(pk=cohort.pk).update(seats_taken=7)


def test_whoever_left_stays_on_the_roster_as_somebody_who_left(
    office: Office, cohort: Cohort
) -> None:
    person = make.member(office, cohort)
    places.leave_group(participant_id=person.pk, now=NOW)

    assert Attendance.objects.filter(participant=person, left_at=NOW).count() == 4
