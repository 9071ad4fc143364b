"""What stands against one more request of somebody unknown: counts of what they have already.

Written by hand, like the rest of what every request asks (docs/adr/0012).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

_HOLDS = """
    SELECT count(*),
           count(*) FILTER (WHERE request.network_hash = %(network)s::bytea),
           count(*) FILTER (WHERE EXISTS (
               SELECT FROM booking_participant AS person
                WHERE person.request_id = request.id
                  AND person.is_requester AND person.email = %(email)s))
      FROM booking_appointment AS held
      JOIN booking_request AS request ON request.id = held.request_id
     WHERE held.practitioner_id = %(practitioner)s
       AND held.state = 'held' AND held.held_until > %(now)s
       AND request.state = 'received'
"""

_MAIL = """
    SELECT (SELECT count(*) FROM booking_privatelink
             WHERE address = %(address)s AND purpose = %(purpose)s AND created_at > %(since)s),
           EXISTS (SELECT FROM booking_donotcontact WHERE address_hash = %(hash)s::bytea)
"""


@dataclass(frozen=True, slots=True)
class UnverifiedHolds:
    """Times held for people whose address is not verified."""

    by_practitioner: int
    by_network: int
    by_address: int


def unverified_holds(
    practitioner_id: UUID, *, email: str, network: bytes | None, now: datetime
) -> UnverifiedHolds:
    """How many there are; without a network `by_network` is 0. Call it under the lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLDS,
            {"practitioner": practitioner_id, "email": email, "network": network, "now": now},
        )
        return UnverifiedHolds(*cursor.fetchone())


@dataclass(frozen=True, slots=True)
class MailSoFar:
    """What an address has been sent, and whether it asked for silence."""

    links: int
    wants_none: bool


def mail_so_far(address: str, address_hash: bytes, *, purpose: str, since: datetime) -> MailSoFar:
    """The links of one purpose that went to an address since then."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MAIL,
            {"address": address, "purpose": purpose, "since": since, "hash": address_hash},
        )
        return MailSoFar(*cursor.fetchone())
