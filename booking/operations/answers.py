"""People answer times that were offered to them: a proposal, or a move of what is booked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from booking.domain.agreement import Agreement
from booking.domain.refusals import HoldExpired, InvalidRequest, NotTheirs, Problem
from booking.domain.states import RequestState
from booking.domain.together import CANT
from booking.models import Participant, Request, TimeAnswer
from booking.operations import calendar, moves, proposals
from booking.operations.calendar import takes_time
from booking.operations.suggestions import suggest
from practice.operations import journal


@takes_time
def answer_times(
    *,
    participant_id: UUID,
    answers: Mapping[UUID, bool],
    now: datetime,
    suggestions: Sequence[datetime] = (),
) -> Agreement:
    """One person's yes or no to each time offered; nobody else learns it.

    Once everybody has answered, the best time that all accept is taken: a move happens, a
    proposal goes back to the practitioner or, for one person alone, is booked. `suggestions` are
    up to three open times of their own in answer to a proposal, held for the practitioner to
    see and for nobody else; answering again replaces them. Raises `NotTheirs` when nothing is
    asked of this person, `HoldExpired` when the times have lapsed, `SlotTaken` and
    `InvalidRequest` when a suggestion cannot be.
    """
    request, participant = _lock(participant_id)
    candidates = calendar.live_candidates(request, now=now)
    move = moves.open_move(request)
    if request.state != RequestState.PROPOSED and move is None:
        raise HoldExpired
    if not candidates:
        raise HoldExpired
    people = moves.people_asked(move) if move else proposals.people_asked(request)
    if participant.id not in people:
        raise NotTheirs
    for candidate in candidates:
        if candidate.pk in answers:
            TimeAnswer.objects.update_or_create(
                appointment=candidate,
                participant=participant,
                defaults={"accepts": answers[candidate.pk], "answered_at": now},
            )
    if request.find_together:
        # The later word counts: what they refuse now does not suit them, whatever they marked.
        refused = [c.starts_at for c in candidates if answers.get(c.pk) is False]
        participant.votes.filter(starts_at__in=refused).update(word=CANT)
    if move is None:
        suggest(request, participant, suggestions, offered=candidates, now=now)
    elif suggestions:
        raise InvalidRequest(
            [
                Problem(
                    "suggestions",
                    "not_for_a_move",
                    "Please say yes or no here: once this is settled you can ask for another time.",
                )
            ]
        )
    journal.note(
        kind="times_answered",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.client(participant.id),
        at=now,
    )
    outcome = proposals.outcome_of(candidates, people)
    if outcome.waiting:
        return outcome
    if move is not None:
        moves.settle(move, outcome.candidate, now=now)
    else:
        proposals.settle_proposal(
            request, outcome.candidate, actor=journal.client(participant.id), now=now
        )
    return outcome


def _lock(participant_id: UUID) -> tuple[Request, Participant]:
    """The request, locked, and whoever answers. Raises `NotTheirs`, also once they have left."""
    request_id = (
        Participant.objects.values_list("request_id", flat=True).filter(pk=participant_id).first()
    )
    if request_id is None:
        raise NotTheirs
    request = calendar.lock_calendar_and_request(request_id)
    participant = Participant.objects.filter(pk=participant_id, left_at__isnull=True).first()
    if participant is None:
        raise NotTheirs
    return request, participant
