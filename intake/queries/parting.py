"""What is left once people have parted, and on which days somebody came."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Appointment, Participant, Seat
from intake.models import Separation
from practice.domain.wall import local_date, zone


def separation_of(request_id: UUID) -> Separation | None:
    """The record that the people of a request have parted; None if they have not."""
    return Separation.objects.filter(request_id=request_id).first()


def is_of_several(request_id: UUID) -> bool:
    """Whether more than one person was asked to come."""
    asked = Participant.objects.filter(request_id=request_id)
    return asked.exclude(attends=Participant.Attends.NO).count() > 1


def dates_attended(participant_id: UUID, practitioner_id: UUID) -> Sequence[date] | None:
    """The days of sessions that took place with this person on the roster, in the practitioner's
    zone; None for somebody of another practitioner.
    """
    person = (
        Participant.objects.filter(pk=participant_id, request__practitioner_id=practitioner_id)
        .select_related("request__practitioner")
        .first()
    )
    if person is None:
        return None
    at_desk = zone(person.request.practitioner.time_zone)
    starts = Appointment.objects.filter(
        state=AppointmentState.FULFILLED,
        attendances__participant_id=participant_id,
        attendances__left_at__isnull=True,
    ).order_by("starts_at")
    return sorted({local_date(a.starts_at, at_desk) for a in starts})


def may_end(participant: Participant) -> bool:
    """Whether this person has a part to end here; a place in a group is left on its own page."""
    return (
        participant.joined_at is not None
        and participant.left_at is None
        and participant.request.state in OPEN_REQUEST_STATES | {RequestState.CONFIRMED}
        and not Seat.objects.filter(request_id=participant.request_id).exists()
    )
