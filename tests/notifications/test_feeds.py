"""Calendars to subscribe to: what stands in them, for whom, and how they are asked for again."""

import logging
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant
from booking.operations import appointments, cancellations
from notifications.domain.discretion import forbidden_words
from notifications.models import Feed
from notifications.operations import feeds
from notifications.queries import feeds as feed_queries
from practice.models import Change
from tests.booking import factories
from tests.notifications.calendars import clients, content_of, fetched, person_of, practitioners
from tests.notifications.helpers import booked

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


# --- What stands in them ---------------------------------------------------------------------


def test_a_practitioner_sees_as_much_as_they_chose(
    client: Client, office: factories.Office
) -> None:
    appointment = booked(office, "couple", now=timezone.now())
    Participant.objects.filter(label="Sam").update(chosen_name="Samira")

    titles = {
        shows: str(fetched(client, practitioners(office, shows))[0]["SUMMARY"])
        for shows in Feed.Shows
    }

    assert titles == {
        "busy": "Busy",
        "code": f"A-{appointment.pk.hex[:5].upper()}",
        "initials": "A. S.",
        "names": "Alex, Samira",
    }


def test_a_busy_calendar_says_nothing_but_when(client: Client, office: factories.Office) -> None:
    appointment = booked(office, "couple", now=timezone.now())

    content = content_of(client.get(practitioners(office))).decode()

    lines = [line.partition(":")[0] for line in content.split("\r\n")]
    assert [line for line in lines if line not in ("BEGIN", "END", "")] == [
        *("VERSION", "PRODID", "NAME", "X-WR-CALNAME"),
        *("REFRESH-INTERVAL;VALUE=DURATION", "X-PUBLISHED-TTL"),
        *("SUMMARY", "DTSTART", "DTEND", "DTSTAMP", "UID", "SEQUENCE", "CLASS", "LAST-MODIFIED"),
        *("STATUS", "TRANSP"),
    ]
    assert f"DTSTART:{appointment.starts_at.astimezone(UTC):%Y%m%dT%H%M%SZ}" in content


def test_a_client_sees_their_own_sessions_under_their_own_title(
    client: Client, office: factories.Office
) -> None:
    appointment = booked(office, "couple", now=timezone.now())
    booked(office, now=timezone.now())
    person = person_of(appointment)
    Participant.objects.filter(pk=person.pk).update(event_title="Dentist; twice")
    other = Participant.objects.get(request=appointment.request, is_requester=False)

    (mine,) = fetched(client, clients(person))
    (theirs,) = fetched(client, clients(other))

    assert (mine["SUMMARY"], theirs["SUMMARY"]) == ("Dentist; twice", "Appointment")
    assert mine.start == theirs.start == appointment.starts_at
    # Nothing in the two could be matched but the time.
    assert mine["UID"] != theirs["UID"]
    assert {str(mine["UID"]), str(theirs["UID"])}.isdisjoint({str(appointment.pk)})
    assert "ATTENDEE" not in mine
    assert "ORGANIZER" not in mine


def test_nothing_stands_in_the_calendar_of_somebody_who_wants_nothing_there(
    client: Client, office: factories.Office
) -> None:
    person = person_of(booked(office, now=timezone.now()))
    path = clients(person)
    assert len(fetched(client, path)) == 1

    Participant.objects.update(calendar_entry=Participant.CalendarEntry.NOTHING)

    assert fetched(client, path) == []


def test_moving_and_cancelling_keep_the_uid_and_raise_the_sequence(
    client: Client, office: factories.Office
) -> None:
    now = timezone.now()
    appointment = booked(office, now=now)
    path = practitioners(office)
    later = factories.open_starts(office, office.services["individual-50"], now=now)[-1]

    (before,) = fetched(client, path)
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=later,
        now=now + timedelta(minutes=1),
    )
    (moved,) = fetched(client, path)
    cancellations.cancel(
        appointment_id=appointment.pk,
        participant_id=person_of(appointment).pk,
        now=now + timedelta(minutes=2),
    )
    (cancelled,) = fetched(client, path)

    states = [before, moved, cancelled]
    assert len({str(e["UID"]) for e in states}) == 1
    sequences = [int(str(e["SEQUENCE"])) for e in states]
    assert sequences == sorted(set(sequences))
    stamps = [e.DTSTAMP for e in states if e.DTSTAMP]
    assert len(stamps) == 3
    assert stamps == sorted(set(stamps))
    assert [e["STATUS"] for e in states] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [e.start for e in states][1:] == [later, later]


def test_a_cancelled_session_stands_for_thirty_days_and_then_goes(
    office: factories.Office,
) -> None:
    now = timezone.now()
    appointment = booked(office, now=now)
    cancellations.cancel(
        appointment_id=appointment.pk, participant_id=person_of(appointment).pk, now=now
    )
    practitioners(office)
    own = Feed.objects.get()

    def on(day: datetime) -> list[bool]:
        return [e.is_cancelled for e in feed_queries.events(own, now=day)]

    assert on(now + 29 * DAY) == [True]
    assert on(now + 31 * DAY) == []


def test_whoever_leaves_sees_their_part_cancelled_and_nothing_that_comes_after(
    client: Client, office: factories.Office
) -> None:
    now = timezone.now()
    appointment = booked(office, "non_monogamous", now=now)
    leaving, staying = list(
        Participant.objects.filter(attendances__appointment=appointment).order_by("position")
    )[:2]
    theirs, others = clients(leaving), clients(staying)
    now = Change.objects.latest("occurred_at").occurred_at
    before = content_of(client.get(others))

    cancellations.cancel(
        appointment_id=appointment.pk, participant_id=leaving.pk, now=now + timedelta(minutes=1)
    )

    assert [e["STATUS"] for e in fetched(client, theirs)] == ["CANCELLED"]
    assert content_of(client.get(others)) == before

    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=appointment.starts_at + timedelta(days=7),
        now=now + timedelta(minutes=2),
    )

    assert fetched(client, theirs) == []


