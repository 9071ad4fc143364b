"""What people asked about being called. Wishes that are kept, like those in columns: not answers
that somebody reads, so they leave no row in the journal (ADR 30)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from intake.models import Answer
from intake.queries.answers import opened
from practice.sealing import Tampered, UnknownKey

_CALLS, _TIMES = "ct_voicemail", "ct_safe_times"
NO_CALLS = "no_calls"


@dataclass(frozen=True, slots=True)
class Wishes:
    """`calls`: name_number, no_voicemail or no_calls; empty: they were not asked.

    `named_times`: they wrote down times or ways in which not to reach them.
    """

    calls: str = ""
    named_times: bool = False


def contact_wishes(participant_ids: Collection[UUID]) -> Mapping[UUID, Wishes]:
    """The wishes of these people. What cannot be read counts as: please do not call."""
    calls: dict[UUID, str] = {}
    times: set[UUID] = set()
    rows = Answer.objects.filter(
        sheet__participant__in=participant_ids, question__in=(_CALLS, _TIMES)
    ).select_related("sheet")
    for answer in rows:
        person = answer.sheet.participant_id
        if answer.question == _TIMES:
            times.add(person)
            continue
        try:
            calls[person] = str(opened(answer))
        except (UnknownKey, Tampered):
            calls[person] = NO_CALLS
    return {pk: Wishes(calls.get(pk, ""), pk in times) for pk in participant_ids}
