"""What a request for a session is judged by: one statement, asked under the lock.

Written by hand, like the rest of what every request asks (docs/adr/0012).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from booking.domain.asking import Asking
from booking.queries.limits import MAIL_COLUMNS, MailSoFar
from practice.models import Practice, Practitioner, Service
from practice.rows import columns, loaded, width


@dataclass(frozen=True, slots=True)
class Unverified:
    """Times held for people whose address is not verified, the one asking aside.

    An address and a network have theirs in the whole practice, not with each practitioner.
    """

    by_practitioner: int
    by_network: int
    by_address: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """The practice, who offers what was asked for, and what is known of who asks.

    `offers`: none, one, or two of several that there are.
    """

    practice: Practice
    offers: Sequence[tuple[Practitioner, Service]]
    mail: MailSoFar
    is_known_key: bool
    unverified: Unverified


# What is held for somebody unverified stands on their request (`hold_ends_at`), with an index of
# its own: what is held for everybody else is never looked at. What `now` is, is kept from the
# planner, because it would make a new plan for every value.
_UNVERIFIED = """
    SELECT count(*) FILTER (WHERE request.practitioner_id = practitioner.id),
           count(*) FILTER (WHERE request.network_hash = %(network)s::bytea),
           count(*) FILTER (WHERE request.id IN (
               SELECT request_id FROM booking_participant
                WHERE email = %(address)s AND is_requester))
      FROM booking_request AS request
     WHERE request.state = 'received'
       AND request.hold_ends_at > (SELECT %(now)s::timestamptz)
"""
_BEFORE_THE_ROWS = 6


@cache
def _sql() -> str:
    # The sessions of a group are not booked one by one: people ask for a seat.
    return f"""
        SELECT {MAIL_COLUMNS},
               EXISTS (SELECT FROM booking_request WHERE idempotency_key = %(key)s::text),
               unverified.*,
               {columns(Practice, "practice")},
               {columns(Practitioner, "practitioner")},
               {columns(Service, "service")}
          FROM practice_practice AS practice
          LEFT JOIN (
               practice_service_practitioners AS offered
               JOIN practice_practitioner AS practitioner
                 ON practitioner.id = offered.practitioner_id AND practitioner.is_active
               JOIN practice_service AS service
                 ON service.id = offered.service_id AND service.is_active
          ) ON service.slug = %(service)s
           AND (%(practitioner)s::text IS NULL OR practitioner.slug = %(practitioner)s::text)
           AND (%(type)s <> 'group' OR NOT EXISTS (
               SELECT FROM booking_cohort WHERE booking_cohort.service_id = service.id))
         CROSS JOIN LATERAL ({_UNVERIFIED}) AS unverified
         LIMIT 2
    """  # noqa: S608 - the names of our own columns


def ask_grounds(
    asking: Asking,
    *,
    key: str | None,
    address_hash: bytes,
    purpose: str,
    since: datetime,
    network: bytes | None,
    now: datetime,
) -> Callable[[], Grounds]:
    """Ask for all of it; what is returned reads the answer. Call it under the lock.

    Two that come with one key at the same moment are one request, and many that come for one
    address at the same moment have all found little sent to it before.

    `since`: from when on links of this purpose count. Without a network `by_network` is 0.
    Reading raises `Practice.DoesNotExist`.
    """
    cursor = connection.cursor()
    cursor.execute(
        _sql(),
        {
            "service": asking.service,
            "practitioner": asking.practitioner,
            "type": asking.relationship_type,
            "key": key,
            "address": asking.requester.email,
            "hash": address_hash,
            "purpose": purpose,
            "since": since,
            "network": network,
            "now": now,
        },
    )
    return lambda: _grounds(cursor.fetchall())


def _grounds(found: Sequence[Sequence[Any]]) -> Grounds:
    if not found:
        raise Practice.DoesNotExist
    (links, wants_none, is_known_key, *unverified), values = _split(found[0], _BEFORE_THE_ROWS)
    practice, _ = _split(values, width(Practice))
    offers = [row[_BEFORE_THE_ROWS + width(Practice) :] for row in found]
    return Grounds(
        practice=loaded(Practice, practice),
        offers=[_offer(row) for row in offers if row[0] is not None],
        mail=MailSoFar(links, wants_none),
        is_known_key=is_known_key,
        unverified=Unverified(*unverified),
    )


def _offer(values: Sequence[Any]) -> tuple[Practitioner, Service]:
    practitioner, service = _split(values, width(Practitioner))
    return loaded(Practitioner, practitioner), loaded(Service, service)


def _split(values: Sequence[Any], at: int) -> tuple[Sequence[Any], Sequence[Any]]:
    return values[:at], values[at:]
