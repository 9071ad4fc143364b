"""Groups that can be asked for, and what one person may see of the group they are in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from booking.domain.states import AppointmentState, SeatState
from booking.models import Appointment, Attendance, Cohort, Seat

#: A session in one of these has not been called off.
STANDING = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


def open_groups(now: datetime) -> QuerySet[Cohort]:
    """Groups that take requests and have a session to come."""
    to_come = Appointment.objects.filter(
        cohort=OuterRef("pk"), state=AppointmentState.BOOKED, starts_at__gt=now
    )
    return Cohort.objects.filter(Exists(to_come), state=Cohort.State.OPEN)


@dataclass(frozen=True, slots=True)
class GroupSession:
    """One session as a member sees it. `is_coming`: they have not cancelled this one."""

    appointment: Appointment
    is_coming: bool


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A group as one person sees it who asked for a seat.

    `names`: of the other members, as they chose them; empty until this person's own seat is given.
    """

    cohort: Cohort
    seat: Seat
    sessions: Sequence[GroupSession]
    names: Sequence[str]

    @property
    def has_seat(self) -> bool:
        """Whether the seat is theirs."""
        return self.seat.state == SeatState.GIVEN

    @property
    def missed(self) -> Sequence[Appointment]:
        """The sessions that they have said they cannot come to: the others are their dates."""
        return [s.appointment for s in self.sessions if self.has_seat and not s.is_coming]

    @property
    def is_waiting(self) -> bool:
        """Whether nothing is kept for them: they wait until a seat comes free."""
        return self.seat.state == SeatState.WAITING

    @property
    def can_leave(self) -> bool:
        """Whether there is anything left to leave."""
        is_on = self.cohort.state in (Cohort.State.OPEN, Cohort.State.CLOSED)
        return is_on and self.seat.state in (SeatState.ASKED, SeatState.WAITING, SeatState.GIVEN)


def group_as_seen_by(participant_id: UUID) -> OwnGroup | None:
    """The group that this person asked to join; None if their request is not about one."""
    seat = (
        Seat.objects.filter(
            request__participants=participant_id, request__participants__is_requester=True
        )
        .select_related("cohort__practitioner", "cohort__service", "cohort__call_service")
        .first()
    )
    if seat is None:
        return None
    coming = Attendance.objects.filter(
        appointment=OuterRef("pk"), participant=participant_id, left_at__isnull=True
    )
    sessions = (
        seat.cohort.appointments.filter(state__in=STANDING)
        .annotate(is_coming=Exists(coming))
        .select_related("service", "practitioner")
        .order_by("starts_at")
    )
    return OwnGroup(
        cohort=seat.cohort,
        seat=seat,
        sessions=[GroupSession(a, a.is_coming) for a in sessions],
        names=_names(seat.cohort_id, besides=seat) if seat.state == SeatState.GIVEN else [],
    )


def first_appointment(request_id: UUID) -> Appointment | None:
    """The earliest appointment of a request that is held or booked: before a group its call."""
    return (
        Appointment.objects.filter(
            request=request_id, state__in=(AppointmentState.HELD, AppointmentState.BOOKED)
        )
        .order_by("starts_at")
        .first()
    )


def _names(cohort_id: UUID, *, besides: Seat) -> list[str]:
    """In the order of the alphabet: any other order would tell who came when."""
    given = Seat.objects.filter(cohort_id=cohort_id, state=SeatState.GIVEN).exclude(pk=besides.pk)
    return sorted(given.values_list("name", flat=True), key=str.casefold)


def had_call(call: Appointment | None, *, now: datetime) -> bool:
    """Whether the call before joining has begun. Nobody came to a missed one."""
    happened = (AppointmentState.BOOKED, AppointmentState.FULFILLED)
    return call is not None and call.state in happened and call.starts_at <= now
