"""Mail that comes in: answers of calendar programs, and everything else that strangers send."""

import io
import os
import subprocess
import sys
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from booking.models import Appointment, Participant
from booking.operations import appointments, links
from notifications.domain.kinds import Kind
from notifications.domain.replies import Fate, Sender
from notifications.models import IncomingMail, Invite, Reply, Unreachable
from notifications.operations import replies
from notifications.operations.incoming import MAIL_MAX, sender_of
from notifications.queries import replies as said
from notifications.queries.bounces import is_unreachable
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import BASE_DIR, MailCatcher
from tests.notifications.helpers import booked, calendar_part, deliveries, plan_all, send_all
from tests.notifications.incoming import AUTHSERV, parsed, reply_to

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(minutes=10)


@pytest.fixture(autouse=True)
def inbound(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = "calendar@office.example"
    settings.TRUSTED_AUTHSERV_ID = AUTHSERV


@pytest.fixture
def office() -> factories.Office:
    return factories.make_office()


@pytest.fixture
def appointment(office: factories.Office) -> Appointment:
    found = booked(
        office, times=factories.open_starts(office, office.services["individual-50"])[-9:-8]
    )
    plan_all(NOW)
    return found


def receive(content: bytes, *, now: datetime = LATER) -> Fate:
    return replies.receive(message=parsed(content), now=now)


def what_counts(office: factories.Office, appointment: Appointment) -> str | None:
    roster = said.roster_of(appointment.pk, office.practitioner.pk)
    assert roster is not None
    answer = roster.people[0].answer
    return answer.answer if answer else None


# --- The invite ------------------------------------------------------------------------------


def test_an_invite_asks_for_an_answer_where_answers_are_read(
    mailcatcher: MailCatcher, settings: Settings, office: factories.Office
) -> None:
    booked(office)
    send_all(NOW)
    settings.INBOUND_ADDRESS = ""
    booked(office)
    send_all(NOW)

    messages = [m for m in mailcatcher.messages if calendar_part(m)]
    parts = [part for m in messages if (part := calendar_part(m))]

    assert [p.event["ATTENDEE"].params["RSVP"] for p in parts] == ["TRUE", "FALSE"]
    assert [str(p.event["ORGANIZER"]) for p in parts] == [
        "mailto:calendar@office.example",
        "mailto:office@attune.localhost",
    ]
    # Calendar programs want the organizer to be who the mail is from.
    assert [f"mailto:{m['From'].addresses[0].addr_spec}" for m in messages] == [
        str(p.event["ORGANIZER"]) for p in parts
    ]


def test_who_invited_stays_who_invites(
    mailcatcher: MailCatcher,
    settings: Settings,
    office: factories.Office,
    appointment: Appointment,
) -> None:
    settings.INBOUND_ADDRESS = "elsewhere@office.example"
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=appointment.starts_at - timedelta(days=1),
        now=NOW,
    )
    send_all(NOW)

    organizers = {
        str(part.event["ORGANIZER"]) for m in mailcatcher.messages if (part := calendar_part(m))
    }

    assert organizers == {"mailto:calendar@office.example"}


# --- Answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("partstat", ["ACCEPTED", "TENTATIVE", "DECLINED"])
def test_an_answer_counts_for_the_one_who_gave_it(
    office: factories.Office, appointment: Appointment, partstat: str
) -> None:
    fate = receive(reply_to(appointment, partstat=partstat).mail())

    assert fate is Fate.TAKEN
    assert what_counts(office, appointment) == partstat.lower()
    assert IncomingMail.objects.get().fate == "taken"


def test_a_no_calls_the_practitioner_and_changes_nothing_else(
    office: factories.Office,
) -> None:
    appointment = booked(office, "couple")
    plan_all(NOW)
    before = list(Appointment.objects.values())

    receive(reply_to(appointment, partstat="DECLINED").mail())
    plan_all(LATER)

    assert list(Appointment.objects.values()) == before
    (told,) = [d for d in deliveries(Kind.NEEDS_A_LOOK) if d.subject_id == appointment.pk]
    assert told.practitioner_id == office.practitioner.pk
    newest = [d for k in Kind for d in deliveries(k) if d.change_id == told.change_id]
    assert [d.participant_id for d in newest] == [None]


