"""Writing down how each message ended, and that the next one begins: one statement a message.

By hand, because it is what a worker does most (ADR 12). The row that ends, the row of the attempt
and the mark on the next message stand or fall together, so that whatever kills a worker, exactly
one of its messages is in doubt.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from notifications.models import Attempt, Delivery

_BEGIN = """
    UPDATE notifications_delivery
       SET begun_at = %(now)s::timestamptz,
           sent_to_hash = COALESCE(%(next_to)s::bytea, sent_to_hash)
     WHERE id = %(next)s::uuid AND state = 'sending' AND claimed_by = %(next_claim)s::varchar
"""

type _Parameter = datetime | UUID | str | bytes | bool | None


def _ended(changes: str, attempt: str) -> str:
    """The statement: what changes in the row that ends, and the rest of the attempt's."""
    return f"""
    WITH begun AS ({_BEGIN}),
    ended AS (
        UPDATE notifications_delivery
           SET {changes},
               sent_to_hash = COALESCE(%(to)s::bytea, sent_to_hash),
               lease_until = NULL, claimed_by = ''
         WHERE id = %(id)s AND state = 'sending' AND claimed_by = %(claim)s
     RETURNING id
    )
    INSERT INTO notifications_attempt (delivery_id, ended_at, outcome, reason)
    SELECT id, %(now)s::timestamptz, {attempt}
    """  # noqa: S608 - constants only


_END = _ended(
    """state = %(state)s, reason = %(reason)s::varchar,
               settled_at = %(settled_at)s::timestamptz,
               try_at = COALESCE(%(try_at)s::timestamptz, try_at),
               maybe_sent = maybe_sent OR %(maybe)s""",
    "%(outcome)s::varchar, %(reason)s::varchar FROM ended WHERE %(outcome)s::varchar <> ''",
)
#: How nearly all of them end, in few words: each parameter costs time.
_END_AS_SENT = _ended(
    "state = 'sent', reason = '', settled_at = %(now)s::timestamptz", "'taken', '' FROM ended"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How it stands after its turn. `try_at`: when again, if it waits.

    `outcome`: how the attempt ended; empty: there was none, nothing was handed to anybody.
    """

    state: Delivery.State
    reason: str = ""
    outcome: Attempt.Outcome | None = None
    try_at: datetime | None = None
    maybe_sent: bool = False
    #: The mail server refused the mailbox itself.
    is_gone: bool = False


_SENT = Ending(Delivery.State.SENT, outcome=Attempt.Outcome.TAKEN)


def begin(delivery: Delivery, *, now: datetime) -> None:
    """Write down that its turn has come."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, _next(delivery, now=now))


def settle(delivery: Delivery, ending: Ending, *, then: Delivery | None, now: datetime) -> bool:
    """Write down how it ended, unless the lease ran out and somebody else has it; `then` begins.

    Whether an attempt was written down.
    """
    about: dict[str, _Parameter] = {
        **_next(then, now=now),
        "id": delivery.pk,
        "claim": delivery.claimed_by,
        "to": _where(delivery) if ending.outcome else None,
    }
    statement = _END_AS_SENT
    if ending != _SENT:
        statement = _END
        about |= {
            "state": ending.state.value,
            "reason": ending.reason[:200],
            "settled_at": None if ending.state == Delivery.State.PENDING else now,
            "try_at": ending.try_at,
            "maybe": ending.maybe_sent,
            "outcome": ending.outcome.value if ending.outcome else "",
        }
    with connection.cursor() as cursor:
        cursor.execute(statement, about)
        written: int = cursor.rowcount
    return written == 1


def _next(delivery: Delivery | None, *, now: datetime) -> dict[str, _Parameter]:
    return {
        "now": now,
        "next": delivery.pk if delivery else None,
        "next_claim": delivery.claimed_by if delivery else "",
        "next_to": _where(delivery) if delivery else None,
    }


def _where(delivery: Delivery) -> bytes | None:
    return bytes(delivery.sent_to_hash) if delivery.sent_to_hash else None
