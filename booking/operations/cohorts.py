"""A group, locked: what every operation on it and on the places in it begins with."""

from uuid import UUID

from django.db.models import QuerySet

from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.states import AppointmentState
from booking.models import Appointment, Cohort
from booking.operations import calendar


def own(cohort_id: UUID, practitioner_id: UUID) -> Cohort:
    """The practitioner's group, locked after their calendar. Raises `NotTheirs`."""
    calendar.lock_practitioner(practitioner_id)
    cohort = (
        Cohort.objects.select_for_update(of=("self",), no_key=True)
        .select_related("practitioner", "service", "call_service")
        .filter(pk=cohort_id, practitioner_id=practitioner_id)
        .first()
    )
    if cohort is None:
        raise NotTheirs
    return cohort


def check_running(cohort: Cohort) -> None:
    """Raise `InvalidRequest` for a group that was called off."""
    if cohort.state == Cohort.State.CALLED_OFF:
        raise InvalidRequest([Problem("state", "called_off", "This group was called off.")])


def booked_sessions(cohort: Cohort) -> QuerySet[Appointment]:
    """The sessions of a group that stand and are not over."""
    return Appointment.objects.filter(cohort=cohort, state=AppointmentState.BOOKED)
