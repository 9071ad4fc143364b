"""Whose word an answer is: proven by our own server, or for the practitioner to settle."""

import pytest

from booking.models import Appointment, Participant
from notifications.domain.replies import Fate, Sender
from notifications.models import Reply
from notifications.operations import replies
from notifications.operations.incoming import sender_of
from notifications.queries import replies as said
from tests.booking import factories
from tests.booking.factories import NOW
from tests.notifications.helpers import booked, plan_all
from tests.notifications.incoming import LATER, parsed, receive, reply_to, what_counts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inbound")]


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
