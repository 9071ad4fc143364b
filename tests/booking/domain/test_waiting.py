"""Whose turn it is on the waitlist, when they are told, and how long they have."""

from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.domain.waiting import (
    LEAST_TO_ANSWER,
    OfferPolicy,
    Told,
    Waiting,
    expires_at,
    in_line,
    leaves_time,
    opens_at,
)

NEW_YORK = ZoneInfo("America/New_York")
LONDON = ZoneInfo("Europe/London")
#: What is quiet for somebody who chose nothing else, in minutes.
USUAL = (20 * 60, 8 * 60)
IN_NEW_YORK = Told(NEW_YORK, *USUAL)
YEAR_BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = OfferPolicy(hours=24, soon_days=3, soon_hours=12, today_hours=2)
#: Far apart, at quarter hours, and with clock changes of their own.
ZONES = [
    "America/New_York",
    "Europe/London",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Pacific/Kiritimati",
    "America/Los_Angeles",
]


def new_york(day: int, hour: int, minute: int = 0, *, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


# --- When they are told -----------------------------------------------------------------------


def test_in_daytime_people_are_told_at_once() -> None:
    now = new_york(12, 19, 59)

    assert opens_at(now, [IN_NEW_YORK]) == now


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (new_york(12, 20), new_york(13, 8)),
        (new_york(12, 23, 30), new_york(13, 8)),
        (new_york(13, 7, 59), new_york(13, 8)),
        (new_york(31, 22), new_york(1, 8, month=11)),  # the clocks change in that night
    ],
)
def test_at_night_people_are_told_in_their_morning(now: datetime, told: datetime) -> None:
    assert opens_at(now, [IN_NEW_YORK]) == told


def test_people_of_two_zones_are_told_when_it_is_day_for_both() -> None:
    # 09:00 in London is 04:00 in New York, where the day begins at 13:00 of London.
    now = datetime(2026, 10, 12, 9, tzinfo=LONDON)

    assert opens_at(now, [Told(LONDON, *USUAL), IN_NEW_YORK]) == new_york(12, 8)


def test_where_no_moment_is_day_for_all_the_requesters_day_decides() -> None:
    now = new_york(12, 22)
    perth = Told(ZoneInfo("Australia/Perth"), *USUAL)

    assert opens_at(now, [IN_NEW_YORK, perth]) == new_york(13, 8)


def test_nobody_cannot_be_told() -> None:
    with pytest.raises(ValueError, match="nobody"):
        opens_at(new_york(12, 9), [])


@pytest.mark.parametrize(
    ("quiet", "now", "told"),
    [
        ((22 * 60, 6 * 60), new_york(12, 21, 30), new_york(12, 21, 30)),
        ((22 * 60, 6 * 60), new_york(12, 23), new_york(13, 6)),
        ((18 * 60, 10 * 60), new_york(12, 18), new_york(13, 10)),
        ((8 * 60, 16 * 60), new_york(12, 9), new_york(12, 16)),  # they sleep by day
        ((0, 0), new_york(12, 3), new_york(12, 3)),  # no quiet hours at all
    ],
)
def test_daytime_is_what_their_own_quiet_hours_leave(
    quiet: tuple[int, int], now: datetime, told: datetime
) -> None:
    assert opens_at(now, [Told(NEW_YORK, *quiet)]) == told


def test_the_longer_quiet_hours_of_one_keep_a_time_for_both_until_later() -> None:
    late_riser = Told(NEW_YORK, 20 * 60, 11 * 60)

    assert opens_at(new_york(12, 22), [IN_NEW_YORK, late_riser]) == new_york(13, 11)


@given(
    st.integers(0, 4 * 24 * 366),
    st.lists(
        st.builds(
            Told,
            st.sampled_from(ZONES).map(ZoneInfo),
            # Ends of quiet hours away from the hours in which clocks change.
            st.sampled_from([0, 9 * 60, 18 * 60 + 15, 20 * 60, 23 * 60]),
            st.sampled_from([6 * 60, 8 * 60, 10 * 60 + 30, 16 * 60]),
        ),
        min_size=1,
        max_size=3,
        unique=True,
    ),
)
def test_the_moment_is_the_first_of_all_quarter_hours_that_will_do(
    quarters: int, people: list[Told]
) -> None:
    now = YEAR_BEGINS + timedelta(minutes=15 * quarters)

    def is_quiet(person: Told, at: datetime) -> bool:
        local = at.astimezone(person.zone)
        minute, begins, ends = local.hour * 60 + local.minute, person.quiet_from, person.quiet_until
        if begins <= ends:
            return begins <= minute < ends
        return minute >= begins or minute < ends

    def brute_force(asked: list[Told]) -> datetime | None:
        for quarter in range(4 * 48):
            moment = now + timedelta(minutes=15 * quarter)
            if not any(is_quiet(person, moment) for person in asked):
                return moment
        return None

    assert opens_at(now, people) == (brute_force(people) or brute_force(people[:1]))


