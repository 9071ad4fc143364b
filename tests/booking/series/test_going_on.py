"""Series: a pause, and more dates after the last."""

from datetime import UTC, date
from functools import partial

import pytest

from booking.domain.refusals import InvalidRequest, SlotTaken
from booking.models import Appointment, Participant, Request, Series
from booking.operations import cancellations, series
from booking.queries import series as series_queries
from practice.models import Practitioner
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.series.repeating import FIRST, people_at, recorded, standing, started, week

pytestmark = pytest.mark.django_db


def found_again(series: Series) -> Series:
    return Series.objects.get(pk=series.pk)


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


def test_its_dates_keep_their_clock_when_the_practitioner_has_moved_to_another_zone(
    office: Office,
) -> None:
    found = started(office)
    Practitioner.objects.update(time_zone="America/Toronto")
    planned = series_queries.renewal(found_again(found), count=2, now=NOW)

    series.renew(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        starts=[p.starts_at for p in planned],
        now=NOW,
    )
    series.move_following(
        appointment_id=series_queries.dates(found.pk)[5].pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(5, days=1),
        now=NOW,
    )

    dates = series_queries.dates(found.pk)
    assert {a.wall_zone for a in dates} == {found.wall_zone}
    assert {a.wall_start.rpartition("T")[2] for a in dates} == {found.wall_start[-5:]}


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
