"""The gate: open when nothing is in the way, closed by each thing alone."""

from dataclasses import replace

import pytest

from booking.domain.gate import GateFacts, Person, Unmet, unmet
from booking.domain.states import RequestState

FINE = Person(joined=True, cleared=True, accepted_time=True)
OPEN = GateFacts(
    state="ready",
    people=[FINE, FINE],
    review_open=False,
    location_allowed=True,
    has_live_hold=True,
    starts_in_future=True,
)


def test_nothing_is_in_the_way() -> None:
    assert unmet(OPEN) == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"people": []}, Unmet.NOBODY),
        ({"people": [FINE, replace(FINE, joined=False)]}, Unmet.NOT_JOINED),
        ({"people": [FINE, replace(FINE, cleared=False)]}, Unmet.NOT_FINISHED),
        ({"people": [FINE, replace(FINE, marked=False)]}, Unmet.NOT_MARKED),
        ({"people": [replace(FINE, accepted_time=False), FINE]}, Unmet.TIME_NOT_ACCEPTED),
        ({"review_open": True}, Unmet.REVIEW_OPEN),
        ({"location_allowed": False}, Unmet.LOCATION),
        ({"has_live_hold": False}, Unmet.NO_TIME),
        ({"starts_in_future": False}, Unmet.TIME_PASSED),
        ({"state": "received"}, Unmet.UNVERIFIED),
        ({"state": "proposed"}, Unmet.TIME_NOT_ACCEPTED),
        ({"state": "confirmed"}, Unmet.DECIDED),
        ({"state": "declined"}, Unmet.DECIDED),
        ({"state": "withdrawn"}, Unmet.DECIDED),
        ({"state": "expired"}, Unmet.DECIDED),
    ],
)
def test_each_thing_alone_keeps_it_closed(changes: dict[str, object], reason: Unmet) -> None:
    assert unmet(replace(OPEN, **changes)) == [reason]  # type: ignore[arg-type]


def test_every_reason_is_said_at_once() -> None:
    worst = GateFacts(
        state="gathering",
        people=[Person(False, False, False), Person(True, False, False)],
        review_open=True,
        location_allowed=False,
        has_live_hold=False,
        starts_in_future=False,
    )

    assert unmet(worst) == [
        Unmet.NOT_JOINED,
        Unmet.NOT_FINISHED,
        Unmet.REVIEW_OPEN,
        Unmet.LOCATION,
        Unmet.NO_TIME,
    ]


def test_every_state_has_an_answer() -> None:
    assert all(isinstance(unmet(replace(OPEN, state=s.value)), list) for s in RequestState)
