"""How else somebody can be reached whom a message did not reach."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from booking.models import DoNotContact, Participant, PrivateLink
from booking.operations.issuing import address_hash
from intake.queries.contact import NO_CALLS, Wishes, contact_wishes
from notifications.domain.routes import Contact, Route, routes
from notifications.models import Delivery, Unreachable
from notifications.queries.bounces import UNREACHABLE
from notifications.queries.persons import is_page_only

#: An address that somebody gave and did not prove since is offered for so long.
_GIVEN_WITHIN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to one person. `calls` and `named_times` are theirs (`intake.queries.contact`).

    `other_address`: the one that `Route.OTHER_ADDRESS` is about.
    """

    participant: Participant
    routes: tuple[Route, ...]
    is_page_only: bool = False
    refuses_calls: bool = False
    is_out: bool = False
    calls: str = ""
    named_times: bool = False
    other_address: str = ""
    #: A link to hand over stands on the page of whoever asked them along.
    has_handover: bool = False


def has_gone_wrong(delivery: Delivery) -> bool:
    """Whether a message did not reach its reader, or was not sent because others did not."""
    return (
        delivery.state == Delivery.State.FAILED
        or delivery.bounced_at is not None
        or delivery.reason == UNREACHABLE
    )


def ways_to(people: Iterable[Participant], *, now: datetime) -> Mapping[UUID, Ways]:
    """The ways to each of these people, in a fixed number of queries."""
    found = {person.pk: person for person in people}
    if not found:
        return {}
    wishes = contact_wishes(found)
    others = _other_addresses(found, now=now)
    silent = _silent({p.email for p in found.values() if p.email})
    handed = set(
        PrivateLink.objects.filter(
            participant__in=found, is_handover=True, revoked_at__isnull=True
        ).values_list("participant_id", flat=True)
    )
    return {
        pk: replace(_ways(p, wishes[pk], others.get(pk, ""), silent), has_handover=pk in handed)
        for pk, p in found.items()
    }


def _ways(person: Participant, wishes: Wishes, other: str, silent: Collection[bytes]) -> Ways:
    contact = Contact(
        is_out=bool(person.left_at or person.ended_at or person.excused_at),
        is_verified=person.verified_at is not None,
        is_invited=not person.is_requester and person.attends != Participant.Attends.NO,
        page_only=is_page_only(person),
        has_phone=bool(person.phone),
        refuses_calls=wishes.calls == NO_CALLS,
        has_other_address=bool(other),
        refuses_mail=bool(person.email) and address_hash(person.email) in silent,
    )
    return Ways(
        person,
        routes(contact),
        is_page_only=contact.page_only,
        refuses_calls=contact.has_phone and contact.refuses_calls,
        is_out=contact.is_out,
        calls=wishes.calls,
        named_times=wishes.named_times,
        other_address=other,
    )


def _other_addresses(people: Mapping[UUID, Participant], *, now: datetime) -> Mapping[UUID, str]:
    """The last address that each of them gave besides, as long as nothing came back from it."""
    given = PrivateLink.objects.filter(
        participant__in=people,
        purpose="claim",
        used_at__isnull=True,
        revoked_at__isnull=True,
        created_at__gt=now - _GIVEN_WITHIN,
    ).order_by("created_at")
    last = {
        link.participant_id: link.address
        for link in given
        if link.address and link.address != people[link.participant_id].email
    }
    hashes = {address_hash(address) for address in last.values()}
    gone = Unreachable.objects.filter(address_hash__in=hashes)
    unusable = _silent(last.values()) | {
        bytes(h) for h in gone.values_list("address_hash", flat=True)
    }
    return {pk: address for pk, address in last.items() if address_hash(address) not in unusable}


def _silent(addresses: Collection[str]) -> frozenset[bytes]:
    """Of these addresses, the hashes of those that asked never to be written to."""
    hashes = [address_hash(address) for address in addresses]
    rows = DoNotContact.objects.filter(address_hash__in=hashes) if hashes else ()
    return frozenset(bytes(row.address_hash) for row in rows)
