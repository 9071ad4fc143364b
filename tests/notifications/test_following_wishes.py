"""What waits follows what its reader chooses later: its time, its file, whether it is sent."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from booking.domain.discretion import MessageChoices
from booking.models import Appointment, Participant
from booking.operations import appointments, decisions, series
from notifications.domain.kinds import Kind
from notifications.models import Delivery, Invite
from notifications.operations.choices import choose
from notifications.operations.sending import send_due
from practice.models import Pending
from tests.booking import factories
from tests.booking.factories import NEW_YORK, NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import calendar_part, deliveries, plan_all, send_all, the_delivery

pytestmark = pytest.mark.django_db

State = Delivery.State
#: 21:00 in Chicago, where the reader is.
NIGHT = NOW + timedelta(hours=11)
HOUR = timedelta(hours=1)
EIGHT = NIGHT + 11 * HOUR
USUAL = MessageChoices(
    shared_mailbox="no",
    channel="email",
    sender_name="office",
    subject_style="plain",
    calendar_entry="event",
    event_title="",
    wants_reminders=True,
    cadence="usual",
    quiet_from=20 * 60,
    quiet_until=8 * 60,
)


@pytest.fixture
def person() -> Participant:
    """Somebody whose session was confirmed at night: the message about it waits."""
    office = factories.make_office()
    start = factories.open_starts(office, office.services["individual-50"])[-20]
    ready = factories.ready(office, times=(start,))
    person = factories.requester_of(ready)
    wish(person, USUAL, now=NOW)
    send_all(NOW)
    decisions.confirm(request_id=ready.pk, practitioner_id=office.practitioner.pk, now=NIGHT)
    plan_all(NIGHT)
    assert the_delivery(Kind.BOOKED).due_at == EIGHT
    return person


def wish(person: Participant, choices: MessageChoices, *, now: datetime) -> None:
    choose(participant_id=person.pk, choices=choices, now=now)
    assert not Pending.objects.filter(change__kind="profile_changed").exists()


@pytest.mark.parametrize(
    ("quiet", "hours_from_night"),
    [
        ((22 * 60, 7 * 60), 0.5),  # not quiet any more: now
        ((20 * 60, 10 * 60), 13),  # until later
        ((20 * 60, 6 * 60), 9),  # until earlier
        ((0, 0), 0.5),  # never quiet
        ((9 * 60, 21 * 60), 0.5),  # sleeps by day
        ((21 * 60 + 15, 5 * 60), 8),  # it was not quiet when it was planned; now it is
    ],
)
def test_news_that_wait_for_the_end_of_quiet_hours_follow_new_ones(
    person: Participant, quiet: tuple[int, int], hours_from_night: float
) -> None:
    half_past = NIGHT + HOUR / 2
    choices = replace(USUAL, quiet_from=quiet[0], quiet_until=quiet[1])

    wish(person, choices, now=half_past)

    told = the_delivery(Kind.BOOKED)
    assert told.due_at == told.try_at == NIGHT + hours_from_night * HOUR
    assert (told.state, told.planned_at) == (State.PENDING, NIGHT)


def test_they_follow_again_when_somebody_changes_their_mind(person: Participant) -> None:
    for quiet_until, due_at in ((10, EIGHT + 2 * HOUR), (9, EIGHT + HOUR), (8, EIGHT)):
        wish(person, replace(USUAL, quiet_until=quiet_until * 60), now=NIGHT + HOUR)
        assert the_delivery(Kind.BOOKED).due_at == due_at


def test_reminders_follow_in_the_same_transaction(person: Participant) -> None:
    before = [d.due_at for d in deliveries(Kind.REMINDER)]
    assert len(before) == 3

    wish(person, replace(USUAL, cadence="evening"), now=NIGHT + HOUR)

    waiting = [d for d in deliveries(Kind.REMINDER) if d.state == State.PENDING]
    assert [d.key.split(":")[1].split("@")[0] for d in waiting] == ["eve"]


def test_what_is_due_already_is_not_put_off(person: Participant) -> None:
    wish(person, replace(USUAL, quiet_from=20 * 60, quiet_until=11 * 60), now=EIGHT)
    assert the_delivery(Kind.BOOKED).due_at == EIGHT


def test_on_the_page_only_what_waits_is_dropped(person: Participant) -> None:
    wish(person, replace(USUAL, channel="page"), now=NIGHT + HOUR)

    told = the_delivery(Kind.BOOKED)
    assert (told.state, told.reason) == (State.SUPERSEDED, "they read their page only")


def test_a_calendar_file_goes_and_comes_with_the_choice(
    person: Participant, mailcatcher: MailCatcher
) -> None:
    assert (the_delivery(Kind.BOOKED).method, the_delivery(Kind.BOOKED).sequence) == ("REQUEST", 0)

    wish(person, replace(USUAL, calendar_entry="link"), now=NIGHT + HOUR)
    without = the_delivery(Kind.BOOKED)
    assert (without.method, without.invite, without.sequence) == ("", None, None)

    wish(person, replace(USUAL, calendar_entry="event"), now=NIGHT + 2 * HOUR)
    told = the_delivery(Kind.BOOKED)
    assert (told.method, told.invite, told.state) == ("REQUEST", Invite.objects.get(), "pending")
    send_due(worker="w", now=EIGHT)
    message = next(m for m in mailcatcher.messages if m["Subject"] == "Your appointment")
    part = calendar_part(message)
    assert part is not None
    assert (part.method, part.event["SEQUENCE"]) == ("REQUEST", Invite.objects.get().sequence)


def test_messages_that_only_bring_files_of_a_series_go_with_them(person: Participant) -> None:
    first = Appointment.objects.get(state="booked")
    series.start_series(
        appointment_id=first.pk,
        practitioner_id=first.practitioner_id,
        every_weeks=1,
        starts=[first.starts_at.astimezone(NEW_YORK) + timedelta(weeks=n) for n in (1, 2)],
        now=NIGHT,
    )
    plan_all(NIGHT)
    files = [d.pk for d in deliveries(Kind.BOOKED) if d.subject_id != first.pk]
    assert len(files) == 2

    wish(person, replace(USUAL, calendar_entry="link"), now=NIGHT + HOUR)

    assert {(d.state, d.reason) for d in Delivery.objects.filter(pk__in=files)} == {
        (State.SUPERSEDED, "no calendar file is wanted")
    }
    assert the_delivery(Kind.DATES_BOOKED).state == State.PENDING


def test_what_a_later_change_has_replaced_stays_so(person: Participant) -> None:
    booked = Appointment.objects.get(state="booked")
    appointments.reschedule(
        appointment_id=booked.pk,
        practitioner_id=booked.practitioner_id,
        starts_at=booked.starts_at + HOUR,
        now=NIGHT,
    )
    plan_all(NIGHT)

    wish(person, replace(USUAL, quiet_until=9 * 60), now=NIGHT + HOUR)

    # Nobody had heard of the first time, so the second one is told as booked.
    first, second = Delivery.objects.filter(kind=Kind.BOOKED).order_by("change_id")
    assert first.state == State.SUPERSEDED
    assert (second.state, second.due_at, second.sequence) == (State.PENDING, EIGHT + HOUR, 1)


def test_nobody_elses_messages_move(person: Participant) -> None:
    office_before = {
        (d.key, d.due_at, d.state) for d in Delivery.objects.filter(participant__isnull=True)
    }
    wish(person, replace(USUAL, quiet_until=10 * 60), now=NIGHT + HOUR)
    assert {
        (d.key, d.due_at, d.state) for d in Delivery.objects.filter(participant__isnull=True)
    } == office_before
