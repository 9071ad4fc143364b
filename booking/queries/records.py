"""Requests and appointments as their practitioner sees them, for programs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Value
from django.db.models.functions import Coalesce

from booking.domain.gate import Unmet
from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    Outward,
    OwnPart,
    RequestState,
    outward,
)
from booking.models import (
    Appointment,
    Cohort,
    Decision,
    LateWish,
    Participant,
    Request,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.queries.gate import unmet_for
from booking.queries.groups import STANDING, open_groups
from practice.domain.wall import instant, zone
from practice.models import Practitioner, Service

#: Whoever is not complete has no turn yet: they come after everybody who has.
_NOT_READY = datetime(9000, 1, 1, tzinfo=UTC)


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


def appointments_between(
    practitioner: Practitioner, first: date, end: date
) -> QuerySet[Appointment]:
    """What starts on the practitioner's dates [first, end)."""
    tz = zone(practitioner.time_zone)
    return appointments().filter(
        practitioner=practitioner,
        starts_at__gte=instant(first, 0, tz),
        starts_at__lt=instant(end, 0, tz),
    )


def own_appointment(appointment_id: UUID, practitioner: Practitioner) -> Appointment:
    """One appointment of this practitioner. Raises `NotTheirs`."""
    found = (
        appointments()
        .select_related("practitioner")
        .filter(pk=appointment_id, practitioner=practitioner)
        .first()
    )
    if found is None:
        raise NotTheirs
    return found


def own_request(request_id: UUID, practitioner: Practitioner) -> Request:
    """One request with its people and service. Raises `NotTheirs`."""
    found = (
        Request.objects.select_related("service", "practitioner", "poll")
        .prefetch_related("participants")
        .filter(pk=request_id, practitioner=practitioner)
        .first()
    )
    if found is None:
        raise NotTheirs
    return found


def requests_of(practitioner: Practitioner, states: Collection[str]) -> QuerySet[Request]:
    """The requests of a practitioner in these states, with what a list says of each."""
    taken = Appointment.objects.filter(
        state__in=(AppointmentState.HELD, AppointmentState.BOOKED), suggested_by__isnull=True
    ).order_by("rank", "starts_at")
    waiting = Decision.objects.filter(done_at__isnull=True, undone_at__isnull=True)
    listed = WaitlistEntry.objects.filter(request=OuterRef("pk"), left_at__isnull=True)
    return (
        Request.objects.filter(practitioner=practitioner, state__in=states)
        .annotate(is_waiting=Exists(listed))
        .select_related("service")
        .prefetch_related(
            "participants", Prefetch("appointments", taken), Prefetch("decisions", waiting)
        )
    )


def person_of(request_id: UUID, participant_id: UUID, practitioner: Practitioner) -> Participant:
    """Somebody in a request of this practitioner. Raises `NotTheirs`."""
    found = Participant.objects.filter(
        pk=participant_id, request_id=request_id, request__practitioner=practitioner
    ).first()
    if found is None:
        raise NotTheirs
    return found


def own_service(service_id: UUID, practitioner: Practitioner) -> Service:
    """A service that this practitioner offers. Raises `InvalidRequest`."""
    found = services_of(practitioner).filter(pk=service_id).first()
    if found is None:
        raise InvalidRequest(
            [Problem("service", "unknown_service", "Please choose a session from the list.")]
        )
    return found


def cohorts_on_offer(now: datetime) -> QuerySet[Cohort]:
    """Groups that take requests, with the sessions that they have."""
    sessions = Appointment.objects.filter(state__in=STANDING).order_by("starts_at")
    return (
        open_groups(now)
        .select_related("practitioner", "service", "call_service")
        .prefetch_related(Prefetch("appointments", sessions))
    )


def cohorts_of(practitioner: Practitioner) -> QuerySet[Cohort]:
    """Every group of a practitioner, with all of its sessions."""
    sessions = Appointment.objects.exclude(state=AppointmentState.RELEASED).order_by("starts_at")
    return (
        Cohort.objects.filter(practitioner=practitioner)
        .select_related("service", "call_service")
        .prefetch_related(Prefetch("appointments", sessions))
    )


def waiting_entries(practitioner: Practitioner) -> QuerySet[WaitlistEntry]:
    """Everybody on a practitioner's waitlist; `turn_at` is the order of their turns."""
    held = WaitlistOffer.objects.filter(settled_at__isnull=True).select_related("appointment")
    return (
        WaitlistEntry.objects.filter(
            left_at__isnull=True,
            request__practitioner=practitioner,
            request__state__in=OPEN_REQUEST_STATES - {RequestState.RECEIVED},
        )
        .annotate(turn_at=Coalesce("request__ready_at", Value(_NOT_READY)))
        .select_related("request__service")
        .prefetch_related(Prefetch("offers", held))
    )


def late_wishes(practitioner: Practitioner) -> QuerySet[LateWish]:
    """What the practitioner is asked to change after the cut-off and has not settled."""
    return LateWish.objects.filter(
        appointment__practitioner=practitioner, settled_at__isnull=True
    ).select_related("appointment", "participant")


def service_ids(practitioner: Practitioner, *slugs: str) -> list[UUID]:
    """The services of these slugs; for one that they do not offer the id of none."""
    found = dict(services_of(practitioner).filter(slug__in=slugs).values_list("slug", "id"))
    return [found.get(slug, UUID(int=0)) for slug in slugs]


def services_of(practitioner: Practitioner) -> QuerySet[Service]:
    """Everything a practitioner offers, also what is not taken on at present."""
    return Service.objects.filter(practitioners=practitioner)


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
