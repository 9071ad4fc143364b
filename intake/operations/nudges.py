"""One neutral nudge for everybody of a request for whom a step of their own waits."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from booking.models import Request
from booking.operations.calendar import lock_calendar_and_request
from booking.queries.desk.standings import Standing, people_of
from intake.domain.refusals import NobodyToNudge, NotTheirPractitioner, NudgedLately
from intake.queries.readiness import STEP_NUDGED, last_nudge
from practice.operations import journal

#: Sooner than this it would be pressure. The planned reminders come besides.
BETWEEN_NUDGES = timedelta(hours=48)


@transaction.atomic(durable=True)
def nudge(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> int:
    """Have everybody reminded who takes part and has not finished; how many they are.

    All get the same line, which names no step and nobody. Whoever has not accepted an invitation
    is not among them: theirs end after two reminders. Raises `NotTheirPractitioner`,
    `NudgedLately`, `NobodyToNudge`.
    """
    is_theirs = Request.objects.filter(pk=request_id, practitioner_id=practitioner_id).exists()
    if not is_theirs:
        raise NotTheirPractitioner
    request = lock_calendar_and_request(request_id)
    last = last_nudge(request_id)
    if last is not None and now - last < BETWEEN_NUDGES:
        raise NudgedLately
    waiting = [p for p in people_of(request) if p.standing is Standing.NOT_FINISHED]
    if not waiting:
        raise NobodyToNudge
    journal.record(
        kind=STEP_NUDGED,
        subject_type="request",
        subject_id=request_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"participants": [str(p.participant.id) for p in waiting]},
    )
    return len(waiting)
