"""Calls to look at the list: to whom, when, and never to anybody who takes part."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.facts import AlertFacts, Recipient
from notifications.domain.kinds import ALERTS, Kind
from notifications.domain.plan import plan
from notifications.domain.quiet import is_quiet, next_morning
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import INSTANTS, NEW_YORK, NOON, PRACTITIONER, ZONES, change

HOUR = timedelta(hours=1)
#: In New York, where the practitioner lives.
NIGHT = datetime(2026, 3, 3, 2, 0, tzinfo=NEW_YORK).astimezone(UTC)


def alert_of(level: str = "review", **facts: object) -> AlertFacts:
    usual = AlertFacts(uuid4(), level, PRACTITIONER, is_acknowledged=False)
    return replace(usual, **facts)  # type: ignore[arg-type]  # fields by name


def calls(facts: AlertFacts, now: datetime = NOON) -> list[tuple[Kind, datetime]]:
    planned = plan(change(facts, "flag_raised", level=facts.level), facts, now=now)
    return sorted(((m.kind, m.due_at) for m in planned.once), key=lambda c: (c[1], c[0]))


def new_york(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, 0, tzinfo=NEW_YORK)


def test_an_acute_alert_is_repeated_after_one_hour_and_four_and_then_told_the_second() -> None:
    assert calls(alert_of("acute")) == [
        (Kind.PRACTITIONER_ALERT, NOON),
        (Kind.PRACTITIONER_ALERT_AGAIN, NOON + HOUR),
        (Kind.PRACTITIONER_ALERT_AGAIN, NOON + 4 * HOUR),
        (Kind.ALERT_SECOND, NOON + 5 * HOUR),
    ]


def test_a_review_alert_is_repeated_after_four_hours_and_next_morning() -> None:
    assert calls(alert_of("review")) == [
        (Kind.PRACTITIONER_ALERT, NOON),
        (Kind.PRACTITIONER_ALERT_AGAIN, NOON + 4 * HOUR),
        (Kind.PRACTITIONER_ALERT_AGAIN, new_york(4, 8)),
        (Kind.ALERT_SECOND, new_york(4, 12)),
    ]


@pytest.mark.parametrize(
    ("raised", "morning"),
    [
        (new_york(3, 2), new_york(3, 8)),
        (new_york(3, 3), new_york(4, 8)),  # the repeat itself is at seven
        (new_york(3, 19), new_york(4, 8)),
        (new_york(7, 21), new_york(8, 8)),  # the clocks change in between
    ],
)
def test_the_next_morning_is_the_practitioners(raised: datetime, morning: datetime) -> None:
    again = [at for kind, at in calls(alert_of(), raised) if kind == "practitioner_alert_again"]
    assert again == [raised.astimezone(UTC) + 4 * HOUR, morning]


@pytest.mark.parametrize("level", ["acute", "review"])
def test_quiet_hours_delay_no_alert(level: str) -> None:
    first, second, *_ = calls(alert_of(level), NIGHT)

    assert is_quiet(NIGHT, NEW_YORK)
    assert first == (Kind.PRACTITIONER_ALERT, NIGHT)
    assert second[1] == NIGHT + (HOUR if level == "acute" else 4 * HOUR)


def test_whoever_is_named_to_answer_alerts_is_called_at_the_same_times() -> None:
    found = calls(alert_of("acute", has_named=True))

    named = [at for kind, at in found if kind is Kind.ALERT_NAMED]
    assert named == [NOON, NOON + HOUR, NOON + 4 * HOUR]
    assert named == [at for kind, at in found if kind.startswith("practitioner_alert")]


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("acute", ["alert_named", "alert_second", "practitioner_alert_again"]),
        ("review", ["alert_named", "practitioner_alert_again"]),
    ],
)
def test_each_days_repeat_goes_to_everybody_who_can_still_look(
    level: str, kinds: list[str]
) -> None:
    facts = alert_of(level, has_named=True)
    seen = replace(facts, is_acknowledged=True)

    planned = plan(change(facts, "alert_repeated", level=level), facts, now=NIGHT)
    ended = plan(change(seen, "alert_repeated", level=level), seen, now=NIGHT)

    assert sorted((m.kind, m.due_at) for m in planned.once) == [(k, NIGHT) for k in kinds]
    assert ended.once == []


@pytest.mark.parametrize("kind", ["alert_acknowledged", "review_decided"])
def test_what_ends_an_alert_calls_nobody(kind: str) -> None:
    facts = alert_of(is_acknowledged=True)
    planned = plan(change(facts, kind, level="review"), facts, now=NOON)
    assert (planned.once, planned.standing) == ([], [])


def test_a_change_planned_after_the_alert_was_acknowledged_calls_nobody() -> None:
    assert calls(alert_of("acute", is_acknowledged=True)) == []


@pytest.mark.parametrize("kind", sorted(ALERTS))
def test_a_call_is_true_until_somebody_acknowledged_it(kind: Kind) -> None:
    def reason(**facts: bool) -> str:
        about = alert_of("review", **facts)
        return untrue_because(kind, person_id=None, says_start=None, facts=about)

    assert reason() == ""
    assert reason(is_acknowledged=True) == "acknowledged"
    assert reason(is_told=True) == "another message told it"


@given(now=INSTANTS, zone=ZONES, level=st.sampled_from(["acute", "review"]), named=st.booleans())
def test_alerts_reach_only_the_practice_each_once_and_in_order(
    now: datetime, zone: ZoneInfo, level: str, named: bool
) -> None:
    practitioner = replace(PRACTITIONER, zone=zone)
    facts = alert_of(level, practitioner=practitioner, has_named=named)

    planned = plan(change(facts, "flag_raised", level=level), facts, now=now)

    recipients: set[Recipient] = {m.recipient for m in planned.once}
    assert recipients == {practitioner}
    assert {m.kind for m in planned.once} <= set(ALERTS)
    assert len({m.key for m in planned.once}) == len(planned.once)
    assert all(now <= m.due_at < m.not_after for m in planned.once)
    last = max(planned.once, key=lambda m: m.due_at)
    assert last.kind is Kind.ALERT_SECOND
    assert last.due_at <= now + timedelta(hours=56)
    # Nothing that stands for the people of the request is so much as looked at.
    assert (planned.standing, planned.wanted) == ([], frozenset())
    assert planned.standing_of == ("alert", facts.id)


@given(at=INSTANTS, tz=ZONES)
def test_the_next_morning_is_within_a_day_or_two(at: datetime, tz: ZoneInfo) -> None:
    due = next_morning(at, tz)
    assert at < due <= at + timedelta(hours=49)
    assert not is_quiet(due, tz)
