"""The practitioner decides: confirm, propose other times, decline; at once or with the batch."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from booking.domain.gate import Unmet
from booking.domain.refusals import (
    DecisionWaiting,
    GateClosed,
    InvalidRequest,
    NotTheirs,
    Problem,
    Refusal,
    SlotTaken,
)
from booking.domain.states import (
    AppointmentState,
    RequestState,
    RequestVerb,
    TransitionNotAllowed,
    next_request_state,
)
from booking.domain.together import ACCEPTING
from booking.models import Appointment, Decision, Request, TimeAnswer
from booking.operations import calendar, line, offering, polls
from booking.operations.calendar import takes_time
from booking.operations.requests import attending, close, is_single
from booking.queries import calendar as calendar_queries
from booking.queries.gate import acceptable_time, agreed_since, unmet_for
from booking.queries.party import next_batch_at
from booking.queries.together import claim_of, held_for, votes_of
from practice.operations import journal

#: A hold that a queued decision relies on outlives its batch by this much.
_BATCH_GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision led to: done now, or due with the batch at `due_at`."""

    due_at: datetime | None = None
    appointment: Appointment | None = None


@takes_time
def confirm(
    *,
    request_id: UUID,
    practitioner_id: UUID,
    now: datetime,
    appointment_id: UUID | None = None,
    starts_at: datetime | None = None,
) -> Outcome:
    """Book the time that is held, or queue that for the next batch if several people attend.

    `appointment_id` chooses among alternatives; else the best-ranked that everybody accepts.
    `starts_at` is for people who find a time together: one that they all can or could come to,
    held here if it is still open. Raises `GateClosed` with every reason, `SlotTaken`,
    `InvalidRequest`, `DecisionWaiting`, `NotTheirs`.
    """
    request = lock_own(request_id, practitioner_id)
    if starts_at is not None:
        appointment_id = _hold_for_all(request, starts_at, now=now).pk
    chosen = _checked(request, now=now, appointment_id=appointment_id)
    if not is_single(request):
        if chosen.starts_at <= next_batch_at(request, now=now):
            raise GateClosed([Unmet.BEFORE_BATCH])
        return queue(request, Decision.Kind.CONFIRM, practitioner_id, now=now, candidates=[chosen])
    return Outcome(
        appointment=offering.book(
            request, chosen, actor=journal.practitioner(practitioner_id), now=now
        )
    )


@takes_time
def propose(
    *, request_id: UUID, practitioner_id: UUID, starts: Sequence[datetime], now: datetime
) -> Outcome:
    """Offer one to three other times, held until they are answered.

    Also in place of times that are proposed already, whatever people have answered to them: as it
    can be done at any time, it tells nobody how anybody has answered.
    The practitioner's own minimum notice and horizon do not bind them. Raises `SlotTaken`,
    `InvalidRequest`, `DecisionWaiting`, `TransitionNotAllowed`, `NotTheirs`.
    """
    request = lock_own(request_id, practitioner_id)
    if not 1 <= len(set(starts)) <= 3 or len(set(starts)) < len(starts):
        raise InvalidRequest(
            [Problem("times", "one_to_three_times", "Please choose one to three times.")]
        )
    _check_may_propose(request)
    if any(start <= now for start in starts):
        raise InvalidRequest([Problem("times", "time_passed", "That time has passed.")])
    if not is_single(request) and min(starts) <= next_batch_at(request, now=now):
        raise InvalidRequest(
            [
                Problem(
                    "times",
                    "before_batch",
                    "That time begins before your decision would leave: please choose a later one.",
                )
            ]
        )
    candidates = offering.hold_alternatives(request, starts, now=now)
    if not is_single(request):
        return queue(
            request, Decision.Kind.PROPOSE, practitioner_id, now=now, candidates=candidates
        )
    offering.offer_times(request, candidates, actor=journal.practitioner(practitioner_id), now=now)
    return Outcome()


def _check_may_propose(request: Request) -> None:
    """Of several people everyone has to have finished. Raises `TransitionNotAllowed`."""
    if not is_single(request) and request.state == RequestState.GATHERING:
        raise TransitionNotAllowed(RequestState.GATHERING, RequestVerb.PROPOSE)
    next_request_state(request.state, RequestVerb.PROPOSE)


