"""Series, groups, the waitlist, a time for everybody and being late: told through real SMTP."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client

from booking.models import Appointment, Cohort, Participant, Request, Series
from booking.operations import (
    answers,
    appointments,
    cancellations,
    decisions,
    groups,
    late,
    participants,
    places,
    series,
    together,
    waitlist,
)
from booking.operations import sweep as booking_sweep
from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations.sending import send_due
from practice.models import WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    calendar_part,
    deliveries,
    plan_all,
    send_all,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State
#: A Monday a week after `NOW`. New York's clocks change before the third of its followers.
FIRST = datetime(2026, 10, 19, 16, 0, tzinfo=NEW_YORK)


@pytest.fixture
def office() -> Office:
    office = make.make_office()
    practitioner = office.practitioner
    practitioner.display_name, practitioner.initials = "Morgan Quill", "MQ"
    practitioner.save()
    return office


def week(number: int) -> datetime:
    return FIRST + timedelta(weeks=number)


def started(
    office: Office, relationship_type: str = "individual", *, dates: int = 5, **profile: object
) -> Series:
    """A weekly series of people who say that nobody else reads their mail."""
    first = make.booked(office, relationship_type, times=[FIRST.astimezone(UTC)])
    Participant.objects.update(**{"shared_mailbox": "no", **profile})
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[week(n) for n in range(1, dates)],
        now=NOW,
    )


def kinds_for(mail: MailCatcher, address: str) -> list[Kind]:
    return [kind_of(m) for m in mail.to(address)]


def kind_of(message: EmailMessage) -> Kind:
    return Kind(Delivery.objects.get(pk=UUID(message["Message-ID"][1:33])).kind)


def only(mail: MailCatcher, kind: Kind) -> EmailMessage:
    [message] = [m for m in mail.messages if kind_of(m) is kind]
    return message


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


# --- Groups ----------------------------------------------------------------------------------


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


# --- The waitlist, and a time for everybody --------------------------------------------------


def freed(office: Office) -> datetime:
    """A session in two weeks that somebody else cancels."""
    start = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)
    return make.cancelled(make.booked(office, times=[start]))


def test_a_time_that_opened_up_is_offered_and_its_end_is_told(
    office: Office, mailcatcher: MailCatcher
) -> None:
    person = make.requester_of(make.waiting(office))
    freed(office)
    Participant.objects.update(shared_mailbox="no")
    send_all(NOW)

    plain = body_of(only(mailcatcher, Kind.TIME_OPENED), "plain")
    assert "Time: Monday 26 October 2026, 08:00 to 08:50, Chicago time (GMT-5)" in plain
    assert "until Tuesday 13 October 2026, 10:00, Chicago time" in " ".join(plain.split())
    assert Kind.ON_THE_LIST in kinds_for(mailcatcher, person.email)
    assert not deliveries(Kind.TIME_TO_CONFIRM)

    later = NOW + timedelta(hours=25)
    booking_sweep.sweep(now=later)
    send_all(later)

    plain = body_of(only(mailcatcher, Kind.TIME_GONE), "plain")
    assert "You are still on the list" in plain
    assert not deliveries(Kind.TIME_LAPSED)


def test_whoever_has_left_the_list_is_not_told_that_they_are_on_it(
    office: Office, mailcatcher: MailCatcher
) -> None:
    person = make.requester_of(make.waiting(office))
    waitlist.leave(participant_id=person.pk, now=NOW)
    send_all(NOW)
    assert the_delivery(Kind.ON_THE_LIST).state == State.SUPERSEDED


def test_everybody_is_asked_again_in_the_same_words(
    office: Office, mailcatcher: MailCatcher
) -> None:
    request = make.finding(office)
    for person in make.people_of(request):
        make.mark(person)
    Participant.objects.update(shared_mailbox="no")
    together.ask_again(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    make.let_decision_leave(request)
    now = Request.objects.get(pk=request.pk).decisions.get().due_at
    send_all(now)

    asked = [m for m in mailcatcher.messages if kind_of(m) is Kind.POLL_REOPENED]
    bodies = {re.sub(r"https?://\S+|code: .*", "", body_of(m, "plain")) for m in asked}
    assert len(asked) == 2
    assert len(bodies) == 1
    waiting = [d for d in deliveries(Kind.STEP_WAITING) if d.state == State.PENDING]
    assert len(waiting) == 4
    first = make.people_of(request)[0]
    make.mark(first, now=now)
    send_due(worker="w", now=waiting[-1].due_at)
    assert {d.participant_id for d in deliveries(Kind.STEP_WAITING) if d.state == State.SENT} == {
        make.people_of(request)[1].pk
    }


def test_what_one_suggests_stands_in_nobodys_message(
    office: Office, mailcatcher: MailCatcher
) -> None:
    request = make.ready(office, "couple")
    Participant.objects.update(shared_mailbox="no")
    offered, suggested = make.open_starts(office, office.services["couple-80"])[-30::10][:2]
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=[offered],
        now=NOW,
    )
    make.let_decision_leave(request)
    now = Request.objects.get(pk=request.pk).decisions.get().due_at
    held = Appointment.objects.get(request=request, state="held")
    answers.answer_times(
        participant_id=make.people_of(request)[0].pk,
        answers={held.pk: False},
        suggestions=[suggested],
        now=now,
    )
    plan_all(now)
    [reminder] = [d for d in deliveries(Kind.TIME_TO_CONFIRM_REMINDER) if d.state == State.PENDING]
    send_due(worker="w", now=reminder.due_at)

    plain = body_of(only(mailcatcher, Kind.TIME_TO_CONFIRM_REMINDER), "plain")
    assert reminder.participant == make.people_of(request)[1]
    assert len(re.findall(r"(?:Time|Possible time): ", plain)) == 1


# --- Late ------------------------------------------------------------------------------------


def test_a_wish_after_the_cut_off_goes_to_and_fro_between_two(
    office: Office, mailcatcher: MailCatcher
) -> None:
    appointment = make.booked(office, "couple")
    Participant.objects.update(shared_mailbox="no")
    asker, other = make.people_of(appointment.request)  # type: ignore[arg-type]  # booked by a request
    now = appointment.starts_at - timedelta(hours=20)
    send_all(NOW)
    before = len(mailcatcher.messages)
    wish = late.ask_late(
        participant_id=asker.pk, appointment_id=appointment.pk, words="Canary.", now=now
    )
    late.settle_late(
        wish_id=wish.pk, practitioner_id=office.practitioner.pk, outcome="kept", now=now
    )
    plan_all(now)
    Delivery.objects.exclude(kind__contains="late_wish").filter(state=State.PENDING).delete()
    send_all(now)

    new = mailcatcher.messages[before:]
    assert sorted(kind_of(m) for m in new) == [Kind.LATE_WISH_KEPT, Kind.PRACTITIONER_LATE_WISH]
    assert not [m for m in new if other.email in m.as_string() or "Canary" in m.as_string()]
    assert only(mailcatcher, Kind.LATE_WISH_KEPT)["To"] == asker.email


def test_running_late_says_how_late_and_when_it_begins(
    office: Office, mailcatcher: MailCatcher
) -> None:
    start = make.open_starts(office, office.services["individual-50"])[-20]
    appointment = make.booked(office, times=(start,))
    Participant.objects.update(shared_mailbox="no")
    now = start - timedelta(minutes=10)
    plan_all(NOW)
    Delivery.objects.all().delete()

    late.running_late(
        appointment_id=appointment.pk,
        minutes=10,
        practitioner_id=office.practitioner.pk,
        now=now,
    )
    send_all(now)

    plain = " ".join(body_of(only(mailcatcher, Kind.RUNNING_LATE), "plain").split())
    assert "about 10 minutes late" in plain
    assert (
        f"{(start + timedelta(minutes=10)).astimezone(NEW_YORK) - timedelta(hours=1):%H:%M}"
        in plain
    )


# --- Discretion ------------------------------------------------------------------------------

#: Whose name stands on it, whether others see the mailbox, and what reaches the calendar.
PROFILES = [
    ("office", "no", "event"),
    ("practitioner", "no", "nothing"),
    ("initials", "yes", "link"),
    ("practitioner", "unsure", "event"),
]


def _stages(office: Office) -> Iterator[datetime]:
    """Everything that this file is about happens; yields when mail is to be looked at."""
    WeeklyHours.objects.update(closes_minute=20 * 60)
    pair = make.booked(office, "couple", times=[week(0).astimezone(UTC)])
    Participant.objects.update(time_zone="Europe/London")
    yield NOW
    practitioner_id = office.practitioner.pk
    found = series.start_series(
        appointment_id=pair.pk,
        practitioner_id=practitioner_id,
        every_weeks=1,
        starts=[week(n) for n in range(1, 7)],
        now=NOW,
    )
    yield NOW
    dates = list(Appointment.objects.filter(series=found).order_by("starts_at"))
    series.move_following(
        appointment_id=dates[5].pk,
        practitioner_id=practitioner_id,
        starts_at=week(5) - timedelta(hours=3),
        now=NOW,
    )
    series.pause(
        series_id=found.pk,
        practitioner_id=practitioner_id,
        first=week(4).date(),
        until=week(5).date(),
        now=NOW,
    )
    yield NOW
    cohort = make.published(office, slug="desire-circle", title="Couples and desire")
    make.member(office, cohort, name="Robin")
    leaver = make.member(office, cohort, name="Kim")
    refused = make.ready(office, "group", cohort=cohort.slug, seat_name="Jay")
    places.refuse_seat(seat_id=make.seat_of(refused).pk, practitioner_id=practitioner_id, now=NOW)
    yield NOW
    places.leave_group(participant_id=leaver.pk, now=NOW)
    groups.call_off(cohort_id=Cohort.objects.get().pk, practitioner_id=practitioner_id, now=NOW)
    yield NOW
    make.waiting(office, "couple")
    make.cancelled(
        make.booked(office, "couple", times=[datetime(2026, 10, 28, 9, 0, tzinfo=NEW_YORK)])
    )
    yield NOW
    poll = make.finding(office)
    for person in make.people_of(poll):
        make.mark(person)
    together.ask_again(request_id=poll.pk, practitioner_id=practitioner_id, now=NOW)
    make.let_decision_leave(poll)
    yield Request.objects.get(pk=poll.pk).decisions.get().due_at
    later = NOW + timedelta(hours=30)
    booking_sweep.sweep(now=later)
    yield later
    asker = make.people_of(pair.request)[0]  # type: ignore[arg-type]  # booked by a request
    late_at = week(0) - timedelta(hours=1)
    wish = late.ask_late(
        participant_id=asker.pk, appointment_id=pair.pk, words="Please.", now=late_at
    )
    late.settle_late(wish_id=wish.pk, practitioner_id=practitioner_id, outcome="kept", now=late_at)
    late.running_late(
        appointment_id=pair.pk, minutes=10, practitioner_id=practitioner_id, now=late_at
    )
    late.running_late(appointment_id=pair.pk, minutes=15, participant_id=asker.pk, now=late_at)
    yield late_at
    for number in range(4):  # sessions end one after the other
        booking_sweep.sweep(now=week(number) + timedelta(days=1))
        yield week(number) + timedelta(days=1)
    yield week(5) - timedelta(days=1)


#: Each of these must have been sent on the way, or the test below looks at too little.
SENT = {
    Kind.DATES_BOOKED,
    Kind.DATES_MOVED,
    Kind.DATES_CANCELLED,
    Kind.CLOCK_SHIFT,
    Kind.LAST_DATES,
    Kind.SEAT_GIVEN,
    Kind.SEAT_REFUSED,
    Kind.SEAT_LEFT,
    Kind.ON_THE_LIST,
    Kind.TIME_OPENED,
    Kind.TIME_GONE,
    Kind.POLL_REOPENED,
    Kind.LATE_WISH_KEPT,
    Kind.RUNNING_LATE,
    Kind.PRACTITIONER_DATES_BOOKED,
    Kind.PRACTITIONER_LATE_WISH,
    Kind.PRACTITIONER_RUNNING_LATE,
    Kind.PRACTITIONER_SEAT_LEFT,
}


def _send_until(now: datetime) -> None:
    """Send each message at its own time, as a worker would."""
    due = Delivery.objects.filter(state=State.PENDING, due_at__lt=now).order_by("due_at")
    for at in [*due.values_list("due_at", flat=True).distinct(), now]:
        send_due(worker="w", now=at)


@pytest.mark.parametrize("profile", PROFILES)
def test_no_message_gives_anything_or_anybody_away(
    office: Office,
    mailcatcher: MailCatcher,
    client: Client,
    profile: tuple[str, str, str],
) -> None:
    sender, mailbox, entry = profile
    for now in _stages(office):
        Participant.objects.update(
            sender_name=sender,
            shared_mailbox=mailbox,
            calendar_entry=entry,
            time_zone="Europe/London",
        )
        plan_all(now)
        _send_until(now)

    people = list(Participant.objects.select_related("request"))
    sent = set(Delivery.objects.filter(state=State.SENT).values_list("kind", flat=True))
    assert sent >= SENT
    for message in mailcatcher.messages:
        kind = kind_of(message)
        if kind in (Kind.INVITATION, Kind.INVITATION_REMINDER):
            continue  # the one message in which the requester wants to be named
        (to,) = message["To"].addresses
        others = [p for p in people if p.email != to.addr_spec]
        names = {n for p in others for n in (p.email, p.label, p.chosen_name) if n}
        own = {n for p in people if p.email == to.addr_spec for n in (p.label, p.chosen_name)}
        file = calendar_part(message)
        everything = "\n".join(
            [
                *(f"{k}: {v}" for k, v in message.items() if k != "To"),
                body_of(message, "plain"),
                body_of(message, "html"),
                file.content.decode() if file else "",
            ]
        )
        assert forbidden_words(everything, also=[*(names - own), "desire"]) == [], kind
        if mailbox != "no" and not kind.startswith("practitioner"):
            assert not re.search(r"\d\d:\d\d\b|2026|London time", body_of(message, "plain")), kind
        for url in re.findall(r"https?://\S+/(?:open|request|desk)/\S*", body_of(message, "plain")):
            answer = client.get(urlsplit(url).path)
            assert answer.status_code == (302 if "/desk/" in url else 200), url
