"""Sending something once more because the practitioner asks for it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from notifications.domain.kinds import REMINDERS
from notifications.models import Delivery
from notifications.operations.bounces import trust_again
from notifications.queries.bounces import UNREACHABLE
from practice.operations import journal

#: How long something that had a last moment gets when it is sent again after it.
_ANOTHER = timedelta(hours=1)
#: What can be said once more: a link or an alert has its own ways to come again.
RESENDABLE = ("appointment", "request", "series", "seat")

_STATE = Delivery.State


def may_try_again(delivery: Delivery) -> bool:
    """Whether a press can give it another chance."""
    was_skipped = delivery.state == _STATE.SKIPPED and delivery.reason == UNREACHABLE
    return was_skipped or delivery.state == _STATE.FAILED


@transaction.atomic(durable=True)
def try_again(*, delivery_id: UUID, practitioner_id: UUID, now: datetime) -> bool:
    """Give a delivery that failed, or was not even tried, another chance: the practitioner asks.

    False if it is neither, or no longer has a time to arrive in. Sending checks again
    whether it is still true. Where its address was refused, that is tried once more too: to ask
    for it is to say that it works. Raises `Delivery.DoesNotExist` for another practitioner's.
    """
    delivery = _locked(delivery_id, practitioner_id)
    if not may_try_again(delivery):
        return False
    came_back = delivery.bounced_at is not None or delivery.reason == UNREACHABLE
    delivery.state = _STATE.PENDING
    delivery.try_at = now
    delivery.attempts = 0
    delivery.reason = ""
    delivery.settled_at = None
    delivery.not_after = _last_moment(delivery, now=now)
    if came_back:
        trust_again(delivery, practitioner_id=practitioner_id, now=now)
    delivery.bounced_at, delivery.bounced_as = None, ""
    delivery.save()
    _note("message_tried_again", delivery, practitioner_id, now=now)
    return True


@transaction.atomic(durable=True)
def send_again(*, delivery_id: UUID, practitioner_id: UUID, now: datetime) -> bool:
    """Send what was sent once more, as a new delivery of the same kind with its own Message-ID.

    A mail program that hides copies would hide one with the old Message-ID. A calendar file keeps
    UID, SEQUENCE and DTSTAMP: it is the same entry. False: it was not sent, a copy is on its way,
    or it is not of a kind that can be said twice. Sending checks whether it is still true.
    Raises `Delivery.DoesNotExist` for another practitioner's.
    """
    delivery = _locked(delivery_id, practitioner_id)
    original = delivery.key.partition(":again:")[0]
    # Pressed on the message and on its copy at the same moment: one waits for the other.
    Delivery.objects.select_for_update(of=("self",)).filter(key=original).first()
    copies = Delivery.objects.filter(key__startswith=f"{original}:again:")
    is_on_its_way = copies.filter(state__in=(_STATE.PENDING, _STATE.SENDING)).exists()
    if delivery.state != _STATE.SENT or is_on_its_way or delivery.subject_type not in RESENDABLE:
        return False
    delivery.not_after = _last_moment(delivery, now=now)
    delivery.key = f"{original}:again:{copies.count() + 1}"
    delivery.pk = uuid4()
    delivery.state = _STATE.PENDING
    delivery.due_at = delivery.try_at = delivery.planned_at = now
    delivery.attempts = 0
    delivery.reason = ""
    delivery.maybe_sent = False
    delivery.bounced_as = ""
    delivery.sent_to_hash = None
    delivery.settled_at = delivery.begun_at = delivery.delivered_at = delivery.bounced_at = None
    delivery.save(force_insert=True)
    _note("message_sent_again", delivery, practitioner_id, now=now)
    return True


def _locked(delivery_id: UUID, practitioner_id: UUID) -> Delivery:
    return (
        Delivery.objects.select_for_update(of=("self",))
        .filter(
            Q(practitioner_id=practitioner_id)
            | Q(participant__request__practitioner_id=practitioner_id)
        )
        .get(pk=delivery_id)
    )


def _last_moment(delivery: Delivery, *, now: datetime) -> datetime | None:
    if delivery.not_after is None or delivery.kind in REMINDERS:
        return delivery.not_after
    return max(delivery.not_after, now + _ANOTHER)


def _note(kind: str, delivery: Delivery, practitioner_id: UUID, *, now: datetime) -> None:
    journal.note(
        kind=kind,
        subject_type="delivery",
        subject_id=delivery.pk,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"kind": delivery.kind},
    )
