"""People answer times that were offered to them: a proposal, or a move of what is booked."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from booking.domain.agreement import Agreement
from booking.domain.refusals import HoldExpired, NotTheirs
from booking.domain.states import RequestState
from booking.models import Participant, TimeAnswer
from booking.operations import calendar, moves, proposals
from booking.operations.calendar import takes_time
from practice.operations import journal


@takes_time
def answer_times(*, participant_id: UUID, answers: Mapping[UUID, bool], now: datetime) -> Agreement:
    """One person's yes or no to each time offered; nobody else learns it.

    Once everybody has answered, the best time that all accept is taken: a move happens, a
    proposal goes back to the practitioner or, for one person alone, is booked. Raises
    `NotTheirs` when nothing is asked of this person, `HoldExpired` when the times have lapsed.
    """
    participant = Participant.objects.filter(pk=participant_id, left_at__isnull=True).first()
    if participant is None:
        raise NotTheirs
    request = calendar.lock_calendar_and_request(participant.request_id)
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
