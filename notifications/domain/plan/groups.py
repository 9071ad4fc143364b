"""Messages about a group and a place in it. None says that it is one."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from notifications.domain.facts import ChangeFacts, CohortFacts, SeatFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan.planned import Planned, Scribe, stamp
from notifications.domain.plan.planned import standing as _standing
from notifications.domain.quiet import evening

#: How long before the first of all dates its people hear that it begins.
BEFORE_THE_START = timedelta(days=7)

_SEAT_KINDS: Mapping[str, Kind] = {
    "seat_given": Kind.SEAT_GIVEN,
    "seat_refused": Kind.SEAT_REFUSED,
    "seat_left": Kind.SEAT_LEFT,
}


def once_for_seat(change: ChangeFacts, facts: SeatFacts, now: datetime) -> list[Planned]:
    """What the one person whose place it is hears of it."""
    kind = _SEAT_KINDS.get(change.kind)
    if kind is None:
        return []
    scribe = Scribe(change, ("seat", facts.id), now, touches=facts.first_start)
    planned = [scribe.to(p.recipient, kind) for p in facts.people]
    if kind is Kind.SEAT_LEFT:
        planned.append(scribe.to(facts.practitioner, Kind.PRACTITIONER_SEAT_LEFT))
    return planned


def once_for_cohort(change: ChangeFacts, facts: CohortFacts, now: datetime) -> list[Planned]:
    """What a change of a whole group tells its people, and the practitioner."""
    scribe = Scribe(change, ("cohort", facts.id), now, touches=facts.first_start)
    match change.kind:
        case "cohort_called_off":
            return [scribe.to(p.recipient, Kind.DATES_CANCELLED) for p in facts.people]
        case "cohort_short":
            return [scribe.to(facts.practitioner, Kind.PRACTITIONER_TOO_FEW)]
    return []


def standing_of(facts: CohortFacts) -> list[Planned]:
    """That it begins soon. Whoever gets their place later than that has just been told."""
    begins_at = facts.begins_at
    if begins_at is None:
        return []
    return [
        _standing(
            Kind.STARTING_SOON,
            f"7d@{stamp(begins_at)}",
            person,
            subject=("cohort", facts.id),
            revision=facts.revision,
            due_at=evening(begins_at - BEFORE_THE_START, person.zone, person.quiet),
            not_after=begins_at,
            says_start=begins_at,
        )
        for person in facts.people
        if not person.has_left and person.wants_reminders
    ]