def test_another_time_suggested_is_shown_and_answered_by_nobody(
    office: factories.Office, appointment: Appointment
) -> None:
    before = appointment.starts_at

    fate = receive(reply_to(appointment, method="COUNTER", partstat="TENTATIVE").mail())

    appointment.refresh_from_db()
    assert (fate, appointment.starts_at) == (Fate.TAKEN, before)
    assert what_counts(office, appointment) is None
    (waiting,) = said.waiting(office.practitioner.pk, now=LATER)
    assert waiting.answer == "counter"


@pytest.mark.parametrize(
    "changes",
    [
        {"attendee": "MAILTO:{upper}"},
        {"organizer": None},
        {"attendee": "mailto:someone.else@example.test"},  # their other address, sent from theirs
        {"more": ["RRULE:FREQ=SECONDLY", "COMMENT:" + "x" * 300]},
        {"sequence": 7},
        {"sender": "Alex Example <{plain}>"},
    ],
)
def test_it_counts_however_the_program_writes_it(
    office: factories.Office, appointment: Appointment, changes: dict[str, Any]
) -> None:
    address = Participant.objects.get().email
    filled = {
        key: value.format(upper=address.upper(), plain=address) if isinstance(value, str) else value
        for key, value in changes.items()
    }

    fate = receive(reply_to(appointment, **filled).mail())

    assert fate is Fate.TAKEN
    assert what_counts(office, appointment) == "accepted"


def test_the_same_answer_twice_counts_once_and_an_older_one_not_at_all(
    office: factories.Office, appointment: Appointment
) -> None:
    early, late = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    last = reply_to(appointment, partstat="DECLINED", stamped_at=late).mail()

    fates = [
        receive(last),
        receive(last),
        receive(reply_to(appointment, stamped_at=early).mail()),
    ]

    assert fates == [Fate.TAKEN, Fate.REPEATED, Fate.TAKEN]
    assert what_counts(office, appointment) == "declined"


def test_a_clock_that_runs_ahead_does_not_outdo_a_later_answer(
    office: factories.Office, appointment: Appointment
) -> None:
    ahead = NOW + timedelta(days=400)
    receive(reply_to(appointment, stamped_at=ahead, partstat="DECLINED").mail())

    replies.answer(
        participant_id=Participant.objects.get().pk,
        appointment_id=appointment.pk,
        comes=True,
        now=LATER + timedelta(minutes=1),
    )

    assert what_counts(office, appointment) == "accepted"


def test_an_answer_to_a_time_that_has_changed_is_outdated(
    office: factories.Office, appointment: Appointment
) -> None:
    old = reply_to(appointment)
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=appointment.starts_at - timedelta(days=1),
        now=NOW,
    )
    plan_all(NOW)

    assert receive(old.mail()) is Fate.OUTDATED
    assert Invite.objects.get().sequence == 1
    assert what_counts(office, appointment) is None


# --- Who sent it -----------------------------------------------------------------------------


def test_without_proof_it_waits_for_the_practitioners_press(
    office: factories.Office, appointment: Appointment
) -> None:
    fate = receive(reply_to(appointment, proven=False).mail())
    (waiting,) = said.waiting(office.practitioner.pk, now=LATER)
    before = what_counts(office, appointment)

    replies.settle(
        reply_id=waiting.pk,
        practitioner_id=office.practitioner.pk,
        outcome=Reply.Outcome.CONFIRMED,
        now=LATER,
    )

    assert (fate, before) == (Fate.UNVERIFIED, None)
    assert what_counts(office, appointment) == "accepted"
    assert said.waiting(office.practitioner.pk, now=LATER) == []


