"""Who has read what a person wrote, for that person to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from booking.models import Participant
from booking.queries.desk.request import WORDS_READ
from intake.queries.answers import ANSWERS_READ
from intake.queries.feedback import FEEDBACK_READ
from practice.models import Change, Practitioner
from practice.operations import journal

#: How far back a person sees who read their answers.
READINGS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody opened a person's answers, what they wrote when they asked, or how it goes."""

    at: datetime
    by: str
    is_of_answers: bool
    is_of_words: bool
    is_of_feedback: bool


def readings_of(participant: Participant) -> Sequence[Reading]:
    """Who read what this person wrote, newest first."""
    kinds = (ANSWERS_READ, FEEDBACK_READ)
    own = Q(subject_type="participant", subject_id=participant.id, kind__in=kinds)
    if participant.is_requester:
        own |= Q(subject_type="request", subject_id=participant.request_id, kind=WORDS_READ)
    rows = list(Change.objects.filter(own).order_by("-id")[:READINGS_SHOWN])
    readers = {journal.practitioner(p.id): p.display_name for p in Practitioner.objects.all()}
    opened: dict[tuple[datetime, str], set[str]] = {}
    for row in rows:  # one page opens several things at once
        by = readers.get(row.actor, "")
        opened.setdefault((row.occurred_at, by), set()).add(row.kind)
    return [
        Reading(
            at,
            by,
            is_of_answers=ANSWERS_READ in what,
            is_of_words=WORDS_READ in what,
            is_of_feedback=FEEDBACK_READ in what,
        )
        for (at, by), what in opened.items()
    ]
