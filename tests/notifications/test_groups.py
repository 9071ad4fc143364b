"""A group: what its people are told from the seat to the end, through real SMTP."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from booking.models import Participant
from booking.operations import appointments, cancellations, groups, places
from booking.operations import sweep as booking_sweep
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations.sending import send_due
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    booked,
    calendar_part,
    deliveries,
    kind_of,
    only,
    send_all,
    subjects_for,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State
HOUR = timedelta(hours=1)


def test_a_seat_is_one_message_with_all_dates_and_a_file_for_each(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    robin = make.member(office, cohort, name="Robin")
    kim = make.member(office, cohort, name="Kim")
    Participant.objects.update(shared_mailbox="no")
    Participant.objects.filter(pk=kim.pk).update(calendar_entry="nothing")
    send_all(NOW)

    for person, files in ((robin, 4), (kim, 0)):
        messages = mailcatcher.to(person.email)
        assert len([m for m in messages if calendar_part(m)]) == files
        [seat] = [m for m in messages if kind_of(m) is Kind.SEAT_GIVEN]
        assert len(re.findall("When: ", body_of(seat, "plain"))) == 4
    assert Invite.objects.count() == 4
    assert not deliveries(Kind.PRACTITIONER_BOOKED)
    assert len(deliveries(Kind.REMINDER)) == 24


def test_leaving_a_group_is_one_message_and_empties_the_calendar(
    office: Office, mailcatcher: MailCatcher
) -> None:
    robin = make.member(office, make.published(office))
    Participant.objects.update(shared_mailbox="no")
    send_all(NOW)
    before = len(mailcatcher.messages)

    places.leave_group(participant_id=robin.pk, now=NOW)
    send_all(NOW)

    new = mailcatcher.messages[before:]
    assert sorted(kind_of(m) for m in new) == sorted(
        [*[Kind.CANCELLED_OWN] * 4, Kind.SEAT_LEFT, Kind.PRACTITIONER_SEAT_LEFT]
    )
    assert [f.method for m in new if (f := calendar_part(m))] == ["CANCEL"] * 4
    assert {d.state for d in deliveries(Kind.REMINDER)} == {State.SUPERSEDED}


def test_missing_one_session_of_a_group_concerns_nobody_but_the_practitioner(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    robin, kim = make.member(office, cohort, name="Robin"), make.member(office, cohort, name="Kim")
    send_all(NOW)
    before = len(mailcatcher.messages)
    session = cohort.appointments.order_by("starts_at")[0]

    cancellations.cancel(appointment_id=session.pk, participant_id=robin.pk, now=NOW)
    send_all(NOW)

    new = mailcatcher.messages[before:]
    assert sorted(kind_of(m) for m in new) == [Kind.CANCELLED_OWN, Kind.PRACTITIONER_ONE_LESS]
    assert not [m for m in new if kim.email in str(m["To"])]


def test_a_group_called_off_is_told_to_its_people_once(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    robin, kim = make.member(office, cohort, name="Robin"), make.member(office, cohort, name="Kim")
    Participant.objects.update(shared_mailbox="no", calendar_entry="nothing")
    send_all(NOW)

    groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=NOW)
    send_all(NOW)

    for person in (robin, kim):
        message = mailcatcher.to(person.email)[-1]
        assert kind_of(message) is Kind.DATES_CANCELLED
        assert len(re.findall("Cancelled: ", body_of(message, "plain"))) == 4
    assert not deliveries(Kind.CANCELLED_BY_PRACTICE)


def test_a_session_of_a_group_that_moves_brings_each_their_own_newer_file(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    make.member(office, cohort, name="Robin")
    make.member(office, cohort, name="Kim")
    Participant.objects.update(shared_mailbox="no")
    send_all(NOW)
    before = len(mailcatcher.messages)
    session = cohort.appointments.order_by("starts_at")[1]

    appointments.reschedule(
        appointment_id=session.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=session.starts_at - timedelta(hours=1),
        now=NOW,
    )
    send_all(NOW)

    new = mailcatcher.messages[before:]
    files = [f for m in new if (f := calendar_part(m))]
    assert [kind_of(m) for m in new] == [Kind.MOVED] * 2
    assert [(f.method, f.event["SEQUENCE"]) for f in files] == [("REQUEST", 1)] * 2
    assert len({str(f.event["UID"]) for f in files}) == 2


def test_too_few_at_the_date_is_one_message_to_the_practitioner(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    make.member(office, cohort)
    now = datetime(2026, 10, 22, 9, 0, tzinfo=NEW_YORK)
    booking_sweep.sweep(now=now)
    booking_sweep.sweep(now=now)
    send_all(now)
    message = only(mailcatcher, Kind.PRACTITIONER_TOO_FEW)
    assert urlsplit(re.findall(r"https?://\S+", body_of(message, "plain"))[0]).path == "/desk/"


def test_not_this_time_is_kind_and_leaves_a_way_on(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    request = make.ready(office, "group", cohort=cohort.slug, seat_name="Robin")
    places.refuse_seat(
        seat_id=make.seat_of(request).pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    send_all(NOW)

    plain = body_of(only(mailcatcher, Kind.SEAT_REFUSED), "plain")
    assert "/request/" in plain
    assert not deliveries(Kind.CLOSED)


def test_a_group_that_begins_is_told_a_week_before_and_anew_when_it_moves(
    office: Office, mailcatcher: MailCatcher
) -> None:
    cohort = make.published(office)
    person = make.member(office, cohort)
    Participant.objects.update(shared_mailbox="no")
    send_all(NOW)
    first = cohort.appointments.order_by("starts_at")[0]
    planned = the_delivery(Kind.STARTING_SOON)
    assert planned.says_start == first.starts_at
    mailcatcher.empty()

    appointments.reschedule(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=first.starts_at + HOUR,
        now=NOW,
    )
    send_all(NOW)

    (moved,) = mailcatcher.to(person.email)
    file = calendar_part(moved)
    assert moved["Subject"] == "New start date"
    assert file is not None
    assert (file.method, file.event["SEQUENCE"]) == ("REQUEST", 1)
    before, after = deliveries(Kind.STARTING_SOON)
    assert {before.state, after.state} == {State.SUPERSEDED, State.PENDING}

    mailcatcher.empty()
    pending = Delivery.objects.get(kind=Kind.STARTING_SOON, state=State.PENDING)
    send_due(worker="w", now=pending.due_at)
    (soon,) = [m for m in mailcatcher.messages if m["Subject"] == "Starting soon"]
    assert "When: " in body_of(soon, "plain")


def test_the_call_before_joining_is_your_call(office: Office, mailcatcher: MailCatcher) -> None:
    cohort = make.published(office)

    appointment = booked(office, "group", cohort=cohort.slug, seat_name="Robin")
    send_all(NOW)

    person = make.requester_of(appointment.request) if appointment.request else None
    assert person is not None
    call = next(m for m in mailcatcher.to(person.email) if m["Subject"] == "Your call")
    assert calendar_part(call) is not None
    assert "Your appointment" not in subjects_for(mailcatcher, person)
