"""Requests and appointments as their practitioner sees them, for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import QuerySet

from booking.domain.gate import Unmet
from booking.domain.refusals import NotTheirs
from booking.domain.states import AppointmentState, Outward, OwnPart, outward
from booking.models import Appointment, Decision, Participant, Request
from booking.queries.gate import unmet_for
from practice.domain.wall import instant, zone
from practice.models import Practitioner


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """A request with its people and times."""

    request: Request
    status: Outward
    in_the_way: Sequence[Unmet]
    decision: Decision | None
    people: Sequence[Participant]
    appointments: Sequence[Appointment]


def appointments() -> QuerySet[Appointment]:
    """Everything that was not given back, with service and people."""
    return (
        Appointment.objects.exclude(state=AppointmentState.RELEASED)
        .select_related("service")
        .prefetch_related("attendances__participant")
        .order_by("starts_at", "rank")
    )


def appointment_record(appointment_id: UUID) -> Appointment:
    """One appointment as an operation left it."""
    return appointments().get(pk=appointment_id)


def appointments_between(practitioner: Practitioner, first: date, end: date) -> list[Appointment]:
    """What starts on the practitioner's dates [first, end)."""
    tz = zone(practitioner.time_zone)
    return list(
        appointments().filter(
            practitioner=practitioner,
            starts_at__gte=instant(first, 0, tz),
            starts_at__lt=instant(end, 0, tz),
        )
    )


def request_record(request_id: UUID, practitioner: Practitioner, *, now: datetime) -> RequestRecord:
    """One request. Raises `NotTheirs` if it is not this practitioner's."""
    request = (
        Request.objects.select_related("service")
        .filter(pk=request_id, practitioner=practitioner)
        .first()
    )
    if request is None:
        raise NotTheirs
    found = list(appointments().filter(request=request))
    is_booked = any(a.state == AppointmentState.BOOKED for a in found)
    return RequestRecord(
        request=request,
        status=outward(request.state, OwnPart(has_booked_time=is_booked)),
        in_the_way=unmet_for(request, now=now),
        decision=request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).first(),
        people=list(request.participants.all()),
        appointments=found,
    )
