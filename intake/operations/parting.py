"""Parting: what people wrote together is closed, and what is each one's own stays theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from booking.domain.states import OPEN_REQUEST_STATES
from booking.operations.calendar import lock_calendar_and_request
from booking.operations.parting import end_joint
from intake.domain.refusals import NothingJoint, NotTheirPractitioner, StillOpen
from intake.models import Separation
from intake.queries.parting import dates_attended, is_of_several, separation_of
from practice.operations import journal


@dataclass(frozen=True, slots=True)
class Extract:
    """The days on which one person was there, and nothing else."""

    dates: Sequence[date]
    made_at: datetime


@transaction.atomic(durable=True)
def record_separation(*, request_id: UUID, practitioner_id: UUID, now: datetime) -> Separation:
    """The people of a request have parted: close what was joint, for good.

    Sessions ahead are cancelled. What they wrote for each other is read by nobody any more, the
    practitioner included; what each wrote for the practitioner stays, and each author keeps the
    way to their own. Whoever goes on asks anew: nothing of this request is carried over.

    Twice does no harm. Raises `NotTheirPractitioner`, `NothingJoint` for a request of one person,
    `StillOpen` for one that waits for a decision: that is declined, as any other.
    """
    request = lock_calendar_and_request(request_id)
    if request.practitioner_id != practitioner_id:
        raise NotTheirPractitioner
    if not is_of_several(request_id):
        raise NothingJoint
    if request.state in OPEN_REQUEST_STATES:
        raise StillOpen
    before = separation_of(request_id)
    if before is not None:
        return before
    cancelled = end_joint(request, practitioner_id=practitioner_id, now=now)
    found = Separation.objects.create(
        request=request, recorded_at=now, recorded_by_id=practitioner_id
    )
    journal.record(
        kind="separation_recorded",
        subject_type="request",
        subject_id=request_id,
        revision=request.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"cancelled": [str(pk) for pk in cancelled]},
    )
    return found


@transaction.atomic(durable=True)
def extract_attendance(*, participant_id: UUID, practitioner_id: UUID, now: datetime) -> Extract:
    """The days on which one person came, for a letter that asks for them.

    Without names of others, without what kind of session it was. That it was made stands in the
    journal. Raises `NotTheirPractitioner`.
    """
    dates = dates_attended(participant_id, practitioner_id)
    if dates is None:
        raise NotTheirPractitioner
    journal.note(
        kind="attendance_extracted",
        subject_type="participant",
        subject_id=participant_id,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot={"dates": len(dates)},
    )
    return Extract(dates=dates, made_at=now)
