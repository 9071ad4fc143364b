"""People answer times that were offered to them: a proposal, or a move of what is booked."""

from collections.abc import Collection, Mapping, Sequence
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
    return _answer(
        request,
        participant,
        answers,
        actor=journal.client(participant.id),
        suggestions=suggestions,
        now=now,
    )


@takes_time
def answer_for(
    *,
    request_id: UUID,
    participant_id: UUID,
    practitioner_id: UUID,
    accepted: Collection[UUID],
    they_told_me: bool,
    now: datetime,
) -> Agreement:
    """The practitioner notes what somebody said on the phone: these times suit, the others do not.

    Only for somebody without an address, who cannot answer on a page, or at the practitioner's
    word that they said so. It counts as their own answer and is journaled as what it is. Raises
    `NotTheirs`, `HoldExpired`, `InvalidRequest`.
    """
    request, participant = _lock(participant_id)
    if request.pk != request_id or request.practitioner_id != practitioner_id:
        raise NotTheirs
    if request.state != RequestState.PROPOSED:
        raise HoldExpired
    if participant.email and not they_told_me:
        raise InvalidRequest(
            [Problem("they_told_me", "required", "Please say that they told you so themselves.")]
        )
    candidates = {c.pk for c in proposals.offered(request, now=now)}
    if not candidates.intersection(accepted):
        raise InvalidRequest(
            [Problem("accepted", "required", "Please choose the time that suits them.")]
        )
    actor = journal.practitioner(practitioner_id)
    journal.note(
        kind="answered_for",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id)},
    )
    answers = {candidate: candidate in accepted for candidate in candidates}
    return _answer(request, participant, answers, actor=actor, suggestions=(), now=now)


def _answer(
    request: Request,
    participant: Participant,
    answers: Mapping[UUID, bool],
    *,
    actor: str,
    suggestions: Sequence[datetime],
    now: datetime,
) -> Agreement:
    candidates = proposals.offered(request, now=now)
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
    if actor == journal.client(participant.id):
        journal.note(
            kind="times_answered",
            subject_type="request",
            subject_id=request.id,
            revision=request.revision,
            actor=actor,
            at=now,
        )
    outcome = proposals.outcome_of(candidates, people)
    if outcome.waiting:
        return outcome
    if move is not None:
        moves.settle(move, outcome.candidate, now=now)
    else:
        proposals.settle_proposal(request, outcome.candidate, actor=actor, now=now)
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
