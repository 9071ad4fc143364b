"""What tests of operations share."""

from datetime import datetime

from booking.models import Appointment, Participant, Request
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office

#: Monday 11:00 in New York; the next batch leaves at 17:00.
NEXT_BATCH = datetime(2026, 10, 12, 21, 0, tzinfo=NOW.tzinfo)


def fresh[Row: (Appointment, Request)](row: Row) -> Row:
    """The row as the database has it now."""
    return type(row).objects.get(pk=row.pk)


def recorded(kind: str) -> list[dict[str, object]]:
    """What the journal keeps of every change of a kind, oldest first."""
    return [c.snapshot for c in Change.objects.filter(kind=kind).order_by("id")]


def held(request: Request) -> list[Appointment]:
    """The times held for a request, best first."""
    return list(Appointment.objects.filter(request=request, state="held").order_by("rank"))


def coming(appointment: Appointment) -> list[Participant]:
    """Who is still expected, in the order they were named."""
    return [
        a.participant
        for a in appointment.attendances.filter(left_at__isnull=True).order_by(
            "participant__position"
        )
    ]


def far(office: Office, relationship_type: str, *, nth: int = 0) -> datetime:
    """An open start two to three weeks ahead."""
    found = make.open_starts(office, office.service(relationship_type), days=30)
    return found[-20 + 4 * nth]
