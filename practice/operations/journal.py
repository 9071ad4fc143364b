"""Writing the journal, inside the transaction of whoever changes something."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from practice.models import Change
from practice.signals import change_recorded

SYSTEM = "system"

# Every operation ends with this, under its locks: one statement for both rows.
_RECORD = """
    WITH change AS (
        INSERT INTO practice_change
            (kind, subject_type, subject_id, revision, actor, occurred_at, snapshot)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        RETURNING id
    )
    INSERT INTO practice_pending (change_id) SELECT id FROM change RETURNING change_id
"""


def client(participant_id: UUID) -> str:
    """The journal's name for a client: an id, never a name."""
    return f"client:{participant_id}"


def practitioner(practitioner_id: UUID) -> str:
    """The journal's name for a practitioner."""
    return f"practitioner:{practitioner_id}"


def record(
    *,
    kind: str,
    subject_type: str,
    subject_id: UUID,
    actor: str,
    at: datetime,
    revision: int = 0,
    snapshot: dict[str, Any] | None = None,
) -> None:
    """Write a change that people may have to be told of, with its outbox row.

    `snapshot` holds ids, times and states only. Call it inside the transaction that makes the
    change; after the commit `change_recorded` is sent, and if that is lost a sweep finds the row.
    """
    parameters: list[Any] = [
        kind,
        subject_type,
        subject_id,
        revision,
        actor,
        at,
        Jsonb(snapshot or {}),
    ]
    with connection.cursor() as cursor:
        cursor.execute(_RECORD, parameters)
        (change_id,) = cursor.fetchone()
    transaction.on_commit(partial(change_recorded.send_robust, sender=Change, change_id=change_id))


def note(
    *,
    kind: str,
    subject_type: str,
    subject_id: UUID,
    actor: str,
    at: datetime,
    revision: int = 0,
    snapshot: dict[str, Any] | None = None,
) -> Change:
    """Write a change that nobody is told of: history and audit only."""
    return Change.objects.create(
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        revision=revision,
        actor=actor,
        occurred_at=at,
        snapshot=snapshot or {},
    )
