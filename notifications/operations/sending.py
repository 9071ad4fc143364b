"""Claiming what is due, sending it outside any transaction, and writing down what happened."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from notifications.domain.kinds import REMINDERS, Kind
from notifications.domain.retry import Backoff
from notifications.domain.truth import untrue_because
from notifications.models import Delivery
from notifications.operations.envelopes import Envelope, envelope
from notifications.operations.post import Answer, Outcome, Post
from notifications.queries.facts import matter_of
from notifications.queries.letters import letter
from practice.models import Practice

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
BACKOFF = Backoff()
#: A message whose senders die this often is taken out of the way.
DEATHS_MAX = 3
#: Rows claimed in one go. Small, so that a dead worker leaves little to wait for.
_BATCH = 20
#: A round begins no further message after this many seconds, well before a task's time limit.
_SECONDS = 20.0

_STATE = Delivery.State


@dataclass(slots=True)
class Sent:
    """How a round of sending went."""

    sent: int = 0
    retried: int = 0
    failed: int = 0
    dropped: int = 0

    @property
    def total(self) -> int:
        """How many deliveries were dealt with."""
        return self.settled + self.retried

    @property
    def settled(self) -> int:
        """How many deliveries are dealt with for good."""
        return self.sent + self.failed + self.dropped


def send_due(*, worker: str, now: datetime, limit: int = 500) -> Sent:
    """Send up to `limit` messages that are due at `now`, in the name of `worker`.

    Stops early rather than run into the task's time limit. Any number may run at once. `now`
    is the time at which this began; what it writes down is that time plus what went by since.
    """
    result = Sent()
    began = time.monotonic()
    practice: Practice | None = None
    with Post() as post:
        while result.total < limit and time.monotonic() - began < _SECONDS:
            claim = f"{worker[:40]}:{uuid4().hex[:12]}"
            at = _passed(now, began)
            untouched = claim_due(claim=claim, now=at, limit=min(_BATCH, limit - result.total))
            if not untouched:
                break
            practice = practice or Practice.objects.get()
            try:
                while untouched and not post.is_down and time.monotonic() - began < _SECONDS:
                    delivery = untouched.pop(0)
                    _deal_with(delivery, practice, post, result, now=_passed(now, began))
            finally:
                if untouched:
                    _give_back(claim=claim, ids=[d.pk for d in untouched])
            if post.is_down:
                break
    return result


def _passed(now: datetime, began: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - began)


@transaction.atomic(durable=True)
def claim_due(*, claim: str, now: datetime, limit: int) -> list[Delivery]:
    """Take due deliveries for one sender. No two senders ever get the same one.

    A calendar file waits until an older one for the same entry has left.
    """
    older = Delivery.objects.filter(
        invite=OuterRef("invite"), state=_STATE.SENDING, sequence__lt=OuterRef("sequence")
    )
    claimed = list(
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("change", "invite", "practitioner")
        .filter(~Exists(older), state=_STATE.PENDING, try_at__lte=now)
        .order_by("try_at", "pk")[:limit]
    )
    for delivery in claimed:
        delivery.state = _STATE.SENDING
        delivery.attempts += 1
        delivery.lease_until = now + LEASE
        delivery.claimed_by = claim
    Delivery.objects.filter(pk__in=[d.pk for d in claimed], state=_STATE.PENDING).update(
        state=_STATE.SENDING,
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
        claimed_by=claim,
    )
    return claimed


@transaction.atomic(durable=True)
def _give_back(*, claim: str, ids: Sequence[UUID]) -> None:
    """Return what was claimed and not begun, as if it had never been claimed."""
    Delivery.objects.filter(pk__in=ids, state=_STATE.SENDING, claimed_by=claim).update(
        state=_STATE.PENDING, attempts=F("attempts") - 1, lease_until=None, claimed_by=""
    )


@transaction.atomic(durable=True)
def reclaim_expired(*, now: datetime) -> int:
    """Put back what a dead sender left behind; returns how many.

    Nobody knows whether it was sent. A message that keeps killing its senders is parked.
    """
    expired = Delivery.objects.select_for_update(skip_locked=True).filter(
        state=_STATE.SENDING, lease_until__lt=now
    )
    count = 0
    for delivery in expired:
        count += 1
        gives_up = delivery.attempts >= DEATHS_MAX or _was_tried_twice(delivery)
        delivery.state = _STATE.FAILED if gives_up else _STATE.PENDING
        delivery.settled_at = now if gives_up else None
        delivery.reason = "the sender died"
        delivery.maybe_sent = True
        delivery.try_at = now
        delivery.lease_until = None
        delivery.claimed_by = ""
        delivery.save()
    return count


def _was_tried_twice(delivery: Delivery) -> bool:
    """Whether a reminder may have arrived twice already: it is not sent a third time.

    Everything else is: a calendar program knows a copy by UID and SEQUENCE, and a person who
    reads of a change twice is better off than one who never does.
    """
    return delivery.kind in REMINDERS and delivery.maybe_sent


def _deal_with(
    delivery: Delivery, practice: Practice, post: Post, result: Sent, *, now: datetime
) -> None:
    """See one claimed delivery through, whatever happens."""
    if delivery.lease_until is None or delivery.lease_until <= now:
        return  # by now somebody else may have it
    try:
        mail = _written(delivery, practice, now=now)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        # The database is away, or this worker is to stop: nothing is wrong with the message,
        # and its lease brings it back.
        raise
    except Exception as error:  # whatever is wrong with one message must not stop the others
        logger.exception("delivery parked", extra={"delivery": str(delivery.pk)})
        mail = (_STATE.FAILED, f"not writable: {type(error).__name__}")
    if isinstance(mail, Envelope):
        _write_down(delivery, post.hand_over(mail), result, now=now)
        return
    state, reason = mail
    _settle(delivery, state, reason, now=now)
    if state == _STATE.FAILED:
        result.failed += 1
    else:
        result.dropped += 1


def _written(
    delivery: Delivery, practice: Practice, *, now: datetime
) -> Envelope | tuple[Delivery.State, str]:
    """The e-mail for a delivery, or the state and reason with which it ends instead."""
    kind = Kind(delivery.kind)
    if delivery.not_after is not None and delivery.not_after <= now:
        # A reminder after its time is worth nothing; other news that never arrived is a failure.
        is_reminder = kind in REMINDERS
        return (_STATE.SKIPPED if is_reminder else _STATE.FAILED), "too late"
    matter = matter_of(delivery)
    reason = untrue_because(
        kind,
        person_id=delivery.participant_id,
        says_start=delivery.says_start,
        facts=matter.facts,
    )
    if reason:
        return _STATE.SUPERSEDED, reason
    if delivery.invite is not None and delivery.invite.sequence != delivery.sequence:
        return _STATE.SUPERSEDED, "a newer calendar entry follows"
    facts_for_letter = letter(delivery, matter, practice=practice, now=now)
    if not facts_for_letter.address:
        # Somebody who called and has none: nothing went wrong, and nothing can be done again.
        return _STATE.SKIPPED, "no address"
    return envelope(delivery, facts_for_letter)


def _write_down(delivery: Delivery, outcome: Outcome, result: Sent, *, now: datetime) -> None:
    if outcome.answer is Answer.TAKEN:
        _settle(delivery, _STATE.SENT, "", now=now)
        result.sent += 1
        return
    is_unknown = outcome.answer is Answer.UNKNOWN
    again_at = BACKOFF.next_try(attempts=delivery.attempts, now=now, not_after=delivery.not_after)
    is_over = outcome.answer is Answer.REFUSED or again_at is None
    if is_over or (is_unknown and _was_tried_twice(delivery)):
        _settle(delivery, _STATE.FAILED, outcome.reason, now=now, maybe_sent=is_unknown)
        result.failed += 1
        return
    _claimed(delivery).update(
        state=_STATE.PENDING,
        reason=outcome.reason,
        try_at=again_at,
        lease_until=None,
        claimed_by="",
        maybe_sent=delivery.maybe_sent or is_unknown,
    )
    result.retried += 1


def _claimed(delivery: Delivery) -> QuerySet[Delivery]:
    """This delivery, as long as it is ours: nothing once the lease was given to somebody else."""
    return Delivery.objects.filter(
        pk=delivery.pk, state=_STATE.SENDING, claimed_by=delivery.claimed_by
    )


def _settle(
    delivery: Delivery,
    state: Delivery.State,
    reason: str,
    *,
    now: datetime,
    maybe_sent: bool = False,
) -> None:
    """Write down how it ended, unless the lease ran out and somebody else has it now."""
    _claimed(delivery).update(
        state=state,
        reason=reason[:200],
        settled_at=now,
        lease_until=None,
        claimed_by="",
        maybe_sent=delivery.maybe_sent or maybe_sent,
    )


@transaction.atomic(durable=True)
def try_again(*, delivery_id: UUID, practitioner_id: UUID, now: datetime) -> bool:
    """Give a failed delivery another chance, at the practitioner's request.

    False if it has not failed, or no longer has a time to arrive in. Sending checks again
    whether it is still true. Raises `Delivery.DoesNotExist` for another practitioner's.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .filter(
            Q(practitioner_id=practitioner_id)
            | Q(participant__request__practitioner_id=practitioner_id)
        )
        .get(pk=delivery_id)
    )
    if delivery.state != _STATE.FAILED:
        return False
    delivery.state = _STATE.PENDING
    delivery.try_at = now
    delivery.attempts = 0
    delivery.reason = ""
    delivery.settled_at = None
    if delivery.not_after is not None and delivery.kind not in REMINDERS:
        delivery.not_after = max(delivery.not_after, now + LEASE * 12)
    delivery.save()
    return True
