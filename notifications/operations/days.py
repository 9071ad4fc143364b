"""A practitioner's day begins: noted once, so that they hear what it holds (M39)."""

from datetime import date, datetime
from uuid import UUID

from django.db import connection, transaction

from notifications.queries.own import days_to_begin
from practice.operations import journal


def begin_days(*, now: datetime) -> int:
    """Note the days that have begun with sessions to come; how many there were."""
    return sum(_begin(row.pk, day, now=now) for row, day in days_to_begin(now))


@transaction.atomic(durable=True)
def _begin(practitioner_id: UUID, day: date, *, now: datetime) -> bool:
    """Note that a day has begun; False if another sweep was quicker."""
    # An advisory lock, not a row lock: booking's own locks must never wait for ours.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"day:{practitioner_id}"]
        )
    if (practitioner_id, day) not in {(row.pk, at) for row, at in days_to_begin(now)}:
        return False
    journal.record(
        kind="day_began",
        subject_type="practitioner",
        subject_id=practitioner_id,
        actor=journal.SYSTEM,
        at=now,
        snapshot={"day": day.isoformat()},
    )
    return True
