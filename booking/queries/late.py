"""Who said that they run late, and when a session begins then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from booking.models import Appointment
from practice.models import Change

_PRACTITIONER = "practitioner"


@dataclass(frozen=True, slots=True)
class Late:
    """What one of those expected said last. `participant_id` is None for the practitioner."""

    participant_id: UUID | None
    minutes: int
    said_at: datetime
    expected_at: datetime


def running_late(appointment: Appointment, *, now: datetime) -> Sequence[Late]:
    """Everybody's last word until the session ends, the practitioner's first. For the desk."""
    found = _said(appointment) if appointment.ends_at > now else {}
    return sorted(found.values(), key=lambda late: (late.participant_id is not None, late.said_at))


def late_for(
    appointment: Appointment, participant_id: UUID, *, now: datetime
) -> tuple[Late | None, Late | None]:
    """What one person may know until the session ends: the practitioner's word, and their own."""
    found = _said(appointment) if appointment.ends_at > now else {}
    return found.get(_PRACTITIONER), found.get(str(participant_id))


def _said(appointment: Appointment) -> Mapping[str, Late]:
    # What was said of an earlier time of this appointment is over: a move raises the revision.
    changes = Change.objects.filter(
        kind="running_late",
        subject_type="appointment",
        subject_id=appointment.pk,
        revision=appointment.revision,
    ).order_by("occurred_at", "pk")
    return {
        change.snapshot["by"]: Late(
            participant_id=None
            if change.snapshot["by"] == _PRACTITIONER
            else UUID(change.snapshot["by"]),
            minutes=change.snapshot["minutes"],
            said_at=change.occurred_at,
            expected_at=appointment.starts_at + timedelta(minutes=change.snapshot["minutes"]),
        )
        for change in changes
    }
