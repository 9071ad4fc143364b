"""What happened is told in words, whatever it was."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from booking.models import LateWish, WaitlistOffer
from booking.queries.wishes import Wish
from booking.views.desk.telling import SENTENCES, UNTOLD, history
from practice.models import Change
from tests.booking import factories as make
from tests.booking.journal_kinds import journaled_kinds

#: Kinds that are put together from a word of their own.
SPELLED = {
    "f'appointment_{('fulfilled' if verb is AppointmentVerb.FULFIL else 'missed')}'": [
        "appointment_fulfilled",
        "appointment_missed",
    ],
    "f'dates_wish_{wish}'": [f"dates_wish_{wish}" for wish in Wish],
    "f'late_wish_{wish.outcome}'": [f"late_wish_{outcome}" for outcome in LateWish.Outcome.values],
    "f'waitlist_{outcome}'": [f"waitlist_{outcome}" for outcome in WaitlistOffer.Outcome.values],
}


def test_every_kind_that_any_operation_journals_has_words_or_is_left_out_on_purpose() -> None:
    kinds = journaled_kinds(SPELLED)

    assert kinds - SENTENCES.keys() - UNTOLD == {"proposal_settled"}
    assert UNTOLD & SENTENCES.keys() == set()


def test_nothing_is_told_that_no_operation_journals() -> None:
    assert (SENTENCES.keys() | UNTOLD) - journaled_kinds(SPELLED) == set()


def test_the_walk_finds_a_kind_however_it_is_written() -> None:
    kinds = journaled_kinds(SPELLED)

    # As a keyword, by a condition, by a constant of another app, by a local function, by default.
    assert {
        "request_received",
        "review_opened",
        "step_nudged",
        "hours_changed",
        "request_proposed",
        "request_reopened",
    } <= kinds


@pytest.mark.parametrize("kind", sorted([*SENTENCES, "proposal_settled"]))
def test_a_row_of_each_kind_is_a_sentence_with_nothing_missing(kind: str) -> None:
    row = Change(
        kind=kind,
        subject_type="request",
        subject_id=uuid4(),
        actor="client:nobody",
        occurred_at=make.NOW + timedelta(hours=1),
        snapshot={},
    )

    [told] = history([row], names={}, tz=ZoneInfo("America/New_York"))

    assert told.text.endswith(".")
    assert "%" not in told.text


def test_the_same_thing_many_times_over_at_once_is_told_in_one_line() -> None:
    signed = [
        Change(
            kind="consent_signed",
            subject_type="participant",
            subject_id=uuid4(),
            actor="client:ira",
            occurred_at=make.NOW + timedelta(seconds=second),
            snapshot={},
        )
        for second in (0, 1, 2, 600)
    ]

    told = history(signed, names={"ira": "Ira"}, tz=ZoneInfo("America/New_York"))

    assert [(row.text, row.times) for row in told] == [
        ("Ira signed an agreement.", 3),
        ("Ira signed an agreement.", 1),
    ]
