"""What stands against one more request of somebody unknown: counts of what they have already.

Written by hand, like the rest of what every request asks (docs/adr/0012).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

#: Two columns: the links of one purpose that went to an address, and whether it asked for silence.
MAIL_COLUMNS = """
    (SELECT count(*) FROM booking_privatelink
      WHERE address = %(address)s AND purpose = %(purpose)s AND created_at > %(since)s),
    EXISTS (SELECT FROM booking_donotcontact WHERE address_hash = %(hash)s::bytea)
"""
_MAIL = f"SELECT {MAIL_COLUMNS}"

# Whether the key of a request has made one before belongs to the same look under the lock: two
# that come with one key at the same moment are one request. So does what the address has been
# sent: many that come at the same moment have all found it little before.
#
# An address and a network have their holds in the whole practice, not with each practitioner.
#
# The few live holds are found first, and only then what is known of each: said in this way
# (MATERIALIZED, OFFSET 0) because the planner, which cannot know how few they are, would go
# through all open requests, or through everybody of one address. What `now` is, is kept from it
# for the same reason: it would make a new plan for every value.
_STANDING = f"""
    WITH held AS MATERIALIZED (
        SELECT request_id, practitioner_id = %(practitioner)s AS is_here
          FROM booking_appointment
         WHERE state = 'held' AND held_until > (SELECT %(now)s::timestamptz)
    )
    SELECT {MAIL_COLUMNS},
           count(*) FILTER (WHERE held.is_here),
           count(*) FILTER (WHERE asked.network_hash = %(network)s::bytea),
           count(*) FILTER (WHERE asked.is_theirs),
           EXISTS (SELECT FROM booking_request WHERE idempotency_key = %(key)s::text)
      FROM held
      JOIN LATERAL (
           SELECT state, network_hash,
                  EXISTS (SELECT FROM booking_participant AS person
                           WHERE person.request_id = request.id
                             AND person.is_requester AND person.email = %(address)s) AS is_theirs
             FROM booking_request AS request
            WHERE request.id = held.request_id
           OFFSET 0
      ) AS asked ON asked.state = 'received'
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class MailSoFar:
    """What an address has been sent, and whether it asked for silence."""

    links: int
    wants_none: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Times held for people whose address is not verified, and whether this key is known.

    `mail`: what the address that asks has been sent.
    """

    mail: MailSoFar
    by_practitioner: int
    by_network: int
    by_address: int
    is_known_key: bool


def ask_standing(
    practitioner_id: UUID,
    *,
    address: str,
    address_hash: bytes,
    purpose: str,
    since: datetime,
    network: bytes | None,
    key: str | None,
    now: datetime,
) -> Callable[[], Standing]:
    """Ask where somebody stands; without a network `by_network` is 0. Call it under the lock.

    `since`: from when on links of this purpose count. What is returned reads the answer.
    """
    cursor = connection.cursor()
    cursor.execute(
        _STANDING,
        {
            "practitioner": practitioner_id,
            "address": address,
            "hash": address_hash,
            "purpose": purpose,
            "since": since,
            "network": network,
            "key": key,
            "now": now,
        },
    )

    def read() -> Standing:
        links, wants_none, *stands = cursor.fetchone()
        return Standing(MailSoFar(links, wants_none), *stands)

    return read


def mail_so_far(address: str, address_hash: bytes, *, purpose: str, since: datetime) -> MailSoFar:
    """The links of one purpose that went to an address since then."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MAIL,
            {"address": address, "purpose": purpose, "since": since, "hash": address_hash},
        )
        return MailSoFar(*cursor.fetchone())
