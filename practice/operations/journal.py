"""Writing the journal, inside the transaction of whoever changes something."""

from collections.abc import Collection
from datetime import datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from psycopg.types.json import Jsonb

from practice.models import Change
from practice.rows import Rows, as_json, given, inserts, mark_saved, new
from practice.signals import change_recorded

SYSTEM = "system"

_COLUMNS = "kind, subject_type, subject_id, revision, actor, occurred_at, snapshot"

# Every operation ends with this, under its locks: one statement for both rows.
_RECORD = f"""
    WITH change AS (
        INSERT INTO practice_change ({_COLUMNS})
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        RETURNING id
    )
    INSERT INTO practice_pending (change_id) SELECT id FROM change RETURNING change_id
"""  # noqa: S608 - constants only


@cache
def _writing(models: tuple[type[Model], ...]) -> str:
    """The statement that inserts rows of these models, then changes, then their outbox rows."""
    change = f"""
        change AS (
            INSERT INTO practice_change ({_COLUMNS})
            SELECT {_COLUMNS} FROM {given(Change)}
            RETURNING id, kind
        )
    """  # noqa: S608 - constants only
    return f"""
        WITH {", ".join([*inserts(models), change])}
        INSERT INTO practice_pending (change_id)
        SELECT id FROM change WHERE kind = ANY(%(told)s) RETURNING change_id
    """  # noqa: S608 - the names of our own tables


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
    _send_after_commit(change_id)


def change(
    *,
    kind: str,
    subject_type: str,
    subject_id: UUID,
    actor: str,
    at: datetime,
    revision: int = 0,
    snapshot: dict[str, Any] | None = None,
) -> Change:
    """A change that is not written yet (`write`)."""
    return new(
        Change,
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        revision=revision,
        actor=actor,
        occurred_at=at,
        snapshot=snapshot or {},
    )


def write(rows: Rows, *, changes: Collection[Change], told: Collection[str]) -> None:
    """Insert rows of several tables and the changes that say so, all as one statement.

    Of a kind of change that is `told` people may have to be told (`record`), of others not
    (`note`). Worth it where an operation is asked for most and is new rows above all.
    """
    parameters: dict[str, Any] = {
        "rows": as_json({**rows, Change: changes}),
        "told": list(told),
    }
    with connection.cursor() as cursor:
        cursor.execute(_writing(tuple(rows)), parameters)
        for (change_id,) in cursor.fetchall():
            _send_after_commit(change_id)
    mark_saved(rows)


def _send_after_commit(change_id: int) -> None:
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
    written = change(
        kind=kind,
        subject_type=subject_type,
        subject_id=subject_id,
        revision=revision,
        actor=actor,
        at=at,
        snapshot=snapshot,
    )
    written.save(force_insert=True)
    return written
