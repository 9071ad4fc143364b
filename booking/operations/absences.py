"""Somebody of several was not there: the practitioner writes to that one person."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import NotTheirs
from booking.domain.states import AppointmentState
from booking.operations import appointments
from practice.models import Change
from practice.operations import journal

#: The journal's kind for it; a second one says so in its snapshot.
ABSENCE_TOLD = "absence_told"
_BEGUN = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


@transaction.atomic(durable=True)
def tell_absent(
    *, appointment_id: UUID, participant_id: UUID, practitioner_id: UUID, again: bool, now: datetime
) -> None:
    """Have one of several told that they were missed; the others hear nothing of it.

    `again`: the message of the day after. Each is sent once, however often it is pressed. Raises
    `NotTheirs` for somebody who was not to come, before the start, and for somebody's own
    appointment: what they hear then follows from marking it as missed.
    """
    appointment = appointments.own(appointment_id, practitioner_id)
    roster = appointment.attendances.all()
    is_joint = appointment.cohort_id is not None or roster.count() > 1
    comes = roster.filter(participant_id=participant_id, left_at__isnull=True).exists()
    has_begun = appointment.state in _BEGUN and appointment.starts_at <= now
    if not (is_joint and comes and has_begun):
        raise NotTheirs
    snapshot = {"participant": str(participant_id), "again": again}
    if Change.objects.filter(
        kind=ABSENCE_TOLD,
        subject_type="appointment",
        subject_id=appointment.id,
        snapshot=snapshot,
    ).exists():
        return
    journal.record(
        kind=ABSENCE_TOLD,
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.practitioner(practitioner_id),
        at=now,
        snapshot=snapshot,
    )
