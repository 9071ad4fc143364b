"""From changes in the journal to deliveries in the table: many in one transaction, or one."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from notifications.domain.facts import Facts, LinkFacts, person_in
from notifications.domain.kinds import REMINDERS, Kind
from notifications.domain.plan import Plan, Planned, plan
from notifications.domain.plan.appointments import comes_as_file_only
from notifications.domain.plan.following import followed
from notifications.domain.truth import untrue_because
from notifications.models import Delivery
from notifications.operations.drafting import Draft
from notifications.queries.facts import change_facts
from notifications.queries.gathering import Question, Subject, Touched, facts_for, touched_by
from practice.models import Change, Pending

logger = logging.getLogger(__name__)

#: So many changes are planned together: enough for the statements to cost little each, few enough
#: for memory to stay flat and for nobody to wait long for their turn.
TOGETHER = 200

#: Names the advisory locks of planning, and into how many heaps its subjects are thrown: there is
#: room for some thousands of locks in PostgreSQL, and a batch would need that many of its own.
_TURNS, _HEAPS = 0x706C616E, 1024


@dataclass(slots=True)
class Tally:
    """How many changes were planned, and how many could not be."""

    planned: int = 0
    unplannable: int = 0


def plan_waiting(*, now: datetime, limit: int) -> Tally:
    """Plan what waits in the outbox, the oldest first, in batches of a transaction each.

    A change that cannot be planned is logged and left for the next time, without the others.
    """
    waiting = Pending.objects.order_by("change_id").values_list("change_id", flat=True)
    tally = Tally()
    for batch in batched(list(waiting[:limit]), TOGETHER, strict=False):
        _plan_or_part(batch, tally, now=now)
    return tally


def _plan_or_part(change_ids: Sequence[int], tally: Tally, *, now: datetime) -> None:
    """Plan them together; if that fails half and half, until the one is found that is broken."""
    try:
        tally.planned += plan_changes(change_ids=change_ids, now=now)
    except SoftTimeLimitExceeded:  # this worker is to stop, not this change is broken
        raise
    except Exception:  # one broken change must not keep the others waiting
        if len(change_ids) == 1:
            logger.exception("change not planned", extra={"change": change_ids[0]})
            tally.unplannable += 1
            return
        half = len(change_ids) // 2
        _plan_or_part(change_ids[:half], tally, now=now)
        _plan_or_part(change_ids[half:], tally, now=now)


def plan_change(*, change_id: int, now: datetime) -> bool:
    """Plan one change, as many are planned. False: nothing to do."""
    return plan_changes(change_ids=[change_id], now=now) == 1


@transaction.atomic(durable=True)
def plan_changes(*, change_ids: Collection[int], now: datetime) -> int:
    """Write what these changes make due and take them out of the outbox; how many there were.

    Runs any number of times with the effect of one. A change that another worker is planning
    at this moment is left to that worker. The number of statements depends on what the changes
    are about, not on how many they are.
    """
    return plan_within(change_ids, now=now)


def plan_within(change_ids: Collection[int], *, now: datetime) -> int:
    """The same in the caller's transaction."""
    pending = list(
        Pending.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("change")
        .filter(change_id__in=change_ids)
        .order_by("change_id")
    )
    if not pending:
        return 0
    changes = [row.change for row in pending]
    touched = touched_by(changes, now=now)
    _take_turns({turn for each in touched.values() for turn in each.turns})
    # Only now: whoever was first may have changed how things stand.
    _reconcile(changes, touched, now=now)
    Pending.objects.filter(pk__in=[row.pk for row in pending]).delete()
    return len(pending)


def _take_turns(subject_ids: Collection[UUID]) -> None:
    """Let only one worker plan for a subject at a time.

    Advisory locks, not row locks: booking's own locks must never wait for ours. All workers take
    them in the same order, so that no two wait for each other.
    """
    if not subject_ids:
        return
    heaps = sorted({subject_id.int % _HEAPS for subject_id in subject_ids})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, heap) FROM unnest(%s::int[]) AS heap",
            [_TURNS, heaps],
        )


