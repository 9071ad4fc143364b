"""Which messages carry a calendar file and times, and which take an entry away again."""

from datetime import timedelta
from uuid import UUID

import pytest

from booking.models import Participant, Request
from booking.operations import appointments, calls, cancellations, decisions, participants
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.intake.people import CONTACT, YOU, save
from tests.notifications.helpers import (
    body_of,
    booked,
    calendar_part,
    deliveries,
    plan_all,
    send_all,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State


def test_somebody_without_an_entry_in_their_calendar_gets_no_cancel() -> None:
    office = factories.make_office()
    appointment = booked(office)
    plan_all(NOW)  # planned, and never sent
    person = Participant.objects.get()

    cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)
    plan_all(NOW)

    assert the_delivery(Kind.BOOKED).state == State.SUPERSEDED
    assert the_delivery(Kind.CANCELLED_OWN).method == ""


@pytest.mark.parametrize(
    ("answers", "has_file", "has_time"),
    [
        ({"ct_cal": "event", "ct_shared": "no"}, True, True),
        ({"ct_cal": "event", "ct_shared": "yes"}, True, False),  # chosen by themselves
        ({"ct_cal": "event", "ct_shared": "unsure"}, True, False),
        ({"ct_cal": "link", "ct_shared": "no"}, False, True),
        ({"ct_cal": "nothing", "ct_shared": "no"}, False, True),
        ({"ct_cal": "link", "ct_shared": "yes"}, False, False),
    ],
)
def test_file_and_times_go_only_where_people_said_so(
    mailcatcher: MailCatcher, answers: dict[str, str], has_file: bool, has_time: bool
) -> None:
    request = factories.verified(factories.make_office())
    person = Participant.objects.get()
    participants.set_passcode(participant_id=person.pk, passcode="2468 1357", now=NOW)
    for section, given in (("you", YOU), ("contact", CONTACT | answers)):
        save(person, section, given, NOW)
    factories.clear(person)
    _confirm(request.pk)

    send_all(NOW)

    message = next(m for m in mailcatcher.messages if m["Subject"] == "Your appointment")
    assert (calendar_part(message) is not None) is has_file
    assert ("When: " in body_of(message, "plain")) is has_time
    assert ("video.example" in body_of(message, "plain")) is has_time
    assert Invite.objects.exists() is has_file


@pytest.mark.parametrize(("said", "has_it"), [("unsure", False), ("yes", False), ("no", True)])
def test_forms_on_paper_ask_nobody_about_their_mail(
    mailcatcher: MailCatcher, said: str, has_it: bool
) -> None:
    office = factories.make_office()
    service = office.services["individual-50"]
    calls.book_for_caller(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        starts_at=factories.open_starts(office, service)[-20],
        people=[calls.Caller("Alex", "alex@example.test", shared_mailbox=said)],
        modality="video",
        country="US",
        region="NY",
        time_zone="America/Chicago",
        forms_on_paper=True,
        now=NOW,
    )

    send_all(NOW)

    (message,) = mailcatcher.to("alex@example.test")
    assert Participant.objects.get().cleared_at is not None
    assert (calendar_part(message) is not None) is has_it
    assert ("When: " in body_of(message, "plain")) is has_it
    assert ("video.example" in body_of(message, "plain")) is has_it


def _confirm(request_id: UUID) -> None:
    request = Request.objects.get(pk=request_id)
    decisions.confirm(request_id=request.pk, practitioner_id=request.practitioner_id, now=NOW)


def test_each_persons_sequence_counts_only_their_own_changes() -> None:
    office = factories.make_office()
    appointment = booked(office, "couple")
    plan_all(NOW)
    invites = list(Invite.objects.all())
    assert len({i.uid for i in invites}) == 2
    assert {i.sequence for i in invites} == {0}
    assert appointment.pk not in {i.uid for i in invites}


def test_each_file_bears_a_later_stamp_even_within_one_second() -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    send_all(NOW)
    for hours in (1, 2):
        appointments.reschedule(
            appointment_id=appointment.pk,
            practitioner_id=office.practitioner.pk,
            starts_at=start + timedelta(hours=hours),
            now=NOW,
        )
        plan_all(NOW)

    files = Delivery.objects.exclude(stamped_at=None).order_by("sequence")
    stamps = [d.stamped_at for d in files if d.stamped_at]
    assert stamps == sorted(set(stamps))
    assert len(stamps) == 3


def test_one_of_three_leaves_and_only_their_entry_goes(mailcatcher: MailCatcher) -> None:
    office = factories.make_office()
    appointment = booked(office, "non_monogamous")
    send_all(NOW)
    mailcatcher.empty()
    leaver = factories.people_of(Request.objects.get())[1]

    cancellations.cancel(appointment_id=appointment.pk, participant_id=leaver.pk, now=NOW)
    send_all(NOW)

    assert {str(m["To"]) for m in mailcatcher.messages} == {
        leaver.email,
        office.practitioner.email,
    }
    part = calendar_part(mailcatcher.to(leaver.email)[0])
    assert part is not None
    assert part.method == "CANCEL"
    reminded = {d.participant_id for d in deliveries(Kind.REMINDER) if d.state == State.PENDING}
    assert leaver.pk not in reminded
    assert len(reminded) == 2


def test_whoever_gives_up_calendar_files_loses_the_entry_when_the_session_moves(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    send_all(NOW)
    Participant.objects.update(calendar_entry="link")

    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start + timedelta(hours=1),
        now=NOW,
    )
    send_all(NOW)

    moved = next(m for m in mailcatcher.messages if m["Subject"] == "New time")
    part = calendar_part(moved)
    assert part is not None
    assert part.method == "CANCEL"
    assert "puts it in your calendar" not in body_of(moved, "plain")
