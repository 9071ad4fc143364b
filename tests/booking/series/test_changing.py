"""Series: each date goes its own way; the rest moves, pauses and goes on."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from booking.domain.refusals import (
    InvalidRequest,
    MoveWaiting,
    NotTheirs,
    SlotTaken,
)
from booking.models import Appointment, Participant, Request, Series
from booking.operations import appointments, cancellations, moves, series
from booking.operations.sweep import sweep
from booking.queries import series as series_queries
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.series.repeating import FIRST, people_at, recorded, standing, started, utc, week

pytestmark = pytest.mark.django_db


def found_again(series: Series) -> Series:
    return Series.objects.get(pk=series.pk)


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


def test_a_pause_takes_its_days_out_and_leaves_the_rest(office: Office) -> None:
    found = started(office)
    _, second, third, _ = series_queries.dates(found.pk)

    paused = series.pause(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        first=week(1).date(),
        until=week(3).date(),
        now=NOW,
    )

    assert paused == [second.pk, third.pk]
    assert standing(found) == [week(0), week(3)]
    assert [c["alternatives"] for c in recorded("appointment_cancelled")] == [[], []]
    assert recorded("series_paused") == [{"appointments": [str(second.pk), str(third.pk)]}]
    assert week(1).astimezone(UTC) in make.open_starts(office, office.services["individual-50"])


def test_a_pause_of_every_date_offers_nothing_instead(office: Office) -> None:
    found = started(office)

    series.pause(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        first=FIRST.date(),
        until=week(9).date(),
        now=NOW,
    )

    assert standing(found) == []
    assert Request.objects.get().state == "confirmed"
    assert not Appointment.objects.filter(state="held").exists()


def test_a_pause_in_which_nothing_stands_changes_nothing(office: Office) -> None:
    found = started(office)

    paused = series.pause(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        first=date(2027, 1, 1),
        until=date(2027, 2, 1),
        now=NOW,
    )

    assert paused == []
    assert recorded("series_paused") == []
    with pytest.raises(InvalidRequest):
        series.pause(
            series_id=found.pk,
            practitioner_id=office.practitioner.pk,
            first=date(2027, 1, 1),
            until=date(2027, 1, 1),
            now=NOW,
        )


def test_a_series_goes_on_where_it_stands(office: Office) -> None:
    found = started(office)
    series.move_following(
        appointment_id=series_queries.dates(found.pk)[2].pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(2, days=1),
        now=NOW,
    )
    planned = series_queries.renewal(found_again(found), count=3, now=NOW)

    series.renew(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        starts=[p.starts_at for p in planned],
        now=NOW,
    )

    tuesdays = [week(n, days=1) for n in (2, 3, 4, 5, 6)]
    assert standing(found) == [week(0), week(1), *tuesdays]
    new = [str(a.pk) for a in series_queries.dates(found.pk)[4:]]
    assert recorded("series_booked")[-1] == {"appointments": new}
    assert found_again(found).revision == 3


def test_renewing_books_all_or_nothing(office: Office) -> None:
    found = started(office)
    make.booked(office, times=[week(5).astimezone(UTC)])

    with pytest.raises(SlotTaken) as refused:
        series.renew(
            series_id=found.pk,
            practitioner_id=office.practitioner.pk,
            starts=[week(4), week(5), week(6)],
            now=NOW,
        )

    assert refused.value.wanted == week(5)
    assert standing(found) == [week(n) for n in range(4)]


def test_no_more_than_twelve_dates_lie_ahead(office: Office) -> None:
    found = started(office, dates=11)
    renew = partial(series.renew, series_id=found.pk, practitioner_id=office.practitioner.pk)

    with pytest.raises(InvalidRequest):
        renew(starts=[week(11), week(12)], now=NOW)
    with pytest.raises(InvalidRequest):
        series_queries.renewal(found, count=2, now=NOW)
    renew(starts=[week(11)], now=NOW)

    assert len(standing(found)) == 12


def test_a_series_of_which_all_was_cancelled_can_go_on(office: Office) -> None:
    found = started(office)
    series.pause(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        first=FIRST.date(),
        until=week(9).date(),
        now=NOW,
    )
    planned = series_queries.renewal(found, count=1, now=week(8))

    series.renew(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        starts=[p.starts_at for p in planned],
        now=week(8),
    )

    assert standing(found) == [week(9)]
    assert people_at(series_queries.dates(found.pk)[-1]) == ["Alex"]


def test_whoever_left_one_date_still_belongs_to_the_series(office: Office) -> None:
    first = make.booked(office, "non_monogamous", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    kai = Participant.objects.get(label="Kai")
    last = series_queries.dates(found.pk)[-1]
    cancellations.cancel(appointment_id=last.pk, participant_id=kai.pk, now=NOW)

    series.renew(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        starts=[week(4)],
        now=NOW,
    )

    everyone = ["Alex", "Kai", "Noor"]
    assert [people_at(a) for a in series_queries.dates(found.pk)][-2:] == [
        ["Alex", "Noor"],
        everyone,
    ]