def test_what_is_not_theirs_is_ignored_by_a_press(
    office: factories.Office, appointment: Appointment
) -> None:
    receive(reply_to(appointment, proven=False, partstat="DECLINED").mail())

    replies.settle(
        reply_id=Reply.objects.get().pk,
        practitioner_id=office.practitioner.pk,
        outcome=Reply.Outcome.IGNORED,
        now=LATER,
    )

    assert what_counts(office, appointment) is None
    assert said.waiting(office.practitioner.pk, now=LATER) == []


@pytest.mark.parametrize(
    "results",
    [
        "mx.office.example; dkim=fail header.d=example.test",
        "mx.office.example; dkim=pass header.d=elsewhere.test",
        "mx.office.example; dkim=pass header.d=test",
        "mx.office.example; dkim=none (dkim=pass header.d=example.test)",
        'mx.office.example; dkim=none reason="; dkim=pass header.d=example.test"',
        r'mx.office.example; spf=pass smtp.mailfrom="a\"; dkim=pass header.d=example.test; \""@b',
        r"mx.office.example; spf=fail (a \) ; dkim=pass header.d=example.test; c) smtp.mailfrom=b",
        "mx.office.example; spf=fail (a (b) ; dkim=pass header.d=example.test; c) dkim=none",
        "mx.office.example; spf=fail (a ; dkim=pass header.d=example.test",
        "mx.office.example; spf=fail a) ; dkim=pass header.d=example.test",
        'mx.office.example; spf=fail "a ; dkim=pass header.d=example.test',
        "mx.somebody.example; dkim=pass header.d=example.test",
        "mx.office.example.evil; dkim=pass header.d=example.test",
    ],
)
def test_what_proves_nothing_is_not_believed(appointment: Appointment, results: str) -> None:
    head = b"Authentication-Results: " + results.encode() + b"\r\n"

    assert receive(head + reply_to(appointment, proven=False).mail()) is Fate.UNVERIFIED


def test_results_below_those_of_our_own_server_anybody_can_have_written(
    appointment: Appointment,
) -> None:
    forged = reply_to(appointment).mail()

    assert receive(forged) is Fate.TAKEN
    Reply.objects.all().delete()
    on_top = b"Authentication-Results: mx.other.example; dkim=none\r\nReceived: from x\r\n"
    assert receive(on_top + forged) is Fate.UNVERIFIED


def test_several_results_of_our_own_server_are_read_together() -> None:
    mail = (
        b"Authentication-Results: mx.office.example; spf=pass smtp.mailfrom=x@example.test\r\n"
        b"Authentication-Results: mx.office.example;\r\n\tdkim=pass (2048-bit key)\r\n"
        b" header.i=@example.test header.s=one\r\n"
        b"From: alex@example.test\r\n\r\n"
    )

    assert sender_of(parsed(mail)) == Sender("alex@example.test", frozenset({"example.test"}))


def test_what_stands_beside_a_strangers_words_is_believed(appointment: Appointment) -> None:
    results = r'mx.office.example; spf=none (a (b\)) "c) smtp.mailfrom="a\";"@b; dkim=pass'
    head = f"Authentication-Results: {results} (ok) header.d=example.test\r\n".encode()

    assert receive(head + reply_to(appointment, proven=False).mail()) is Fate.TAKEN


def test_a_stranger_answers_for_nobody(appointment: Appointment) -> None:
    stranger = {"sender": "eve@evil.test", "attendee": "mailto:eve@evil.test"}

    assert receive(reply_to(appointment, **stranger).mail()) is Fate.SOMEBODY_ELSE
    assert not Reply.objects.exists()


def test_a_partner_cannot_answer_in_the_others_place_with_proof(
    office: factories.Office,
) -> None:
    appointment = booked(office, "couple")
    plan_all(NOW)
    other = Participant.objects.get(is_requester=False)

    fate = receive(reply_to(appointment, sender=other.email, partstat="DECLINED").mail())

    assert fate is Fate.UNVERIFIED
    assert what_counts(office, appointment) is None


