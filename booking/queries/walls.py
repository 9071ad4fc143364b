"""Appointments whose wall time has come apart from their instant: time zone rules changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.states import AppointmentState
from booking.models import Appointment
from practice.domain.wall import UnknownZone, instant, zone


@dataclass(frozen=True, slots=True)
class ComeApart:
    """An appointment, and the instant that its wall time means today (None: unknown zone)."""

    appointment_id: UUID
    state: str
    wall_start: str
    wall_zone: str
    starts_at: datetime
    would_start_at: datetime | None


def come_apart(*, now: datetime) -> Sequence[ComeApart]:
    """What is held or booked from `now` on and no longer begins at the wall time it was made for.

    Of a wall time that happens twice either pass is right.
    """
    coming = (
        Appointment.objects.filter(
            state__in=(AppointmentState.HELD, AppointmentState.BOOKED), starts_at__gt=now
        )
        .order_by("starts_at", "id")
        .values_list("id", "state", "wall_start", "wall_zone", "starts_at")
    )
    found = []
    for pk, state, wall_start, wall_zone, starts_at in coming.iterator():
        try:
            tz = zone(wall_zone)
        except UnknownZone:
            found.append(ComeApart(pk, state, wall_start, wall_zone, starts_at, None))
            continue
        if starts_at.astimezone(tz).strftime("%Y-%m-%dT%H:%M") == wall_start:
            continue
        wall = datetime.fromisoformat(wall_start)
        means = instant(wall.date(), wall.hour * 60 + wall.minute, tz)
        found.append(ComeApart(pk, state, wall_start, wall_zone, starts_at, means))
    return found