@transaction.atomic(durable=True)
def decline(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> Outcome:
    """Say no, in the one neutral wording; several people hear it with the next batch.

    Raises `DecisionWaiting`, `TransitionNotAllowed`, `NotTheirs`.
    """
    request = lock_own(request_id, practitioner_id)
    next_request_state(request.state, RequestVerb.DECLINE)
    if not is_single(request) and request.state != RequestState.RECEIVED:
        return queue(request, Decision.Kind.DECLINE, practitioner_id, now=now)
    _decline(request, actor=journal.practitioner(practitioner_id), now=now)
    return Outcome()


@transaction.atomic(durable=True)
def undo(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> None:
    """Take back a decision that has not left yet. Raises `NotTheirs` if there is none."""
    request = lock_own(request_id, practitioner_id, may_wait=True)
    decision = request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).first()
    if decision is None:
        raise NotTheirs
    decision.undone_at = now
    decision.save(update_fields=["undone_at"])
    _let_go(decision)
    # An end that is over would take the time from them at once: then the decision's own end stays.
    if request.hold_ends_at is not None and request.hold_ends_at > now:
        _candidates(decision).update(held_until=request.hold_ends_at)
    if request.confirm_when_ready:
        request.confirm_when_ready = False
        request.save(update_fields=["confirm_when_ready"])
    journal.note(
        kind="decision_undone",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )


@transaction.atomic(durable=True)
def end_suggestion(
    *, request_id: UUID, practitioner_id: UUID, appointment_id: UUID, now: datetime
) -> None:
    """Give back a time that is held only because somebody suggested it.

    They go on seeing what they suggested until the announced end, as if nothing had become of
    it: an answer to it is a proposal, or none. Raises `DecisionWaiting`, `NotTheirs`.
    """
    request = lock_own(request_id, practitioner_id)
    held = request.appointments.filter(
        pk=appointment_id, state=AppointmentState.HELD, suggested_by__isnull=False
    ).first()
    if held is None:
        raise NotTheirs
    line.release([held], now=now)
    journal.note(
        kind="suggestion_ended",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={
            "participant": str(held.suggested_by_id),
            "starts_at": held.starts_at.isoformat(),
        },
    )


def carry_out(*, decision_id: UUID, now: datetime) -> None:
    """Let a queued decision leave: the ordinary operation, with the gate checked again.

    What cannot happen any more is kept as the decision's failure, for the practitioner to see.
    """
    try:
        _carry_out(decision_id=decision_id, now=now)
    except GateClosed as closed:
        _fail(decision_id=decision_id, reason=", ".join(closed.reasons), now=now)
    except Refusal as refusal:
        _fail(decision_id=decision_id, reason=refusal.code, now=now)
    except TransitionNotAllowed:
        _fail(decision_id=decision_id, reason="not_allowed_now", now=now)


@takes_time
def _carry_out(*, decision_id: UUID, now: datetime) -> None:
    request_id = Decision.objects.values_list("request_id", flat=True).get(pk=decision_id)
    request = calendar.lock_calendar_and_request(request_id)
    decision = Decision.objects.select_for_update(no_key=True).get(pk=decision_id)
    if decision.done_at is not None or decision.undone_at is not None or decision.due_at > now:
        return
    actor = journal.practitioner(decision.made_by_id)
    decision.done_at = now
    decision.save(update_fields=["done_at"])
    if decision.kind == Decision.Kind.CONFIRM:
        chosen = _checked(request, now=now, appointment_id=UUID(decision.candidates[0]))
        offering.book(request, chosen, actor=actor, now=now)
    elif decision.kind == Decision.Kind.PROPOSE:
        _check_may_propose(request)
        if agreed_since(request, decision.made_at):
            raise GateClosed([Unmet.DECIDED])
        live = list(_candidates(decision).filter(held_until__gt=now, starts_at__gt=now))
        if not live:
            raise SlotTaken
        offering.offer_times(request, live, actor=actor, now=now)
    elif decision.kind == Decision.Kind.ASK_AGAIN:
        polls.reopen(request, actor=actor, now=now)
    else:
        _decline(request, actor=actor, now=now)


@transaction.atomic(durable=True)
def _fail(*, decision_id: UUID, reason: str, now: datetime) -> None:
    request_id = Decision.objects.values_list("request_id", flat=True).get(pk=decision_id)
    calendar.lock_calendar_and_request(request_id)
    decision = Decision.objects.select_for_update(no_key=True).get(pk=decision_id)
    if decision.done_at is not None or decision.undone_at is not None:
        return
    decision.done_at = now
    decision.failure = reason[:200]
    decision.save(update_fields=["done_at", "failure"])
    _let_go(decision)
    journal.record(
        kind="decision_failed",
        subject_type="request",
        subject_id=decision.request_id,
        actor=journal.SYSTEM,
        at=now,
    )


def _let_go(decision: Decision) -> None:
    """Give back what was held for a decision that does not leave.

    It was never put before anybody and must not be now, nor what stood as their answers to it.
    """
    found = held_for(decision)
    calendar.release(list(found.filter(state=AppointmentState.HELD)))
    TimeAnswer.objects.filter(appointment__in=found).delete()


def confirm_beforehand(request: Request, *, now: datetime) -> None:
    """Carry out a Confirm that was pressed before the gate opened. In the caller's transaction.

    For a client who called: the practitioner has decided already. A gate that is still closed
    leaves the request for the practitioner to look at.
    """
    if request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).exists():
        return
    try:
        chosen = _checked(request, now=now)
    except GateClosed:
        return
    if is_single(request):
        offering.book(request, chosen, actor=journal.practitioner(request.practitioner_id), now=now)
    elif chosen.starts_at > next_batch_at(request, now=now):
        queue(request, Decision.Kind.CONFIRM, request.practitioner_id, now=now, candidates=[chosen])


