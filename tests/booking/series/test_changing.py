"""Series: each date goes its own way, and the rest moves together."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.refusals import InvalidRequest, MoveWaiting, NotTheirs, SlotTaken
from booking.models import Appointment, Participant, Request
from booking.operations import appointments, cancellations, moves, series
from booking.operations.sweep import sweep
from booking.queries import series as series_queries
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.series.repeating import FIRST, people_at, recorded, standing, started, utc, week

pytestmark = pytest.mark.django_db


def test_a_client_who_cancels_one_date_keeps_the_others(office: Office) -> None:
    found = started(office)
    [alex] = make.people_of(found.request)
    second = series_queries.dates(found.pk)[1]

    cancellations.cancel(appointment_id=second.pk, participant_id=alex.pk, now=NOW)

    assert standing(found) == [week(0), week(2), week(3)]
    assert Request.objects.get().state == "confirmed"


def test_the_practitioner_cancels_one_date_without_putting_the_request_back(
    office: Office,
) -> None:
    found = started(office)
    second = series_queries.dates(found.pk)[1]

    offered = cancellations.cancel_by_practitioner(
        appointment_id=second.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert offered == []
    assert standing(found) == [week(0), week(2), week(3)]
    assert Request.objects.get().state == "confirmed"
    assert not Appointment.objects.filter(state="held").exists()


def test_an_ill_day_takes_one_date_only(office: Office) -> None:
    found = started(office)

    done = cancellations.cancel_day(
        practitioner_id=office.practitioner.pk, day=week(1).date(), now=NOW
    )

    assert done == [series_queries.dates(found.pk)[1].pk]
    assert standing(found) == [week(0), week(2), week(3)]
    assert Request.objects.get().state == "confirmed"


def test_the_last_date_that_is_left_is_cancelled_with_new_times(office: Office) -> None:
    found = started(office, dates=2)
    first, last = series_queries.dates(found.pk)
    who = {"practitioner_id": office.practitioner.pk, "now": NOW}
    cancellations.cancel_by_practitioner(appointment_id=last.pk, **who)  # type: ignore[arg-type]

    offered = cancellations.cancel_by_practitioner(appointment_id=first.pk, **who)  # type: ignore[arg-type]

    assert len(offered) == 3
    assert Request.objects.get().state == "proposed"


def test_one_date_moves_and_stays_in_its_series(office: Office) -> None:
    found = started(office)
    [alex] = make.people_of(found.request)
    _, second, third, _ = series_queries.dates(found.pk)

    moves.ask_move(
        appointment_id=second.pk,
        participant_id=alex.pk,
        starts=utc(week(1, days=1)),
        now=NOW,
    )
    appointments.reschedule(
        appointment_id=third.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(2, hour=19),
        now=NOW,
    )

    assert standing(found) == [week(0), week(1, days=1), week(2, hour=19), week(3)]


def test_people_are_asked_about_one_move_at_a_time(office: Office) -> None:
    first = make.booked(office, "couple", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    alex, sam = make.people_of(found.request)
    _, second, third, _ = series_queries.dates(found.pk)
    moves.ask_move(
        appointment_id=second.pk,
        participant_id=alex.pk,
        starts=utc(week(1, days=1)),
        now=NOW,
    )

    with pytest.raises(MoveWaiting):
        moves.ask_move(
            appointment_id=third.pk,
            participant_id=sam.pk,
            starts=utc(week(2, days=1)),
            now=NOW,
        )


def test_one_of_two_who_stops_ends_every_date_that_is_to_come(office: Office) -> None:
    first = make.booked(office, "couple", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    alex, sam = make.people_of(found.request)
    sweep(now=first.ends_at)
    others = make.booked(office)

    ended = series.stop(participant_id=sam.pk, now=first.ends_at)

    assert ended == [a.pk for a in series_queries.dates(found.pk)[1:]]
    assert [a.state for a in series_queries.dates(found.pk)] == ["fulfilled"] + ["cancelled"] * 3
    assert [c["by"] for c in recorded("appointment_cancelled")] == [str(sam.pk)] * 3
    assert series_queries.upcoming(alex.pk, first.ends_at) == []
    assert Appointment.objects.get(pk=others.pk).state == "booked"
    with pytest.raises(NotTheirs):
        series.stop(participant_id=sam.pk, now=first.ends_at)


def test_one_of_three_who_stops_leaves_every_date_to_the_others(office: Office) -> None:
    first = make.booked(office, "non_monogamous", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    kai = Participant.objects.get(label="Kai")

    series.stop(participant_id=kai.pk, now=NOW)

    assert len(standing(found)) == 4
    assert [people_at(a) for a in series_queries.dates(found.pk)] == [["Alex", "Noor"]] * 4


def test_this_and_all_later_ones_move_and_earlier_ones_do_not(office: Office) -> None:
    found = started(office)
    second = series_queries.dates(found.pk)[1]

    moved = series.move_following(
        appointment_id=second.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(1, days=2, hour=10),
        now=NOW,
    )

    new = [week(n, days=2, hour=10) for n in (1, 2, 3)]
    assert [a.starts_at for a in moved] == utc(*new)
    assert standing(found) == [week(0), *new]
    assert recorded("appointment_moved") == [
        {
            "by": f"practitioner:{office.practitioner.pk}",
            "from": week(n).astimezone(UTC).isoformat(),
            "starts_at": week(n, days=2, hour=10).astimezone(UTC).isoformat(),
            "series": str(found.pk),
        }
        for n in (1, 2, 3)
    ]
    assert recorded("series_moved") == [{"appointments": [str(a.pk) for a in moved]}]


def test_they_may_take_the_time_that_the_next_one_leaves(office: Office) -> None:
    found = started(office)

    series.move_following(
        appointment_id=series_queries.dates(found.pk)[0].pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(1),
        now=NOW,
    )

    assert standing(found) == [week(n) for n in (1, 2, 3, 4)]


def test_where_one_of_them_cannot_go_none_goes(office: Office) -> None:
    found = started(office)
    make.booked(office, times=[week(3, days=1).astimezone(UTC)])
    changes = Change.objects.count()

    with pytest.raises(SlotTaken) as refused:
        series.move_following(
            appointment_id=series_queries.dates(found.pk)[1].pk,
            practitioner_id=office.practitioner.pk,
            starts_at=week(1, days=1),
            now=NOW,
        )

    assert refused.value.wanted == week(3, days=1)
    assert standing(found) == [week(n) for n in range(4)]
    assert Change.objects.count() == changes


def test_what_was_being_asked_about_a_date_ends_when_it_moves_with_the_others(
    office: Office,
) -> None:
    first = make.booked(office, "couple", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    alex, _ = make.people_of(found.request)
    third = series_queries.dates(found.pk)[2]
    moves.ask_move(
        appointment_id=third.pk, participant_id=alex.pk, starts=utc(week(2, days=1)), now=NOW
    )

    series.move_following(
        appointment_id=third.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(2, days=1),
        now=NOW,
    )

    assert standing(found) == [week(0), week(1), week(2, days=1), week(3, days=1)]
    assert not Appointment.objects.filter(state="held").exists()
    assert moves.open_move(found.request) is None


def test_what_is_held_to_move_one_of_them_stands_in_the_way_of_none(office: Office) -> None:
    first = make.booked(office, "couple", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    alex, _ = make.people_of(found.request)
    _, second, third, _ = series_queries.dates(found.pk)
    moves.ask_move(
        appointment_id=third.pk, participant_id=alex.pk, starts=utc(week(1, days=1)), now=NOW
    )

    series.move_following(
        appointment_id=second.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(1, days=1),
        now=NOW,
    )

    assert standing(found) == [week(0), *(week(n, days=1) for n in (1, 2, 3))]
    assert not Appointment.objects.filter(state="held").exists()


@pytest.mark.parametrize(
    ("starts_at", "code"), [(week(1), "same_time"), (NOW - timedelta(days=1), "time_passed")]
)
def test_a_move_of_the_rest_needs_another_time_that_is_to_come(
    office: Office, starts_at: datetime, code: str
) -> None:
    found = started(office)

    with pytest.raises(InvalidRequest) as refused:
        series.move_following(
            appointment_id=series_queries.dates(found.pk)[1].pk,
            practitioner_id=office.practitioner.pk,
            starts_at=starts_at,
            now=NOW,
        )

    assert [p.code for p in refused.value.problems] == [code]


def test_what_stands_alone_has_nothing_that_follows(office: Office) -> None:
    alone = make.booked(office, times=[FIRST.astimezone(UTC)])

    with pytest.raises(InvalidRequest) as refused:
        series.move_following(
            appointment_id=alone.pk,
            practitioner_id=office.practitioner.pk,
            starts_at=week(1),
            now=NOW,
        )

    assert [p.code for p in refused.value.problems] == ["stands_alone"]
