"""Series, groups, the waitlist and being late: no message on the way gives anything away."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from booking.models import Appointment, Cohort, Participant, Request
from booking.operations import groups, late, places, series, together
from booking.operations import sweep as booking_sweep
from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from practice.models import WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, calendar_part, kind_of, plan_all
from tests.notifications.weekly import week

pytestmark = pytest.mark.django_db

State = Delivery.State


@pytest.fixture
def office() -> Office:
    office = make.make_office()
    practitioner = office.practitioner
    practitioner.display_name, practitioner.initials = "Morgan Quill", "MQ"
    practitioner.save()
    return office


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
