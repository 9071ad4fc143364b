"""What the others will see, and what they have shared."""

from collections.abc import Sequence
from dataclasses import dataclass

from booking.models import Participant
from intake.domain.definitions import Tier
from intake.domain.visibility import is_for_others, tier_for
from intake.queries.answers import Author, Fellow, Shown, answers_for
from intake.queries.standings import Standing


def for_the_others(own: Standing) -> Sequence[Shown]:
    """One's own answers that those attending will see once the appointment is booked."""
    return [
        s
        for s in answers_for(reader=Author(own.participant.id), participant_id=own.participant.id)
        if is_for_others(s.question, is_shared=s.is_shared)
        and (s.is_shared or tier_for(s.question, own.facts) is Tier.SHARED)
    ]


@dataclass(frozen=True, slots=True)
class SharedBy:
    """What one person lets another see."""

    name: str
    answers: Sequence[Shown]


def shared_with(participant: Participant) -> Sequence[SharedBy]:
    """What the others attending have chosen to show this person, under their own names."""
    others = Participant.objects.filter(
        request_id=participant.request_id, left_at__isnull=True
    ).exclude(pk=participant.pk)
    found = []
    for other in others:
        answers = answers_for(reader=Fellow(participant.id), participant_id=other.id)
        rest = [s for s in answers if s.question.column != "chosen_name"]
        if rest:
            found.append(SharedBy(other.chosen_name, rest))
    return found
