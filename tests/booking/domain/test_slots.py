"""Slots against a brute-force oracle that looks at every minute."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from booking.domain.slots import (
    AtMost,
    Calendar,
    DatedWindow,
    Interval,
    NotAfter,
    Rules,
    Taken,
    WeeklyWindow,
    is_open,
    nearest,
    open_slots,
)
from practice.domain.wall import zone

MINUTE = timedelta(minutes=1)
LONG_AGO = datetime(2011, 1, 1, tzinfo=UTC)

#: Three days around a clock change, or (Kathmandu) any. In Azores and Havana it reaches midnight.
PLACES = [
    ("America/New_York", date(2026, 3, 7)),
    ("America/New_York", date(2026, 10, 31)),
    ("Europe/London", date(2026, 3, 28)),
    ("Europe/London", date(2026, 10, 24)),
    ("Australia/Lord_Howe", date(2026, 4, 4)),
    ("Australia/Lord_Howe", date(2026, 10, 3)),
    ("Africa/Casablanca", date(2026, 2, 14)),
    ("Africa/Casablanca", date(2026, 3, 21)),
    ("Pacific/Apia", date(2011, 12, 29)),
    ("Asia/Kathmandu", date(2026, 3, 28)),
    ("Atlantic/Azores", date(2026, 10, 24)),
    ("America/Havana", date(2026, 3, 7)),
    ("America/Havana", date(2026, 10, 31)),
]
DAYS = 3
WAYS = ("video", "phone", "in_person")
TYPES = ("individual", "couple")


class Wall:
    """Every UTC minute of a stretch of days, with what a clock on the wall shows."""

    def __init__(self, tz: ZoneInfo, first: date) -> None:
        start = datetime.combine(first, datetime.min.time(), UTC) - timedelta(hours=30)
        self.minutes = [start + n * MINUTE for n in range((DAYS * 24 + 72) * 60)]
        self.wall = [m.astimezone(tz).replace(tzinfo=None) for m in self.minutes]

    def at(self, day: date, minute: int, *, is_end: bool) -> datetime:
        wanted = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
        same = [m for m, wall in zip(self.minutes, self.wall, strict=True) if wall == wanted]
        if same:
            return same[-1] if is_end else same[0]
        later = (m for m, wall in zip(self.minutes, self.wall, strict=True) if wall >= wanted)
        return next(later)


@cache
def wall_of(tz: ZoneInfo, first: date) -> Wall:
    """Looked at once: it is by far the slowest part of an example."""
    return Wall(tz, first)


def oracle(
    calendar: Calendar, rules: Rules, first: date, now: datetime, ignore: UUID | None
) -> list[datetime]:
    """The rules read aloud, tried on each minute."""
    wall = wall_of(calendar.zone, first)
    taken = [t for t in calendar.taken if t.claim != ignore]
    length = rules.duration_minutes * MINUTE
    before, after = rules.before_minutes * MINUTE, rules.after_minutes * MINUTE
    step = rules.step_minutes * MINUTE
    windows = []
    # A session keeps its way to meet from start to end; without one asked for, any hours will do.
    asked: Sequence[str | None] = [*rules.modalities] or [None]
    open_for: dict[str | None, set[datetime]] = {way: set() for way in asked}
    for day in (first + timedelta(days=n) for n in range(DAYS + 1)):
        dated = [o for o in calendar.overrides if o.date == day]
        hours = (
            [(o.opens_minute, o.closes_minute, o.modalities) for o in dated]
            if dated
            else [
                (w.opens_minute, w.closes_minute, w.modalities)
                for w in calendar.weekly
                if w.weekday == day.weekday()
                and (w.from_date is None or day >= w.from_date)
                and (w.until_date is None or day < w.until_date)
            ]
        )
        of_day = [
            (wall.at(day, opens, is_end=False), wall.at(day, closes, is_end=True), ways)
            for opens, closes, ways in hours
            if opens is not None and closes is not None
        ]
        for opens_at, closes_at, ways in of_day:
            span = range(int((closes_at - opens_at) / MINUTE))
            for way, minutes in open_for.items():
                if way is None or not ways or way in ways:
                    minutes.update(opens_at + n * MINUTE for n in span)
        if day == first + timedelta(days=DAYS):
            continue  # a session may run into its hours, and does not begin in them
        week = {(day - timedelta(days=day.weekday())) + timedelta(days=n) for n in range(7)}
        starts_of = {
            (t.claim, t.starts_at.astimezone(calendar.zone).date()) for t in taken if t.counts
        }
        on_day = {claim for claim, on in starts_of if on == day}
        in_week = {claim for claim, on in starts_of if on in week}
        if rules.day_cap is not None and len(on_day) >= rules.day_cap:
            continue
        if rules.week_cap is not None and len(in_week) >= rules.week_cap:
            continue
        that_day = [t for t in taken if t.starts_at.astimezone(calendar.zone).date() == day]
        # Hours for no particular way to meet are for all; whoever names no way takes any hours.
        for opens_at, closes_at, ways in of_day:
            served = [way for way in asked if way is None or not ways or way in ways]
            windows.append((opens_at, closes_at, that_day, served))
    found = []
    for start in wall.minutes:
        end = start + length
        if (
            any(
                opens <= start < closes
                and (start - opens) % step == timedelta(0)
                and has_energy(calendar, rules, start, that_day)
                and any(
                    all(start + n * MINUTE in open_for[way] for n in range(rules.duration_minutes))
                    for way in ways
                )
                for opens, closes, that_day, ways in windows
            )
            and start >= now + rules.notice_minutes * MINUTE
            and (rules.horizon_days is None or start <= now + timedelta(days=rules.horizon_days))
            and not any(i.start < end and start < i.end for i in calendar.time_off)
            and not any(
                t.blocked_from < end + after and start - before < t.blocked_until for t in taken
            )
        ):
            found.append(start)
    return found


def has_energy(
    calendar: Calendar, rules: Rules, start: datetime, that_day: Sequence[Taken]
) -> bool:
    """Each energy rule, asked as if the session stood among the others of its day."""
    kind = rules.relationship_type
    for rule in calendar.energy:
        if isinstance(rule, AtMost):
            others = {t.claim for t in that_day if t.relationship_type == rule.relationship_type}
            if kind == rule.relationship_type and len(others) + 1 > rule.limit:
                return False
            continue
        for other in that_day:
            for (one, at), (next_one, later) in (
                ((kind, start), (other.relationship_type, other.starts_at)),
                ((other.relationship_type, other.starts_at), (kind, start)),
            ):
                breaks = one == rule.after_type and next_one == rule.relationship_type
                if breaks and later > at:
                    return False
    return True


@st.composite
def situations(draw: st.DrawFn) -> tuple[Calendar, Rules, date, datetime, UUID | None]:
    name, first = draw(st.sampled_from(PLACES))
    noon = datetime.combine(first, datetime.min.time(), UTC)
    # Midnight and noon are where hours of two days, or of two ways to meet, touch each other.
    quarters = (st.sampled_from([0, 48, 96]) | st.integers(0, 96)).map(lambda n: 15 * n)
    spans = st.tuples(quarters, quarters).map(sorted).filter(lambda s: s[0] < s[1])
    instants = st.integers(-24 * 12, (DAYS + 1) * 24 * 12).map(lambda n: noon + 5 * n * MINUTE)
    in_hours = st.integers(0, DAYS * 24 * 12).map(lambda n: noon + 5 * n * MINUTE)
    minutes = st.integers(1, 30) | st.integers(31, 300)
    ways = st.sets(st.sampled_from(WAYS), max_size=2).map(sorted)
    types = st.sampled_from(TYPES)
    counting = st.sampled_from([True, True, False])
    weekly = [
        WeeklyWindow(
            weekday,
            span[0],
            span[1],
            draw(st.sampled_from([None, first + timedelta(days=1)])),
            draw(st.sampled_from([None, first + timedelta(days=2)])),
            draw(ways),
        )
        for weekday in range(7)
        for span in draw(st.lists(spans, max_size=3))
    ]
    overrides = []
    for offset in draw(st.sets(st.integers(0, DAYS - 1), max_size=2)):
        for span in draw(st.lists(st.none() | spans, min_size=1, max_size=2)):
            opens, closes = span or (None, None)
            overrides.append(DatedWindow(first + timedelta(days=offset), opens, closes, draw(ways)))
    time_off = [
        Interval(start, start + length * MINUTE)
        for start, length in draw(st.lists(st.tuples(instants, minutes), max_size=2))
    ]
    taken = []
    for start, length, pad, claim, counts, kind in draw(
        st.lists(
            st.tuples(in_hours, minutes, st.integers(0, 45), st.integers(1, 4), counting, types),
            max_size=6,
        )
    ):
        taken.append(
            Taken(
                start - pad * MINUTE,
                start + (length + pad) * MINUTE,
                start,
                UUID(int=claim),
                counts,
                kind,
            )
        )
    energy: list[AtMost | NotAfter] = [
        AtMost(kind, limit)
        for kind, limit in draw(st.lists(st.tuples(types, st.integers(1, 2)), max_size=2))
    ]
    energy += [
        NotAfter(kind, after) for kind, after in draw(st.lists(st.tuples(types, types), max_size=2))
    ]
    rules = Rules(
        duration_minutes=draw(st.sampled_from([20, 50, 80, 110, 7])),
        before_minutes=draw(st.sampled_from([0, 10, 25])),
        after_minutes=draw(st.sampled_from([0, 10, 30])),
        step_minutes=draw(st.sampled_from([5, 15, 30, 50, 60])),
        notice_minutes=draw(st.sampled_from([0, 60, 1440])),
        horizon_days=draw(st.sampled_from([None, 5, 60])),
        day_cap=draw(st.sampled_from([None, 1, 2])),
        week_cap=draw(st.sampled_from([None, 2, 3])),
        relationship_type=draw(types),
        modalities=draw(ways),
    )
    long_before = noon - timedelta(days=4)
    now = draw(st.just(long_before) | instants) + draw(st.sampled_from([0, 1, 59])) * timedelta(
        seconds=1
    )
    ignore = draw(st.none() | st.just(UUID(int=1)))
    calendar = Calendar(zone(name), weekly, overrides, time_off, taken, energy)
    return calendar, rules, first, now, ignore


@st.composite
def full_days(draw: st.DrawFn) -> tuple[Calendar, Rules, date, datetime, UUID | None]:
    """Open day and night, and much in it: what single sessions and energy rules leave of a day."""
    name, first = draw(st.sampled_from(PLACES))
    midnight = datetime.combine(first, datetime.min.time(), UTC)
    types = st.sampled_from(TYPES)
    taken = [
        Taken(start, start + length * MINUTE, start, UUID(int=claim), True, kind)
        for start, length, claim, kind in draw(
            st.lists(
                st.tuples(
                    st.integers(0, DAYS * 24 * 12).map(lambda n: midnight + 5 * n * MINUTE),
                    st.integers(1, 40) | st.integers(60, 600),
                    st.integers(1, 9),
                    types,
                ),
                min_size=2,
                max_size=8,
            )
        )
    ]
    at_most = st.builds(AtMost, types, st.integers(1, 3))
    not_after = st.builds(NotAfter, types, types)
    energy = draw(st.lists(at_most | not_after, min_size=1, max_size=3))
    weekly = [WeeklyWindow(day, draw(st.sampled_from([0, 40])), 1440) for day in range(7)]
    rules = Rules(
        duration_minutes=draw(st.sampled_from([7, 20, 50])),
        step_minutes=draw(st.sampled_from([5, 15, 60])),
        relationship_type=draw(types),
    )
    return Calendar(zone(name), weekly, (), (), taken, energy), rules, first, LONG_AGO, None


def all_day(name: str, first: date) -> tuple[Calendar, Rules, date, datetime, UUID | None]:
    """Open from midnight to midnight over the clock change: every rule of the gap and the fold."""
    calendar = Calendar(zone(name), [WeeklyWindow(day, 0, 1440) for day in range(7)])
    rules = Rules(duration_minutes=50, step_minutes=30)
    return calendar, rules, first, LONG_AGO, None


#: What begins on the grid of hours for the phone is kept by phone, whatever video could do.
KEEPS_ITS_WAY = (
    Calendar(
        ZoneInfo("America/New_York"),
        weekly=[
            WeeklyWindow(6, 0, 720),
            WeeklyWindow(6, 15, 720, modalities=("phone",)),
            WeeklyWindow(6, 0, 1440, modalities=("video",)),
        ],
    ),
    Rules(duration_minutes=20, step_minutes=30, modalities=("phone", "video")),
    date(2026, 3, 7),
    datetime(2026, 3, 3, tzinfo=UTC),
    None,
)


@given(situations())
@example(KEEPS_ITS_WAY)
@example(all_day(*PLACES[0]))
@example(all_day(*PLACES[1]))
@example(all_day(*PLACES[4]))
@example(all_day(*PLACES[5]))
@example(all_day(*PLACES[6]))
@example(all_day(*PLACES[8]))
@example(all_day(*PLACES[10]))
@example(all_day(*PLACES[11]))
@example(all_day(*PLACES[12]))
@settings(max_examples=300, deadline=None)
def test_open_starts_are_those_that_pass_every_rule_on_every_minute(
    situation: tuple[Calendar, Rules, date, datetime, UUID | None],
) -> None:
    calendar, rules, first, now, ignore = situation

    found = open_slots(
        calendar,
        rules,
        first=first,
        end=first + timedelta(days=DAYS),
        now=now,
        ignore_claim=ignore,
    )

    assert found == oracle(calendar, rules, first, now, ignore)


@given(full_days())
@settings(max_examples=150, deadline=None)
def test_what_sessions_and_energy_rules_leave_of_a_full_day_is_what_every_minute_says(
    situation: tuple[Calendar, Rules, date, datetime, UUID | None],
) -> None:
    calendar, rules, first, now, _ = situation

    found = open_slots(calendar, rules, first=first, end=first + timedelta(days=DAYS), now=now)

    assert found == oracle(calendar, rules, first, now, None)


@given(situations())
@settings(max_examples=25, deadline=None)
def test_one_start_is_open_exactly_when_the_search_finds_it(
    situation: tuple[Calendar, Rules, date, datetime, UUID | None],
) -> None:
    calendar, rules, first, now, ignore = situation
    middle = first + timedelta(days=1)
    day = datetime.combine(middle, datetime.min.time(), calendar.zone).astimezone(UTC)
    found = open_slots(
        calendar,
        rules,
        first=first,
        end=first + timedelta(days=DAYS),
        now=now,
        ignore_claim=ignore,
    )

    for quarter in range(0, 96, 3):
        start = day + 15 * quarter * MINUTE
        assert is_open(calendar, rules, start, now=now, ignore_claim=ignore) == (start in found)


def test_a_window_over_the_gap_is_an_hour_shorter_and_over_the_fold_an_hour_longer() -> None:
    calendar = Calendar(zone("America/New_York"), [WeeklyWindow(6, 0, 240)])
    rules = Rules(duration_minutes=60, step_minutes=60)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)

    def on(day: date) -> Sequence[datetime]:
        return open_slots(calendar, rules, first=day, end=day + timedelta(days=1), now=long_ago)

    assert len(on(date(2026, 3, 1))) == 4
    assert len(on(date(2026, 3, 8))) == 3
    assert len(on(date(2026, 11, 1))) == 5


def test_time_taken_to_the_second_blocks_to_the_second() -> None:
    start = datetime(2026, 10, 12, 13, 0, tzinfo=UTC)
    busy = Taken(
        start + timedelta(minutes=49, seconds=59),
        start + timedelta(hours=1, seconds=1),
        start,
        UUID(int=1),
        counts=False,
    )
    calendar = Calendar(zone("America/New_York"), [WeeklyWindow(0, 540, 720)], taken=[busy])

    found = open_slots(
        calendar,
        Rules(duration_minutes=50, step_minutes=10),
        first=date(2026, 10, 12),
        end=date(2026, 10, 13),
        now=start - timedelta(days=1),
    )

    assert start not in found
    assert start + timedelta(hours=1) not in found
    assert start + timedelta(hours=1, minutes=10) in found


def test_alternatives_of_one_claim_count_once_toward_a_cap() -> None:
    start = datetime(2026, 10, 12, 13, 0, tzinfo=UTC)
    taken = [
        Taken(
            start + n * timedelta(hours=1),
            start + (n + 1) * timedelta(hours=1),
            start + n * timedelta(hours=1),
            UUID(int=7),
            counts=True,
        )
        for n in range(2)
    ]
    calendar = Calendar(zone("America/New_York"), [WeeklyWindow(0, 540, 1020)], taken=taken)

    def found(cap: int) -> list[datetime]:
        return open_slots(
            calendar,
            Rules(duration_minutes=50, day_cap=cap),
            first=date(2026, 10, 12),
            end=date(2026, 10, 13),
            now=start - timedelta(days=1),
        )

    assert found(2)
    assert not found(1)


@given(
    starts=st.lists(st.integers(0, 500), max_size=12, unique=True),
    wanted=st.integers(0, 500),
    count=st.integers(1, 5),
)
def test_the_nearest_are_the_nearest_in_order(starts: list[int], wanted: int, count: int) -> None:
    base = datetime(2026, 10, 12, tzinfo=UTC)
    times = [base + n * MINUTE for n in starts]
    at = base + wanted * MINUTE

    found = nearest(times, at, count=count)

    assert found == sorted(found)
    assert len(found) == min(count, len(times))
    left = set(times) - set(found)
    assert all(abs(f - at) <= abs(other - at) for f in found for other in left)


@pytest.mark.parametrize("before", [0, 15])
def test_buffers_may_spill_over_the_hours_but_not_over_others(before: int) -> None:
    nine = datetime(2026, 10, 12, 13, 0, tzinfo=UTC)
    calendar = Calendar(
        zone("America/New_York"),
        [WeeklyWindow(0, 540, 600)],
        taken=[Taken(nine - 20 * MINUTE, nine - 10 * MINUTE, nine, UUID(int=1), counts=False)],
    )

    found = open_slots(
        calendar,
        Rules(duration_minutes=60, before_minutes=before, after_minutes=30),
        first=date(2026, 10, 12),
        end=date(2026, 10, 13),
        now=nine - timedelta(days=1),
    )

    assert found == ([] if before else [nine])


NEW_YORK = zone("America/New_York")


def starts_on_the_wall(weekly: Sequence[WeeklyWindow], *ways: str) -> list[str]:
    """The starts of 80 minutes, every half hour, on a Monday and a Tuesday."""
    found = open_slots(
        Calendar(NEW_YORK, weekly),
        Rules(duration_minutes=80, modalities=ways),
        first=date(2026, 10, 12),
        end=date(2026, 10, 14),
        now=LONG_AGO,
    )
    return [f"{start.astimezone(NEW_YORK):%a %H:%M}" for start in found]


def test_a_session_may_begin_before_midnight_and_end_after_it() -> None:
    weekly = [
        window
        for weekday in (0, 1, 2)
        for window in (WeeklyWindow(weekday, 0, 60), WeeklyWindow(weekday, 22 * 60, 24 * 60))
    ]

    assert starts_on_the_wall(weekly) == [
        f"{day} {hour}" for day in ("Mon", "Tue") for hour in ("22:00", "22:30", "23:00", "23:30")
    ]


def test_a_session_may_run_from_hours_into_the_next_if_both_serve_its_way_to_meet() -> None:
    weekly = [
        WeeklyWindow(0, 10 * 60, 12 * 60, modalities=("video", "in_person")),
        WeeklyWindow(0, 12 * 60, 14 * 60, modalities=("video", "phone")),
    ]

    assert starts_on_the_wall(weekly, "in_person") == ["Mon 10:00", "Mon 10:30"]
    assert starts_on_the_wall(weekly, "phone") == ["Mon 12:00", "Mon 12:30"]
    # By video right through; nobody changes from a chair to the telephone at noon.
    assert starts_on_the_wall(weekly, "in_person", "phone") == [
        "Mon 10:00",
        "Mon 10:30",
        "Mon 12:00",
        "Mon 12:30",
    ]
    assert starts_on_the_wall(weekly, "video", "phone") == [
        "Mon 10:00",
        "Mon 10:30",
        "Mon 11:00",
        "Mon 11:30",
        "Mon 12:00",
        "Mon 12:30",
    ]
