"""Decisions and proposals, held against what people have answered since they were made."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from booking.domain.gate import GateFacts, Unmet, unmet
from booking.domain.states import RequestState
from booking.models import Appointment, Decision, Participant, Request, TimeAnswer, Vote
from booking.queries.gate import at_gate

#: What somebody says about times can make these another decision than they were.
_ABOUT_TIMES = (Decision.Kind.CONFIRM, Decision.Kind.PROPOSE, Decision.Kind.ASK_AGAIN)


def with_news(decisions: QuerySet[Decision]) -> QuerySet[Decision]:
    """Decisions that know whether anybody has marked or answered times after they were made."""
    marks = Vote.objects.filter(
        participant__request=OuterRef("request"), voted_at__gt=OuterRef("made_at")
    )
    answers = TimeAnswer.objects.filter(
        appointment__request=OuterRef("request"), answered_at__gt=OuterRef("made_at")
    )
    return decisions.annotate(has_news=Exists(marks) | Exists(answers))


def has_news(decision: Decision | None) -> bool:
    """Whether somebody has answered anew since it was made; of `with_news` decisions."""
    return (
        decision is not None
        and decision.kind in _ABOUT_TIMES
        and bool(getattr(decision, "has_news", False))
    )


def objections(
    request: Request, decision: Decision | None, held: Sequence[Appointment], *, now: datetime
) -> list[Unmet]:
    """Why it would come back at its time, as things stand; empty: it would leave.

    `held`: what the request holds now, with the answers loaded; its participants are, too.
    """
    if decision is None:
        return []
    times = [a for a in held if str(a.pk) in decision.candidates]
    if decision.kind == Decision.Kind.PROPOSE:
        return _of_proposal(request, times)
    if decision.kind != Decision.Kind.CONFIRM:
        return []
    chosen = times[0] if times else None
    accepted = {a.participant_id for a in chosen.answers.all() if a.accepts} if chosen else set()
    if chosen is not None and chosen.suggested_by_id is not None:
        accepted.add(chosen.suggested_by_id)
    return unmet(
        GateFacts(
            state=request.state,
            people=[
                at_gate(p, accepts=p.pk in accepted)
                for p in request.participants.all()
                if p.attends == Participant.Attends.YES and p.excused_at is None
            ],
            review_open=request.review_open,
            location_allowed=True,  # it was when it was decided, and does not change
            has_live_hold=chosen is not None,
            starts_in_future=chosen is not None and chosen.starts_at > now,
        )
    )


def suits_nobody(
    request: Request, proposed: Sequence[Appointment], people: Collection[UUID]
) -> bool:
    """Whether each time of a proposal is refused by one of those who count.

    For the practitioner alone: it goes on until its announced end, unless they replace it.
    """
    if request.state != RequestState.PROPOSED or not proposed:
        return False
    return all(
        any(a.participant_id in people and not a.accepts for a in time.answers.all())
        for time in proposed
    )


def _of_proposal(request: Request, times: Sequence[Appointment]) -> list[Unmet]:
    found = [Unmet.NOT_FINISHED] if request.state == RequestState.GATHERING else []
    return found if times else [*found, Unmet.NO_TIME]
