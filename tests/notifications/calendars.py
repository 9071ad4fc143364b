"""Calendars to subscribe to, for tests: their addresses, and what stands in them."""

from typing import Any

from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from booking.models import Appointment, Participant
from notifications.models import Feed
from notifications.operations import feeds
from tests.booking import factories


def practitioners(office: factories.Office, shows: Feed.Shows = Feed.Shows.BUSY) -> str:
    """The path of the practitioner's calendar."""
    token = feeds.make_for_practitioner(
        practitioner_id=office.practitioner.pk, shows=shows, now=timezone.now()
    )
    return reverse("messages:feed", args=[token])


def clients(person: Participant) -> str:
    """The path of a client's calendar."""
    token = feeds.make_for_client(participant_id=person.pk, now=timezone.now())
    return reverse("messages:feed", args=[token])


def content_of(response: Any) -> bytes:
    """All of a calendar that is sent piece by piece."""
    assert isinstance(response, StreamingHttpResponse)
    return b"".join(response)


def fetched(client: Client, path: str) -> list[Event]:
    """The events of a calendar, read strictly."""
    response = client.get(path)
    assert response.status_code == 200
    calendar = Calendar.from_ical(content_of(response))
    assert not calendar.errors
    events = [e for e in calendar.walk("VEVENT") if isinstance(e, Event)]
    assert not any(e.errors for e in events)
    return events


def person_of(appointment: Appointment) -> Participant:
    """Whoever asked for this appointment."""
    return Participant.objects.get(attendances__appointment=appointment, is_requester=True)
