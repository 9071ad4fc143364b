"""Series: seen before they are booked, and booked all at once."""

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from booking.domain.refusals import (
    GateClosed,
    InvalidRequest,
    NotTheirs,
    SlotTaken,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Attendance, Participant, Request, Series
from booking.operations import cancellations, series
from booking.operations.sweep import sweep
from booking.queries import series as series_queries
from booking.queries.series import Place
from practice.models import Change, HoursOverride, TimeOff
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.booking.series.repeating import FIRST, people_at, recorded, standing, started, utc, week

pytestmark = pytest.mark.django_db


def test_every_turn_is_at_the_same_time_on_the_wall_across_november(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])

    found = series_queries.preview(first, every_weeks=1, count=4, now=NOW)

    assert [p.starts_at.hour for p in found] == [22, 22, 23, 23]
    assert [p.starts_at for p in found] == utc(*(week(n) for n in range(4)))
    assert all(p.is_open and not p.reason and not p.replacements for p in found)


def test_horizon_notice_and_caps_do_not_bind_a_series(office: Office) -> None:
    service = office.services["individual-50"]
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    service.day_cap = service.week_cap = service.horizon_days = 1
    service.save()
    first = Appointment.objects.select_related("service", "practitioner").get(pk=first.pk)

    found = series_queries.preview(first, every_weeks=3, count=12, now=NOW)

    assert all(p.is_open for p in found)
    assert found[-1].starts_at == week(33).astimezone(UTC)


def test_each_conflict_is_named_and_comes_with_replacements(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    TimeOff.objects.create(
        practitioner=office.practitioner, starts_at=week(1, hour=0), ends_at=week(2, hour=0)
    )
    make.booked(office, times=[week(2).astimezone(UTC)])
    HoursOverride.objects.create(practitioner=office.practitioner, date=week(3).date())

    found = series_queries.preview(first, every_weeks=1, count=5, now=NOW)

    assert [p.reason for p in found] == ["", "time_off", "taken", "outside_hours", ""]
    assert [p.is_open for p in found] == [True, False, False, False, True]
    # The week off is all gone but for the days before it that are nearer than the week before.
    assert found[1].replacements == utc(week(1, days=-3))
    # 17:00 on the same day, and the usual time on the days beside it.
    assert found[2].replacements == utc(week(2, hour=17), week(2, days=1), week(2, days=2))
    assert found[3].replacements == utc(week(3, days=-3), week(3, days=1), week(3, days=2))


def test_a_turn_that_has_passed_is_said_so(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    sweep(now=week(1, days=1))

    found = series_queries.preview(
        Appointment.objects.get(pk=first.pk), every_weeks=1, count=4, now=week(1, days=1)
    )

    assert [(p.is_open, p.reason) for p in found] == [
        (True, ""),
        (False, "passed"),
        (True, ""),
        (True, ""),
    ]
    assert found[1].replacements == []


def test_no_other_interval_or_number_is_previewed(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])

    with pytest.raises(InvalidRequest):
        series_queries.preview(first, every_weeks=4, count=13, now=NOW)


def test_lord_howe_keeps_its_half_hour() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    office = make.make_office(time_zone=zone.key)
    now = datetime(2026, 9, 14, 0, 0, tzinfo=UTC)
    first = make.booked(
        office, times=[datetime(2026, 9, 23, 10, 30, tzinfo=zone).astimezone(UTC)], now=now
    )

    found = series_queries.preview(first, every_weeks=1, count=4, now=now)
    series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[p.starts_at for p in found],
        now=now,
    )

    booked = Appointment.objects.filter(state="booked").order_by("starts_at")
    assert [a.wall_start[11:] for a in booked] == ["10:30"] * 4
    assert booked[2].starts_at - booked[1].starts_at == timedelta(days=7, minutes=-30)


