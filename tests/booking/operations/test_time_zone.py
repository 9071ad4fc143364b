"""Keeping one's hours in another time zone: their clock times stay, and so does what is booked."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.domain.availability import Draft, Reason
from booking.domain.refusals import ChangedMeanwhile, InvalidRequest, SlotTaken
from booking.models import Appointment, Decision, Series
from booking.operations import availability, decisions, requests, series
from booking.operations.availability import Saved
from booking.queries import availability as queries
from booking.queries import series as series_queries
from booking.queries import versions
from booking.queries.availability import Change as Edit
from practice.domain.hours import WeeklySpan
from practice.domain.wall import instant, local_date
from practice.models import Change, HoursOverride, Pending, Practitioner, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import first_of_series, started
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

LONDON = ZoneInfo("Europe/London")
TUESDAY = date(2026, 10, 20)


def at(hour: int, tz: ZoneInfo = NEW_YORK, day: date = TUESDAY) -> datetime:
    return instant(day, hour * 60, tz)


def moves(office: Office, time_zone: str = "Europe/London", *, seen: str | None = None) -> Saved:
    saved = availability.set_time_zone(
        practitioner_id=office.practitioner.pk, time_zone=time_zone, now=NOW, seen=seen
    )
    office.practitioner.refresh_from_db()
    return saved


def test_the_hours_keep_their_clock_times_on_the_clock_of_the_new_zone(office: Office) -> None:
    before = list(WeeklyHours.objects.values())

    moves(office)

    starts = make.open_starts(office, office.services["individual-50"])
    on_tuesday = [s for s in starts if local_date(s, LONDON) == TUESDAY]
    assert (on_tuesday[0], on_tuesday[-1]) == (at(9, LONDON), at(17, LONDON))
    assert list(WeeklyHours.objects.values()) == before


def test_what_is_booked_or_held_stays_and_what_does_not_fit_is_in_the_answer(
    office: Office,
) -> None:
    make.booked(office, times=[at(9)])  # 14:00 in London
    booked = make.booked(office, times=[at(14)])  # 19:00
    request = make.verified(office, times=[at(16)])
    held = Appointment.objects.get(request=request, state="held")
    before = list(Appointment.objects.order_by("id").values())

    saved = moves(office)

    assert saved.outside == {booked.pk: {Reason.CLOSED}, held.pk: {Reason.CLOSED}}
    assert list(Appointment.objects.order_by("id").values()) == before
    assert {a.wall_zone for a in Appointment.objects.all()} == {"America/New_York"}


def test_everything_else_with_a_moment_keeps_it(office: Office) -> None:
    off = TimeOff.objects.create(
        practitioner=office.practitioner, starts_at=at(0), ends_at=at(0) + timedelta(days=1)
    )
    couple = make.ready(office, "couple")
    decisions.confirm(request_id=couple.pk, practitioner_id=office.practitioner.pk, now=NOW)
    due_at = Decision.objects.get().due_at

    moves(office)

    assert TimeOff.objects.get() == off
    assert (TimeOff.objects.get().starts_at, TimeOff.objects.get().ends_at) == (
        off.starts_at,
        off.ends_at,
    )
    assert Decision.objects.get().due_at == due_at


def test_what_is_asked_for_afterwards_meets_the_new_hours_and_stands_in_the_new_zone(
    office: Office,
) -> None:
    outside = make.make_asking(office, times=[at(14)])
    inside = make.make_asking(office, times=[at(10, LONDON)])
    moves(office)

    with pytest.raises(SlotTaken):
        requests.submit(asking=outside, now=NOW)
    held = Appointment.objects.get(request=requests.submit(asking=inside, now=NOW).request)

    assert (held.wall_zone, held.wall_start) == ("Europe/London", "2026-10-20T10:00")


def test_a_series_goes_on_by_the_clock_that_it_has_and_a_new_one_by_the_new_clock(
    office: Office,
) -> None:
    running = started(office)  # Mondays at 15:00 in New York
    other = make.booked(office, times=[at(9)])
    before = Series.objects.filter(pk=running.pk).values().get()

    moves(office)
    further = series_queries.renewal(running, count=2, now=NOW)
    begun = series.start_series(
        appointment_id=other.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[at(14, LONDON, TUESDAY + timedelta(weeks=n)) for n in range(4)],
        now=NOW,
    )

    assert Series.objects.filter(pk=running.pk).values().get() == before
    assert {p.starts_at.astimezone(NEW_YORK).hour for p in further} == {15}
    assert (begun.wall_zone, begun.wall_start) == ("Europe/London", "2026-10-20T14:00")


def test_it_is_in_the_journal_once_and_nobody_is_told(office: Office) -> None:
    moves(office)
    moves(office)  # the same again

    [change] = Change.objects.filter(kind="time_zone_changed")
    assert change.subject_id == office.practitioner.pk
    assert change.actor == f"practitioner:{office.practitioner.pk}"
    assert change.snapshot == {"before": "America/New_York", "time_zone": "Europe/London"}
    assert not Pending.objects.filter(change=change).exists()


@pytest.mark.parametrize("name", ["Mars/Base", "", "London", "../../etc/passwd", "Etc/Unknown"])
def test_a_zone_that_there_is_not_is_refused_and_nothing_changes(office: Office, name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        moves(office, name)

    assert [(p.field, p.code) for p in refused.value.problems] == [("time_zone", "unknown_zone")]
    assert Practitioner.objects.get().time_zone == "America/New_York"
    assert not Change.objects.filter(kind="time_zone_changed").exists()


def test_an_edit_that_began_before_another_one_is_refused_and_leaves_nothing(
    office: Office,
) -> None:
    seen = versions.of_time_zone(office.practitioner.pk)
    moves(office, seen=seen)

    with pytest.raises(ChangedMeanwhile):
        moves(office, "Asia/Tokyo", seen=seen)

    assert Practitioner.objects.get().time_zone == "Europe/London"
    assert Change.objects.filter(kind="time_zone_changed").count() == 1


def test_the_same_press_twice_is_no_conflict(office: Office) -> None:
    seen = versions.of_time_zone(office.practitioner.pk)

    saved = [moves(office, seen=seen) for _press in range(2)]

    assert [s.outside for s in saved] == [{}, {}]


def test_hours_that_were_looked_at_on_the_old_clock_are_not_saved_on_the_new_one(
    office: Office,
) -> None:
    ours = office.practitioner.pk
    off = TimeOff.objects.create(
        practitioner=office.practitioner, starts_at=at(0), ends_at=at(0) + timedelta(days=1)
    )
    week, day_off = versions.of_week(ours), versions.of_time_off(ours, off.pk)
    moves(office)

    with pytest.raises(ChangedMeanwhile):
        availability.set_week(
            practitioner_id=ours, spans=[WeeklySpan(0, 540, 600)], now=NOW, seen=week
        )
    with pytest.raises(ChangedMeanwhile):
        availability.remove_time_off(
            practitioner_id=ours, time_off_id=off.pk, now=NOW, seen=day_off
        )

    assert WeeklyHours.objects.count() == 10
    assert TimeOff.objects.exists()


def test_somebody_elses_hours_stay_in_their_zone(office: Office) -> None:
    robin = make.make_practitioner(slug="robin")

    moves(office)

    robin.refresh_from_db()
    assert robin.time_zone == "America/New_York"


def test_a_dates_own_hours_count_in_the_preview_though_that_day_is_over_on_the_old_clock() -> None:
    office = make.make_office(time_zone="Pacific/Kiritimati")
    # There it is the 13th already, and in New York still the 12th.
    HoursOverride.objects.create(
        practitioner=office.practitioner,
        date=date(2026, 10, 12),
        opens_minute=20 * 60,
        closes_minute=22 * 60,
    )

    effect = queries.effect(office.practitioner, Edit(Draft(zone=NEW_YORK)), now=NOW)

    today = effect.days[0]
    assert today.date == date(2026, 10, 12)
    assert [i.start for i in today.after] == [at(20, NEW_YORK, today.date)]
    assert (str(effect.zone_before), str(effect.zone_after)) == (
        "Pacific/Kiritimati",
        "America/New_York",
    )


def test_a_cap_of_the_week_counts_what_that_week_has_had_on_the_new_clock() -> None:
    """On a Monday in Kiritimati, Sunday in New York, whose week began six days ago."""
    office = make.make_office(time_zone="Pacific/Kiritimati")
    kiritimati = ZoneInfo("Pacific/Kiritimati")
    service = office.services["individual-50"]
    before = datetime(2026, 10, 5, 0, 0, tzinfo=UTC)
    make.booked(office, now=before, times=[at(9, kiritimati, date(2026, 10, 8))])
    coming = make.booked(office, now=before, times=[at(9, kiritimati, date(2026, 10, 12))])
    service.week_cap = 1
    service.save()
    now = at(1, kiritimati, date(2026, 10, 12))

    effect = queries.effect(office.practitioner, Edit(Draft(zone=NEW_YORK)), now=now)

    assert [(o.appointment, Reason.WEEK_CAP in o.reasons) for o in effect.newly] == [(coming, True)]


def test_the_preview_and_the_answer_name_the_same_appointments(office: Office) -> None:
    for hour in (9, 11, 14, 16):
        make.booked(office, times=[at(hour)])
    first = first_of_series(office)

    effect = queries.effect(office.practitioner, Edit(Draft(zone=LONDON)), now=NOW)
    saved = moves(office)

    assert {o.appointment.pk for o in effect.newly} == saved.outside.keys()
    assert first.pk in saved.outside
