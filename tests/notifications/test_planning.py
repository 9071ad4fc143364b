"""From changes in the journal to deliveries in the table, on a real PostgreSQL."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from booking.models import Participant, Request
from booking.operations import appointments, decisions, participants
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations.planning import plan_change
from practice.models import Change, Pending
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
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


def test_planning_empties_the_outbox() -> None:
    factories.verified(factories.make_office(), "couple")
    plan_all(NOW)
    assert not Pending.objects.exists()
    assert {d.kind for d in Delivery.objects.all()} >= {
        Kind.CODE,
        Kind.RECEIVED,
        Kind.NEW_REQUEST,
        Kind.INVITATION,
        Kind.INVITATION_REMINDER,
    }


def test_planning_the_same_change_twice_has_the_effect_of_once() -> None:
    booked(factories.make_office())
    plan_all(NOW)
    before = set(Delivery.objects.values_list("key", "state", "sequence"))
    change = Change.objects.get(kind="appointment_booked")

    Pending.objects.create(change=change)
    plan_change(change_id=change.pk, now=NOW)

    assert set(Delivery.objects.values_list("key", "state", "sequence")) == before
    assert Invite.objects.get().sequence == 0


def test_a_change_that_is_planned_already_is_nothing_to_do() -> None:
    assert plan_change(change_id=4711, now=NOW) is False


def test_a_moved_appointment_drops_its_reminders_and_gets_new_ones() -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    plan_all(NOW)
    old = {d.pk for d in deliveries(Kind.REMINDER)}
    assert len(old) == 3

    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start + timedelta(hours=1),
        now=NOW,
    )
    plan_all(NOW)

    assert {d.state for d in deliveries(Kind.REMINDER) if d.pk in old} == {State.SUPERSEDED}
    assert [d.state for d in deliveries(Kind.REMINDER) if d.pk not in old] == [State.PENDING] * 3


def test_a_move_before_the_confirmation_left_replaces_it() -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    plan_all(NOW)
    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=start + timedelta(hours=1),
        now=NOW,
    )

    plan_all(NOW)

    assert the_delivery(Kind.BOOKED).state == State.SUPERSEDED
    assert (the_delivery(Kind.MOVED).method, the_delivery(Kind.MOVED).sequence) == ("REQUEST", 1)


def test_reminders_switched_off_are_dropped_and_come_back_when_switched_on() -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    booked(office, times=(start,))
    plan_all(NOW)
    person = Participant.objects.get()

    for wants, state in ((False, State.SUPERSEDED), (True, State.PENDING)):
        with transaction.atomic():
            participants.save_profile(
                participant_id=person.pk, profile={"wants_reminders": wants}, now=NOW
            )
        plan_all(NOW)
        assert [d.state for d in deliveries(Kind.REMINDER)] == [state] * 3


def test_another_zone_moves_reminders_that_would_come_at_night() -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    booked(office, times=(start,))
    plan_all(NOW)
    before = [d.due_at for d in deliveries(Kind.REMINDER)]

    with transaction.atomic():
        participants.save_profile(
            participant_id=Participant.objects.get().pk,
            profile={"time_zone": "Asia/Tokyo"},
            now=NOW,
        )
    plan_all(NOW)

    after = [d.due_at for d in deliveries(Kind.REMINDER)]
    assert len(after) == 3
    assert after != before


def test_a_cancelled_appointment_has_no_reminders_left() -> None:
    office = factories.make_office()
    appointment = booked(office)
    send_all(NOW)
    person = Participant.objects.get()

    appointments.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)
    plan_all(NOW)

    assert not Delivery.objects.filter(kind=Kind.REMINDER, state=State.PENDING).exists()


def test_somebody_without_an_entry_in_their_calendar_gets_no_cancel() -> None:
    office = factories.make_office()
    appointment = booked(office)
    plan_all(NOW)  # planned, and never sent
    person = Participant.objects.get()

    appointments.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)
    plan_all(NOW)

    assert the_delivery(Kind.BOOKED).state == State.SUPERSEDED
    assert the_delivery(Kind.CANCELLED_OWN).method == ""


@pytest.mark.parametrize(
    ("profile", "has_file"),
    [
        ({"calendar_entry": "event", "shared_mailbox": "no"}, True),
        ({"calendar_entry": "event", "shared_mailbox": "yes"}, True),  # their own choice
        ({"calendar_entry": "link", "shared_mailbox": "no"}, False),
        ({"calendar_entry": "nothing", "shared_mailbox": "no"}, False),
    ],
)
def test_the_calendar_file_follows_what_people_chose(
    profile: dict[str, str], has_file: bool
) -> None:
    request = factories.verified(factories.make_office())
    person = Participant.objects.get()
    with transaction.atomic():
        participants.save_profile(participant_id=person.pk, profile=profile, now=NOW)
    factories.clear(person)
    _confirm(request.pk)

    plan_all(NOW)

    assert the_delivery(Kind.BOOKED).method == ("REQUEST" if has_file else "")
    assert Invite.objects.exists() is has_file


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


def test_planning_takes_a_small_fixed_number_of_queries_whatever_the_number_of_people() -> None:
    counts = []
    office = factories.make_office()
    for kind in ("individual", "non_monogamous"):
        booked(office, kind)
        change = Change.objects.filter(kind="appointment_booked").latest("pk")
        plan_all_but(change)
        with CaptureQueriesContext(connection) as queries:
            plan_change(change_id=change.pk, now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30


def plan_all_but(change: Change) -> None:
    for pk in Pending.objects.exclude(change=change).values_list("change_id", flat=True):
        plan_change(change_id=pk, now=NOW)


def test_the_practitioners_cancellation_offers_new_times_in_one_message(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    send_all(NOW)
    mailcatcher.empty()

    offered = appointments.cancel_by_practitioner(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    send_all(NOW)

    (message,) = mailcatcher.to(Participant.objects.get().email)
    assert message["Subject"] == "Appointment cancelled"
    part = calendar_part(message)
    assert part is not None
    assert (part.method, part.event["SEQUENCE"]) == ("CANCEL", 1)
    assert len(offered) == 3
    assert body_of(message, "plain").count("Possible time: ") == 3
    assert not deliveries(Kind.TIME_TO_CONFIRM)
    assert deliveries(Kind.TIME_TO_CONFIRM_REMINDER)


def test_one_of_three_leaves_and_only_their_entry_goes(mailcatcher: MailCatcher) -> None:
    office = factories.make_office()
    appointment = booked(office, "non_monogamous")
    send_all(NOW)
    mailcatcher.empty()
    leaver = factories.people_of(Request.objects.get())[1]

    appointments.cancel(appointment_id=appointment.pk, participant_id=leaver.pk, now=NOW)
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
