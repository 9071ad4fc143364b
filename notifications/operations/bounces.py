"""Addresses that do not take our mail: refused at the door, or reported by the mail service later.

A mail service reports of what it had taken: arrived, come back, unwanted.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from booking.operations.issuing import address_hash
from notifications.models import Delivery, MailEvent, Unreachable
from notifications.operations.settling import Ending, settle
from notifications.queries.bounces import address_of
from practice.operations import journal

DELIVERED = "delivered"
#: Mail services tell a report again for days, not for months.
_KEPT = timedelta(days=90)


@transaction.atomic(durable=True)
def report(
    *,
    key: str,
    kind: str,
    delivery_id: UUID | None,
    address: str,
    at: datetime,
    now: datetime,
) -> bool:
    """Take one report of a mail service; see `take`."""
    return take(key=key, kind=kind, delivery_id=delivery_id, address=address, at=at, now=now)


def take(
    *,
    key: str,
    kind: str,
    delivery_id: UUID | None,
    address: str,
    at: datetime,
    now: datetime,
) -> bool:
    """Take one report, in the caller's transaction. `key` names it: False if it was taken before.

    `kind` is `delivered` or a `Delivery.Bounce`. What is not about a delivery of ours is noted and
    left alone. An address that is gone for good, or whose owner complained, is written to no more,
    and the practitioner hears of it.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",), no_key=True)
        .select_related("participant", "practitioner")
        .filter(pk=delivery_id)
        .first()
        if delivery_id is not None
        else None
    )
    MailEvent.objects.filter(received_at__lt=now - _KEPT).delete()
    _event, is_new = MailEvent.objects.get_or_create(
        key=key, defaults={"received_at": now, "delivery": delivery, "kind": kind}
    )
    if not is_new or delivery is None:
        return is_new
    if kind == DELIVERED:
        delivery.delivered_at = delivery.delivered_at or min(at, now)
        delivery.save(update_fields=["delivered_at"])
        return True
    is_first = delivery.bounced_at is None
    bounce = Delivery.Bounce(kind)
    delivery.bounced_at = min(at, now)
    # What is gone for good stays so, whatever is reported of it later.
    if delivery.bounced_as != Delivery.Bounce.HARD:
        delivery.bounced_as = bounce
    delivery.save(update_fields=["bounced_at", "bounced_as"])
    if bounce != Delivery.Bounce.SOFT:
        _stop(delivery, address=address, now=now)
    if is_first:
        _tell(delivery, now=now)
    return True


@transaction.atomic(durable=True)
def settle_refused(
    delivery: Delivery, ending: Ending, *, then: Delivery | None, now: datetime
) -> None:
    """Write down that a mail server refused the recipient's mailbox while it was handed over.

    The same follows as from a message that came back: nothing more goes there, and the
    practitioner hears of it. Nothing follows if somebody else has the delivery by now.
    """
    if not settle(delivery, ending, then=then, now=now):
        return
    delivery = Delivery.objects.select_related("participant__request", "practitioner").get(
        pk=delivery.pk
    )
    is_first = delivery.bounced_at is None
    delivery.bounced_at, delivery.bounced_as = now, Delivery.Bounce.HARD
    delivery.save(update_fields=["bounced_at", "bounced_as"])
    _stop(delivery, address="", now=now)
    if is_first:
        _tell(delivery, now=now)


@transaction.atomic(durable=True)
def write_again(*, delivery_id: UUID, practitioner_id: UUID, now: datetime) -> bool:
    """The practitioner says that the address works again. False: it was written to anyway.

    Raises `Delivery.DoesNotExist` for another practitioner's.
    """
    delivery = Delivery.objects.select_related("participant", "practitioner").get(
        Q(practitioner_id=practitioner_id)
        | Q(participant__request__practitioner_id=practitioner_id),
        pk=delivery_id,
    )
    return trust_again(delivery, practitioner_id=practitioner_id, now=now)


def trust_again(delivery: Delivery, *, practitioner_id: UUID, now: datetime) -> bool:
    """Let messages go again to where this one was refused or came back from.

    In the caller's transaction. False: they did anyway.
    """
    ended, _rows = Unreachable.objects.filter(
        Q(delivery=delivery) | Q(address_hash=address_hash(address_of(delivery)))
    ).delete()
    if not ended:
        return False
    journal.note(
        kind="address_trusted_again",
        subject_type="delivery",
        subject_id=delivery.pk,
        actor=journal.practitioner(practitioner_id),
        at=now,
    )
    return True


def _stop(delivery: Delivery, *, address: str, now: datetime) -> None:
    """Nothing more goes to where this delivery went."""
    Unreachable.objects.update_or_create(
        address_hash=_where_it_went(delivery, address),
        defaults={"since": now, "delivery": delivery},
    )


def _where_it_went(delivery: Delivery, address: str) -> bytes:
    """The address that a report is about: as it says, or as it was when the message was sent.

    Where its recipient is written to now may be another one, which works.
    """
    if address:
        return address_hash(address)
    return bytes(delivery.sent_to_hash or address_hash(address_of(delivery)))


def _tell(delivery: Delivery, *, now: datetime) -> None:
    """Let the practitioner know. Of whom, stands on the page that the message leads to."""
    participant = delivery.participant
    if participant is None:
        return
    is_appointments = delivery.subject_type == "appointment"
    journal.record(
        kind="message_bounced",
        subject_type="appointment" if is_appointments else "request",
        subject_id=delivery.subject_id if is_appointments else participant.request_id,
        revision=delivery.revision if is_appointments else participant.request.revision,
        actor=journal.SYSTEM,
        at=now,
        snapshot={"participant": str(participant.pk), "delivery": str(delivery.pk)},
    )
