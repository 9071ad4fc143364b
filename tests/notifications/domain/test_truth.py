"""Whether what was planned is still true when it leaves."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notifications.domain.facts import LinkFacts
from notifications.domain.kinds import Kind
from notifications.domain.truth import untrue_because
from tests.notifications.domain.facts import NOON, appointment_of, person, request_of


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
