"""A session that somebody missed: who hears of it, when and by whose press."""

from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from booking.domain.refusals import NotTheirs
from booking.models import Appointment, Participant
from booking.operations import absences, appointments
from intake.models import Alert
from notifications.domain.kinds import Kind
from notifications.messages.times import moment
from notifications.models import Delivery
from notifications.operations.sending import send_due
from practice.domain.wall import zone
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    booked,
    deliveries,
    path_in,
    plan_all,
    send_all,
    subjects_for,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def missed(office: Office, appointment: Appointment, *, after: timedelta) -> datetime:
    """The practitioner says that nobody came; when they did."""
    now = appointment.starts_at + after
    appointments.mark_no_show(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=now
    )
    return now


def took_place_long_ago() -> None:
    """Before any clock that this may run on; pages of the desk look at the database's."""
    times = ("starts_at", "ends_at", "blocked_from", "blocked_until")
    Appointment.objects.update(state="fulfilled", **{t: F(t) - 4000 * DAY for t in times})


def test_who_came_alone_and_did_not_come_hears_it_kindly_on_the_day_and_a_day_later(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    person = Participant.objects.get()
    send_all(NOW)
    mailcatcher.empty()

    now = missed(office, appointment, after=timedelta(minutes=10))
    send_all(now)
    assert mailcatcher.messages == []
    send_due(worker="w", now=now + timedelta(minutes=5))
    send_due(worker="w", now=now + 2 * DAY)

    first, again = mailcatcher.to(person.email)
    assert (first["Subject"], again["Subject"]) == ("Missed you today", "About your appointment")
    ends_at = moment(appointment.ends_at, zone(person.time_zone)).split(", ", 1)[1]
    assert f"You can still come until: {ends_at}" in body_of(first, "plain")
    assert "Chicago time (GMT-5)" in ends_at
    assert "until" not in body_of(again, "plain")
    assert path_in(first) == path_in(again) == "/request/"


def test_who_shares_a_mailbox_reads_no_time_and_no_way_to_join(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    Participant.objects.update(shared_mailbox="yes")
    send_all(NOW)
    mailcatcher.empty()

    send_all(missed(office, appointment, after=timedelta(minutes=16)))

    (first,) = mailcatcher.messages
    assert "until" not in body_of(first, "plain")


def test_who_has_asked_again_hears_nothing_more(office: Office, mailcatcher: MailCatcher) -> None:
    appointment = booked(office)
    person = Participant.objects.get()
    send_all(NOW)
    now = missed(office, appointment, after=timedelta(minutes=20))
    send_all(now)

    again = make.submitted(office, now=now + HOUR)
    make.requester_of(again)
    Participant.objects.filter(request=again).update(email=person.email)
    send_due(worker="w", now=now + 2 * DAY)

    told = the_delivery(Kind.MISSED_FOLLOW_UP)
    assert (told.state, told.reason) == (State.SUPERSEDED, "they have asked again")
    assert the_delivery(Kind.MISSED_YOU).state == State.SENT


def test_after_an_alert_nobody_is_written_to_and_the_practitioner_is_asked_to_look(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    assert appointment.request_id is not None
    Alert.objects.create(
        request_id=appointment.request_id, level="review", raised_at=NOW, acknowledged_at=NOW
    )
    send_all(NOW)
    mailcatcher.empty()

    now = missed(office, appointment, after=timedelta(minutes=20))
    send_all(now)
    send_due(worker="w", now=now + 2 * DAY)

    (asked,) = mailcatcher.messages
    assert asked["To"] == office.practitioner.email
    assert asked["Subject"] == "Please open your list"
    assert path_in(asked) == f"/desk/appointments/{appointment.pk}/"


def test_an_alert_that_comes_in_between_stops_what_waits(office: Office) -> None:
    appointment = booked(office)
    send_all(NOW)
    assert appointment.request_id is not None
    now = missed(office, appointment, after=timedelta(minutes=20))
    send_all(now)
    Alert.objects.create(request_id=appointment.request_id, level="acute", raised_at=now)

    send_due(worker="w", now=now + 2 * DAY)

    told = the_delivery(Kind.MISSED_FOLLOW_UP)
    assert (told.state, told.reason) == (State.SUPERSEDED, "the practitioner asks how they are")


def test_of_two_nothing_leaves_until_it_is_pressed_and_then_to_one_and_once(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office, "couple")
    absent, present = Participant.objects.order_by("position")
    send_all(NOW)
    mailcatcher.empty()
    now = missed(office, appointment, after=timedelta(minutes=20))
    send_all(now)
    assert mailcatcher.messages == []

    for again in (False, False, True, True):
        absences.tell_absent(
            appointment_id=appointment.pk,
            participant_id=absent.pk,
            practitioner_id=office.practitioner.pk,
            again=again,
            now=now,
        )
    send_all(now)

    assert sorted(subjects_for(mailcatcher, absent)) == [
        "About your appointment",
        "Missed you today",
    ]
    assert subjects_for(mailcatcher, present) == []
    assert Change.objects.filter(kind="absence_told").count() == 2


def test_who_comes_alone_or_is_somebody_elses_cannot_be_told_by_a_press(office: Office) -> None:
    alone = booked(office)
    person = Participant.objects.get()
    elsewhere = make.make_practitioner(slug="another")
    for practitioner in (office.practitioner, elsewhere):
        with pytest.raises(NotTheirs):
            absences.tell_absent(
                appointment_id=alone.pk,
                participant_id=person.pk,
                practitioner_id=practitioner.pk,
                again=False,
                now=alone.starts_at + HOUR,
            )


def test_before_the_start_nobody_is_missed(office: Office) -> None:
    appointment = booked(office, "couple")
    with pytest.raises(NotTheirs):
        absences.tell_absent(
            appointment_id=appointment.pk,
            participant_id=Participant.objects.order_by("position")[0].pk,
            practitioner_id=office.practitioner.pk,
            again=False,
            now=appointment.starts_at - HOUR,
        )


def test_the_desk_shows_each_draft_and_sends_what_was_shown(office: Office, client: Client) -> None:
    appointment = booked(office, "couple")
    absent, _present = Participant.objects.order_by("position")
    send_all(NOW)
    took_place_long_ago()
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    url = reverse("messages:missed", args=[appointment.pk])

    page = client.get(url).content.decode()
    pressed = client.post(url, {"person": str(absent.pk), "again": "no"})
    client.post(url, {"person": str(absent.pk), "again": "no"})
    after = client.get(url).content.decode()
    plan_all(NOW)

    assert url in client.get(reverse("desk:appointment", args=[appointment.pk])).content.decode()
    assert page.count("We missed you.") == 2
    assert "code" not in page
    assert pressed.status_code == 302
    assert after.count("We missed you.") == 1
    assert "You wrote to them" in after
    (told,) = deliveries(Kind.MISSED_YOU)
    assert told.participant_id == absent.pk


def test_there_is_no_such_page_for_who_comes_alone_nor_for_another_practitioner(
    office: Office, client: Client
) -> None:
    alone = booked(office)
    took_place_long_ago()
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)

    assert client.get(reverse("messages:missed", args=[alone.pk])).status_code == 404
