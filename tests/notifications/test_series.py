"""A series: what people read of its dates and of clocks that change, through real SMTP."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from booking.models import Appointment, Participant
from booking.operations import appointments, cancellations, participants, series
from booking.operations import sweep as booking_sweep
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    calendar_part,
    deliveries,
    kind_of,
    kinds_for,
    only,
    plan_all,
    send_all,
    the_delivery,
)
from tests.notifications.weekly import started, week

pytestmark = pytest.mark.django_db

State = Delivery.State


# --- Series ----------------------------------------------------------------------------------


def test_all_dates_of_a_series_stand_in_one_message(
    office: Office, mailcatcher: MailCatcher
) -> None:
    started(office, calendar_entry="link")
    send_all(NOW)

    person = Participant.objects.get()
    plain = body_of(only(mailcatcher, Kind.DATES_BOOKED), "plain")
    assert re.findall(r"When: ([^\r\n]*)", plain) == [
        "Monday 19 October 2026, 15:00 to 15:50, Chicago time (GMT-5)",
        "Monday 26 October 2026, 15:00 to 15:50, Chicago time (GMT-5)",
        "Monday 2 November 2026, 15:00 to 15:50, Chicago time (GMT-6)",
        "Monday 9 November 2026, 15:00 to 15:50, Chicago time (GMT-6)",
        "Monday 16 November 2026, 15:00 to 15:50, Chicago time (GMT-6)",
    ]
    assert "Free to change until: 24 hours before each" in plain
    assert "calendar" not in plain
    # The first was told when it was booked; the others are in the one message.
    assert kinds_for(mailcatcher, person.email).count(Kind.BOOKED) == 1


def test_whoever_takes_files_gets_one_for_each_date_with_a_uid_of_its_own(
    office: Office, mailcatcher: MailCatcher
) -> None:
    started(office, calendar_entry="event")
    send_all(NOW)

    files = [f for m in mailcatcher.messages if (f := calendar_part(m))]
    assert sorted(f.event.start for f in files) == [week(n).astimezone(UTC) for n in range(5)]
    assert len({str(f.event["UID"]) for f in files}) == 5
    assert {(f.method, f.event["SEQUENCE"]) for f in files} == {("REQUEST", 0)}
    plain = body_of(only(mailcatcher, Kind.DATES_BOOKED), "plain")
    assert "Each one also comes by itself" in plain


def test_the_practitioner_hears_once_of_a_series(office: Office, mailcatcher: MailCatcher) -> None:
    started(office)
    plan_all(NOW)
    assert len(deliveries(Kind.PRACTITIONER_BOOKED)) == 1  # the first, before it was a series
    assert len(deliveries(Kind.PRACTITIONER_DATES_BOOKED)) == 1


def test_each_date_has_its_reminders(office: Office) -> None:
    started(office, dates=4)
    plan_all(NOW)
    assert len(deliveries(Kind.REMINDER)) == 12


def test_moving_all_following_is_one_message_and_a_newer_file_for_each(
    office: Office, mailcatcher: MailCatcher
) -> None:
    found = started(office)
    send_all(NOW)
    before = len(mailcatcher.messages)
    second = Appointment.objects.get(series=found, starts_at=week(1))

    series.move_following(
        appointment_id=second.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(1) + timedelta(days=1),
        now=NOW,
    )
    send_all(NOW)

    new = mailcatcher.messages[before:]
    assert sorted(kind_of(m) for m in new) == [Kind.DATES_MOVED, *[Kind.MOVED] * 4]
    files = [f for m in new if (f := calendar_part(m))]
    assert {(f.method, f.event["SEQUENCE"]) for f in files} == {("REQUEST", 1)}
    [together_] = [m for m in new if kind_of(m) is Kind.DATES_MOVED]
    assert re.findall(r"When: (\w+ \d+ \w+)", body_of(together_, "plain")) == [
        "Monday 19 October",
        "Tuesday 27 October",
        "Tuesday 3 November",
        "Tuesday 10 November",
        "Tuesday 17 November",
    ]


def test_a_pause_names_what_falls_out_and_takes_it_from_calendars(
    office: Office, mailcatcher: MailCatcher
) -> None:
    found = started(office)
    send_all(NOW)
    before = len(mailcatcher.messages)

    series.pause(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        first=week(1).date(),
        until=week(3).date(),
        now=NOW,
    )
    send_all(NOW)

    new = mailcatcher.messages[before:]
    assert sorted(kind_of(m) for m in new) == [
        *[Kind.CANCELLED_BY_PRACTICE] * 2,
        Kind.DATES_CANCELLED,
    ]
    files = [f for m in new if (f := calendar_part(m))]
    assert {(f.method, f.event["SEQUENCE"]) for f in files} == {("CANCEL", 1)}
    [paused] = [m for m in new if kind_of(m) is Kind.DATES_CANCELLED]
    plain = body_of(paused, "plain")
    assert re.findall(r"Cancelled: (\w+ \d+ \w+)", plain) == [
        "Monday 26 October",
        "Monday 2 November",
    ]
    assert "Your other dates stay as they are." in plain


def test_whoever_cancels_one_date_reads_that_the_others_stay(
    office: Office, mailcatcher: MailCatcher
) -> None:
    found = started(office)
    second = Appointment.objects.get(series=found, starts_at=week(1))
    cancellations.cancel(
        appointment_id=second.pk, participant_id=Participant.objects.get().pk, now=NOW
    )
    send_all(NOW)

    plain = body_of(only(mailcatcher, Kind.CANCELLED_OWN), "plain")
    assert "Your other dates stay as they are." in plain
    assert "/open/" in plain


def test_two_no_shows_in_a_row_reach_the_practitioner_alone(
    office: Office, mailcatcher: MailCatcher
) -> None:
    found = started(office)
    dates = Appointment.objects.filter(series=found).order_by("starts_at")
    now = week(1) + timedelta(hours=1)
    for missed in dates[:2]:
        appointments.mark_no_show(
            appointment_id=missed.pk, practitioner_id=office.practitioner.pk, now=now
        )
    plan_all(now)

    assert the_delivery(Kind.PRACTITIONER_MISSED_TWICE).practitioner == office.practitioner


# --- Clocks, and the last two ----------------------------------------------------------------


def shifts() -> list[tuple[datetime | None, str]]:
    return [(d.says_start, d.state) for d in deliveries(Kind.CLOCK_SHIFT)]


def test_somebody_in_london_is_warned_of_both_changes_of_the_clocks(
    office: Office, mailcatcher: MailCatcher
) -> None:
    started(office, time_zone="Europe/London")
    plan_all(NOW)
    back, forth = deliveries(Kind.CLOCK_SHIFT)

    for delivery in (back, forth):
        send_due(worker="w", now=delivery.due_at)

    messages = [m for m in mailcatcher.messages if kind_of(m) is Kind.CLOCK_SHIFT]
    told = [re.findall(r"(?:Until now|When): ([^\r\n]*)", body_of(m, "plain")) for m in messages]
    assert told == [
        ["21:00", "Monday 26 October 2026, 20:00 to 20:50, London time (GMT)"],
        ["20:00", "Monday 2 November 2026, 21:00 to 21:50, London time (GMT)"],
    ]


def test_nobody_is_warned_where_clocks_change_together(office: Office) -> None:
    started(office, time_zone="America/Chicago")
    plan_all(NOW)
    assert not shifts()


def test_a_warning_is_dropped_and_comes_back_as_the_dates_and_the_zone_do(office: Office) -> None:
    found = started(office, time_zone="Europe/London")
    plan_all(NOW)
    both = [(week(1), State.PENDING), (week(2), State.PENDING)]
    assert shifts() == both
    second = Appointment.objects.get(series=found, starts_at=week(1))
    for away, expected in ((True, State.SUPERSEDED), (False, State.PENDING)):
        appointments.reschedule(
            appointment_id=second.pk,
            practitioner_id=office.practitioner.pk,
            starts_at=week(1) - timedelta(hours=5 if away else 0),
            now=NOW,
        )
        plan_all(NOW)
        assert shifts()[0] == (week(1), expected)
    with transaction.atomic():
        participants.save_profile(
            participant_id=Participant.objects.get().pk,
            profile={"time_zone": "America/Chicago"},
            now=NOW,
        )
    plan_all(NOW)
    assert {state for _start, state in shifts()} == {State.SUPERSEDED}


def test_two_dates_before_the_end_people_hear_of_it_once_and_not_if_it_is_renewed(
    office: Office, mailcatcher: MailCatcher
) -> None:
    found = started(office)
    plan_all(NOW)
    [last] = deliveries(Kind.LAST_DATES)
    assert (last.says_start, last.state) == (week(3), State.PENDING)

    series.renew(
        series_id=found.pk,
        practitioner_id=office.practitioner.pk,
        starts=[week(5), week(6)],
        now=NOW,
    )
    plan_all(NOW)

    assert [(d.says_start, d.state) for d in deliveries(Kind.LAST_DATES)] == [
        (week(3), State.SUPERSEDED),
        (week(5), State.PENDING),
    ]
    now = deliveries(Kind.LAST_DATES)[1].due_at
    booking_sweep.sweep(now=now)
    send_all(now)
    plain = body_of(only(mailcatcher, Kind.LAST_DATES), "plain")
    assert len(re.findall("When: ", plain)) == 2
