"""How long a message waits before it is tried again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.retry import Backoff

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def test_waits_grow_up_to_a_limit() -> None:
    waits = [Backoff().wait(n).total_seconds() for n in range(1, 7)]
    assert waits == [30, 90, 270, 810, 1800, 1800]


def test_there_is_no_try_after_the_end() -> None:
    assert Backoff().next_try(attempts=1, now=NOW, not_after=NOW + timedelta(seconds=30)) is None


def test_a_message_without_an_end_is_tried_for_ever() -> None:
    again = Backoff().next_try(attempts=10_000, now=NOW, not_after=None)
    assert again == NOW + timedelta(minutes=30)


@given(attempts=st.integers(min_value=1, max_value=100))
def test_a_later_wait_is_never_shorter(attempts: int) -> None:
    backoff = Backoff()
    assert backoff.wait(attempts) <= backoff.wait(attempts + 1) <= backoff.longest
