"""When what is kept of a request may go."""

from datetime import UTC, datetime, timedelta

import pytest

from intake.domain.retention import DEFAULT_DAYS, History, Kept, due

ENDED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def history(
    *,
    closed_at: datetime | None = ENDED,
    was_declined: bool = False,
    last_session: datetime | None = None,
    decided_at: datetime | None = None,
    is_live: bool = False,
) -> History:
    return History(closed_at, was_declined, last_session, decided_at, is_live)


def days(after: History) -> dict[str, int]:
    """How many days after the end each part goes."""
    return {str(kept): (at - ENDED).days for kept, at in due(after, DEFAULT_DAYS).items()}


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (
            history(),
            {"answers": 30, "sealed": 30, "signatures": 30, "contact": 30},
        ),
        (
            history(was_declined=True),
            {"answers": 90, "sealed": 90, "signatures": 90, "contact": 90},
        ),
        (
            history(decided_at=ENDED - timedelta(days=2)),
            {"answers": 30, "sealed": 88, "signatures": 30, "contact": 30},
        ),
        (
            history(closed_at=None, last_session=ENDED),
            {"answers": 365, "sealed": 90, "signatures": 2555, "contact": 2555},
        ),
        (
            history(closed_at=None, last_session=ENDED, decided_at=ENDED + timedelta(days=9)),
            {"answers": 365, "sealed": 99, "signatures": 2555, "contact": 2555},
        ),
    ],
    ids=["abandoned", "declined", "decided", "came", "decided-after-the-last-session"],
)
def test_each_part_has_its_own_clock(ended: History, expected: dict[str, int]) -> None:
    assert days(ended) == expected


def test_nothing_of_a_live_request_is_ever_due() -> None:
    assert due(history(is_live=True, last_session=ENDED), DEFAULT_DAYS) == {}
    assert due(history(closed_at=None), DEFAULT_DAYS) == {}


def test_the_practice_sets_the_days_and_a_missing_class_has_its_default() -> None:
    found = due(history(closed_at=None, last_session=ENDED), {"intake": 7})

    assert found[Kept.ANSWERS] == ENDED + timedelta(days=7)
    assert found[Kept.SEALED] == ENDED + timedelta(days=90)