def test_all_dates_are_booked_and_each_is_an_appointment_of_its_own(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])

    found = started(office, first=first)

    dates = series_queries.dates(found.pk)
    assert [a.starts_at for a in dates] == utc(*(week(n) for n in range(4)))
    assert dates[0].pk == first.pk
    assert len({a.claim for a in dates}) == 4
    assert {(a.state, a.modality, a.request_id) for a in dates} == {
        ("booked", first.modality, first.request_id)
    }
    assert [a.wall_start for a in dates] == [
        "2026-10-19T18:00",
        "2026-10-26T18:00",
        "2026-11-02T18:00",
        "2026-11-09T18:00",
    ]
    assert (found.occurrences, found.every_weeks, found.wall_start, found.wall_zone) == (
        4,
        1,
        "2026-10-19T18:00",
        "America/New_York",
    )
    assert [people_at(a) for a in dates] == [["Alex"]] * 4


def test_the_journal_tells_of_the_series_and_of_each_date(office: Office) -> None:
    found = started(office)

    dates = series_queries.dates(found.pk)
    assert recorded("series_booked") == [{"appointments": [str(a.pk) for a in dates]}]
    assert recorded("appointment_booked")[1:] == [
        {"starts_at": a.starts_at.isoformat(), "series": str(found.pk)} for a in dates[1:]
    ]


def test_of_three_people_whoever_left_the_first_does_not_come_to_the_others(
    office: Office,
) -> None:
    first = make.booked(office, "non_monogamous")
    kai = Participant.objects.get(label="Kai")
    cancellations.cancel(appointment_id=first.pk, participant_id=kai.pk, now=NOW)
    starts = [first.starts_at.astimezone(NEW_YORK) + timedelta(weeks=n) for n in (2, 4)]

    found = series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=2,
        starts=starts,
        now=NOW,
    )

    assert [people_at(a) for a in series_queries.dates(found.pk)] == [["Alex", "Noor"]] * 3


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_conflict_books_nothing_and_is_named(office: Office, taken: int) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    make.booked(office, times=[(week(taken) + timedelta(minutes=30)).astimezone(UTC)])
    before = (Appointment.objects.count(), Attendance.objects.count(), Change.objects.count())

    with pytest.raises(SlotTaken) as refused:
        started(office, first=first)

    assert refused.value.wanted == week(taken)
    assert not Series.objects.exists()
    assert Appointment.objects.get(pk=first.pk).series_id is None
    after = (Appointment.objects.count(), Attendance.objects.count(), Change.objects.count())
    assert after == before


def test_two_dates_of_one_series_do_not_overlap(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])

    with pytest.raises(SlotTaken) as refused:
        series.start_series(
            appointment_id=first.pk,
            practitioner_id=office.practitioner.pk,
            every_weeks=1,
            starts=[week(1), week(1) + timedelta(minutes=30)],
            now=NOW,
        )

    assert refused.value.wanted == week(1) + timedelta(minutes=30)
    assert Appointment.objects.filter(state="booked").count() == 1


@pytest.mark.parametrize(
    ("every_weeks", "starts", "code"),
    [
        (4, [week(1)], "one_to_three_weeks"),
        (1, [], "at_least_one_date"),
        (1, [FIRST], "at_least_one_date"),
        (1, [week(n) for n in range(1, 13)], "too_many_dates"),
        (1, [week(-1), week(1)], "before_the_first"),
    ],
)
def test_a_series_that_cannot_be_is_refused(
    office: Office, every_weeks: int, starts: list[datetime], code: str
) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])

    with pytest.raises(InvalidRequest) as refused:
        series.start_series(
            appointment_id=first.pk,
            practitioner_id=office.practitioner.pk,
            every_weeks=every_weeks,
            starts=starts,
            now=NOW,
        )

    assert code in [p.code for p in refused.value.problems]
    assert not Series.objects.exists()


