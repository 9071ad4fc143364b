"""Messages about one person's own things: documents, their address, what they asked for, a day."""

from datetime import datetime, timedelta

from notifications.domain.facts import ChangeFacts, DayFacts, PersonFacts
from notifications.domain.kinds import Kind
from notifications.domain.plan.planned import PATIENCE, Planned, Scribe, stamp
from notifications.domain.plan.planned import standing as _standing
from notifications.domain.quiet import evening

DOCUMENT_AGAIN = timedelta(days=7)

_KINDS = {
    "document_changed": (Kind.DOCUMENT_CHANGED,),
    "address_changed": (Kind.SETTINGS_CHANGED, Kind.SETTINGS_CHANGED_BEFORE),
    "passcode_replaced": (Kind.SETTINGS_CHANGED,),
    "export_done": (Kind.OWN_DATA_DONE,),
    "deletion_done": (Kind.OWN_DATA_DONE,),
}


def once(change: ChangeFacts, facts: PersonFacts, now: datetime) -> list[Planned]:
    """What this person hears at once."""
    kinds = _KINDS.get(change.kind, ())
    if change.kind == "document_changed" and not (facts.has_to_sign and facts.is_live):
        return []
    write = Scribe(change, ("participant", facts.id), now).to
    return [write(p.recipient, kind) for p in facts.people for kind in kinds]


def once_for_day(change: ChangeFacts, facts: DayFacts, now: datetime) -> list[Planned]:
    """That a day with sessions begins: to the practitioner, as long as there is one to come."""
    if change.kind != "day_began" or facts.last_start is None or facts.last_start <= now:
        return []
    scribe = Scribe(change, ("practitioner", facts.id), now, not_after=facts.last_start)
    return [scribe.to(facts.practitioner, Kind.PRACTITIONER_TODAY)]


def standing_of(facts: PersonFacts) -> list[Planned]:
    """A second message about a document, as long as it waits for a signature."""
    changed_at = facts.document_changed_at
    if changed_at is None or not facts.has_to_sign or not facts.is_live:
        return []
    planned = []
    for person in facts.people:
        if person.has_left or not person.wants_reminders:
            continue
        due_at = evening(changed_at + DOCUMENT_AGAIN, person.zone, person.quiet)
        planned.append(
            _standing(
                Kind.DOCUMENT_WAITING,
                f"7d@{stamp(changed_at)}",
                person,
                subject=("participant", facts.id),
                revision=0,
                due_at=due_at,
                not_after=due_at + PATIENCE,
            )
        )
    return planned
