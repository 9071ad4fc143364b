"""The waitlist, and a time for everybody: told through real SMTP."""

import re
from datetime import datetime, timedelta

import pytest

from booking.models import Appointment, Participant, Request
from booking.operations import answers, decisions, together, waitlist
from booking.operations import sweep as booking_sweep
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import (
    body_of,
    deliveries,
    kind_of,
    kinds_for,
    only,
    plan_all,
    send_all,
    the_delivery,
)

pytestmark = pytest.mark.django_db

State = Delivery.State


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