def test_what_repeats_does_not_repeat_twice(office: Office) -> None:
    found = started(office)

    with pytest.raises(InvalidRequest) as refused:
        series.start_series(
            appointment_id=series_queries.dates(found.pk)[1].pk,
            practitioner_id=office.practitioner.pk,
            every_weeks=1,
            starts=[week(7)],
            now=NOW,
        )

    assert [p.code for p in refused.value.problems] == ["repeats_already"]


def test_a_series_may_begin_with_a_session_that_is_over(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    later = first.ends_at + timedelta(hours=1)
    sweep(now=later)

    found = series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[week(1), week(2)],
        now=later,
    )

    assert standing(found) == [week(1), week(2)]
    with pytest.raises(InvalidRequest) as refused:
        series.renew(
            series_id=found.pk,
            practitioner_id=office.practitioner.pk,
            starts=[FIRST],
            now=later,
        )
    assert [p.code for p in refused.value.problems] == ["time_passed"]


def test_a_cancelled_appointment_is_not_repeated(office: Office) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    [alex] = make.people_of(first.request)  # type: ignore[arg-type]
    cancellations.cancel(appointment_id=first.pk, participant_id=alex.pk, now=NOW)

    with pytest.raises(TransitionNotAllowed):
        started(office, first=first)


def test_nothing_more_is_booked_while_somebody_has_something_to_sign_or_a_review_is_open(
    office: Office,
) -> None:
    first = make.booked(office, times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    renew = partial(
        series.renew,
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        starts=[week(4)],
        now=NOW,
    )
    [alex] = make.people_of(found.request)

    make.unclear(alex)
    with pytest.raises(GateClosed) as unfinished:
        renew()
    make.clear(alex)
    Request.objects.update(review_open=True)
    with pytest.raises(GateClosed) as under_review:
        renew()
    Request.objects.update(review_open=False)
    renew()

    assert [*unfinished.value.reasons, *under_review.value.reasons] == [
        "not_finished",
        "review_open",
    ]
    assert len(standing(found)) == 5


def test_another_practitioner_has_no_part_in_it(office: Office) -> None:
    found = started(office)
    other = make.make_practitioner(slug="robin").pk
    second = series_queries.dates(found.pk)[1]

    for act in (
        partial(series.renew, series_id=found.pk, starts=[week(4)]),
        partial(series.pause, series_id=found.pk, first=FIRST.date(), until=week(9).date()),
        partial(series.move_following, appointment_id=second.pk, starts_at=week(2)),
        partial(series.start_series, appointment_id=second.pk, every_weeks=1, starts=[week(4)]),
    ):
        with pytest.raises(NotTheirs):
            act(practitioner_id=other, now=NOW)

    assert standing(found) == [week(n) for n in range(4)]


def test_a_person_reads_their_own_dates_in_order(office: Office) -> None:
    first = make.booked(office, "non_monogamous", times=[FIRST.astimezone(UTC)])
    found = started(office, first=first)
    kai, noor = (Participant.objects.get(label=label) for label in ("Kai", "Noor"))
    one, two, three, four = series_queries.dates(found.pk)
    cancellations.cancel(appointment_id=two.pk, participant_id=kai.pk, now=NOW)
    sweep(now=one.ends_at)

    assert series_queries.upcoming(kai.pk, one.ends_at) == [three, four]
    assert series_queries.upcoming(noor.pk, one.ends_at) == [two, three, four]
    assert series_queries.upcoming(noor.pk, two.starts_at) == [two, three, four]
    assert series_queries.series_of(found.request) == found


def test_a_date_has_its_place_among_those_that_stand(office: Office) -> None:
    found = started(office)
    _, second, third, _ = series_queries.dates(found.pk)
    cancellations.cancel_by_practitioner(
        appointment_id=second.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert series_queries.place(third) == Place(2, 3)
    assert series_queries.place(Appointment.objects.get(pk=second.pk)) is None
    assert series_queries.place(make.booked(office)) is None