# --- Messages that came back -----------------------------------------------------------------


def returned(message_id: str, status: str, *, action: str = "failed") -> bytes:
    """What a mail server writes when it could not deliver (RFC 3464)."""
    return f"""Message-ID: <{"1" * 32}@mx.example.test>
From: MAILER-DAEMON@mx.example.test
To: calendar@office.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it. Message-ID: <{"0" * 32}@in.the.words>

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; canary@example.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status[0]}50 {status} no such user

--b
Content-Type: text/rfc822-headers

From: Office <calendar@office.example>
Message-ID: <{message_id}@attune.localhost>

--b--
""".encode()


@pytest.mark.parametrize(
    ("status", "action", "bounced_as"),
    [("5.1.1", "failed", "hard"), ("5.2.2", "failed", "soft"), ("4.4.1", "delayed", "")],
)
def test_a_message_that_came_back_by_mail_is_written_down(
    mailcatcher: MailCatcher,
    appointment: Appointment,
    status: str,
    action: str,
    bounced_as: str,
) -> None:
    send_all(NOW)
    delivery = deliveries(Kind.BOOKED)[0]
    mail = returned(delivery.pk.hex, status, action=action)

    fates = [receive(mail), receive(mail)]
    plan_all(LATER)

    delivery.refresh_from_db()
    assert fates == [Fate.CAME_BACK if bounced_as else Fate.NO_CALENDAR] * 2
    assert delivery.bounced_as == bounced_as
    assert Unreachable.objects.exists() is (bounced_as == "hard")
    assert len(deliveries(Kind.PRACTITIONER_BOUNCED)) == bool(bounced_as)


def test_what_comes_back_late_is_held_against_the_address_that_it_went_to(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    send_all(NOW)
    delivery = deliveries(Kind.BOOKED)[0]
    assert delivery.participant is not None
    before = delivery.participant.email
    links.send_to_new_address(
        participant_id=delivery.participant.pk, address="new@example.test", now=LATER
    )
    link = factories.link_of(delivery.participant)
    links.enter(token=links.token(link.pk), code_typed=links.code(link.pk), now=LATER)

    receive(returned(delivery.pk.hex, "5.1.1"), now=LATER + timedelta(minutes=10))

    assert is_unreachable(before, Kind.REMINDER)
    assert not is_unreachable("new@example.test", Kind.REMINDER)


def test_whoever_does_not_know_the_message_cannot_make_it_come_back(
    appointment: Appointment,
) -> None:
    assert receive(returned("a" * 32, "5.1.1")) is Fate.CAME_BACK
    assert not Unreachable.objects.exists()


# --- The command -----------------------------------------------------------------------------


def piped(content: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the command with a mail on standard input; what it prints."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    call_command("receive_mail", stdout=out, verbosity=2)
    return out.getvalue().strip()


def test_the_command_takes_a_mail_from_standard_input(
    appointment: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert piped(reply_to(appointment).mail(), monkeypatch) in ("taken", "over")
    assert piped(b"From: a@b.test\n\nHello", monkeypatch) == "no_calendar"
    assert piped(b"x" * (MAIL_MAX + 10), monkeypatch) == "too_large"


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({"ATTUNE_INBOUND_ADDRESS": ""}, os.EX_CONFIG),
        (
            {
                "ATTUNE_INBOUND_ADDRESS": "calendar@office.example",
                "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
            },
            os.EX_TEMPFAIL,
        ),
    ],
)
def test_the_mail_server_is_told_what_to_do(environment: dict[str, str], status: int) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "receive_mail"],
        env={**os.environ, **environment},
        input=b"From: a@b.test\n\nHello",
        capture_output=True,
        cwd=BASE_DIR,
        check=False,
        timeout=60,
    )

    assert result.returncode == status
    assert b"Traceback" not in result.stderr