def _reconcile(changes: Sequence[Change], touched: dict[int, Touched], *, now: datetime) -> None:
    """Bring what is planned to where it would be if these changes were planned one by one."""
    own = {c.pk: [Question(c, subject) for subject in touched[c.pk].subjects] for c in changes}
    waiting = {d.key: _question(d) for t in touched.values() for d in t.waiting}
    asked = [question for questions in own.values() for question in questions]
    facts = facts_for({*asked, *waiting.values()})
    plans = _plans(asked, facts, now=now)
    draft = Draft.read(
        subjects={
            *(plan.standing_of for plan in plans.values()),
            *(question.subject for question in plans),
            *(question.subject for question in waiting.values()),
        },
        keys={m.key for plan in plans.values() for m in (*plan.once, *plan.standing)},
        places={
            *(
                (m.subject_id, m.recipient.id)
                for plan in plans.values()
                for m in plan.once
                if m.method
            ),
            *(
                (d.subject_id, d.participant_id)
                for t in touched.values()
                for d in t.waiting
                if d.subject_type == "appointment" and d.participant_id is not None
            ),
        },
        now=now,
    )
    for change in changes:
        for question in own[change.pk]:
            _apply(draft, change, facts[question], plans[question])
        for delivery in touched[change.pk].waiting:
            about = facts.get(waiting[delivery.key])
            row = draft.get(delivery.key)
            if about is not None and row is not None:
                _follow(draft, row, delivery.change, about, now=now)
    draft.write()


def _question(delivery: Delivery) -> Question:
    return Question(delivery.change, (delivery.subject_type, delivery.subject_id))


def _plans(
    asked: Iterable[Question], facts: dict[Question, Facts], *, now: datetime
) -> dict[Question, Plan]:
    """A plan for each. What a change only touches besides is planned once for all that do.

    Raises `LookupError` if the subject of one is gone.
    """
    plans: dict[Question, Plan] = {}
    besides: dict[Subject, Plan] = {}
    for question in asked:
        change, subject = question
        is_own = subject == (change.subject_type, change.subject_id)
        if not is_own and subject in besides:
            plans[question] = besides[subject]
            continue
        plans[question] = plan(change_facts(change), facts[question], now=now)
        if not is_own and subject[0] in ("series", "cohort"):
            besides[subject] = plans[question]
    return plans


def _apply(draft: Draft, change: Change, facts: Facts, plan: Plan) -> None:
    subjects: set[Subject] = {plan.standing_of}
    if isinstance(facts, LinkFacts):
        subjects.add(("link", facts.id))
    for subject in subjects:
        for delivery in draft.waiting_for(subject):
            reason = _outdated_because(delivery, facts, plan)
            if reason:
                draft.supersede(delivery, reason)
    messages = [*plan.once, *plan.standing]
    missing = [m for m in messages if draft.get(m.key) is None]
    _adjust(draft, plan.standing, change)
    draft.add_files(draft.add(missing, change))


def _outdated_because(delivery: Delivery, facts: Facts, plan: Plan) -> str:
    """Why what waits is not to be sent any more; empty: it is."""
    kind = Kind(delivery.kind)
    is_beside_a_link = isinstance(facts, LinkFacts) and delivery.subject_type == "request"
    about = facts.request if isinstance(facts, LinkFacts) and is_beside_a_link else facts
    reason = untrue_because(
        kind, person_id=delivery.participant_id, says_start=delivery.says_start, facts=about
    )
    if not reason and kind in REMINDERS and delivery.key not in plan.wanted:
        reason = "no longer wanted"
    return reason


def _adjust(draft: Draft, standing: Iterable[Planned], change: Change) -> None:
    """Revive reminders that came back, and move those that are due at another time now."""
    for message in standing:
        row = draft.get(message.key)
        if row is None or row.attempts:
            continue
        is_same = row.due_at == message.due_at and row.not_after == message.not_after
        is_pending = row.state == Delivery.State.PENDING
        if row.state == Delivery.State.SUPERSEDED or (is_pending and not is_same):
            draft.revive(row, message, change)


def _follow(draft: Draft, row: Delivery, cause: Change, facts: Facts, *, now: datetime) -> None:
    """Have what waits and tells of a change follow what its reader has chosen since.

    It is planned again for the moment at which it was planned, with the wishes of now.
    """
    if row.state != Delivery.State.PENDING or row.attempts or row.due_at <= now:
        return
    kind, told = Kind(row.kind), change_facts(cause)
    reason = untrue_because(
        kind, person_id=row.participant_id, says_start=row.says_start, facts=facts
    )
    if reason:
        draft.supersede(row, reason)
        return
    again = plan(told, facts, now=row.planned_at).once
    message = next((m for m in again if m.key == row.key), None)
    if message is None:
        people = facts.request.people if isinstance(facts, LinkFacts) else facts.people
        person = person_in(people, row.participant_id) if row.participant_id else None
        takes_file = person is not None and person.takes_file
        if comes_as_file_only(told, kind) and not takes_file:
            draft.supersede(row, "no calendar file is wanted")
        return
    if message.method != row.method:
        draft.change_file(row, message.method)
    message = followed(message, now=now)
    if (row.due_at, row.not_after) != (message.due_at, message.not_after):
        draft.put_off(row, message)
