"""Who is told what of series, groups, the waitlist, a time for everybody, and being late."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.clocks import clock_before
from notifications.domain.facts import (
    CohortFacts,
    Date,
    Person,
    SeatFacts,
    SeriesFacts,
)
from notifications.domain.kinds import Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import is_quiet
from notifications.domain.truth import untrue_because
from practice.domain.wall import instant
from tests.notifications.domain.test_plan import (
    LONDON,
    NEW_YORK,
    NOON,
    PRACTITIONER,
    appointment_of,
    change,
    person,
    reminders,
    request_of,
    told,
)

NIGHT = datetime(2026, 3, 3, 23, 15, tzinfo=UTC)
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


def seat_of(somebody: Person, *, state: str = "given") -> SeatFacts:
    return SeatFacts(uuid4(), state, PRACTITIONER, [somebody])


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


# --- Groups ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("seat_given", {"named": {Kind.SEAT_GIVEN}}),
        ("seat_refused", {"named": {Kind.SEAT_REFUSED}}),
        ("seat_left", {"named": {Kind.SEAT_LEFT}, "practice": {Kind.PRACTITIONER_SEAT_LEFT}}),
        ("seat_lapsed", {}),
    ],
)
def test_a_seat_concerns_the_one_whose_it_is(kind: str, expected: dict[str, set[Kind]]) -> None:
    somebody = person()
    facts = seat_of(somebody)

    planned = plan(change(facts, kind), facts, now=NOON)

    ids = {"named": somebody.id, "practice": PRACTITIONER.id}
    assert told(planned) == {ids[who]: kinds for who, kinds in expected.items()}


@pytest.mark.parametrize(
    ("kind", "state", "is_true"),
    [
        (Kind.SEAT_GIVEN, "given", True),
        (Kind.SEAT_GIVEN, "left", False),
        (Kind.SEAT_REFUSED, "refused", True),
        (Kind.SEAT_LEFT, "left", True),
    ],
)
def test_a_seat_is_told_as_it_is_now(kind: Kind, state: str, is_true: bool) -> None:
    somebody = person()
    facts = seat_of(somebody, state=state)
    said = untrue_because(kind, person_id=somebody.id, says_start=None, facts=facts)
    assert (not said) is is_true


@pytest.mark.parametrize("kind", ["attendance_added", "attendance_left"])
def test_the_sessions_of_a_seat_reach_only_those_whose_calendar_needs_a_file(kind: str) -> None:
    is_new = kind == "attendance_added"
    newcomer = person(has_file=not is_new)
    other = person(has_file=True)
    facts = appointment_of(newcomer, other, starts_at=NOON + timedelta(days=9), is_of_group=True)

    planned = plan(
        change(facts, kind, participant=str(newcomer.id), seat=str(uuid4())), facts, now=NOON
    )

    assert told(planned) == {newcomer.id: {Kind.BOOKED if is_new else Kind.CANCELLED_OWN}}


def test_a_group_called_off_is_one_message_to_each_of_its_people() -> None:
    members = person(), person()
    facts = CohortFacts(uuid4(), "called_off", 2, PRACTITIONER, members)
    session = appointment_of(
        *members, person(takes_file=False), starts_at=NOON, state="cancelled", is_of_group=True
    )

    planned = plan(change(facts, "cohort_called_off"), facts, now=NOON)
    of_session = plan(change(session, "appointment_cancelled", cohort="x"), session, now=NOON)

    assert told(planned) == {m.id: {Kind.DATES_CANCELLED} for m in members}
    assert not of_session.once  # nobody's calendar has an entry


def test_a_session_added_to_a_group_is_news_to_its_people_only() -> None:
    member = person(takes_file=False)
    facts = appointment_of(member, starts_at=NOON + timedelta(days=9), is_of_group=True)
    planned = plan(change(facts, "appointment_booked", cohort="x"), facts, now=NOON)
    assert told(planned) == {member.id: {Kind.BOOKED}}


@pytest.mark.parametrize(("is_short", "reason"), [(True, ""), (False, "there are enough")])
def test_too_few_is_told_to_the_practitioner_while_it_is_so(is_short: bool, reason: str) -> None:
    facts = CohortFacts(uuid4(), "open", 2, PRACTITIONER, [person()], is_short=is_short)
    planned = plan(change(facts, "cohort_short"), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_TOO_FEW}}
    said = untrue_because(Kind.PRACTITIONER_TOO_FEW, person_id=None, says_start=None, facts=facts)
    assert said == reason


# --- A time for everybody --------------------------------------------------------------------


def test_everybody_attending_reads_that_a_time_is_still_looked_for() -> None:
    people = person(is_requester=True), person(has_voted=False), person(is_cleared=False)
    facts = request_of(*people, person(attends="sometimes"), person(joined_at=None))

    planned = plan(change(facts, "poll_reopened"), facts, now=NOON)

    assert told(planned) == {p.id: {Kind.POLL_REOPENED} for p in people}
    assert len({m.due_at for m in planned.once}) == 1


def test_nobody_is_told_that_all_is_set_before_they_have_said_when_they_can() -> None:
    somebody = person(has_voted=False)
    facts = request_of(somebody)
    planned = plan(
        change(facts, "participant_cleared", participant=str(somebody.id)), facts, now=NOON
    )
    assert not planned.once


def test_a_ballot_that_waits_is_recalled_like_every_step_counted_from_the_last_question() -> None:
    voted, waiting = person(), person(has_voted=False)
    facts = request_of(voted, waiting, asked_at=NOON)

    planned = reminders(plan(change(facts, "poll_reopened"), facts, now=NOON), Kind.STEP_WAITING)

    assert [(m.recipient.id, m.due_at - NOON) for m in planned] == [
        (waiting.id, timedelta(hours=24)),
        (waiting.id, timedelta(hours=72)),
    ]


# --- The waitlist ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "expected"),
    [
        ("waitlist_joined", "gathering", {"requester": {Kind.ON_THE_LIST}}),
        ("waitlist_still", "ready", {"requester": {Kind.STILL_WAITING}}),
        (
            "waitlist_offered",
            "proposed",
            {"requester": {Kind.TIME_OPENED}, "other": {Kind.TIME_OPENED}},
        ),
        (
            "waitlist_gone",
            "ready",
            {"requester": {Kind.TIME_GONE}, "other": {Kind.TIME_GONE}},
        ),
    ],
)
def test_whom_the_waitlist_concerns(kind: str, state: str, expected: dict[str, set[Kind]]) -> None:
    requester, other = person(is_requester=True), person()
    facts = request_of(
        requester, other, state=state, is_waiting=True, times_until=NOON + timedelta(hours=24)
    )

    planned = plan(change(facts, kind), facts, now=NOON)

    ids = {"requester": requester.id, "other": other.id}
    assert told(planned) == {ids[who]: kinds for who, kinds in expected.items()}


@pytest.mark.parametrize(
    ("hours", "due"),
    [
        (12, datetime(2026, 3, 4, 8, 0, tzinfo=UTC)),
        (2, NIGHT),  # in their morning it would be gone
    ],
)
def test_a_time_that_opened_up_waits_for_the_day_unless_it_would_be_gone(
    hours: int, due: datetime
) -> None:
    until = NIGHT + timedelta(hours=hours)
    facts = request_of(person(), state="proposed", first_start=until, times_until=until)

    [message] = plan(change(facts, "waitlist_offered"), facts, now=NIGHT).once

    assert message.due_at == due


@pytest.mark.parametrize(
    ("kind", "state", "is_waiting", "is_true"),
    [
        (Kind.ON_THE_LIST, "ready", True, True),
        (Kind.ON_THE_LIST, "ready", False, False),
        (Kind.ON_THE_LIST, "confirmed", True, False),
        (Kind.TIME_OPENED, "proposed", True, True),
        (Kind.TIME_OPENED, "ready", True, False),
        (Kind.TIME_GONE, "ready", True, True),
        (Kind.TIME_GONE, "ready", False, True),
        (Kind.TIME_GONE, "proposed", True, False),
        (Kind.TIME_GONE, "confirmed", True, False),
        (Kind.STILL_WAITING, "ready", True, True),
        (Kind.STILL_WAITING, "ready", False, False),
        (Kind.POLL_REOPENED, "gathering", False, True),
        (Kind.POLL_REOPENED, "proposed", False, False),
        (Kind.POLL_REOPENED, "declined", False, False),
    ],
)
def test_what_waiting_people_read_is_true_when_it_leaves(
    kind: Kind, state: str, is_waiting: bool, is_true: bool
) -> None:
    somebody = person()
    facts = request_of(somebody, state=state, is_waiting=is_waiting)
    said = untrue_because(kind, person_id=somebody.id, says_start=None, facts=facts)
    assert (not said) is is_true


# --- After the cut-off, and on the way -------------------------------------------------------


def test_a_late_wish_is_the_practitioners_to_know_and_nobody_elses() -> None:
    asker, other = person(), person()
    facts = appointment_of(asker, other, starts_at=NOON + timedelta(hours=20))
    planned = plan(change(facts, "late_wish", by=asker, participant=str(asker.id)), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_LATE_WISH}}


def test_only_the_one_who_asked_hears_that_it_stays() -> None:
    asker, other = person(), person()
    facts = appointment_of(asker, other, starts_at=NOON + timedelta(hours=20))
    planned = plan(change(facts, "late_wish_kept", participant=str(asker.id)), facts, now=NOON)
    assert told(planned) == {asker.id: {Kind.LATE_WISH_KEPT}}


def test_running_late_reaches_everybody_at_once_also_at_night() -> None:
    two = person(), person(zone=ZoneInfo("Asia/Tokyo"))
    facts = appointment_of(*two, starts_at=NIGHT + timedelta(minutes=10))

    planned = plan(change(facts, "running_late", minutes=10), facts, now=NIGHT)

    assert told(planned) == {p.id: {Kind.RUNNING_LATE} for p in two}
    assert {m.due_at for m in planned.once} == {NIGHT}


def test_running_late_is_worth_nothing_once_it_has_begun_at_the_later_time() -> None:
    late = person()
    start = NOON + timedelta(minutes=5)
    facts = appointment_of(late, starts_at=start)

    to_them = plan(change(facts, "running_late", minutes=10), facts, now=NOON)
    to_practitioner = plan(change(facts, "running_late", by=late, minutes=10), facts, now=NOON)

    for planned in (to_them, to_practitioner):
        assert [m.not_after for m in planned.once] == [start + timedelta(minutes=10)]


def test_a_client_who_runs_late_tells_the_practitioner_alone() -> None:
    late, other = person(), person()
    facts = appointment_of(late, other, starts_at=NOON + timedelta(minutes=10))
    planned = plan(change(facts, "running_late", by=late, minutes=10), facts, now=NOON)
    assert told(planned) == {PRACTITIONER.id: {Kind.PRACTITIONER_RUNNING_LATE}}
