"""How long a seat is kept for somebody who asked for it."""

from datetime import UTC, datetime, timedelta

import pytest

from booking.domain.seats import Reservation, kept_until

NOW = datetime(2026, 10, 12, 15, 0, tzinfo=UTC)
PATIENCE = timedelta(days=14)
AN_HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def until(state: str, **facts: datetime) -> datetime:
    usual = {"reserved_until": NOW - AN_HOUR, "expires_at": NOW - AN_HOUR}
    return kept_until(Reservation(state, **(usual | facts)), now=NOW, patience=PATIENCE)


def test_an_unverified_one_ends_with_its_half_hour() -> None:
    assert until("received", expires_at=NOW + DAY) == NOW - AN_HOUR


@pytest.mark.parametrize("state", ["gathering", "proposed"])
def test_while_it_is_their_turn_it_ends_with_the_time_for_their_part(state: str) -> None:
    assert until(state) == NOW - AN_HOUR
    assert until(state, expires_at=NOW + DAY) == NOW + DAY


def test_whoever_has_finished_does_not_lose_it_to_the_practitioner_taking_time() -> None:
    assert until("ready") == NOW + PATIENCE


def test_a_call_keeps_it_until_there_was_time_to_decide() -> None:
    assert until("confirmed", call_ends_at=NOW - DAY) == NOW - DAY + PATIENCE
    assert until("confirmed", call_ends_at=NOW - PATIENCE - DAY) == NOW - AN_HOUR


def test_a_call_that_was_cancelled_or_missed_keeps_nothing() -> None:
    assert until("confirmed") == NOW - AN_HOUR


@pytest.mark.parametrize("state", ["declined", "withdrawn", "expired"])
def test_a_closed_request_keeps_nothing(state: str) -> None:
    assert until(state, reserved_until=NOW + DAY, expires_at=NOW + DAY) == NOW
