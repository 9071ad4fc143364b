"""Calendars to subscribe to: what stands in them, for whom, and how they are asked for again."""

import logging
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from booking.models import Appointment, Participant
from booking.operations import appointments, cancellations, links
from notifications.domain.discretion import forbidden_words
from notifications.domain.feeds import FeedEvent, feed
from notifications.models import Feed
from notifications.operations import feeds
from notifications.queries import feeds as feed_queries
from practice.models import Change, User
from tests.booking import factories
from tests.notifications.helpers import booked

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def office() -> factories.Office:
    return factories.make_office()


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
    return Participant.objects.get(attendances__appointment=appointment, is_requester=True)


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


# --- To the byte -----------------------------------------------------------------------------


def by_icalendar(name: str, events: list[FeedEvent]) -> bytes:
    """The same calendar as icalendar builds and writes it."""
    calendar = Calendar()
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", "-//Attune//EN")
    calendar.add("NAME", name)
    calendar.add("X-WR-CALNAME", name)
    calendar.add("REFRESH-INTERVAL", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("X-PUBLISHED-TTL", "PT1H")
    for it in events:
        event = Event()
        event.add("SUMMARY", it.title)
        event.add("DTSTART", it.starts_at)
        event.add("DTEND", it.ends_at)
        event.add("DTSTAMP", it.changed_at)
        event.add("UID", str(it.uid))
        event.add("SEQUENCE", it.sequence)
        event.add("CLASS", "PRIVATE")
        event.add("LAST-MODIFIED", it.changed_at)
        if it.location:
            event.add("LOCATION", it.location)
        event.add("STATUS", "CANCELLED" if it.is_cancelled else "CONFIRMED")
        event.add("TRANSP", "TRANSPARENT" if it.is_cancelled else "OPAQUE")
        if it.url:
            event.add("URL", it.url)
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def an_event(**changes: Any) -> FeedEvent:
    usual: dict[str, Any] = {
        "uid": UUID("6f0c6b6e-8d4f-4c4a-9c66-0a5a3b1d2c3e"),
        "sequence": 3,
        "changed_at": datetime(2026, 3, 1, 9, 30, 12, tzinfo=UTC),
        "starts_at": datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        "ends_at": datetime(2026, 3, 29, 1, 20, tzinfo=UTC),
        "title": "A-4F2C9",
    }
    return FeedEvent(**(usual | changes))


def test_a_feed_is_to_the_byte_what_icalendar_writes() -> None:
    events = [
        an_event(location="Online", url="https://office.example/desk/appointments/1/"),
        an_event(uid=uuid4(), is_cancelled=True, title="Sam, Alex; and \\ more", sequence=0),
    ]

    assert b"".join(feed("Appointments", events)) == by_icalendar("Appointments", events)


@given(title=st.text(max_size=120))
def test_whatever_the_title_lines_are_short_and_read_the_same(title: str) -> None:
    events = [an_event(title=title, url="https://office.example/" + "long/" * 30)]

    content = b"".join(feed("Appointments", events))

    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)
    assert all(line.decode() for line in lines)  # no character is cut in two
    unfolded = content.replace(b"\r\n ", b"")
    # "\N" is the one thing read differently: icalendar takes it for a line break.
    if "\\N" not in title:
        assert unfolded == by_icalendar("Appointments", events).replace(b"\r\n ", b"")


# --- The pages -------------------------------------------------------------------------------


@pytest.fixture
def desk(client: Client, office: factories.Office) -> Client:
    client.force_login(User.objects.get())
    return client


def let_in(client: Client, person: Participant) -> None:
    """Come in by the newest link and its code."""
    link = factories.link_of(person)
    client.post(
        reverse("open", args=[links.token(link.pk)]), {"code": links.code(link.pk)}, follow=True
    )


def test_a_practitioner_makes_replaces_and_ends_their_calendar(desk: Client) -> None:
    page = reverse("messages:desk-feed")

    made = desk.post(page, {"shows": "code"}).content.decode()
    later = desk.get(page).content.decode()
    address = made.partition('id="feed-address">')[2].partition("<")[0]
    works = desk.get(address.partition("//")[2].partition("/")[2].join(["/", ""]))
    ended = desk.post(page, {"end": "yes"}, follow=True).content.decode()

    assert address.startswith("http")
    assert address not in later
    assert "Google every 8 to 24 hours" in later
    assert works.status_code == 200
    assert "does not work any more" in ended
    assert not Feed.objects.filter(revoked_at__isnull=True).exists()


def test_a_calendar_shows_only_what_can_be_chosen(desk: Client) -> None:
    answer = desk.post(reverse("messages:desk-feed"), {"shows": "everything"}, follow=True)

    assert "Please choose what the calendar shows" in answer.content.decode()
    assert not Feed.objects.exists()


def test_a_client_makes_their_calendar_on_their_page(
    client: Client, office: factories.Office
) -> None:
    person = person_of(booked(office, now=timezone.now()))
    let_in(client, person)
    page = reverse("messages:own-feed", args=[person.pk])

    before = client.get(page).content.decode()
    made = client.post(page).content.decode()

    assert "Make an address" in before
    path = "/calendar/" + made.partition("/calendar/")[2].partition("<")[0]
    assert len(fetched(client, path)) == 1
    assert page in client.get(reverse("you", args=[person.pk])).content.decode()


def test_somebody_elses_calendar_page_is_not_there(
    client: Client, office: factories.Office
) -> None:
    person = person_of(booked(office, now=timezone.now()))

    assert client.get(reverse("messages:own-feed", args=[person.pk])).status_code == 404
    assert client.post(reverse("messages:own-feed", args=[person.pk])).status_code == 404
    assert not Feed.objects.exists()