def test_nothing_in_a_clients_calendar_says_what_it_is_about(
    client: Client, office: factories.Office
) -> None:
    for kind in ("couple", "non_monogamous"):
        booked(office, kind, now=timezone.now())

    for person in Participant.objects.filter(attendances__isnull=False):
        path = clients(person)
        content = content_of(client.get(path)).decode()
        others = Participant.objects.exclude(label=person.label).values_list("label", flat=True)
        assert "SUMMARY:Appointment" in content
        assert forbidden_words(content, also=[*others, "Morgan", "Willow"]) == []
        assert forbidden_words(path.removesuffix(".ics").rpartition("/")[0]) == []


# --- How they are asked for ------------------------------------------------------------------


def test_what_has_not_changed_is_not_sent_again(client: Client, office: factories.Office) -> None:
    now = timezone.now()
    booked(office, now=now)
    path = practitioners(office)
    first = client.get(path)
    etag = first["ETag"]

    again = client.get(path, headers={"If-None-Match": etag})
    head = client.head(path)
    booked(office, now=now)
    changed = client.get(path, headers={"If-None-Match": etag})

    assert etag.startswith('"')
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", etag)
    assert (changed.status_code, changed["ETag"] != etag) == (200, True)
    for response in (first, again, head, changed):
        assert response["Cache-Control"] == "private, no-cache"
        assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_no_address_is_told_from_another_that_opens_nothing(
    client: Client, office: factories.Office
) -> None:
    person = person_of(booked(office, now=timezone.now()))
    ended, replaced, left, revoked = (practitioners(office) for _ in range(4))
    feeds.end_for_practitioner(practitioner_id=office.practitioner.pk, now=timezone.now())
    gone = clients(person)
    person.links.update(revoked_at=timezone.now())
    never = reverse("messages:feed", args=["A" * 43])

    answers = [client.get(path) for path in (ended, replaced, left, revoked, gone, never)]

    assert {(a.status_code, a.content, tuple(sorted(a.headers.items()))) for a in answers} == {
        (404, b"Not here.\n", tuple(sorted(answers[0].headers.items())))
    }


@pytest.mark.parametrize("ending", ["left", "erased"])
def test_a_calendar_ends_with_the_persons_part(
    client: Client, office: factories.Office, ending: str
) -> None:
    person = person_of(booked(office, now=timezone.now()))
    path = clients(person)
    changes: dict[str, Any] = (
        {"left_at": timezone.now()} if ending == "left" else {"email": "", "label": ""}
    )

    Participant.objects.filter(pk=person.pk).update(**changes)

    assert client.get(path).status_code == 404


def test_a_new_address_ends_the_one_before_and_no_token_is_kept(
    client: Client, office: factories.Office
) -> None:
    first = practitioners(office)
    second = practitioners(office, Feed.Shows.NAMES)

    assert [client.get(path).status_code for path in (first, second)] == [404, 200]
    token = second.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) == 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(f::text, ' ') FROM notifications_feed f")
        (stored,) = cursor.fetchone()
        cursor.execute("SELECT string_agg(c::text, ' ') FROM practice_change c")
        (journal,) = cursor.fetchone()
    assert token not in stored + journal
    assert list(Change.objects.filter(subject_type="feed").values_list("kind", flat=True)) == [
        "feed_made",
        "feed_made",
    ]


def test_the_address_stands_in_no_log(
    client: Client, office: factories.Office, caplog: pytest.LogCaptureFixture
) -> None:
    path = practitioners(office)
    with caplog.at_level(logging.DEBUG):
        client.get(path)
        client.get(path.replace("calendar", "calendars"))

    token = path.removeprefix("/calendar/").removesuffix(".ics")
    routes = [record for record in caplog.records if "calendar/<str:token>" in str(record.msg)]
    assert routes
    assert not [r for r in caplog.records if token in str(r.msg) and "calendars" not in str(r.msg)]


# --- Long ones -------------------------------------------------------------------------------


def fill(office: factories.Office, count: int) -> None:
    """So many booked appointments, one after the other, from tomorrow on."""
    service = office.services["individual-50"]
    first = timezone.now().replace(minute=0, second=0, microsecond=0) + DAY
    starts = [first + timedelta(hours=n) for n in range(count)]
    Appointment.objects.bulk_create(
        [
            Appointment(
                practitioner=office.practitioner,
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


def peak_of(path: str) -> tuple[int, int]:
    """How many bytes came, and how many were held at the worst moment while they did."""
    client = Client()
    content = client.get(path)
    sum(map(len, content))  # once before, so that nothing is loaded for the first time
    tracemalloc.start()
    try:
        response = client.get(path)
        length = sum(len(piece) for piece in response)
        return length, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_ten_times_as_many_events_take_no_more_memory(office: factories.Office) -> None:
    path = practitioners(office, Feed.Shows.CODE)
    fill(office, 1_000)
    short, low = peak_of(path)
    Appointment.objects.all().delete()
    fill(office, 10_000)
    with CaptureQueriesContext(connection) as queries:
        long, high = peak_of(path)

    assert long > 9 * short
    assert high < low * 1.5
    assert high < long / 2
    assert len(queries) == 2 * 4  # two readings, each written twice: the feed, now, 2 × the rows
