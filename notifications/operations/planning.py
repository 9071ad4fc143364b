"""From a change in the journal to deliveries in the table, in one transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Max

from booking.models import Attendance
from notifications.domain.facts import AppointmentFacts, Facts, LinkFacts
from notifications.domain.kinds import REMINDERS, Kind
from notifications.domain.plan import Plan, Planned, plan
from notifications.domain.truth import untrue_because
from notifications.models import Delivery, Invite
from notifications.queries.facts import change_facts, facts_of
from practice.models import Change, Pending

_SECOND = timedelta(seconds=1)


@transaction.atomic(durable=True)
def plan_change(*, change_id: int, now: datetime) -> bool:
    """Write what this change makes due and take it out of the outbox. False: nothing to do.

    Runs any number of times with the effect of one. A change that another worker is planning
    at this moment is left to that worker.
    """
    pending = (
        Pending.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("change")
        .filter(change_id=change_id)
        .first()
    )
    if pending is None:
        return False
    change = pending.change
    for facts in facts_of(change.subject_type, change.subject_id, now=now, change=change):
        _take_turns(facts)
    # Read again: whoever was first may have changed what there is to plan.
    for facts in facts_of(change.subject_type, change.subject_id, now=now, change=change):
        _reconcile(change, facts, plan(change_facts(change), facts, now=now), now=now)
    pending.delete()
    return True


def _take_turns(facts: Facts) -> None:
    """Let only one worker plan for a subject at a time.

    An advisory lock, not a row lock: booking's own locks must never wait for ours.
    """
    subject = facts.request.id if isinstance(facts, LinkFacts) else facts.id
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan:{subject}"])


def _reconcile(change: Change, facts: Facts, plan: Plan, *, now: datetime) -> None:
    pending = _pending_of(facts, plan.standing_of)
    _supersede_untrue(pending, facts, plan, now=now)
    messages = [*plan.once, *plan.standing]
    existing = {d.key: d for d in Delivery.objects.filter(key__in=[m.key for m in messages])}
    _adjust(plan.standing, existing, change)
    missing = [m for m in messages if m.key not in existing]
    deliveries = [_delivery(m, change, now=now) for m in missing]
    if isinstance(facts, AppointmentFacts):
        _add_invites(deliveries, facts.id, now=now)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)


def _pending_of(facts: Facts, standing_of: tuple[str, UUID]) -> list[Delivery]:
    """What waits for this subject, locked: a sender skips these rows meanwhile."""
    subjects = {standing_of}
    if isinstance(facts, LinkFacts):
        subjects.add(("link", facts.id))
    return [
        delivery
        for subject_type, subject_id in sorted(subjects)
        for delivery in Delivery.objects.select_for_update()
        .filter(subject_type=subject_type, subject_id=subject_id, state=Delivery.State.PENDING)
        .order_by("pk")
    ]


def _supersede_untrue(
    pending: Iterable[Delivery], facts: Facts, plan: Plan, *, now: datetime
) -> None:
    for delivery in pending:
        kind = Kind(delivery.kind)
        about: Facts = facts
        if isinstance(facts, LinkFacts) and delivery.subject_type == "request":
            about = facts.request
        reason = untrue_because(
            kind, person_id=delivery.participant_id, says_start=delivery.says_start, facts=about
        )
        if not reason and kind in REMINDERS and delivery.key not in plan.wanted:
            reason = "no longer wanted"
        if reason:
            supersede(delivery, reason, now=now)


def supersede(delivery: Delivery, reason: str, *, now: datetime) -> None:
    """Drop a delivery that waits. Runs in the caller's transaction."""
    delivery.state = Delivery.State.SUPERSEDED
    delivery.reason = reason
    delivery.settled_at = now
    delivery.save(update_fields=["state", "reason", "settled_at"])


def _adjust(standing: Iterable[Planned], existing: dict[str, Delivery], change: Change) -> None:
    """Revive reminders that came back, and move those that are due at another time now."""
    for message in standing:
        delivery = existing.get(message.key)
        if (
            delivery is None
            or delivery.attempts
            or delivery.state
            not in (
                Delivery.State.PENDING,
                Delivery.State.SUPERSEDED,
            )
        ):
            continue
        is_same = delivery.due_at == message.due_at and delivery.not_after == message.not_after
        if delivery.state == Delivery.State.PENDING and is_same:
            continue
        delivery.state = Delivery.State.PENDING
        delivery.reason = ""
        delivery.settled_at = None
        delivery.change = change
        delivery.due_at = delivery.try_at = message.due_at
        delivery.not_after = message.not_after
        delivery.save()


def _delivery(message: Planned, change: Change, *, now: datetime) -> Delivery:
    recipient = message.recipient
    return Delivery(
        key=message.key,
        change=change,
        kind=message.kind,
        subject_type=message.subject_type,
        subject_id=message.subject_id,
        revision=message.revision,
        participant_id=None if recipient.is_practitioner else recipient.id,
        practitioner_id=recipient.id if recipient.is_practitioner else None,
        due_at=message.due_at,
        try_at=message.due_at,
        not_after=message.not_after,
        says_start=message.says_start,
        planned_at=now,
        method=message.method,
    )


def _add_invites(deliveries: Iterable[Delivery], appointment_id: UUID, *, now: datetime) -> None:
    """Give each message with a calendar file its recipient's UID and their next SEQUENCE.

    DTSTAMP is strictly later than in the recipient's last file, to the second that iCalendar
    knows. An older file that has not left yet never will: the newer one says it all.
    """
    with_file = {
        d.participant_id: d for d in deliveries if d.method and d.participant_id is not None
    }
    if not with_file:
        return
    attendances = Attendance.objects.filter(
        appointment_id=appointment_id, participant_id__in=with_file
    )
    Invite.objects.bulk_create(
        [Invite(attendance=attendance) for attendance in attendances], ignore_conflicts=True
    )
    invites = Invite.objects.filter(attendance__in=attendances).annotate(
        participant_id=F("attendance__participant_id"), last=Max("deliveries__stamped_at")
    )
    stamp = now.replace(microsecond=0)
    for invite in invites:
        delivery = with_file[invite.participant_id]
        delivery.invite = invite
        delivery.sequence = invite.sequence = invite.sequence + 1
        delivery.stamped_at = max(stamp, invite.last + _SECOND) if invite.last else stamp
    Invite.objects.bulk_update([d.invite for d in with_file.values() if d.invite], ["sequence"])
    older = Delivery.objects.select_for_update().filter(
        invite__attendance__in=attendances, state=Delivery.State.PENDING
    )
    for outdated in older:
        supersede(outdated, "a newer calendar entry follows", now=now)
