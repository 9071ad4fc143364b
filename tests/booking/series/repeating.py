"""What tests of series share."""

from datetime import UTC, datetime, timedelta

from booking.models import Appointment, Series
from booking.operations import series
from booking.queries import series as series_queries
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

#: The first date of most series here: a Monday a week after `NOW`, 18:00 in New York.
FIRST = datetime(2026, 10, 19, 18, 0, tzinfo=NEW_YORK)


def week(number: int, *, days: int = 0, hour: int = 18) -> datetime:
    """So many weeks and days after the first date, at that hour on the wall."""
    return FIRST.replace(hour=hour) + timedelta(weeks=number, days=days)


def utc(*starts: datetime) -> list[datetime]:
    return [s.astimezone(UTC) for s in starts]


def started(office: Office, *, dates: int = 4, first: Appointment | None = None) -> Series:
    """A weekly series of one person, on Mondays at 18:00."""
    first = first or make.booked(office, times=[FIRST.astimezone(UTC)])
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[week(n) for n in range(1, dates)],
        now=NOW,
    )


def standing(found: Series) -> list[datetime]:
    """The starts that are booked, as New York's wall shows them."""
    return [
        a.starts_at.astimezone(NEW_YORK)
        for a in series_queries.dates(found.pk)
        if a.state == "booked"
    ]


def recorded(kind: str) -> list[dict[str, object]]:
    return [c.snapshot for c in Change.objects.filter(kind=kind).order_by("id")]


def people_at(appointment: Appointment) -> list[str]:
    here = appointment.attendances.filter(left_at__isnull=True)
    return sorted(a.participant.label for a in here)
