"""After a session, before a group begins, after a parting, and at seven: told through real SMTP."""

import re
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from booking.domain.refusals import NotTheirs
from booking.models import Appointment, Participant
from booking.operations import absences, appointments, cancellations
from booking.operations import sweep as booking_sweep
from intake.models import Alert
from intake.operations.parting import record_separation
from notifications.domain.kinds import Kind
from notifications.messages.times import moment
from notifications.models import Delivery
from notifications.operations.days import begin_days
from notifications.operations.sending import send_due
from notifications.operations.sweep import sweep
from practice.domain.wall import zone
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
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
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def subjects_for(mail: MailCatcher, person: Participant) -> list[str]:
    return [str(m["Subject"]) for m in mail.to(person.email)]


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


def path_in(message: EmailMessage) -> str:
    last: str = re.findall(r"https?://\S+", body_of(message, "plain"))[-1]
    return urlsplit(last).path


# --- Missed you ------------------------------------------------------------------------------


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


# --- A note for after ------------------------------------------------------------------------


def test_a_note_for_after_comes_three_hours_later_to_who_asked_for_it(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office, "couple")
    wants, other = Participant.objects.order_by("position")
    Participant.objects.filter(pk=wants.pk).update(wants_aftercare=True)
    send_all(NOW)
    booking_sweep.sweep(now=appointment.ends_at)
    send_all(appointment.ends_at)
    mailcatcher.empty()

    (note,) = deliveries(Kind.AFTERCARE)
    send_due(worker="w", now=note.due_at)

    (message,) = mailcatcher.messages
    assert (message["To"], message["Subject"]) == (wants.email, "A note for after")
    assert subjects_for(mailcatcher, other) == []


def test_it_is_dropped_when_the_session_does_not_take_place_or_they_change_their_mind(
    office: Office,
) -> None:
    one, other = booked(office), booked(office)
    Participant.objects.update(wants_aftercare=True)
    plan_all(NOW)
    cancellations.cancel_by_practitioner(
        appointment_id=one.pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    plan_all(NOW)
    Participant.objects.filter(request=other.request).update(wants_aftercare=False)

    send_due(worker="w", now=other.ends_at + DAY)

    assert {d.subject_id: (d.state, d.reason) for d in deliveries(Kind.AFTERCARE)} == {
        one.pk: (State.SUPERSEDED, "they were not there"),
        other.pk: (State.SUPERSEDED, "notes for after are switched off"),
    }


# --- Groups ----------------------------------------------------------------------------------


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


# --- After a parting -------------------------------------------------------------------------


def test_after_a_parting_each_who_remains_reads_of_their_dates_once(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office, "couple")
    assert appointment.request_id is not None
    Participant.objects.update(calendar_entry="link")
    send_all(NOW)
    mailcatcher.empty()

    record_separation(
        request_id=appointment.request_id, practitioner_id=office.practitioner.pk, now=NOW
    )
    send_all(NOW)

    people = Participant.objects.order_by("position")
    for person in people:
        assert subjects_for(mailcatcher, person) == ["About your upcoming dates"]
    bodies = [body_of(m, "plain") for m in mailcatcher.messages]
    assert all("Cancelled: " in body for body in bodies)


# --- Today -----------------------------------------------------------------------------------


def at_seven(appointment: Appointment) -> datetime:
    return appointment.starts_at.astimezone(NEW_YORK).replace(hour=7, minute=0)


def test_at_seven_the_practitioner_reads_how_many_there_are_and_nothing_else(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = booked(office)
    send_all(NOW)
    mailcatcher.empty()
    seven = at_seven(appointment)

    sweep(worker="w", now=seven - timedelta(seconds=1))
    before = [m for m in mailcatcher.messages if m["Subject"] == "Today"]
    for _ in range(3):
        sweep(worker="w", now=seven)

    assert before == []
    (today,) = [m for m in mailcatcher.messages if m["Subject"] == "Today"]
    assert today["To"] == office.practitioner.email
    assert "1 appointment today." in body_of(today, "plain")
    assert path_in(today) == "/desk/agenda/"


def test_no_day_without_sessions_begins_with_a_message(office: Office) -> None:
    appointment = booked(office)
    empty = [at_seven(appointment) - DAY, at_seven(appointment) + DAY]

    for seven in empty:
        sweep(worker="w", now=seven)

    assert deliveries(Kind.PRACTITIONER_TODAY) == []
    assert not Change.objects.filter(kind="day_began").exists()


def test_a_worker_that_was_away_tells_it_late_but_not_when_nothing_is_to_come(
    office: Office,
) -> None:
    appointment = booked(office)
    send_all(NOW)

    sweep(worker="w", now=appointment.starts_at)
    assert deliveries(Kind.PRACTITIONER_TODAY) == []
    sweep(worker="w", now=appointment.starts_at - timedelta(minutes=5))

    assert the_delivery(Kind.PRACTITIONER_TODAY).state == State.SENT


def test_a_day_that_empties_before_it_is_sent_is_not_told(office: Office) -> None:
    appointment = booked(office)
    send_all(NOW)
    seven = at_seven(appointment)
    assert begin_days(now=seven) == 1
    plan_all(seven)
    Appointment.objects.update(state="cancelled")
    send_due(worker="w", now=seven)

    told = the_delivery(Kind.PRACTITIONER_TODAY)
    assert (told.state, told.reason) == (State.SUPERSEDED, "nothing is booked on that day")
