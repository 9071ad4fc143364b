"""Invites that ask for an answer, and answers that calendar programs send."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from booking.models import Appointment, Participant
from booking.operations import appointments
from notifications.domain.kinds import Kind
from notifications.domain.replies import Fate
from notifications.models import IncomingMail, Invite
from notifications.operations import replies
from notifications.queries import replies as said
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import booked, calendar_part, deliveries, plan_all, send_all
from tests.notifications.incoming import LATER, receive, reply_to, what_counts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("inbound")]


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
