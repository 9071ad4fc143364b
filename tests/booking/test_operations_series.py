"""Series: seen before they are booked, booked all at once, and afterwards each date by itself."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from booking.domain.refusals import (
    GateClosed,
    InvalidRequest,
    MoveWaiting,
    NotTheirs,
    SlotTaken,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Attendance, Participant, Request, Series
from booking.operations import appointments, moves, series
from booking.operations.sweep import sweep
from booking.queries import series as series_queries
from booking.queries.series import Place
from practice.models import Change, HoursOverride, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

#: The first date of most series here: a Monday a week after `NOW`, 18:00 in New York.
FIRST = datetime(2026, 10, 19, 18, 0, tzinfo=NEW_YORK)


@pytest.fixture
def office() -> Office:
    office = make.make_office()
    WeeklyHours.objects.bulk_create(
        WeeklyHours(
            practitioner=office.practitioner,
            weekday=weekday,
            opens_minute=18 * 60,
            closes_minute=21 * 60,
        )
        for weekday in range(5)
    )
    return office


def week(number: int, *, days: int = 0, hour: int = 18) -> datetime:
    """So many weeks and days after the first date, at that hour on the wall."""
    return FIRST.replace(hour=hour) + timedelta(weeks=number, days=days)


def utc(*starts: datetime) -> list[datetime]:
    return [s.astimezone(UTC) for s in starts]


def started(office: Office, *, dates: int = 4, first: Appointment | None = None) -> Series:
    """A weekly series of one person, on Mondays at 18:00."""
    first = first or make.booked(office, times=[FIRST.astimezone(UTC)])
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[week(n) for n in range(1, dates)],
        now=NOW,
    )


def standing(found: Series) -> list[datetime]:
    """The starts that are booked, as New York's wall shows them."""
    return [
        a.starts_at.astimezone(NEW_YORK)
        for a in series_queries.dates(found.pk)
        if a.state == "booked"
    ]


def recorded(kind: str) -> list[dict[str, object]]:
    return [c.snapshot for c in Change.objects.filter(kind=kind).order_by("id")]


def people_at(appointment: Appointment) -> list[str]:
    here = appointment.attendances.filter(left_at__isnull=True)
    return sorted(a.participant.label for a in here)


# --- Seeing it before ---------------------------------------------------------------------------


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


# --- Booking it ---------------------------------------------------------------------------------


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
    appointments.cancel(appointment_id=first.pk, participant_id=kai.pk, now=NOW)
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
    appointments.cancel(appointment_id=first.pk, participant_id=alex.pk, now=NOW)

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


# --- Each goes its own way ----------------------------------------------------------------------


def test_a_client_who_cancels_one_date_keeps_the_others(office: Office) -> None:
    found = started(office)
    [alex] = make.people_of(found.request)
    second = series_queries.dates(found.pk)[1]

    appointments.cancel(appointment_id=second.pk, participant_id=alex.pk, now=NOW)

    assert standing(found) == [week(0), week(2), week(3)]
    assert Request.objects.get().state == "confirmed"


def test_the_practitioner_cancels_one_date_without_putting_the_request_back(
    office: Office,
) -> None:
    found = started(office)
    second = series_queries.dates(found.pk)[1]

    offered = appointments.cancel_by_practitioner(
        appointment_id=second.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert offered == []
    assert standing(found) == [week(0), week(2), week(3)]
    assert Request.objects.get().state == "confirmed"
    assert not Appointment.objects.filter(state="held").exists()


def test_an_ill_day_takes_one_date_only(office: Office) -> None:
    found = started(office)

    done = appointments.cancel_day(
        practitioner_id=office.practitioner.pk, day=week(1).date(), now=NOW
    )

    assert done == [series_queries.dates(found.pk)[1].pk]
    assert standing(found) == [week(0), week(2), week(3)]
    assert Request.objects.get().state == "confirmed"


def test_the_last_date_that_is_left_is_cancelled_with_new_times(office: Office) -> None:
    found = started(office, dates=2)
    first, last = series_queries.dates(found.pk)
    who = {"practitioner_id": office.practitioner.pk, "now": NOW}
    appointments.cancel_by_practitioner(appointment_id=last.pk, **who)  # type: ignore[arg-type]

    offered = appointments.cancel_by_practitioner(appointment_id=first.pk, **who)  # type: ignore[arg-type]

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


# --- Moving this and all later ones ------------------------------------------------------------


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


# --- A pause, and going on ----------------------------------------------------------------------


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


def found_again(series: Series) -> Series:
    return Series.objects.get(pk=series.pk)


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
    appointments.cancel(appointment_id=last.pk, participant_id=kai.pk, now=NOW)

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


# --- Whose it is, and what is read --------------------------------------------------------------


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
    appointments.cancel(appointment_id=two.pk, participant_id=kai.pk, now=NOW)
    sweep(now=one.ends_at)

    assert series_queries.upcoming(kai.pk, one.ends_at) == [three, four]
    assert series_queries.upcoming(noor.pk, one.ends_at) == [two, three, four]
    assert series_queries.upcoming(noor.pk, two.starts_at) == [two, three, four]
    assert series_queries.series_of(found.request) == found


def test_a_date_has_its_place_among_those_that_stand(office: Office) -> None:
    found = started(office)
    _, second, third, _ = series_queries.dates(found.pk)
    appointments.cancel_by_practitioner(
        appointment_id=second.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert series_queries.place(third) == Place(2, 3)
    assert series_queries.place(Appointment.objects.get(pk=second.pk)) is None
    assert series_queries.place(make.booked(office)) is None
