"""A feed of ten thousand events, written and read, against icalendar's own to_ical of them."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from booking.models import Appointment
from notifications.domain.feeds import FeedEvent, feed
from notifications.models import Feed
from notifications.operations import feeds
from notifications.queries.feeds import events
from practice.models import Practitioner, Service
from tests.bench.measuring import Row
from tests.booking import factories as make

EVENTS = 10_000
_SLUG = "feed"
_ROUNDS = 3


def measure(office: make.Office, service: Service, *, quick: bool) -> Iterator[Row]:
    """Two rows: the bytes alone, and the whole answer with database, tag and all."""
    count = EVENTS // 10 if quick else EVENTS
    practitioner = make.make_practitioner(slug=_SLUG)
    service.practitioners.add(practitioner)
    _fill(practitioner, service, count)
    token = feeds.make_for_practitioner(
        practitioner_id=practitioner.pk, shows=Feed.Shows.CODE, now=timezone.now()
    )
    own = Feed.objects.get(practitioner=practitioner)
    listed = list(events(own, now=timezone.now()))
    calendar = _calendar(listed)
    client, path = Client(SERVER_NAME="127.0.0.1"), reverse("messages:feed", args=[token])
    found = _in_turn(
        {
            "written": lambda: b"".join(feed("Appointments", listed)),
            "answered": lambda: _read(client, path),
            "icalendar": calendar.to_ical,
        }
    )
    name = f"a feed of {count:,} events"
    yield Row.of(f"{name}, written", found["written"], found["icalendar"], 1.0)
    yield Row.of(f"{name}, asked for and read", found["answered"], found["icalendar"], 1.0)


def _in_turn(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Medians in milliseconds. Each call takes seconds, so a few rounds must do."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_ROUNDS):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken) * 1000 for name, taken in times.items()}


def _read(client: Client, path: str) -> int:
    response: Any = client.get(path)  # the stubs know no answer of a test client that streams
    return sum(len(piece) for piece in response.streaming_content)


def _calendar(listed: list[FeedEvent]) -> Calendar:
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Attune//EN")
    for it in listed:
        event = Event()
        event.add("SUMMARY", it.title)
        event.add("DTSTART", it.starts_at)
        event.add("DTEND", it.ends_at)
        event.add("DTSTAMP", it.changed_at)
        event.add("UID", str(it.uid))
        event.add("SEQUENCE", it.sequence)
        event.add("CLASS", "PRIVATE")
        event.add("LAST-MODIFIED", it.changed_at)
        event.add("LOCATION", it.location)
        event.add("STATUS", "CONFIRMED")
        event.add("TRANSP", "OPAQUE")
        event.add("URL", it.url)
        calendar.add_component(event)
    return calendar


def _fill(practitioner: Practitioner, service: Service, count: int) -> None:
    first = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    starts = [first + timedelta(hours=n) for n in range(count)]
    Appointment.objects.bulk_create(
        [
            Appointment(
                practitioner=practitioner,
                service=service,
                state="booked",
                starts_at=start,
                ends_at=start + timedelta(minutes=50),
                blocked_from=start,
                blocked_until=start + timedelta(minutes=50),
                wall_start=f"{start:%Y-%m-%dT%H:%M}",
                wall_zone="UTC",
                modality="video",
                created_at=timezone.now(),
            )
            for start in starts
        ],
        batch_size=2_000,
    )
