"""What is booked for one person, and what they can do about it now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from booking.domain.late import can_say_so
from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance, LateWish, Move, Participant
from booking.queries.late import Late, late_for
from practice.models import Change


@dataclass(frozen=True, slots=True)
class OwnDate:
    """An appointment that this person comes to, and what they can do about it now."""

    appointment: Appointment
    last_free_change: datetime
    can_move: bool
    can_cancel: bool
    can_ask: bool  # after the cut-off: the practitioner may still move it
    has_asked: bool
    #: Everybody is being asked about a time that this person would rather have.
    wants_to_move: bool
    can_say_late: bool
    #: Of three or more this one person leaves; said of the roster as it was booked, so that the
    #: page does not change when somebody else has left. Of a group always.
    leaves_alone: bool
    is_of_group: bool
    #: Only one person was ever expected: another time needs nobody's yes.
    moves_at_once: bool
    #: It was booked (or moved) when its last moment for free changes had passed already.
    booked_late: bool
    late: Late | None  # the practitioner's last word on running late, until the end
    own_late: Late | None  # one's own


def booked_for(participant: Participant) -> list[Appointment]:
    """Everything booked for this person, the next one first."""
    return list(
        Appointment.objects.filter(
            pk__in=Attendance.objects.filter(participant=participant, left_at__isnull=True).values(
                "appointment_id"
            ),
            state=AppointmentState.BOOKED,
        )
        .annotate(roster=Count("attendances"))
        .select_related("service", "practitioner")
        .order_by("starts_at")
    )


def cancelled_for(participant: Participant, *, now: datetime) -> list[Appointment]:
    """What was to come for this person and is cancelled, the next one first."""
    return list(
        Appointment.objects.filter(
            pk__in=Attendance.objects.filter(participant=participant, left_at__isnull=True).values(
                "appointment_id"
            ),
            state=AppointmentState.CANCELLED,
            ends_at__gt=now,
        ).order_by("starts_at")
    )


def own_dates(
    participant: Participant, booked: Sequence[Appointment], *, move: Move | None, now: datetime
) -> list[OwnDate]:
    """What is still to come; of what is over at most the last one, until the sweep has seen it.

    `move`: what the people of this request are being asked about.
    """
    shown = [a for a in booked if a.ends_at > now] or list(booked[-1:])
    asked = set(
        LateWish.objects.filter(participant=participant, settled_at__isnull=True).values_list(
            "appointment_id", flat=True
        )
    )
    told = _told_at(shown)
    return [
        _date(
            a,
            participant,
            move=move,
            has_asked=a.pk in asked,
            roster=vars(a)["roster"],
            told_at=told.get(a.pk, a.created_at),
            now=now,
        )
        for a in shown
    ]


def _date(
    appointment: Appointment,
    participant: Participant,
    *,
    move: Move | None,
    has_asked: bool,
    roster: int,
    told_at: datetime,
    now: datetime,
) -> OwnDate:
    free_until = appointment.starts_at - timedelta(minutes=appointment.service.cancel_minutes)
    is_upcoming = appointment.starts_at > now
    is_of_group = appointment.cohort_id is not None
    is_near = can_say_so(appointment.starts_at, appointment.ends_at, now=now)
    late, own_late = late_for(appointment, participant.pk, now=now) if is_near else (None, None)
    return OwnDate(
        appointment=appointment,
        last_free_change=free_until,
        can_move=is_upcoming and now <= free_until and move is None and not is_of_group,
        can_cancel=is_upcoming,
        can_ask=is_upcoming and now > free_until and not is_of_group,
        has_asked=has_asked,
        wants_to_move=move is not None
        and (move.appointment_id, move.asked_by_id) == (appointment.pk, participant.pk),
        can_say_late=is_near,
        leaves_alone=is_of_group or roster > 2,
        is_of_group=is_of_group,
        moves_at_once=roster == 1,
        booked_late=free_until < told_at,
        late=late,
        own_late=own_late,
    )


def _told_at(appointments: Sequence[Appointment]) -> Mapping[UUID, datetime]:
    """When people were told of the time that each has now: it was booked, or moved there."""
    told = Change.objects.filter(
        kind__in=("appointment_booked", "appointment_moved"),
        subject_type="appointment",
        subject_id__in=[appointment.pk for appointment in appointments],
    ).order_by("occurred_at")
    return dict(told.values_list("subject_id", "occurred_at"))
