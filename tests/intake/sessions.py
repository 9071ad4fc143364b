"""Sessions that took place, for tests of what follows them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from booking.models import Appointment, Attendance, Participant, Request

_LENGTH = timedelta(minutes=50)


def took_place(
    people: Sequence[Participant], *ends: datetime, state: str = "fulfilled"
) -> list[Appointment]:
    """A session with these people that ended at each of these times, as the tables hold it.

    Where the practitioner was with somebody else then, it ended before that.
    """
    request = people[0].request
    found = []
    for wanted in ends:
        ends_at = wanted
        while _is_taken(request, ends_at):
            ends_at -= _LENGTH
        appointment = Appointment.objects.create(
            practitioner=request.practitioner,
            service=request.service,
            request=request,
            state=state,
            starts_at=ends_at - _LENGTH,
            ends_at=ends_at,
            blocked_from=ends_at - _LENGTH,
            blocked_until=ends_at,
            wall_start="2026-01-01T10:00",
            wall_zone="UTC",
            modality="video",
            created_at=ends_at - timedelta(days=30),
        )
        Attendance.objects.bulk_create(
            Attendance(appointment=appointment, participant=person) for person in people
        )
        found.append(appointment)
    return found


def days_before(now: datetime, *days: float) -> list[datetime]:
    """So many days ago, each."""
    return [now - timedelta(days=number) for number in days]


def _is_taken(request: Request, ends_at: datetime) -> bool:
    return Appointment.objects.filter(
        practitioner=request.practitioner_id,
        blocked_from__lt=ends_at,
        blocked_until__gt=ends_at - _LENGTH,
    ).exists()
