"""People answer times that were offered to them: a proposal, or a move of what is booked."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from booking.domain.agreement import Agreement, agreement
from booking.domain.refusals import HoldExpired, NotTheirs
from booking.domain.states import (
    AppointmentState,
    RequestState,
    RequestVerb,
    next_request_state,
)
from booking.models import Appointment, Participant, Request, TimeAnswer
from booking.operations import calendar, decisions, moves
from booking.operations.calendar import takes_time
from booking.operations.requests import attending, is_single
from booking.queries.gate import unmet_for
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
    people = moves.people_asked(move) if move else set(_asked(request))
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
    outcome = _outcome(candidates, people)
    if outcome.waiting:
        return outcome
    if move is not None:
        moves.settle(move, outcome.candidate, now=now)
    else:
        settle_proposal(request, outcome.candidate, actor=journal.client(participant.id), now=now)
    return outcome


def _asked(request: Request) -> list[UUID]:
    return list(attending(request).values_list("id", flat=True))


def _outcome(candidates: list[Appointment], people: set[UUID]) -> Agreement:
    ids = [c.pk for c in candidates]
    return agreement(
        candidates=ids,
        people=people,
        answers={
            (appointment_id, participant_id): accepts
            for appointment_id, participant_id, accepts in TimeAnswer.objects.filter(
                appointment_id__in=ids
            ).values_list("appointment_id", "participant_id", "accepts")
        },
    )


def settle_proposal(
    request: Request, candidate_id: UUID | None, *, actor: str, now: datetime
) -> None:
    """End a proposal: with the time agreed, or without one. In the caller's transaction."""
    candidates = list(request.appointments.filter(state=AppointmentState.HELD))
    calendar.release([c for c in candidates if c.pk != candidate_id])
    everyone = attending(request)
    is_complete = not everyone.exclude(cleared_at__isnull=False, left_at__isnull=True).exists()
    request.state = next_request_state(
        request.state, RequestVerb.ANSWER if is_complete else RequestVerb.REOPEN
    )
    request.revision += 1
    request.save(update_fields=["state", "revision"])
    journal.record(
        kind="proposal_settled",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"agreed": candidate_id is not None},
    )
    if candidate_id is None or not is_single(request):
        return
    # The practitioner offered the time, one person took it: nothing is left to decide.
    if unmet_for(request, now=now, appointment_id=candidate_id):
        request.confirm_when_ready = True
        request.save(update_fields=["confirm_when_ready"])
        return
    chosen = next(c for c in candidates if c.pk == candidate_id)
    decisions.book(request, chosen, actor=actor, now=now)


def lapse_proposal(*, request: Request, now: datetime) -> None:
    """The time to answer is over. Runs in the sweep's transaction, under the lock."""
    settle_proposal(request, None, actor=journal.SYSTEM, now=now)