# --- How long they have -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opens", "starts", "hours"),
    [
        (new_york(12, 9), new_york(20, 9), 24),
        (new_york(12, 9), new_york(15, 9), 24),  # exactly three days
        (new_york(12, 9), new_york(15, 8, 59), 12),
        (new_york(12, 9), new_york(13, 9), 12),
        (new_york(12, 9), new_york(12, 17), 2),
    ],
)
def test_the_nearer_the_session_the_shorter_the_offer(
    opens: datetime, starts: datetime, hours: int
) -> None:
    assert expires_at(opens, starts, POLICY, tz=NEW_YORK) == opens + timedelta(hours=hours)


def test_the_same_day_is_a_day_of_the_practitioners_zone() -> None:
    # 23:30 of the 12th and 08:00 of the 13th in New York: one day in London.
    opens, starts = new_york(12, 23, 30), new_york(13, 8)

    assert expires_at(opens, starts, POLICY, tz=LONDON) - opens == timedelta(hours=2)
    assert expires_at(opens, starts, POLICY, tz=NEW_YORK) == starts - timedelta(hours=1)


def test_an_answer_leaves_the_practitioner_an_hour_before_the_last_batch() -> None:
    opens, starts, batch = new_york(12, 9), new_york(13, 14), new_york(12, 17)

    until = expires_at(opens, starts, POLICY, tz=NEW_YORK, decide_by=batch)

    assert until == new_york(12, 16)


def test_less_than_half_an_hour_is_no_offer() -> None:
    opens = new_york(12, 9)
    soon = expires_at(opens, opens + timedelta(minutes=80), POLICY, tz=NEW_YORK)
    later = expires_at(opens, opens + timedelta(minutes=90), POLICY, tz=NEW_YORK)

    assert (leaves_time(opens, soon), leaves_time(opens, later)) == (False, True)


@given(
    opened=st.integers(0, 60 * 24 * 366),
    minutes=st.integers(1, 60 * 24 * 30),
    decided_before=st.integers(0, 60 * 24 * 3),
)
def test_an_offer_that_is_made_ends_in_time_and_can_be_answered(
    opened: int, minutes: int, decided_before: int
) -> None:
    opens = YEAR_BEGINS + timedelta(minutes=opened)
    starts = opens + timedelta(minutes=minutes)
    decide_by = starts - timedelta(minutes=decided_before)

    until = expires_at(opens, starts, POLICY, tz=NEW_YORK, decide_by=decide_by)

    assert until < decide_by
    assert until - opens <= timedelta(hours=24)
    assert leaves_time(opens, until) == (until - opens >= LEAST_TO_ANSWER)


# --- Whose turn it is -------------------------------------------------------------------------

SHORT, LONG = uuid4(), uuid4()
_numbers = count(1)


def entry(
    *, ready: int, joined: int = 0, service: UUID = SHORT, modality: str = "video"
) -> Waiting:
    return Waiting(
        entry=next(_numbers),
        ready_at=new_york(1, 9) + timedelta(minutes=ready),
        joined_at=new_york(1, 9) + timedelta(minutes=joined),
        service=service,
        modality=modality,
    )


def test_the_turn_is_by_readiness_and_not_by_who_joined_first() -> None:
    late, early = entry(ready=9, joined=1), entry(ready=3, joined=5)

    assert list(in_line([late, early], fits=lambda *_: True)) == [early, late]


def test_whom_the_time_does_not_fit_is_passed_over() -> None:
    first = entry(ready=1, service=LONG)
    second = entry(ready=2, modality="in_person")
    third = entry(ready=3)

    found = in_line(
        [first, second, third],
        fits=lambda service, modality: (service, modality) == (SHORT, "video"),
    )

    assert list(found) == [third]


@given(
    st.lists(
        st.builds(
            entry,
            ready=st.integers(0, 5),
            joined=st.integers(0, 5),
            service=st.sampled_from([SHORT, LONG]),
            modality=st.sampled_from(["video", "phone"]),
        ),
        max_size=8,
    ),
    st.sets(st.tuples(st.sampled_from([SHORT, LONG]), st.sampled_from(["video", "phone"]))),
)
def test_the_line_is_everybody_whom_it_fits_in_order_asked_once_a_pair(
    entries: list[Waiting], fitting: set[tuple[UUID, str]]
) -> None:
    asked: list[tuple[UUID, str]] = []

    def fits(service: UUID, modality: str) -> bool:
        asked.append((service, modality))
        return (service, modality) in fitting

    found = list(in_line(entries, fits=fits))

    assert {e.entry for e in found} == {
        e.entry for e in entries if (e.service, e.modality) in fitting
    }
    assert [(e.ready_at, e.joined_at) for e in found] == sorted(
        (e.ready_at, e.joined_at) for e in found
    )
    assert len(asked) == len(set(asked))


def test_nobody_further_down_is_looked_at_than_needed() -> None:
    asked: list[UUID] = []

    def fits(service: UUID, _modality: str) -> bool:
        asked.append(service)
        return True

    next(iter(in_line([entry(ready=1), entry(ready=2, service=LONG)], fits=fits)))

    assert asked == [SHORT]
