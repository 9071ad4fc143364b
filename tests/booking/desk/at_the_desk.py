"""What tests of the desk share."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Request, Series
from booking.operations import answers, decisions, series
from booking.queries.desk.waiting import board, waiting_count
from tests.booking import factories
from tests.booking.factories import NEW_YORK, Office


def sign_in(client: Client, office: Office) -> None:
    """Sign in, also after a jump in time that outlasts a session."""
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)


def text(response: Any) -> str:
    """The page without line breaks, as a reader finds its sentences."""
    assert isinstance(response, HttpResponse)
    return " ".join(response.content.decode().split())


def url(name: str, *args: Any) -> str:
    return reverse(f"desk:{name}", args=args)


def call(office: Office, kind: str = "individual", **changes: Any) -> dict[str, Any]:
    """What the practitioner types."""
    service = office.service(kind)
    typed = {
        "service": str(service.pk),
        "times": [factories.open_starts(office, service)[6].isoformat()],
        "modality": "phone",
        "place": "US|",
        "time_zone": "Europe/London",
        "forms_on_paper": "on",
        "person-0-name": "Robin",
        "person-0-email": "robin@example.test",
        "person-0-phone": "+44 20 7946 0000",
        "person-0-shared_mailbox": "no",
    }
    return {key: value for key, value in {**typed, **changes}.items() if value is not None}


def counted(office: Office) -> tuple[int, int]:
    """What the board counts and what stands beside *Waiting*: always the same."""
    shown = board(office.practitioner.pk, now=timezone.now()).decisions
    return shown, waiting_count(office.practitioner.pk, now=timezone.now())


def suggested(office: Office, kind: str = "individual") -> tuple[Request, datetime]:
    """A proposal that suits nobody; the last person to answer suggests another time."""
    request = factories.ready(office, kind)
    starts = factories.open_starts(office, office.service(kind))
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=starts[6:7],
        now=factories.NOW,
    )
    if kind != "individual":
        factories.let_decision_leave(request)
    offered = Appointment.objects.get(request=request, state="held")
    people = factories.people_of(request)
    for person in people:
        answers.answer_times(
            participant_id=person.pk,
            answers={offered.pk: False},
            suggestions=starts[10:11] if person == people[-1] else (),
            now=factories.NOW,
        )
    return Request.objects.get(pk=request.pk), starts[10]


def first_of_series(office: Office) -> Appointment:
    """Monday a week from now, 15:00 in New York."""
    start = datetime(2026, 10, 19, 15, 0, tzinfo=NEW_YORK)
    return factories.booked(office, times=[start])


def started(office: Office, *, dates: int = 4) -> Series:
    first = first_of_series(office)
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[(first.starts_at.astimezone(NEW_YORK) + timedelta(weeks=n)) for n in range(dates)],
        now=factories.NOW,
    )


def free_mornings(count: int) -> list[datetime]:
    """Working days at nine, from December on."""
    days = [datetime(2026, 12, 1, 9, 0, tzinfo=NEW_YORK) + timedelta(days=n) for n in range(count)]
    return [day for day in days if day.weekday() < 5]
