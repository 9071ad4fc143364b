"""Who is told what of a series, of clocks that change, and of its last two dates."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.clocks import clock_before
from notifications.domain.facts import Date, Person, SeriesFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import is_quiet
from notifications.domain.truth import untrue_because
from practice.domain.wall import instant
from tests.notifications.domain.facts import (
    LONDON,
    NEW_YORK,
    NOON,
    PRACTITIONER,
    appointment_of,
    change,
    person,
    reminders,
    told,
)

#: Six Mondays at 18:00 in New York. London's clocks change a week before New York's.
MONDAYS = [datetime(2026, 10, 12, 18, 0, tzinfo=NEW_YORK) + timedelta(weeks=n) for n in range(6)]


def date_of(start: datetime, *people: Person, is_ahead: bool = True, wall: str = "18:00") -> Date:
    start = start.astimezone(UTC)
    return Date(
        uuid4(),
        start,
        start + timedelta(minutes=50),
        wall,
        is_ahead,
        frozenset(p.id for p in people),
    )


def series_of(*people: Person, dates: list[Date] | None = None) -> SeriesFacts:
    dates = [date_of(m, *people) for m in MONDAYS] if dates is None else dates
    return SeriesFacts(uuid4(), 2, PRACTITIONER, people, dates)


# --- Series ----------------------------------------------------------------------------------


def test_all_dates_come_in_one_message_to_each_person_and_the_practitioner() -> None:
    two = person(), person()
    facts = series_of(*two)

    planned = plan(change(facts, "series_booked"), facts, now=NOON)

    assert told(planned) == {
        two[0].id: {Kind.DATES_BOOKED},
        two[1].id: {Kind.DATES_BOOKED},
        PRACTITIONER.id: {Kind.PRACTITIONER_DATES_BOOKED},
    }
    assert len(planned.once) == 3


def test_somebody_who_comes_to_none_of_the_dates_is_not_told() -> None:
    comes, stays_away = person(), person()
    facts = series_of(comes, stays_away, dates=[date_of(m, comes) for m in MONDAYS])

    planned = plan(change(facts, "series_moved"), facts, now=NOON)

    assert told(planned) == {comes.id: {Kind.DATES_MOVED}}


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("appointment_booked", Kind.BOOKED),
        ("appointment_moved", Kind.MOVED),
        ("appointment_cancelled", Kind.CANCELLED_BY_PRACTICE),
    ],
)
def test_one_of_many_dates_reaches_only_those_whose_calendar_needs_a_file(
    kind: str, message: Kind
) -> None:
    is_new = kind == "appointment_booked"
    with_file, without = person(has_file=not is_new), person(takes_file=False)
    state = "cancelled" if kind == "appointment_cancelled" else "booked"
    facts = appointment_of(with_file, without, starts_at=NOON + timedelta(days=5), state=state)

    planned = plan(change(facts, kind, series=str(uuid4())), facts, now=NOON)

    assert told(planned) == {with_file.id: {message}}
    assert [m.method for m in planned.once] == ["CANCEL" if state == "cancelled" else "REQUEST"]


def test_the_first_date_whose_file_has_left_already_brings_no_second() -> None:
    facts = appointment_of(person(has_file=True), starts_at=NOON + timedelta(days=5))
    assert not plan(change(facts, "appointment_booked", series="x"), facts, now=NOON).once


def test_one_date_of_a_series_reminds_as_every_appointment_does() -> None:
    facts = appointment_of(person(takes_file=False), starts_at=NOON + timedelta(days=5))
    planned = plan(change(facts, "appointment_booked", series="x"), facts, now=NOON)
    assert len(reminders(planned)) == 3


def test_two_sessions_missed_in_a_row_are_the_practitioners_to_know() -> None:
    facts = series_of(person())
    planned = plan(change(facts, "series_missed_twice"), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_MISSED_TWICE}}


# --- Clocks ----------------------------------------------------------------------------------


def test_somebody_abroad_hears_ten_days_before_their_clock_shows_another_time() -> None:
    londoner, new_yorker = person(), person(zone=NEW_YORK)
    facts = series_of(londoner, new_yorker)

    shifts = reminders(
        plan(change(facts, "series_booked"), facts, now=MONDAYS[0].astimezone(UTC)),
        Kind.CLOCK_SHIFT,
    )

    assert [(m.recipient.id, m.says_start) for m in shifts] == [
        (londoner.id, MONDAYS[2].astimezone(UTC)),  # an hour earlier
        (londoner.id, MONDAYS[3].astimezone(UTC)),  # and back again
    ]
    assert [m.due_at for m in shifts] == [
        datetime(2026, 10, 16, 19, 30, tzinfo=LONDON),
        datetime(2026, 10, 23, 19, 30, tzinfo=LONDON),
    ]


def test_the_warning_moves_on_when_the_date_that_it_was_about_is_cancelled() -> None:
    londoner = person()
    usual = series_of(londoner)
    first, second, _third, *rest = usual.dates
    facts = replace(usual, dates=[first, second, *rest])
    now = MONDAYS[0].astimezone(UTC)

    before = plan(change(usual, "series_booked"), usual, now=now)
    after = plan(change(facts, "series_paused"), facts, now=now)

    assert len(reminders(before, Kind.CLOCK_SHIFT)) == 2
    assert not reminders(after, Kind.CLOCK_SHIFT)  # the shift came and went in between
    assert not {m.key for m in reminders(before, Kind.CLOCK_SHIFT)} & after.wanted


def test_a_date_at_another_time_of_the_practitioners_day_says_nothing_about_clocks() -> None:
    londoner = person()
    moved = date_of(MONDAYS[1] + timedelta(hours=2), londoner, wall="20:00")
    facts = series_of(londoner, dates=[date_of(MONDAYS[0], londoner), moved])

    planned = plan(change(facts, "series_booked"), facts, now=MONDAYS[0].astimezone(UTC))

    assert not reminders(planned, Kind.CLOCK_SHIFT)


@given(
    zone=st.sampled_from(
        [
            "Europe/London",
            "America/New_York",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Asia/Kathmandu",
            "Pacific/Apia",
        ]
    ).map(ZoneInfo),
    first=st.dates(min_value=MONDAYS[0].date(), max_value=MONDAYS[0].date() + timedelta(days=400)),
    every=st.integers(1, 3),
    minute=st.sampled_from([8 * 60, 12 * 60, 18 * 60 + 30]),
)
def test_the_clock_before_is_that_of_the_date_before(
    zone: ZoneInfo, first: date, every: int, minute: int
) -> None:
    somebody = person(zone=zone)
    starts = [instant(first + timedelta(weeks=every * n), minute, NEW_YORK) for n in range(12)]
    dates = [date_of(s, somebody) for s in starts]

    for before, after in pairwise(dates):
        shown = clock_before(after, dates, zone)
        was, will_be = (d.starts_at.astimezone(zone) for d in (before, after))
        assert (shown is None) is (was.time() == will_be.time())
        assert shown in (None, was)


# --- The last two ----------------------------------------------------------------------------


def test_two_dates_before_the_end_people_hear_that_two_are_left() -> None:
    somebody = person()
    facts = series_of(somebody)

    [last] = reminders(
        plan(change(facts, "series_booked"), facts, now=MONDAYS[0].astimezone(UTC)),
        Kind.LAST_DATES,
    )

    assert last.says_start == MONDAYS[4].astimezone(UTC)
    assert MONDAYS[3] < last.due_at < MONDAYS[4]
    assert last.not_after == last.says_start
    assert not is_quiet(last.due_at, somebody.zone)


def test_a_series_that_is_renewed_has_other_last_dates() -> None:
    somebody = person()
    facts = series_of(somebody)
    more = [date_of(MONDAYS[-1] + timedelta(weeks=n), somebody) for n in (1, 2, 3)]
    renewed = replace(facts, dates=[*facts.dates, *more])
    now = MONDAYS[0].astimezone(UTC)

    before = plan(change(facts, "series_booked"), facts, now=now)
    after = plan(change(renewed, "series_booked"), renewed, now=now)

    assert not {m.key for m in reminders(before, Kind.LAST_DATES)} & after.wanted
    assert len(reminders(after, Kind.LAST_DATES)) == 1


def test_two_of_two_are_not_the_last_of_anything() -> None:
    somebody = person()
    facts = series_of(somebody, dates=[date_of(m, somebody) for m in MONDAYS[:2]])
    planned = plan(change(facts, "series_booked"), facts, now=MONDAYS[0] - timedelta(days=30))
    assert not reminders(planned, Kind.LAST_DATES)


def test_whoever_wants_no_reminders_hears_of_neither() -> None:
    facts = series_of(person(wants_reminders=False))
    assert not plan(change(facts, "series_booked"), facts, now=NOON).standing


@pytest.mark.parametrize(
    ("left", "reason"), [(6, "these are not the last two dates"), (2, ""), (1, "these are")]
)
def test_the_last_two_are_told_only_while_they_are_two(left: int, reason: str) -> None:
    somebody = person()
    dates = [date_of(m, somebody, is_ahead=number >= 6 - left) for number, m in enumerate(MONDAYS)]
    facts = series_of(somebody, dates=dates)
    said = untrue_because(
        Kind.LAST_DATES,
        person_id=somebody.id,
        says_start=MONDAYS[4].astimezone(UTC),
        facts=facts,
    )
    assert said.startswith(reason)
    assert bool(said) is bool(reason)
