"""What a request for a session is judged by before anything is locked: one statement.

Written by hand, like the rest of what every request asks (docs/adr/0012).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import connection

from booking.domain.asking import Asking
from booking.queries.limits import MAIL_COLUMNS, MailSoFar
from practice.models import Practice, Practitioner, Service
from practice.rows import columns, loaded, width


@dataclass(frozen=True, slots=True)
class Grounds:
    """The practice, who offers what was asked for, and what is known of who asks.

    `offers`: none, one, or two of several that there are.
    """

    practice: Practice
    offers: Sequence[tuple[Practitioner, Service]]
    mail: MailSoFar
    is_known_key: bool


@cache
def _sql() -> str:
    # The sessions of a group are not booked one by one: people ask for a seat.
    return f"""
        SELECT {MAIL_COLUMNS},
               EXISTS (SELECT FROM booking_request WHERE idempotency_key = %(key)s::text),
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
         LIMIT 2
    """  # noqa: S608 - the names of our own columns


def grounds(
    asking: Asking, *, key: str | None, address_hash: bytes, purpose: str, since: datetime
) -> Grounds:
    """Look all of it up. `since`: from when on links of this purpose count.

    Raises `Practice.DoesNotExist`.
    """
    with connection.cursor() as cursor:
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
            },
        )
        found = cursor.fetchall()
    if not found:
        raise Practice.DoesNotExist
    links, wants_none, is_known_key, *values = found[0]
    ends = width(Practice)
    return Grounds(
        practice=loaded(Practice, values[:ends]),
        offers=[_offer(row[3 + ends :]) for row in found if row[3 + ends] is not None],
        mail=MailSoFar(links, wants_none),
        is_known_key=is_known_key,
    )


def _offer(values: Sequence[object]) -> tuple[Practitioner, Service]:
    ends = width(Practitioner)
    return loaded(Practitioner, values[:ends]), loaded(Service, values[ends:])
