"""The facts that the gate decides from, read from booking's own columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.asking import location_allowed
from booking.domain.gate import GateFacts, Person, Unmet, unmet
from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, Request
from practice.models import Change, Practice


@dataclass(frozen=True, slots=True)
class _Facts:
    people: Sequence[Participant]
    candidates: Sequence[Appointment]
    accepted: frozenset[tuple[UUID, UUID]]  # (appointment, participant)
    round_asked: int  # of finding a time together; 0: they chose times themselves


def _facts(request: Request, *, now: datetime, appointment_id: UUID | None) -> _Facts:
    people = list(
        request.participants.filter(attends=Participant.Attends.YES, excused_at__isnull=True)
    )
    candidates = request.appointments.filter(state=AppointmentState.HELD, held_until__gt=now)
    if appointment_id is not None:
        candidates = candidates.filter(pk=appointment_id)
    live = [
        candidate
        for candidate in candidates.select_related("service", "practitioner").order_by("rank")
        # What one of several suggested has not been put before the others: it is no time of
        # theirs until the practitioner proposes it.
        if candidate.suggested_by_id is None
        or appointment_id is not None
        or {p.pk for p in people} == {candidate.suggested_by_id}
    ]
    accepted = Appointment.objects.filter(
        pk__in=[a.pk for a in live], answers__accepts=True
    ).values_list("pk", "answers__participant_id")
    # Whoever suggests a time accepts it.
    suggested = {(a.pk, a.suggested_by_id) for a in live if a.suggested_by_id is not None}
    return _Facts(
        people,
        live,
        frozenset(accepted) | suggested,
        request.poll.round if request.find_together else 0,
    )


def at_gate(person: Participant, *, accepts: bool, round_asked: int = 0) -> Person:
    """Somebody who is to attend, as the gate sees them.

    `round_asked`: of finding a time together; 0 where nobody is asked to mark times.
    """
    return Person(
        joined=person.joined_at is not None and person.left_at is None,
        cleared=person.cleared_at is not None,
        accepted_time=accepts,
        marked=person.voted_round >= round_asked,
    )


def acceptable_time(
    request: Request, *, now: datetime, appointment_id: UUID | None = None
) -> Appointment | None:
    """The best-ranked held time that everybody attending accepts."""
    facts = _facts(request, now=now, appointment_id=appointment_id)
    for candidate in facts.candidates:
        if all((candidate.pk, person.pk) in facts.accepted for person in facts.people):
            return candidate
    return None


def agreed_since(request: Request, since: datetime) -> bool:
    """Whether everybody has accepted one of the times proposed to them since then."""
    return Change.objects.filter(
        kind="proposal_settled",
        subject_type="request",
        subject_id=request.pk,
        occurred_at__gte=since,
        snapshot__agreed=True,
    ).exists()


def unmet_for(
    request: Request, *, now: datetime, appointment_id: UUID | None = None
) -> list[Unmet]:
    """Everything that stands in the way of confirming this request now."""
    facts = _facts(request, now=now, appointment_id=appointment_id)
    best = next(
        (c for c in facts.candidates if all((c.pk, p.pk) in facts.accepted for p in facts.people)),
        facts.candidates[0] if facts.candidates else None,
    )
    practice = Practice.objects.get()
    return unmet(
        GateFacts(
            state=request.state,
            people=[
                at_gate(
                    person,
                    accepts=best is not None and (best.pk, person.pk) in facts.accepted,
                    round_asked=facts.round_asked,
                )
                for person in facts.people
            ],
            review_open=request.review_open,
            location_allowed=location_allowed(
                request.country,
                request.region,
                [(p["country"], p.get("region", "")) for p in practice.locations],
            ),
            has_live_hold=best is not None,
            starts_in_future=best is not None and best.starts_at > now,
        )
    )
