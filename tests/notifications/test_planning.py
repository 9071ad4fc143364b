"""From changes in the journal to deliveries in the table, on a real PostgreSQL."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from booking.models import Participant, Request
from booking.operations import appointments, cancellations, decisions, participants, parting
from booking.operations import sweep as booking_sweep
from notifications.domain.kinds import Kind
from notifications.domain.quiet import is_quiet
from notifications.models import Delivery, Invite
from notifications.operations.planning import plan_change
from notifications.operations.sending import send_due
from practice.domain.wall import zone
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

    told = Delivery.objects.filter(kind=Kind.BOOKED).order_by("change_id")
    assert [(d.state, d.method, d.sequence) for d in told] == [
        (State.SUPERSEDED, "REQUEST", 0),
        (State.PENDING, "REQUEST", 1),
    ]
    assert not deliveries(Kind.MOVED)


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

    cancellations.cancel(appointment_id=appointment.pk, participant_id=person.pk, now=NOW)
    plan_all(NOW)

    assert not Delivery.objects.filter(kind=Kind.REMINDER, state=State.PENDING).exists()


def test_news_of_a_move_from_tomorrow_is_due_at_night() -> None:
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    appointment = booked(office, times=(start,))
    send_all(NOW)
    night = start - timedelta(hours=14)

    far_away = factories.open_starts(office, office.services["individual-50"], days=40)
    for new in (far_away[-40], far_away[-20]):  # at the second nobody has read of the first yet
        appointments.reschedule(
            appointment_id=appointment.pk,
            practitioner_id=office.practitioner.pk,
            starts_at=new,
            now=night,
        )
    plan_all(night)

    (told,) = deliveries(Kind.MOVED)
    assert is_quiet(night, zone("America/Chicago"))
    assert told.due_at == night


def test_everybody_hears_the_same_when_a_time_lapses(mailcatcher: MailCatcher) -> None:
    request = factories.verified(factories.make_office(), "couple")
    invited = Participant.objects.get(request=request, is_requester=False)
    factories.enter(invited)
    factories.join(invited)
    send_all(NOW)
    mailcatcher.empty()
    assert request.hold_ends_at is not None

    booking_sweep.sweep(now=request.hold_ends_at)
    plan_all(request.hold_ends_at)

    told = deliveries(Kind.TIME_LAPSED)
    assert {d.participant_id for d in told} == {p.pk for p in factories.people_of(request)}
    assert len({d.due_at for d in told}) == 1
    send_due(worker="w", now=told[0].due_at)
    messages = [m for m in mailcatcher.messages if m["Subject"] == "About your request"]
    words = {body_of(m, "plain").partition("Open your page")[0] for m in messages}
    assert len(messages) == 2
    assert len(words) == 1
    assert "The time is not kept for you any more." in words.pop()


def test_nobody_hears_that_an_unverified_request_expired() -> None:
    request = factories.submitted(factories.make_office())
    plan_all(NOW)
    before = Delivery.objects.count()

    booking_sweep.sweep(now=request.expires_at)
    plan_all(request.expires_at)

    assert Request.objects.get().state == "expired"
    assert Delivery.objects.count() == before


def test_new_times_stand_in_the_mail_only_while_the_page_asks_about_them(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    appointment = booked(office)
    send_all(NOW)
    mailcatcher.empty()
    cancellations.cancel_by_practitioner(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    decisions.decline(
        request_id=Request.objects.get().pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    send_all(NOW)

    message = next(m for m in mailcatcher.messages if m["Subject"] == "Appointment cancelled")
    plain = body_of(message, "plain")
    assert "Possible time" not in plain
    assert "Ask for another time:" in plain
    assert "/request/" in plain


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

    offered = cancellations.cancel_by_practitioner(
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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_booked", [False, True])
def test_whoever_ends_their_part_is_sent_nothing_more_not_even_a_farewell(
    mailcatcher: MailCatcher, is_booked: bool
) -> None:
    office = factories.make_office()
    request = factories.booked(office, "couple").request if is_booked else None
    one, other = factories.people_of(request or factories.ready(office, "couple"))
    send_all(NOW)
    before = set(Delivery.objects.filter(state=State.SENT).values_list("pk", flat=True))
    mailcatcher.empty()

    parting.end_part(participant_id=one.pk, now=NOW + timedelta(minutes=10))
    send_all(NOW + timedelta(minutes=11))
    send_all(NOW + timedelta(days=1))

    told = Delivery.objects.filter(state=State.SENT).exclude(pk__in=before)
    assert not told.filter(participant=one).exists()
    assert told.filter(participant=other).exists()
    assert one.email not in {str(message["To"]) for message in mailcatcher.messages}
