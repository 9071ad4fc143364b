"""A weekly series, for tests of what people are told about its dates."""

from datetime import UTC, datetime, timedelta

from booking.models import Participant, Series
from booking.operations import series
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

#: A Monday a week after `NOW`. New York's clocks change before the third of its followers.
FIRST = datetime(2026, 10, 19, 16, 0, tzinfo=NEW_YORK)


def week(number: int) -> datetime:
    """The start of a date of the series, the first of which is 0."""
    return FIRST + timedelta(weeks=number)


def started(
    office: Office, relationship_type: str = "individual", *, dates: int = 5, **profile: object
) -> Series:
    """A weekly series of people who say that nobody else reads their mail."""
    first = make.booked(office, relationship_type, times=[FIRST.astimezone(UTC)])
    Participant.objects.update(**{"shared_mailbox": "no", **profile})
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[week(n) for n in range(1, dates)],
        now=NOW,
    )
