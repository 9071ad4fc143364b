"""Calendar files: golden copies, and the MIME shape as it arrives through real SMTP."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from booking.models import Participant
from booking.operations import appointments, cancellations
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations.invites import CalendarFile, calendar_file
from notifications.operations.sending import send_due
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, calendar_part, plan_all, send_all

GOLDEN = Path(__file__).parent / "golden"
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
STAMP = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)


def entry(
    starts_at: datetime, *, method: str = "REQUEST", sequence: int = 0, title: str = "Appointment"
) -> CalendarFile:
    return CalendarFile(
        method=method,
        uid=UUID("6f0c6b6e-8d4f-4c4a-9c66-0a5a3b1d2c3e"),
        sequence=sequence,
        stamped_at=STAMP + timedelta(days=sequence),
        starts_at=starts_at,
        ends_at=starts_at.astimezone(UTC) + timedelta(minutes=50),
        title=title,
        location="Online",
        url="https://office.example/open/MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY/",
        organizer="office@office.example",
        attendee="alex@example.test",
    )


MARCH = datetime(2026, 3, 3, 18, 0, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("booked", entry(MARCH)),
        ("moved", entry(MARCH + timedelta(days=2), sequence=1)),
        ("cancelled", entry(MARCH + timedelta(days=2), sequence=2, method="CANCEL")),
        ("spring-forward-london", entry(datetime(2026, 3, 29, 2, 30, tzinfo=LONDON))),
        ("fall-back-london-first", entry(datetime(2026, 10, 25, 1, 30, tzinfo=LONDON))),
        ("fall-back-london-second", entry(datetime(2026, 10, 25, 1, 30, tzinfo=LONDON, fold=1))),
        ("spring-forward-new-york", entry(datetime(2026, 3, 8, 9, 0, tzinfo=NEW_YORK))),
        ("fall-back-new-york", entry(datetime(2026, 11, 1, 9, 0, tzinfo=NEW_YORK))),
        ("every-week-before-the-clocks", entry(datetime(2026, 10, 26, 18, 0, tzinfo=NEW_YORK))),
        ("every-week-after-the-clocks", entry(datetime(2026, 11, 2, 18, 0, tzinfo=NEW_YORK))),
        ("own-title", entry(MARCH, title="Café mit Ö, um 18; täglich 🌿 und noch länger als eine")),
    ],
)
def test_a_calendar_file_is_the_golden_one_to_the_byte(name: str, file: CalendarFile) -> None:
    assert calendar_file(file) == (GOLDEN / f"{name}.ics").read_bytes()


@given(title=st.text(max_size=60))
def test_whatever_the_title_the_file_holds_the_same_properties(title: str) -> None:
    content = calendar_file(entry(MARCH, title=title))

    event = next(iter(Calendar.from_ical(content).walk("VEVENT")))
    plain = next(iter(Calendar.from_ical(calendar_file(entry(MARCH))).walk("VEVENT")))
    assert list(event.keys()) == list(plain.keys())
    assert not event.errors
    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)


# --- Through SMTP ----------------------------------------------------------------------------


def raw_messages(mail: MailCatcher) -> list[bytes]:
    return [file.read_bytes() for file in sorted(mail.folder.glob("*.eml"))]


def with_files(mail: MailCatcher) -> list[EmailMessage]:
    return [m for m in mail.messages if calendar_part(m)]


@pytest.mark.django_db
def test_an_invite_has_the_shape_that_calendar_programs_expect(mailcatcher: MailCatcher) -> None:
    booked(factories.make_office())
    send_all(NOW)

    (message,) = with_files(mailcatcher)

    shape = [(p.get_content_type(), p.get_content_disposition()) for p in message.walk()]
    assert shape == [
        ("multipart/mixed", None),
        ("multipart/alternative", None),
        ("text/plain", None),
        ("text/html", None),
        ("text/calendar", None),
        ("application/ics", "attachment"),
    ]
    parts = list(message.walk())
    assert parts[4].get_param("method") == "REQUEST"
    assert parts[4].get_param("charset") == "UTF-8"
    assert parts[4]["Content-Transfer-Encoding"] == "base64"
    assert parts[5].get_filename() == "invite.ics"


@pytest.mark.django_db
def test_a_file_arrives_byte_for_byte_with_its_line_ends(mailcatcher: MailCatcher) -> None:
    request = booked(factories.make_office()).request
    assert request is not None
    Participant.objects.update(event_title="Café – Ö")
    send_all(NOW)

    (message,) = with_files(mailcatcher)

    inline, attached = [
        p.get_payload(decode=True)
        for p in message.walk()
        if p.get_content_type() in ("text/calendar", "application/ics")
    ]
    assert isinstance(inline, bytes)
    assert inline == attached
    assert inline.count(b"\n") == inline.count(b"\r\n") > 15
    assert "SUMMARY:Café – Ö".encode() in inline


@pytest.mark.django_db
def test_move_and_cancel_keep_the_uid_and_raise_the_sequence(mailcatcher: MailCatcher) -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    send_all(NOW)
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start + timedelta(hours=1),
        now=NOW,
    )
    send_all(NOW)
    cancellations.cancel(
        appointment_id=appointment.pk, participant_id=Participant.objects.get().pk, now=NOW
    )
    send_all(NOW)

    files = [part for m in with_files(mailcatcher) if (part := calendar_part(m))]

    events = [f.event for f in files]
    assert [f.method for f in files] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [f"METHOD:{f.method}".encode() in f.content for f in files] == [True] * 3
    assert {str(e["UID"]) for e in events} == {str(Invite.objects.get().uid)}
    assert [e["SEQUENCE"] for e in events] == [0, 1, 2]
    assert [e["STATUS"] for e in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    stamps = [e.DTSTAMP for e in events if e.DTSTAMP]
    assert len(stamps) == 3
    assert stamps == sorted(set(stamps))
    assert [e.start for e in events] == [start, *[start + timedelta(hours=1)] * 2]


@pytest.mark.django_db
def test_each_of_two_gets_an_entry_that_knows_nothing_of_the_other(
    mailcatcher: MailCatcher,
) -> None:
    appointment = booked(factories.make_office(), "couple")
    send_all(NOW)

    messages = with_files(mailcatcher)

    people = {p.email: p for p in Participant.objects.filter(request=appointment.request)}
    assert len(messages) == 2
    uids = set()
    for message in messages:
        part = calendar_part(message)
        assert part is not None
        (address,) = [a.addr_spec for a in message["To"].addresses]
        other = next(p for email, p in people.items() if email != address)
        everything = body_of(message, "plain") + body_of(message, "html") + part.content.decode()
        assert other.email not in everything
        assert other.label not in everything
        attendee = part.event["ATTENDEE"]
        assert str(attendee) == f"mailto:{address}"
        assert attendee.params["RSVP"] == "FALSE"
        uids.add(str(part.event["UID"]))
    assert len(uids) == 2


@pytest.mark.django_db
def test_reminders_carry_no_file(mailcatcher: MailCatcher) -> None:
    booked(factories.make_office())
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.REMINDER).delete()
    due = Delivery.objects.latest("due_at").due_at
    send_due(worker="w", now=due)
    assert mailcatcher.messages
    assert not with_files(mailcatcher)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("modality", "location"), [("video", "Online"), ("phone", "Phone"), ("in_person", None)]
)
def test_a_calendar_never_says_where_people_meet(
    mailcatcher: MailCatcher, modality: str, location: str | None
) -> None:
    appointment = booked(factories.make_office())
    appointment.modality = modality
    appointment.save()
    send_all(NOW)

    (message,) = with_files(mailcatcher)
    part = calendar_part(message)
    assert part is not None
    assert part.event.get("LOCATION") == location
    assert b"Quiet Street" not in part.content
