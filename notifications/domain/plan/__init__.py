"""Who is told what, and when: a pure function of a change, the people and the clock.

Two sorts of messages come out. *Once*: this change happened, its number stands in their key.
*Standing*: reminders that are due as long as things stand as they do; every change of their
subject plans them anew, and what is no longer wanted is dropped. Nothing that is already overdue
is planned among the standing ones.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from notifications.domain.facts import (
    AlertFacts,
    AppointmentFacts,
    ChangeFacts,
    CohortFacts,
    DayFacts,
    Facts,
    LinkFacts,
    PersonFacts,
    RequestFacts,
    SeatFacts,
    SeriesFacts,
)
from notifications.domain.plan import alerts, appointments, groups, own, requests, series
from notifications.domain.plan.planned import Plan, Planned

__all__ = ["Plan", "Planned", "plan"]


def plan(change: ChangeFacts, facts: Facts, *, now: datetime) -> Plan:
    """Everything that `change` makes due, given how things stand at `now`.

    `facts` are those of the subject of the change, or of something that it touches besides.
    """
    subject, once, reminders = _written(change, facts, now)
    people = facts.request.people if isinstance(facts, LinkFacts) else facts.people
    ended = {p.id for p in people if p.has_ended}
    once = [m for m in once if m.recipient.id not in ended and m.kind not in m.recipient.declines]
    told_nothing = ended | {p.id for p in people if p.page_only}
    reminders = [r for r in reminders if r.recipient.id not in told_nothing]
    return Plan(
        once=_unique(once),
        standing=[r for r in reminders if r.due_at > now and r.not_after > r.due_at],
        wanted=frozenset(r.key for r in reminders),
        standing_of=subject,
    )


def _written(
    change: ChangeFacts, facts: Facts, now: datetime
) -> tuple[tuple[str, UUID], list[Planned], list[Planned]]:
    """The subject whose standing messages are planned, the once-messages, the standing ones."""
    is_own = change.subject_id == facts.id
    match facts:
        case AppointmentFacts():
            subject = ("appointment", facts.id)
            return subject, appointments.once(change, facts, now), appointments.standing_of(facts)
        case SeriesFacts():
            once = series.once(change, facts, now) if is_own else []
            return ("series", facts.id), once, series.standing_of(facts)
        case SeatFacts():
            return ("seat", facts.id), groups.once_for_seat(change, facts, now), []
        case CohortFacts():
            once = groups.once_for_cohort(change, facts, now) if is_own else []
            return ("cohort", facts.id), once, groups.standing_of(facts)
        case AlertFacts():
            return ("alert", facts.id), alerts.once(change, facts, now), []
        case DayFacts():
            return ("practitioner", facts.id), own.once_for_day(change, facts, now), []
        case PersonFacts():
            once = own.once(change, facts, now) if is_own else []
            return ("participant", facts.id), once, own.standing_of(facts)
        case LinkFacts():
            about = facts.request
            once = requests.once_for_link(change, facts, now)
            return ("request", about.id), once, requests.standing_of(about)
        case RequestFacts():
            once = requests.once(change, facts, now) if is_own else []
            return ("request", facts.id), once, requests.standing_of(facts)


def _unique(messages: Iterable[Planned]) -> list[Planned]:
    return list({m.key: m for m in messages}.values())
