"""What stands against one more message to an address.

Written by hand, like the rest of what every request asks (docs/adr/0012).
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

#: Two columns: the links of one purpose that went to an address, and whether it asked for silence.
MAIL_COLUMNS = """
    (SELECT count(*) FROM booking_privatelink
      WHERE address = %(address)s AND purpose = %(purpose)s AND created_at > %(since)s),
    EXISTS (SELECT FROM booking_donotcontact WHERE address_hash = %(hash)s::bytea)
"""
_MAIL = f"SELECT {MAIL_COLUMNS}"


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
