"""Addresses that sent something back, and what is known of them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Q

from booking.models import PrivateLink
from booking.operations.issuing import address_hash
from notifications.domain.kinds import ALERTS, Kind
from notifications.models import Delivery, Unreachable
from notifications.queries.alerts import called_besides

#: Why a message to such an address is not sent, as the ledger keeps it.
UNREACHABLE = "address unreachable"


def suspects(addresses: Collection[str]) -> set[str]:
    """Those that something came back from; whether they work again, `is_unreachable` says."""
    hashes = {address_hash(address): address for address in addresses if address}
    rows = Unreachable.objects.filter(address_hash__in=hashes)
    return {hashes[bytes(found)] for found in rows.values_list("address_hash", flat=True)}


def is_unreachable(address: str, kind: Kind) -> bool:
    """Whether a message of this kind is not to be sent, because the last one came back.

    A code is sent all the same: somebody asks for it at this moment, and entering it proves that
    the address works. So is a call to look at the list: nothing may switch that off.
    """
    if kind is Kind.CODE or kind in ALERTS or not address:
        return False
    row = Unreachable.objects.filter(address_hash=address_hash(address)).first()
    return row is not None and not _has_worked_since(address, row)


def _has_worked_since(address: str, row: Unreachable) -> bool:
    return PrivateLink.objects.filter(address__iexact=address, used_at__gt=row.since).exists()


def came_back(practitioner_id: UUID) -> Sequence[Delivery]:
    """Messages whose address is still not written to, latest first, with whom they were for."""
    waiting = Unreachable.objects.filter(delivery__isnull=False).values("delivery_id")
    found = Delivery.objects.filter(
        Q(practitioner_id=practitioner_id)
        | Q(participant__request__practitioner_id=practitioner_id),
        pk__in=waiting,
    ).select_related("participant__request", "practitioner")
    return [
        delivery
        for delivery in found.order_by("-bounced_at")
        if is_unreachable(address_of(delivery), Kind.BOOKED)
    ]


def address_of(delivery: Delivery) -> str:
    """Where the recipient of a message is written to now.

    A link goes to an address of its own: another one that somebody gave, and may have mistyped.
    """
    if delivery.subject_type == "link":
        link = PrivateLink.objects.filter(pk=delivery.subject_id, revoked_at__isnull=True).first()
        return link.address if link is not None else ""
    if delivery.participant is not None:
        return delivery.participant.email
    besides = called_besides(Kind(delivery.kind))
    if besides is not None:
        return besides[1]
    return delivery.practitioner.email if delivery.practitioner is not None else ""


def own_unreachable() -> int:
    """How many addresses of the practice itself sent something back: they are told nothing else.

    Its practitioners', and those of whoever answers alerts, as they are now.
    """
    rows = Unreachable.objects.filter(delivery__practitioner__isnull=False)
    return sum(
        bytes(row.address_hash) == address_hash(address_of(row.delivery))
        for row in rows.select_related("delivery__practitioner")
        if row.delivery is not None
    )
