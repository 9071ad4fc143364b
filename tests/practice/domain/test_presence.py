"""Automatic log-off, as arithmetic."""

from practice.domain.presence import (
    IDLE_SECONDS,
    LIFE_SECONDS,
    NOTED_EVERY_SECONDS,
    Ended,
    begun,
    ended,
    seen_again,
)

START = 1_000_000


def test_quiet_ends_a_session_only_after_the_full_time() -> None:
    assert ended(begun(START), START + IDLE_SECONDS) is None
    assert ended(begun(START), START + IDLE_SECONDS + 1) is Ended.IDLE


def test_a_busy_session_ends_too() -> None:
    kept = {"since": START, "seen": START + LIFE_SECONDS}

    assert ended(kept, START + LIFE_SECONDS) is None
    assert ended(kept, START + LIFE_SECONDS + 1) is Ended.LIFE


def test_a_session_that_never_began_is_over() -> None:
    assert ended({}, START) is Ended.IDLE


def test_use_is_noted_once_a_minute() -> None:
    kept = begun(START)

    assert seen_again(kept, START + NOTED_EVERY_SECONDS) is None
    assert seen_again(kept, START + NOTED_EVERY_SECONDS + 1) == {
        "since": START,
        "seen": START + NOTED_EVERY_SECONDS + 1,
    }
