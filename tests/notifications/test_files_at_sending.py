"""Calendar files when they leave: who takes them, who has one already, where it went."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from booking.models import Appointment, Participant
from booking.operations import appointments, cancellations, links
from notifications.domain.kinds import Kind
from notifications.domain.replies import Fate
from notifications.models import Delivery, Invite, Reply
from notifications.operations import replies, resending
from notifications.operations.claiming import claim_due, give_back, reclaim_expired
from notifications.operations.sending import send_due
from notifications.operations.settling import begin
from notifications.queries import replies as said
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    CalendarPart,
    body_of,
    booked,
    calendar_part,
    plan_all,
    send_all,
    the_delivery,
)
from tests.notifications.incoming import parsed, reply_to

pytestmark = pytest.mark.django_db

State = Delivery.State
HOUR = timedelta(hours=1)
NOTE = "puts it in your calendar"
NEW = "new@example.test"


@pytest.fixture
def appointment(office: Office) -> Appointment:
    """Booked and planned; nothing has left, and nothing is of interest but what carries files."""
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    found = booked(office, times=(start,))
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    return found


def files(mailcatcher: MailCatcher) -> list[CalendarPart]:
    return [part for m in mailcatcher.messages if (part := calendar_part(m))]


def want_none() -> None:
    Participant.objects.update(calendar_entry=Participant.CalendarEntry.NOTHING)


def cancel(appointment: Appointment) -> None:
    cancellations.cancel(
        appointment_id=appointment.pk, participant_id=Participant.objects.get().pk, now=NOW
    )
    plan_all(NOW)


def move(office: Office, appointment: Appointment) -> None:
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=appointment.starts_at + HOUR,
        now=NOW,
    )
    plan_all(NOW)


# --- Who wants none any more ---------------------------------------------------------------------


def test_who_wants_nothing_in_their_calendar_any_more_gets_the_message_without_a_file(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    want_none()

    send_due(worker="w", now=NOW)

    (message,) = mailcatcher.messages
    assert calendar_part(message) is None
    assert NOTE not in body_of(message, "plain")
    told = the_delivery(Kind.BOOKED)
    assert (told.state, told.method, told.invite_id) == (State.SENT, "", None)
    assert appointment.state == "booked"


def test_who_still_wants_one_gets_it_and_is_told_so(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    send_due(worker="w", now=NOW)

    (message,) = mailcatcher.messages
    assert NOTE in body_of(message, "plain")
    assert [f.method for f in files(mailcatcher)] == ["REQUEST"]


def test_a_copy_sent_again_at_the_desk_follows_the_wish_of_now(
    mailcatcher: MailCatcher, office: Office, appointment: Appointment
) -> None:
    send_due(worker="w", now=NOW)
    mailcatcher.empty()
    want_none()

    resending.send_again(
        delivery_id=the_delivery(Kind.BOOKED).pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    send_due(worker="w", now=NOW)

    (copy,) = mailcatcher.messages
    assert calendar_part(copy) is None
    assert NOTE not in body_of(copy, "plain")


def test_a_retry_of_what_may_have_arrived_with_a_file_goes_without_and_is_remembered(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    (claimed,) = claim_due(claim="dead", now=NOW, limit=1)
    begin(claimed, now=NOW)
    later = NOW + timedelta(minutes=6)
    reclaim_expired(now=later)
    want_none()

    send_due(worker="w", now=later)

    assert files(mailcatcher) == []
    # Their calendar may hold what the dead worker sent, so a cancellation takes it away.
    mailcatcher.empty()
    cancel(appointment)
    send_due(worker="w", now=later)
    assert [f.method for f in files(mailcatcher)] == ["CANCEL"]


def test_an_entry_at_the_old_time_is_taken_away_even_if_the_wish_came_after_the_plan(
    mailcatcher: MailCatcher, office: Office, appointment: Appointment
) -> None:
    send_due(worker="w", now=NOW)
    move(office, appointment)
    mailcatcher.empty()
    want_none()

    send_due(worker="w", now=NOW)

    (file,) = files(mailcatcher)
    assert (file.method, file.event["SEQUENCE"]) == ("CANCEL", 1)


# --- Who has an entry at all ---------------------------------------------------------------------


def test_what_was_claimed_and_never_begun_needs_no_cancellation_file(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    (claimed,) = claim_due(claim="slow", now=NOW, limit=1)
    cancel(appointment)
    give_back(claim="slow", ids=[claimed.pk])

    send_due(worker="w", now=NOW)

    assert files(mailcatcher) == []
    assert the_delivery(Kind.BOOKED).state == State.SUPERSEDED
    told = the_delivery(Kind.CANCELLED_OWN)
    assert (told.state, told.method) == (State.SENT, "")


def test_what_was_sent_is_taken_away_and_so_by_a_copy(
    mailcatcher: MailCatcher, office: Office, appointment: Appointment
) -> None:
    send_due(worker="w", now=NOW)
    cancel(appointment)
    send_due(worker="w", now=NOW)
    resending.send_again(
        delivery_id=the_delivery(Kind.CANCELLED_OWN).pk,
        practitioner_id=office.practitioner.pk,
        now=NOW,
    )
    send_due(worker="w", now=NOW)

    found = [(f.method, f.event["SEQUENCE"]) for f in files(mailcatcher)]
    assert found == [("REQUEST", 0), ("CANCEL", 1), ("CANCEL", 1)]


# --- Another address -----------------------------------------------------------------------------


def change_address(person: Participant) -> None:
    links.send_to_new_address(participant_id=person.pk, address=NEW, now=NOW)
    link = person.links.get(address=NEW)
    links.enter(token=links.token(link.pk), code_typed=links.code(link.pk), now=NOW)
    send_all(NOW)


def test_a_calendar_at_another_address_gets_the_entry_and_loses_it_again(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    person = Participant.objects.get()
    send_due(worker="w", now=NOW)

    change_address(person)
    cancel(appointment)
    send_due(worker="w", now=NOW)

    found = [(f.method, f.event["SEQUENCE"], str(f.event["ATTENDEE"])) for f in files(mailcatcher)]
    assert found == [
        ("REQUEST", 0, f"mailto:{person.email}"),
        ("REQUEST", 1, f"mailto:{NEW}"),
        ("CANCEL", 2, f"mailto:{NEW}"),
    ]


def test_who_has_no_entry_gets_none_by_changing_their_address(
    mailcatcher: MailCatcher, appointment: Appointment
) -> None:
    want_none()
    send_due(worker="w", now=NOW)

    change_address(Participant.objects.get())

    assert files(mailcatcher) == []
    assert Delivery.objects.filter(kind=Kind.BOOKED).count() == 1


@pytest.fixture
def inbound(settings: Settings) -> None:
    settings.INBOUND_ADDRESS = "calendar@office.example"


@pytest.mark.usefixtures("inbound", "mailcatcher")
def test_a_no_from_the_calendar_at_the_address_before_is_asked_about_and_not_dropped(
    office: Office, appointment: Appointment
) -> None:
    person = Participant.objects.get()
    send_due(worker="w", now=NOW)
    old = reply_to(appointment, partstat="DECLINED", sender=person.email)
    change_address(person)

    fate = replies.receive(message=parsed(old.mail()), now=NOW + HOUR)

    assert fate is Fate.UNVERIFIED
    assert (Reply.objects.get().answer, Reply.objects.get().is_verified) == ("declined", False)
    roster = said.roster_of(appointment.pk, office.practitioner.pk)
    assert roster is not None
    assert [len(standing.to_see) for standing in roster.people] == [1]


@pytest.mark.usefixtures("inbound", "mailcatcher")
def test_what_the_address_before_says_of_a_time_that_has_changed_is_outdated(
    office: Office, appointment: Appointment
) -> None:
    person = Participant.objects.get()
    send_due(worker="w", now=NOW)
    old = reply_to(appointment, partstat="DECLINED", sender=person.email)
    change_address(person)
    move(office, appointment)

    fate = replies.receive(message=parsed(old.mail()), now=NOW + HOUR)

    assert fate is Fate.OUTDATED
    assert not Reply.objects.exists()


@pytest.mark.usefixtures("inbound", "mailcatcher")
def test_an_address_that_no_file_ever_went_to_answers_for_nobody(
    appointment: Appointment,
) -> None:
    send_due(worker="w", now=NOW)
    stranger = reply_to(
        appointment, partstat="DECLINED", sender="eve@evil.test", attendee="mailto:eve@evil.test"
    )

    fate = replies.receive(message=parsed(stranger.mail()), now=NOW + HOUR)

    assert fate is Fate.SOMEBODY_ELSE
    assert Invite.objects.count() == 1
