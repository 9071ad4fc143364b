"""Mail that strangers send: dropped with its reason, kept nowhere, and never a fault."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st
from psycopg import sql

from booking.models import Appointment
from notifications.domain.replies import Fate
from notifications.models import IncomingMail, Reply
from tests.booking import factories
from tests.booking.factories import NOW
from tests.notifications.helpers import booked, plan_all
from tests.notifications.incoming import LATER, receive, reply_to
from tests.notifications.incoming import Reply as IncomingReply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inbound")]


@pytest.fixture
def appointment() -> Appointment:
    found = booked(factories.make_office())
    plan_all(NOW)
    return found


def with_part(
    content: bytes, maintype: str = "text", subtype: str = "calendar", **params: str
) -> bytes:
    message = EmailMessage()
    message["From"] = "alex@example.test"
    message.set_content("Words.")
    message.add_attachment(content, maintype="text", subtype="calendar", params=params)
    return message.as_bytes()


def twenty_attachments() -> bytes:
    """A mail that carries a lot, and nothing for us."""
    message = EmailMessage()
    message["From"] = "alex@example.test"
    message.set_content("Words.")
    for number in range(20):
        message.add_attachment(b"%d" % number * 100, maintype="image", subtype="png")
    return message.as_bytes()


Case = tuple[Callable[[IncomingReply], bytes], Fate]


def _altered(old: bytes, new: bytes) -> Callable[[IncomingReply], bytes]:
    """A mail whose calendar file is a good one but for this."""

    def make(reply: IncomingReply) -> bytes:
        content = reply.calendar()
        assert old in content
        return with_part(content.replace(old, new))

    return make


_TWO_EVENTS = b"END:VEVENT\r\nBEGIN:VEVENT\r\nEND:VEVENT"
BROKEN: dict[str, Case] = {
    "nothing": (lambda r: b"", Fate.NO_CALENDAR),
    "a letter": (lambda r: b"From: a@b.test\r\n\r\nHello", Fate.NO_CALENDAR),
    "bytes": (lambda r: bytes(range(256)) * 20, Fate.NO_CALENDAR),
    "a file name": (lambda r: with_part(b"/etc/passwd"), Fate.NO_CALENDAR),
    "twenty attachments": (lambda r: twenty_attachments(), Fate.NO_CALENDAR),
    "a heap": (lambda r: with_part(r.calendar() + b"X:" + b"x" * 70_000), Fate.TOO_LARGE),
    "half a part": (lambda r: r.mail()[:-200], Fate.UNREADABLE),
    "another uid": (lambda r: with_part(r.calendar().replace(r.uid.encode(), b"x")), Fate.UNKNOWN),
    "no end": (_altered(b"END:VCALENDAR", b""), Fate.UNREADABLE),
    "a request": (_altered(b"REPLY", b"REQUEST"), Fate.NOT_A_REPLY),
    "a cancel": (_altered(b"REPLY", b"CANCEL"), Fate.NOT_A_REPLY),
    "no method": (_altered(b"METHOD:REPLY\r\n", b""), Fate.NOT_A_REPLY),
    "no stamp": (_altered(b"DTSTAMP", b"X-STAMP"), Fate.UNREADABLE),
    "a bad stamp": (_altered(b"DTSTAMP:2", b"DTSTAMP:x"), Fate.UNREADABLE),
    "two uids": (_altered(b"UID:", b"UID:x\r\nUID:"), Fate.UNKNOWN),
    "two events": (_altered(b"END:VEVENT", _TWO_EVENTS), Fate.UNREADABLE),
    "no attendee": (_altered(b"ATTENDEE", b"X-NOBODY"), Fate.SOMEBODY_ELSE),
    "delegated": (_altered(b"ACCEPTED", b"DELEGATED"), Fate.NO_ANSWER),
    "a bad sequence": (_altered(b"SEQUENCE:0", b"SEQUENCE:x"), Fate.UNREADABLE),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_no_answer_is_dropped_with_its_reason(appointment: Appointment, case: str) -> None:
    make, expected = BROKEN[case]

    fate = receive(make(reply_to(appointment)))

    assert fate == expected
    assert IncomingMail.objects.get().fate == expected
    assert not Reply.objects.exists()


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "no-such-charset", "utf-8"])
def test_a_wrong_charset_does_not_hide_an_answer(appointment: Appointment, charset: str) -> None:
    content = reply_to(appointment, more=["COMMENT:gern – schön"]).calendar()

    fate = receive(with_part(content, charset=charset))

    # As UTF-16 it is other letters altogether, or, of an odd length, nothing that is UTF-16.
    may_be = {Fate.NO_CALENDAR, Fate.UNVERIFIED} if charset == "utf-16" else {Fate.UNVERIFIED}
    assert fate in may_be


@pytest.mark.parametrize("end", ["cancelled", "left", "begun"])
def test_an_answer_to_what_is_over_changes_nothing(appointment: Appointment, end: str) -> None:
    now = LATER
    if end == "cancelled":
        Appointment.objects.filter(pk=appointment.pk).update(state="cancelled")
    elif end == "left":
        appointment.attendances.update(left_at=NOW)
    else:
        now = appointment.starts_at

    assert receive(reply_to(appointment).mail(), now=now) is Fate.OVER
    assert not Reply.objects.exists()


@limits(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_mail_however_broken_makes_it_fail(
    appointment: Appointment, data: st.DataObject
) -> None:
    mail = bytearray(reply_to(appointment).mail())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(mail) - 1))
        mail[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=12))

    assert receive(bytes(mail)) in list(Fate)


def test_nothing_that_a_mail_says_is_kept(appointment: Appointment) -> None:
    receive(reply_to(appointment, more=["COMMENT:canary-in-the-file"], proven=False).mail())

    kept = []
    with connection.cursor() as cursor:
        for table in ("notifications_reply", "notifications_incomingmail", "practice_change"):
            cursor.execute(
                sql.SQL("SELECT coalesce(string_agg(t::text, ' '), '') FROM {} t").format(
                    sql.Identifier(table)
                )
            )
            kept.append(cursor.fetchone()[0])

    everything = " ".join(kept)
    assert "canary" not in everything
    assert "Private words" not in everything
    assert "@" not in everything


def test_that_mail_came_in_is_forgotten_after_three_months(appointment: Appointment) -> None:
    receive(b"", now=NOW - timedelta(days=91))
    receive(b"", now=NOW)

    assert [m.received_at for m in IncomingMail.objects.all()] == [NOW]