def _hold_for_all(request: Request, starts_at: datetime, *, now: datetime) -> Appointment:
    """Hold a start of finding a time together, with everybody's word for it as their answer.

    The ordinary rules of an open slot hold, checked here under the lock.
    """
    if not request.find_together:
        raise InvalidRequest(
            [Problem("starts_at", "not_together", "These people chose their times themselves.")]
        )
    of_time = {Unmet.NO_TIME, Unmet.TIME_PASSED, Unmet.TIME_NOT_ACCEPTED}
    reasons = [r for r in unmet_for(request, now=now) if r not in of_time]
    if reasons:
        raise GateClosed(reasons)
    start = starts_at.astimezone(UTC)
    votes = votes_of(request)
    people = list(attending(request).values_list("pk", flat=True))
    if any(votes.get(person, {}).get(start) not in ACCEPTING for person in people):
        raise GateClosed([Unmet.TIME_NOT_ACCEPTED])
    calendar.release_lapsed(request.practitioner_id, now=now)
    claim = claim_of(request, now=now) or uuid.uuid4()
    offer = calendar_queries.bookable(request.practitioner, request.service, request.modality)
    calendar.check_open(offer, [start], now=now, ignore_claim=claim)
    until = start if is_single(request) else next_batch_at(request, now=now) + _BATCH_GRACE
    [held] = calendar.hold(request, [start], claim=claim, held_until=until, now=now)
    TimeAnswer.objects.bulk_create(
        TimeAnswer(appointment=held, participant_id=person, accepts=True, answered_at=now)
        for person in people
    )
    return held


def lock_own(request_id: UUID, practitioner_id: UUID, *, may_wait: bool = False) -> Request:
    """Lock the practitioner's request. Raises `NotTheirs`, `DecisionWaiting`."""
    try:
        request = calendar.lock_calendar_and_request(request_id)
    except Request.DoesNotExist:
        raise NotTheirs from None
    if request.practitioner_id != practitioner_id:
        raise NotTheirs
    waiting = request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).exists()
    if waiting and not may_wait:
        raise DecisionWaiting
    return request


def _checked(request: Request, *, now: datetime, appointment_id: UUID | None = None) -> Appointment:
    """The time to book, if the gate is open. Raises `GateClosed` with every reason."""
    reasons = unmet_for(request, now=now, appointment_id=appointment_id)
    chosen = acceptable_time(request, now=now, appointment_id=appointment_id)
    if reasons or chosen is None:
        raise GateClosed(reasons or [Unmet.NO_TIME])
    return chosen


def queue(
    request: Request,
    kind: str,
    practitioner_id: UUID,
    *,
    now: datetime,
    candidates: Sequence[Appointment] = (),
) -> Outcome:
    """Let a decision wait for the next batch. Runs in the caller's transaction, under the lock."""
    due_at = next_batch_at(request, now=now)
    Decision.objects.create(
        request=request,
        kind=kind,
        candidates=[str(c.pk) for c in candidates],
        made_by_id=practitioner_id,
        made_at=now,
        due_at=due_at,
    )
    # What the decision needs must still be held when it leaves; nobody outside sees this end.
    for candidate in candidates:
        candidate.held_until = max(candidate.held_until or now, due_at + _BATCH_GRACE)
        candidate.save(update_fields=["held_until"])
    journal.note(
        kind="decision_queued",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"decision": kind, "due_at": due_at.isoformat()},
    )
    return Outcome(due_at=due_at)


def _decline(request: Request, *, actor: str, now: datetime) -> None:
    close(request, RequestVerb.DECLINE, kind="request_declined", actor=actor, now=now)


def _candidates(decision: Decision) -> QuerySet[Appointment]:
    return Appointment.objects.filter(
        pk__in=decision.candidates, state=AppointmentState.HELD
    ).order_by("rank")
