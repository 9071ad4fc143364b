"""Calendar files through create, move and cancel, read by two parsers that know nothing of each
other, as they arrive through a real mail server."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, available_timezones

import pytest
import vobject
from icalendar import Calendar, Event

from booking.models import Participant
from booking.operations import appointments, cancellations
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.envelopes import Envelope
from notifications.operations.invites import CalendarFile, calendar_file
from notifications.operations.post import Answer, Post
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import booked, calendar_part, send_all

GOLDEN = Path(__file__).parent / "golden" / "sent"
APPOINTMENTS = 500
SEED = 20261122

#: Titles that people choose, and some that nobody should.
TITLES = (
    "Appointment",
    "Dentist",
    "Café – Ö; twice, \\ and again",
    "ברור 🌿 " * 8,
    "one\r\nATTENDEE:mailto:eve@evil.test",
    "x" * 200,
)


def read_strictly(content: bytes) -> Event:
    """The one event, by icalendar; nothing in the file may be wrong."""
    calendar = Calendar.from_ical(content)
    assert not calendar.errors
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    assert not event.errors
    return event


def read_otherwise(content: bytes) -> Any:
    """The same by vobject, which shares no code with it."""
    (calendar,) = vobject.readComponents(content.decode())
    (event,) = calendar.vevent_list
    calendar.validate(raiseException=True)
    return event


def check_form(content: bytes) -> None:
    """Line ends, line lengths, and one single person invited."""
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    lines = content.split(b"\r\n")
    assert lines.pop() == b""
    assert max(map(len, lines)) <= 75
    assert all(line.decode() for line in lines)  # no character is cut in two
    unfolded = content.replace(b"\r\n ", b"").split(b"\r\n")
    assert sum(line.startswith(b"ATTENDEE") for line in unfolded) == 1
    assert sum(line.startswith(b"UID") for line in unfolded) == 1


def a_life(chance: random.Random) -> list[CalendarFile]:
    """One appointment from the first file to the last: booked, moved some times, cancelled."""
    zone = ZoneInfo(chance.choice(sorted(available_timezones())))
    # Every hour of two years, the hours that clocks skip and repeat included.
    wall = datetime(2026, 1, 1) + timedelta(minutes=5 * chance.randrange(2 * 365 * 288))  # noqa: DTZ001
    starts_at = wall.replace(tzinfo=zone, fold=chance.randrange(2))
    uid = uuid4()
    files = []
    stamp = NOW
    moves = chance.randrange(4)
    for sequence in range(moves + 2):
        is_last = sequence == moves + 1
        if 0 < sequence < moves + 1:
            starts_at = (
                starts_at.astimezone(UTC) + timedelta(hours=chance.randrange(1, 99))
            ).astimezone(zone)
        stamp += timedelta(seconds=chance.randrange(1, 10_000))
        files.append(
            CalendarFile(
                method="CANCEL" if is_last else "REQUEST",
                uid=uid,
                sequence=sequence,
                stamped_at=stamp,
                starts_at=starts_at,
                ends_at=starts_at.astimezone(UTC) + timedelta(minutes=chance.choice((20, 50, 110))),
                title=chance.choice(TITLES),
                location=chance.choice(("Online", "Phone", "")),
                url="https://office.example/open/" + "MDEyMzQ1Njc4OWFiY2RlZg" * 2,
                organizer="office@office.example",
                attendee=f"person.{chance.randrange(10**6)}@example.test",
                takes_reply=chance.random() < 0.5,
            )
        )
    return files


def test_five_hundred_lives_read_the_same_by_both_parsers() -> None:
    chance = random.Random(SEED)  # noqa: S311

    for _ in range(APPOINTMENTS):
        life = a_life(chance)
        contents = [calendar_file(file) for file in life]
        events = [read_strictly(content) for content in contents]
        others = [read_otherwise(content) for content in contents]

        for file, content, event, other in zip(life, contents, events, others, strict=True):
            check_form(content)
            expected = [t.astimezone(UTC) for t in (file.starts_at, file.ends_at)]
            assert [event.start, event.end] == expected
            assert [other.dtstart.value, other.dtend.value] == expected
            assert str(event["SUMMARY"]) == other.summary.value
            assert str(event["ATTENDEE"]) == other.attendee.value == f"mailto:{file.attendee}"
        assert (
            {str(e["UID"]) for e in events} == {o.uid.value for o in others} == {str(life[0].uid)}
        )
        assert [e["SEQUENCE"] for e in events] == list(range(len(life)))
        assert [int(o.sequence.value) for o in others] == list(range(len(life)))
        stamps = [o.dtstamp.value for o in others]
        assert stamps == sorted(set(stamps))
        assert [o.status.value for o in others][-2:] == ["CONFIRMED", "CANCELLED"]


def test_files_pass_a_real_mail_server_byte_for_byte(mailcatcher: MailCatcher) -> None:
    chance = random.Random(SEED)  # noqa: S311
    files = [file for _ in range(20) for file in a_life(chance)]
    contents = [calendar_file(file) for file in files]

    with Post() as post:
        answers = [
            post.hand_over(carrying(file, c)).answer
            for file, c in zip(files, contents, strict=True)
        ]

    assert set(answers) == {Answer.TAKEN}
    arrived = [part for m in mailcatcher.messages if (part := calendar_part(m))]
    assert [part.content for part in arrived] == contents
    assert [part.method for part in arrived] == [file.method for file in files]


def carrying(file: CalendarFile, content: bytes) -> Envelope:
    """An e-mail with this file, put together as every other is."""
    mail = Envelope(subject="New time", body="Text.", from_email=file.organizer, to=[file.attendee])
    mail.attach_alternative("<p>Text.</p>", "text/html")
    mail.calendar, mail.method, mail.boundary = content, file.method, uuid4().hex
    return mail


# --- From the press of a button to the mailbox -----------------------------------------------


@pytest.mark.django_db
def test_what_is_booked_moved_and_cancelled_arrives_as_it_is(mailcatcher: MailCatcher) -> None:
    office = factories.make_office()
    chance = random.Random(SEED)  # noqa: S311
    service = office.services["individual-50"]
    seen: dict[UUID, list[tuple[str, datetime]]] = {}
    for number in range(12):
        start = chance.choice(factories.open_starts(office, service))
        appointment = booked(office, times=(start,))
        expected = [("REQUEST", start)]
        for _ in range(chance.randrange(3)):
            start = chance.choice(factories.open_starts(office, service))
            appointments.reschedule(
                appointment_id=appointment.pk,
                practitioner_id=office.practitioner.pk,
                starts_at=start,
                now=NOW,
            )
            send_all(NOW)
            expected.append(("REQUEST", start))
        send_all(NOW)
        if number % 2:
            person = Participant.objects.get(attendances__appointment=appointment)
            cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)
            send_all(NOW)
            expected.append(("CANCEL", start))
        seen[appointment.pk] = expected

    arrived = [part for m in mailcatcher.messages if (part := calendar_part(m))]

    for pk, expected in seen.items():
        uid = Delivery.objects.filter(invite__attendance__appointment=pk).values_list(
            "invite__uid", flat=True
        )[0]
        own = [part for part in arrived if str(part.event["UID"]) == str(uid)]
        # A file that had not left when a newer one came never does.
        assert own
        assert (own[-1].method, own[-1].event.start) == expected[-1]
        sequences = [int(str(part.event["SEQUENCE"])) for part in own]
        assert sequences == sorted(set(sequences))
        for part in own:
            check_form(part.content)
            assert read_otherwise(part.content).dtstart.value == part.event.start


# --- Golden copies: one for each message that carries a file ---------------------------------


def as_golden(content: bytes, own: Sequence[tuple[str, str]]) -> bytes:
    """The file with what differs from run to run replaced: ids, address, link."""
    text = content.decode().replace("\r\n ", "")
    for found, stands_for in own:
        text = text.replace(found, stands_for)
    return text.encode()


def sent_files(mailcatcher: MailCatcher) -> list[bytes]:
    """Every file that arrived, in order, as its golden copy has it."""
    goldens = []
    for message in mailcatcher.messages:
        part = calendar_part(message)
        if part is None:
            continue
        address = str(message["To"])
        own = [
            (str(part.event["UID"]), "(uid)"),
            (str(part.event["DESCRIPTION"]), "(link)"),
            (address, "person@example.test"),
        ]
        goldens.append(as_golden(part.content, own))
    return goldens


def bring_about(kind: Kind, office: factories.Office, mailcatcher: MailCatcher) -> None:
    """Bring about the message of this kind, with the mailbox emptied just before it."""
    start = datetime(2026, 10, 27, 14, 0, tzinfo=UTC)
    appointment = booked(office, times=(start,))
    person = Participant.objects.get()
    if kind is Kind.BOOKED:
        mailcatcher.empty()
        send_all(NOW)
        return
    send_all(NOW)
    mailcatcher.empty()
    match kind:
        case Kind.MOVED:
            appointments.reschedule(
                appointment_id=appointment.pk,
                practitioner_id=office.practitioner.pk,
                starts_at=start + timedelta(days=7),  # the clocks have changed in between
                now=NOW,
            )
        case Kind.CANCELLED_OWN:
            cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)
        case Kind.CANCELLED_LATE:
            late = start - timedelta(hours=3)
            cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=late)
            send_all(late)
        case Kind.CANCELLED_BY_PRACTICE:
            cancellations.cancel_by_practitioner(
                appointment_id=appointment.pk,
                practitioner_id=office.practitioner.pk,
                now=NOW,
                offer_new_times=False,
            )
    send_all(NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "kind",
    [
        Kind.BOOKED,
        Kind.MOVED,
        Kind.CANCELLED_OWN,
        Kind.CANCELLED_LATE,
        Kind.CANCELLED_BY_PRACTICE,
    ],
)
def test_the_file_of_each_message_is_the_golden_one(mailcatcher: MailCatcher, kind: Kind) -> None:
    bring_about(kind, factories.make_office(), mailcatcher)

    (sent,) = sent_files(mailcatcher)

    assert sent == (GOLDEN / f"{kind}.ics").read_bytes()


@pytest.mark.django_db
def test_the_file_for_the_others_of_a_cancelled_session_is_the_golden_one(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    start = datetime(2026, 10, 27, 14, 0, tzinfo=UTC)
    appointment = booked(office, "couple", times=(start,))
    batch = NOW + timedelta(days=1)
    send_all(batch)
    mailcatcher.empty()
    first = Participant.objects.get(is_requester=True)
    cancellations.cancel(appointment_id=appointment.pk, participant_id=first.pk, now=batch)
    send_all(batch)

    own, others = sorted(sent_files(mailcatcher))

    # To a calendar the two say the same: who cancelled stands nowhere.
    assert own == others == (GOLDEN / f"{Kind.CANCELLED_FOR_OTHERS}.ics").read_bytes()
