"""How a proposal ends: agreed, refused, lapsed, or with fewer people than it began."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from booking.domain import times
from booking.domain.agreement import Agreement, agreement
from booking.domain.states import (
    AppointmentState,
    RequestState,
    RequestVerb,
    next_request_state,
)
from booking.models import Appointment, Request, TimeAnswer
from booking.operations import calendar, line, offering, waitlist
from booking.operations.requests import attending, hold_policy, is_single
from booking.queries.gate import unmet_for
from booking.queries.people import undisclosed
from practice.models import Practice
from practice.operations import journal


def people_asked(request: Request) -> set[UUID]:
    """Everyone whose answer a proposal waits for."""
    return set(attending(request).values_list("id", flat=True))


def offered(request: Request, *, now: datetime) -> list[Appointment]:
    """What was put before people and is held still; not what waits for a decision to leave.

    Nor a time of the waitlist whose announced end has come: it is held for the next in line.
    """
    hidden = set(undisclosed(request.pk))
    over = waitlist.run_out(request, now=now)
    return [
        c
        for c in calendar.live_candidates(request, now=now)
        if str(c.pk) not in hidden and c.pk not in over
    ]


def outcome_of(candidates: Sequence[Appointment], people: Collection[UUID]) -> Agreement:
    """What the answers given so far amount to."""
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


def reconsider(request: Request, *, actor: str, now: datetime) -> None:
    """Look again after somebody no longer counts. In the caller's transaction, under the lock."""
    if request.state != RequestState.PROPOSED:
        return
    candidates = offered(request, now=now)
    people = people_asked(request)
    if not candidates or not people:
        return
    outcome = outcome_of(candidates, people)
    if not outcome.waiting:
        settle_proposal(request, outcome.candidate, actor=actor, now=now)


def settle_proposal(
    request: Request, candidate_id: UUID | None, *, actor: str, now: datetime
) -> None:
    """End a proposal: with the time agreed, or without one. In the caller's transaction.

    Without one, what people suggested instead stays held for the practitioner to look at.
    """
    candidates = list(
        request.appointments.filter(state=AppointmentState.HELD)
        # What is to take the place of this proposal has not left yet, and stays held.
        .exclude(pk__in=undisclosed(request.pk))
        .select_related("service", "practitioner")
    )
    suggested = [c for c in candidates if c.suggested_by_id is not None]
    stays = set() if candidate_id is not None else {c.pk for c in suggested}
    given_back = [c for c in candidates if c.pk != candidate_id and c.pk not in stays]
    calendar.release(given_back)
    if request.find_together:
        # They were asked about times after all; saying what suits is done, until asked again.
        attending(request).update(voted_round=request.poll.round)
    everyone = attending(request)
    is_complete = not everyone.exclude(cleared_at__isnull=False, left_at__isnull=True).exists()
    request.state = next_request_state(
        request.state, RequestVerb.ANSWER if is_complete else RequestVerb.REOPEN
    )
    request.revision += 1
    request.save(update_fields=["state", "revision"])
    ended = waitlist.settle_offer(request, candidate_id, now=now)
    line.pass_on(given_back, now=now)
    # A time of the waitlist that came to nothing goes on by itself: nobody need look.
    write = journal.note if ended and candidate_id is None and not stays else journal.record
    write(
        kind="proposal_settled",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"agreed": candidate_id is not None}
        | ({"suggested": len(stays)} if stays else {}),
    )
    if candidate_id is None:
        return
    chosen = next(c for c in candidates if c.pk == candidate_id)
    _keep(chosen, now=now)
    if ended or not is_single(request):
        return
    # The practitioner offered the time, one person took it: nothing is left to decide.
    if unmet_for(request, now=now, appointment_id=candidate_id):
        request.confirm_when_ready = True
        request.save(update_fields=["confirm_when_ready"])
        return
    offering.book(request, chosen, actor=actor, now=now)


def lapse_proposal(*, request: Request, now: datetime) -> None:
    """The time to answer is over. Runs in the sweep's transaction, under the lock."""
    settle_proposal(request, None, actor=journal.SYSTEM, now=now)


def _keep(agreed: Appointment, *, now: datetime) -> None:
    """Hold what everybody agreed on until the practitioner can decide; nobody sees this end."""
    policy = hold_policy(Practice.objects.get())
    until = times.proposal_until(now, policy, starts_at=agreed.starts_at)
    agreed.held_until = max(agreed.held_until or now, until)
    agreed.save(update_fields=["held_until"])
