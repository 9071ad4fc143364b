"""Who is told what and when: no database, no Django."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.facts import (
    AlertFacts,
    AppointmentFacts,
    ChangeFacts,
    CohortFacts,
    Facts,
    LinkFacts,
    Person,
    PersonFacts,
    Recipient,
    RequestFacts,
    SeatFacts,
    SeriesFacts,
)
from notifications.domain.kinds import Kind
from notifications.domain.plan import Plan, Planned, plan
from notifications.domain.quiet import is_quiet, morning, reminder_at
from notifications.domain.truth import untrue_because

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
PRACTITIONER = Recipient(uuid4(), NEW_YORK, is_practitioner=True)


def person(**facts: object) -> Person:
    usual = Person(
        id=uuid4(),
        zone=LONDON,
        joined_at=NOON - timedelta(days=1),
        is_verified=True,
        is_cleared=True,
        comes=True,
        takes_file=True,
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def request_of(*people: Person, state: str = "gathering", **facts: object) -> RequestFacts:
    usual = RequestFacts(
        id=uuid4(),
        state=state,
        revision=3,
        practitioner=PRACTITIONER,
        people=people,
        expires_at=NOON + timedelta(days=14),
        verified_at=NOON - timedelta(days=1),
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def appointment_of(*people: Person, starts_at: datetime, **facts: object) -> AppointmentFacts:
    usual = AppointmentFacts(
        id=uuid4(),
        state="booked",
        revision=1,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=50),
        practitioner=PRACTITIONER,
        people=people,
        reminder_minutes=(72 * 60, 24 * 60, 2 * 60),
    )
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def change(
    facts: Facts,
    kind: str,
    *,
    by: Person | None = None,
    **snapshot: object,
) -> ChangeFacts:
    subject_type = {
        RequestFacts: "request",
        AppointmentFacts: "appointment",
        LinkFacts: "link",
        SeriesFacts: "series",
        SeatFacts: "seat",
        CohortFacts: "cohort",
        AlertFacts: "request",
        PersonFacts: "participant",
    }[type(facts)]
    actor = f"client:{by.id}" if by else f"practitioner:{PRACTITIONER.id}"
    return ChangeFacts(7, kind, subject_type, facts.id, 3, actor, snapshot)


def told(planned: Plan) -> dict[UUID, set[Kind]]:
    """Who gets which messages at once."""
    kinds: dict[UUID, set[Kind]] = {}
    for message in planned.once:
        kinds.setdefault(message.recipient.id, set()).add(message.kind)
    return kinds


def reminders(planned: Plan, kind: Kind = Kind.REMINDER) -> list[Planned]:
    return sorted((m for m in planned.standing if m.kind is kind), key=lambda m: m.due_at)


# --- Once ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("request_verified", {"requester": {Kind.RECEIVED}, "practice": {Kind.NEW_REQUEST}}),
        ("participant_joined", {"named": {Kind.NEXT_STEPS}}),
        ("participant_cleared", {"named": {Kind.ALL_SET}}),
        ("participant_uncleared", {}),
        ("participant_excused", {}),
        ("participant_declined", {"practice": {Kind.NEEDS_A_LOOK}}),
        ("passcode_forgotten", {"practice": {Kind.NEEDS_A_LOOK}}),
        ("request_ready", {"practice": {Kind.READY}}),
        ("request_proposed", {p: {Kind.TIME_TO_CONFIRM} for p in ("requester", "named")}),
        (
            "hold_lapsed",
            {
                "requester": {Kind.TIME_LAPSED},
                "named": {Kind.TIME_LAPSED},
                "practice": {Kind.NEEDS_A_LOOK},
            },
        ),
        ("excused", {}),
        ("decision_failed", {"practice": {Kind.NEEDS_A_LOOK}}),
        ("request_confirmed", {}),
        ("request_declined", {p: {Kind.CLOSED} for p in ("requester", "named")}),
        (
            "request_expired",
            {
                "requester": {Kind.CLOSED},
                "named": {Kind.CLOSED},
                "practice": {Kind.NEEDS_A_LOOK},
            },
        ),
        (
            "request_withdrawn",
            {
                "requester": {Kind.WONT_GO_AHEAD},
                "named": {Kind.WITHDREW},
                "practice": {Kind.NEEDS_A_LOOK},
            },
        ),
    ],
)
def test_a_change_of_a_request_tells_whom_it_concerns(
    kind: str, expected: dict[str, set[Kind]]
) -> None:
    requester, named = person(is_requester=True), person()
    stranger = person(joined_at=None, is_verified=False)
    facts = request_of(requester, named, stranger, state="proposed")

    planned = plan(change(facts, kind, participant=str(named.id)), facts, now=NOON)

    ids = {"requester": requester.id, "named": named.id, "practice": PRACTITIONER.id}
    assert told(planned) == {ids[who]: kinds for who, kinds in expected.items()}


@pytest.mark.parametrize(
    "kind", ["request_expired", "request_declined", "request_withdrawn", "hold_lapsed"]
)
def test_nobody_hears_of_a_request_that_was_never_verified(kind: str) -> None:
    somebody = person(is_requester=True)
    facts = request_of(somebody, state="expired", verified_at=None)

    planned = plan(change(facts, kind, participant=str(somebody.id)), facts, now=NOON)

    assert planned.once == []


def test_a_proposal_that_runs_out_is_told_like_a_request_whose_time_is_over() -> None:
    unanswered, answered = person(), person(answered=True)
    guest, absent = person(attends="sometimes"), person(joined_at=None)
    facts = request_of(unanswered, answered, guest, absent, state="ready")

    by_itself = plan(change(facts, "hold_lapsed"), facts, now=NOON)
    proposed = plan(change(facts, "hold_lapsed", proposal=True), facts, now=NOON)

    assert (
        told(by_itself)
        == told(proposed)
        == {
            unanswered.id: {Kind.TIME_LAPSED},
            answered.id: {Kind.TIME_LAPSED},
            PRACTITIONER.id: {Kind.NEEDS_A_LOOK},
        }
    )
    assert len({m.due_at for m in proposed.once}) == 1


def test_the_practitioner_hears_once_of_a_proposal_that_ran_out() -> None:
    facts = request_of(person(), state="ready")
    by_time = replace(change(facts, "proposal_settled", agreed=False), actor="system")
    by_somebody = change(facts, "proposal_settled", by=facts.people[0], agreed=False)

    assert plan(by_time, facts, now=NOON).once == []
    assert told(plan(by_somebody, facts, now=NOON)) == {PRACTITIONER.id: {Kind.NEEDS_A_LOOK}}


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("verify", Kind.CODE),
        ("claim", Kind.CODE),
        ("again", Kind.CODE),
        ("invite", Kind.INVITATION),
        ("call", Kind.NEXT_STEPS),
    ],
)
def test_a_link_is_sent_as_what_it_was_issued_for(purpose: str, kind: Kind) -> None:
    somebody = person()
    facts = LinkFacts(uuid4(), somebody.id, is_live=True, request=request_of(somebody))

    planned = plan(
        change(facts, "link_issued", participant=str(somebody.id), purpose=purpose),
        facts,
        now=NOON,
    )

    assert told(planned) == {somebody.id: {kind}}


def test_times_offered_with_an_apology_are_not_announced_a_second_time() -> None:
    facts = request_of(person(), state="proposed", told_with_apology=True)
    assert plan(change(facts, "request_proposed"), facts, now=NOON).once == []


def test_a_cancellation_tells_the_canceller_and_the_others_differently() -> None:
    canceller, other = person(has_file=True), person()
    facts = appointment_of(canceller, other, starts_at=NOON + timedelta(days=5), state="cancelled")

    planned = plan(
        change(facts, "appointment_cancelled", by=canceller, late=False), facts, now=NOON
    )

    assert told(planned) == {
        canceller.id: {Kind.CANCELLED_OWN},
        other.id: {Kind.CANCELLED_FOR_OTHERS},
        PRACTITIONER.id: {Kind.PRACTITIONER_CANCELLED},
    }
    assert {m.recipient.id: m.method for m in planned.once} == {
        canceller.id: "CANCEL",
        other.id: "",  # no entry ever reached their calendar
        PRACTITIONER.id: "",
    }


@pytest.mark.parametrize(
    ("alone", "kind"), [(True, Kind.CANCELLED_LATE), (False, Kind.CANCELLED_OWN)]
)
def test_a_late_cancellation_is_labelled_only_for_somebody_who_comes_alone(
    alone: bool, kind: Kind
) -> None:
    canceller = person()
    people = [canceller] if alone else [canceller, person()]
    facts = appointment_of(*people, starts_at=NOON + timedelta(hours=5), state="cancelled")

    planned = plan(change(facts, "appointment_cancelled", by=canceller, late=True), facts, now=NOON)

    assert told(planned)[canceller.id] == {kind}


def test_one_of_several_leaves_and_the_others_hear_nothing() -> None:
    leaver, *others = person(comes=False, has_file=True), person(), person()
    facts = appointment_of(leaver, *others, starts_at=NOON + timedelta(days=5))

    planned = plan(
        change(facts, "attendance_left", by=leaver, participant=str(leaver.id)), facts, now=NOON
    )

    assert told(planned) == {
        leaver.id: {Kind.CANCELLED_OWN},
        PRACTITIONER.id: {Kind.PRACTITIONER_ONE_LESS},
    }


def test_a_wish_to_move_is_told_to_everybody_but_the_one_who_asks() -> None:
    asker, other = person(), person()
    facts = appointment_of(asker, other, starts_at=NOON + timedelta(days=5), has_open_move=True)

    planned = plan(change(facts, "move_asked", by=asker), facts, now=NOON)

    assert told(planned) == {
        other.id: {Kind.CHANGE_ASKED},
        PRACTITIONER.id: {Kind.PRACTITIONER_CHANGE_ASKED},
    }


def test_a_booking_that_was_moved_before_it_was_told_is_told_once() -> None:
    facts = appointment_of(
        person(),
        starts_at=NOON + timedelta(days=5),
        later_kinds=frozenset({"appointment_moved"}),
    )
    assert plan(change(facts, "appointment_booked"), facts, now=NOON).once == []


@pytest.mark.parametrize(
    ("takes_file", "has_file", "method"),
    [
        (True, False, "REQUEST"),
        (True, True, "REQUEST"),
        (False, True, "CANCEL"),
        (False, False, ""),
    ],
)
def test_a_move_updates_the_entry_or_takes_it_away(
    takes_file: bool, has_file: bool, method: str
) -> None:
    somebody = person(takes_file=takes_file, has_file=has_file)
    facts = appointment_of(somebody, starts_at=NOON + timedelta(days=5))

    planned = plan(change(facts, "appointment_moved"), facts, now=NOON)

    assert [m.method for m in planned.once] == [method]


# --- Quiet hours -----------------------------------------------------------------------------

EVENING = datetime(2026, 3, 3, 22, 15, tzinfo=UTC)


def test_what_others_decide_waits_for_the_morning() -> None:
    facts = appointment_of(person(), starts_at=EVENING + timedelta(days=5))

    planned = plan(change(facts, "appointment_booked"), facts, now=EVENING)

    to_client = next(m for m in planned.once if m.kind is Kind.BOOKED)
    assert to_client.due_at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)


def test_an_answer_to_ones_own_action_comes_at_once() -> None:
    somebody = person()
    facts = appointment_of(somebody, starts_at=EVENING + timedelta(days=5))

    planned = plan(change(facts, "appointment_moved", by=somebody), facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at == EVENING


def test_a_change_to_a_session_within_a_day_comes_at_once() -> None:
    facts = appointment_of(person(), starts_at=EVENING + timedelta(hours=12))

    planned = plan(change(facts, "appointment_moved"), facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at == EVENING


def moved_from(before: datetime, facts: AppointmentFacts) -> ChangeFacts:
    moved = change(facts, "appointment_moved")
    return replace(moved, snapshot={"from": before.isoformat()})


def test_news_of_a_session_moved_away_from_tomorrow_comes_at_once() -> None:
    tomorrow = EVENING + timedelta(hours=11)
    facts = appointment_of(person(), starts_at=EVENING + timedelta(days=5))

    moved = moved_from(tomorrow, facts)
    planned = plan(moved, facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at == EVENING


def test_news_of_a_session_moved_between_distant_days_waits_for_the_morning() -> None:
    facts = appointment_of(person(), starts_at=EVENING + timedelta(days=5))

    moved = moved_from(EVENING + timedelta(days=4), facts)
    planned = plan(moved, facts, now=EVENING)

    assert next(m for m in planned.once if m.kind is Kind.MOVED).due_at > EVENING


@pytest.mark.parametrize(
    "times",
    [
        {"starts_at": EVENING + timedelta(hours=11)},
        {  # moved a moment ago, and nobody may have read that yet
            "starts_at": EVENING + timedelta(days=5),
            "recent_starts": (EVENING + timedelta(hours=11),),
        },
    ],
)
def test_news_that_tomorrows_session_is_cancelled_comes_at_once(times: dict[str, object]) -> None:
    canceller, other = person(), person()
    usual = appointment_of(canceller, other, starts_at=NOON, state="cancelled")
    facts = replace(usual, **times)  # type: ignore[arg-type]  # fields by name

    planned = plan(
        change(facts, "appointment_cancelled", by=canceller, late=True), facts, now=EVENING
    )

    assert {m.due_at for m in planned.once} == {EVENING}


def test_a_reminder_in_quiet_hours_moves_to_the_evening_before() -> None:
    starts_at = datetime(2026, 3, 10, 7, 30, tzinfo=UTC)
    due = reminder_at(starts_at, timedelta(hours=24), LONDON)
    assert due == datetime(2026, 3, 8, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ("10:00", "08:00"),
        ("09:30", "07:30"),
        ("08:00", "07:00"),
        ("07:30", "07:00"),
        ("07:29", None),
    ],
)
def test_the_last_reminder_comes_at_seven_at_the_earliest_or_not_at_all(
    starts: str, expected: str | None
) -> None:
    starts_at = datetime.fromisoformat(f"2026-03-10T{starts}+00:00")
    due = reminder_at(starts_at, timedelta(hours=2), LONDON)
    assert due == (datetime.fromisoformat(f"2026-03-10T{expected}+00:00") if expected else None)


def test_hours_before_a_session_are_elapsed_hours_over_a_clock_change() -> None:
    # London's clocks go forward at 01:00 on 29 March 2026.
    starts_at = datetime(2026, 3, 29, 12, 0, tzinfo=LONDON)
    due = reminder_at(starts_at.astimezone(UTC), timedelta(hours=24), LONDON)
    assert due == datetime(2026, 3, 28, 11, 0, tzinfo=UTC)


# --- Standing --------------------------------------------------------------------------------


def test_reminders_are_planned_for_each_person_and_end_where_the_next_begins() -> None:
    facts = appointment_of(person(), starts_at=NOON + timedelta(days=5))

    planned = reminders(plan(change(facts, "appointment_booked"), facts, now=NOON))

    hours = [(facts.starts_at - m.due_at) / timedelta(hours=1) for m in planned]
    assert hours == [72, 24, 2]
    assert [m.not_after for m in planned] == [*[m.due_at for m in planned[1:]], facts.starts_at]


def test_nothing_overdue_is_planned() -> None:
    facts = appointment_of(person(), starts_at=NOON + timedelta(hours=20))

    planned = plan(change(facts, "appointment_booked"), facts, now=NOON)

    assert [m.key.split(":")[1][:4] for m in planned.standing] == ["120m"]


def test_whoever_wants_no_reminders_gets_none() -> None:
    facts = appointment_of(person(wants_reminders=False), starts_at=NOON + timedelta(days=5))
    assert not plan(change(facts, "appointment_booked"), facts, now=NOON).standing


def test_a_moved_appointment_has_other_reminders() -> None:
    facts = appointment_of(person(), starts_at=NOON + timedelta(days=5))
    before = plan(change(facts, "appointment_booked"), facts, now=NOON)
    moved = replace(facts, starts_at=facts.starts_at + timedelta(days=1))

    after = plan(change(moved, "appointment_moved"), moved, now=NOON)

    assert not before.wanted & after.wanted


def test_an_invitation_is_followed_by_two_reminders_and_then_silence() -> None:
    invited = person(invited_at=NOON, joined_at=None, is_verified=False, is_cleared=False)
    facts = request_of(invited)

    planned = plan(change(facts, "request_reopened"), facts, now=NOON)

    due = [m.due_at - NOON for m in reminders(planned, Kind.INVITATION_REMINDER)]
    assert due == [timedelta(hours=48), timedelta(days=5)]


def test_a_waiting_step_is_recalled_three_times_at_a_distance() -> None:
    unfinished = person(joined_at=NOON, is_cleared=False)
    facts = request_of(unfinished, hold_ends_at=NOON + timedelta(days=7))

    planned = plan(change(facts, "participant_joined"), facts, now=NOON)

    due = [m.due_at - NOON for m in reminders(planned, Kind.STEP_WAITING)]
    assert due == [timedelta(hours=24), timedelta(hours=72), timedelta(days=6)]


def test_steps_that_fall_together_are_recalled_once() -> None:
    unfinished = person(joined_at=NOON, is_cleared=False)
    facts = request_of(unfinished, hold_ends_at=NOON + timedelta(hours=52))

    planned = plan(change(facts, "participant_joined"), facts, now=NOON)

    due = [m.due_at - NOON for m in reminders(planned, Kind.STEP_WAITING)]
    assert due == [timedelta(hours=24), timedelta(hours=72)]


def test_an_unanswered_proposal_is_recalled_a_day_before_it_ends() -> None:
    until = NOON + timedelta(hours=72)
    waiting, done = person(), person(answered=True)
    facts = request_of(waiting, done, state="proposed", times_until=until)

    planned = reminders(
        plan(change(facts, "request_proposed"), facts, now=NOON), Kind.TIME_TO_CONFIRM_REMINDER
    )

    assert [(m.recipient.id, m.due_at) for m in planned] == [
        (waiting.id, until - timedelta(hours=24))
    ]


# --- Truth -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, ""),
        ({"state": "cancelled"}, "not booked any more"),
        ({"starts_at": NOON + timedelta(days=9)}, "the time has changed"),
    ],
)
def test_a_reminder_is_true_only_of_the_time_it_tells(
    facts: dict[str, object], reason: str
) -> None:
    somebody = person()
    booked = appointment_of(somebody, starts_at=NOON + timedelta(days=5))
    told_start = booked.starts_at

    now_so = replace(booked, **facts)  # type: ignore[arg-type]  # fields by name

    assert (
        untrue_because(Kind.REMINDER, person_id=somebody.id, says_start=told_start, facts=now_so)
        == reason
    )


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("gathering", ""),
        ("ready", ""),
        ("proposed", "a new time is to confirm"),
        ("confirmed", "the request is decided"),
        ("declined", "the request is decided"),
    ],
)
def test_a_lapsed_time_is_news_only_until_there_is_other_news(state: str, reason: str) -> None:
    somebody = person()
    facts = request_of(somebody, state=state)
    assert (
        untrue_because(Kind.TIME_LAPSED, person_id=somebody.id, says_start=None, facts=facts)
        == reason
    )


@pytest.mark.parametrize(
    ("kind", "is_verified", "reason"),
    [
        (Kind.CODE, True, ""),
        (Kind.CODE, False, "the request is closed"),
        (Kind.INVITATION, True, "the request is closed"),
    ],
)
def test_whoever_took_part_can_still_come_in_when_it_is_closed(
    kind: Kind, is_verified: bool, reason: str
) -> None:
    somebody = person(is_verified=is_verified, joined_at=None)
    facts = LinkFacts(
        uuid4(), somebody.id, is_live=True, request=request_of(somebody, state="expired")
    )
    assert untrue_because(kind, person_id=somebody.id, says_start=None, facts=facts) == reason


# --- Whatever happens ------------------------------------------------------------------------

ZONES = st.sampled_from(
    ["Europe/London", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
).map(ZoneInfo)
INSTANTS = st.datetimes(
    min_value=datetime(2026, 1, 1),  # noqa: DTZ001  (the zone comes from `timezones`)
    max_value=datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
PEOPLE = st.lists(
    st.builds(
        Person,
        id=st.uuids(),
        zone=ZONES,
        attends=st.sampled_from(["yes", "sometimes", "no"]),
        joined_at=st.none() | INSTANTS,
        invited_at=st.none() | INSTANTS,
        is_verified=st.booleans(),
        is_cleared=st.booleans(),
        has_left=st.booleans(),
        wants_reminders=st.booleans(),
        comes=st.booleans(),
        takes_file=st.booleans(),
        has_file=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda p: p.id,
)
MINUTES = st.lists(st.integers(min_value=10, max_value=14 * 24 * 60), max_size=5)


@given(
    people=PEOPLE,
    starts_at=INSTANTS,
    now=INSTANTS,
    minutes=MINUTES,
    kind=st.sampled_from(["appointment_booked", "appointment_moved", "appointment_cancelled"]),
)
def test_appointment_plans_keep_their_promises(
    people: list[Person], starts_at: datetime, now: datetime, minutes: list[int], kind: str
) -> None:
    facts = appointment_of(*people, starts_at=starts_at, reminder_minutes=minutes)
    _check_promises(plan(change(facts, kind), facts, now=now), now)


@given(
    people=PEOPLE,
    now=INSTANTS,
    hold=INSTANTS,
    state=st.sampled_from(["gathering", "ready", "proposed", "declined"]),
    kind=st.sampled_from(["request_verified", "request_proposed", "request_declined"]),
)
def test_request_plans_keep_their_promises(
    people: list[Person], now: datetime, hold: datetime, state: str, kind: str
) -> None:
    facts = request_of(*people, state=state, hold_ends_at=hold, times_until=hold)
    _check_promises(plan(change(facts, kind), facts, now=now), now)


def _check_promises(planned: Plan, now: datetime) -> None:
    messages = [*planned.once, *planned.standing]
    assert len({m.key for m in messages}) == len(messages)
    assert all(len(m.key) <= 240 for m in messages)
    assert all(m.due_at > now for m in planned.standing)
    assert all(m.due_at >= now for m in planned.once)
    assert all(m.not_after > m.due_at for m in messages)
    for message in planned.standing:
        is_short = (
            message.kind is Kind.REMINDER and int(message.key.split(":")[1].split("m@")[0]) <= 240
        )
        assert is_short or not is_quiet(message.due_at, message.recipient.zone)


@given(at=INSTANTS, tz=ZONES)
def test_the_morning_is_never_quiet_and_never_earlier(at: datetime, tz: ZoneInfo) -> None:
    due = morning(at, tz)
    assert due >= at
    assert not is_quiet(due, tz)
    assert due - at <= timedelta(hours=37)  # a day that Apia might skip
