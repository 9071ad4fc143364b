"""Taking due deliveries for one sender, giving them back, and taking back what a dead one held."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Model

from notifications.domain.kinds import REMINDERS
from notifications.models import Attempt, Delivery, Invite
from practice.models import Change, Practitioner
from practice.rows import attach, columns, loaded, width

LEASE = timedelta(minutes=5)
#: A message whose senders die this often is taken out of the way.
DEATHS_MAX = 3
#: What the ledger says of one that waits because its domain has had enough for now.
PACED = "waits its turn"

_STATE = Delivery.State


@cache
def _claim() -> str:
    # By hand, because all workers ask for it all the time (docs/adr/0012). What is due is locked,
    # so it need not be looked at again; the array keeps the update on the primary key, however
    # many rows the table is believed to have.
    return f"""
        WITH due AS (
            SELECT id FROM notifications_delivery AS delivery
             WHERE state = 'pending' AND try_at <= %(now)s::timestamptz
               AND NOT EXISTS (
                   SELECT FROM notifications_delivery AS older
                    WHERE older.invite_id = delivery.invite_id AND older.state = 'sending'
                      AND older.sequence < delivery.sequence)
             ORDER BY try_at, id LIMIT %(limit)s::bigint
               FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE notifications_delivery AS delivery
               SET state = 'sending', attempts = attempts + 1, begun_at = NULL,
                   lease_until = %(lease_until)s::timestamptz, claimed_by = %(claim)s::varchar
             WHERE id = ANY(ARRAY(SELECT id FROM due))
         RETURNING {columns(Delivery, "delivery")}
        )
        SELECT {columns(Delivery, "claimed")}, {columns(Change, "change")},
               {columns(Invite, "invite")}, {columns(Practitioner, "practitioner")}
          FROM claimed
          JOIN practice_change AS change ON change.id = claimed.change_id
          LEFT JOIN notifications_invite AS invite ON invite.id = claimed.invite_id
          LEFT JOIN practice_practitioner AS practitioner
            ON practitioner.id = claimed.practitioner_id
         ORDER BY claimed.try_at, claimed.id
    """  # noqa: S608 - the names of our own columns


def claim_due(*, claim: str, now: datetime, limit: int) -> list[Delivery]:
    """Take due deliveries for one sender, in one statement. No two senders ever get the same one.

    A calendar file waits until an older one for the same entry has left.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _claim(), {"claim": claim, "now": now, "lease_until": now + LEASE, "limit": limit}
        )
        return [_claimed(values) for values in cursor.fetchall()]


def _claimed(values: Sequence[Any]) -> Delivery:
    """The delivery, with what made it due, its calendar entry and its practitioner."""
    start = width(Delivery)
    delivery = loaded(Delivery, values[:start])
    related: Mapping[str, type[Model]] = {
        "change": Change,
        "invite": Invite,
        "practitioner": Practitioner,
    }
    for name, model in related.items():
        found = values[start : start + width(model)]
        attach(delivery, name, loaded(model, found) if found[0] is not None else None)
        start += width(model)
    return delivery


@transaction.atomic(durable=True)
def give_back(*, claim: str, ids: Sequence[UUID]) -> None:
    """Return what was claimed and not begun, as if it had never been claimed."""
    Delivery.objects.filter(pk__in=ids, state=_STATE.SENDING, claimed_by=claim).update(
        state=_STATE.PENDING, attempts=F("attempts") - 1, lease_until=None, claimed_by=""
    )


@transaction.atomic(durable=True)
def put_off(*, claim: str, until: Mapping[UUID, datetime]) -> None:
    """Return what its domain has no room for now. It was not begun, and nothing is counted."""
    for at in set(until.values()):
        ids = [pk for pk, again_at in until.items() if again_at == at]
        Delivery.objects.filter(pk__in=ids, state=_STATE.SENDING, claimed_by=claim).update(
            state=_STATE.PENDING,
            attempts=F("attempts") - 1,
            try_at=at,
            reason=PACED,
            lease_until=None,
            claimed_by="",
        )


@transaction.atomic(durable=True)
def reclaim_expired(*, now: datetime) -> int:
    """Put back what a dead sender left behind; returns how many.

    The one that it had begun may have been sent: nobody knows. Of the others it is known that they
    were not, and nothing is counted against them. A message that keeps killing its senders is
    parked.
    """
    expired = list(
        Delivery.objects.select_for_update(skip_locked=True).filter(
            state=_STATE.SENDING, lease_until__lt=now
        )
    )
    for delivery in expired:
        _take_back(delivery, now=now)
    Attempt.objects.bulk_create(
        Attempt(delivery=d, ended_at=now, outcome=Attempt.Outcome.DIED)
        for d in expired
        if d.begun_at is not None
    )
    return len(expired)


def _take_back(delivery: Delivery, *, now: datetime) -> None:
    delivery.lease_until = None
    delivery.claimed_by = ""
    delivery.state = _STATE.PENDING
    if delivery.begun_at is None:
        delivery.attempts -= 1
    else:
        gives_up = delivery.attempts >= DEATHS_MAX or was_tried_twice(delivery)
        delivery.state = _STATE.FAILED if gives_up else _STATE.PENDING
        delivery.settled_at = now if gives_up else None
        delivery.reason = "the sender died"
        delivery.maybe_sent = True
        delivery.try_at = now
    delivery.save()


def was_tried_twice(delivery: Delivery) -> bool:
    """Whether a reminder may have arrived twice already: it is not sent a third time.

    Everything else is: a calendar program knows a copy by UID and SEQUENCE, and a person who
    reads of a change twice is better off than one who never does.
    """
    return delivery.kind in REMINDERS and delivery.maybe_sent
