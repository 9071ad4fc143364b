"""A decision that waits for the batch while people go on answering."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from booking.models import Appointment, Decision, Request
from booking.operations import answers, decisions
from tests.booking import factories
from tests.booking.desk.at_the_desk import counted, text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

STOPPED = "As it stands it will not leave"
NEWS = "Somebody has answered anew since you decided."


def agreed_and_queued(office: Office, now: datetime) -> tuple[Request, datetime]:
    """Both marked the same time as good, and the practitioner has confirmed it."""
    request = factories.finding(office)
    alex, sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[6:8])
    factories.mark(sam, can=starts[6:8])
    decisions.confirm(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=starts[6],
        now=now,
    )
    return request, starts[7]


def test_a_queued_decision_that_new_marks_contradict_is_flagged_on_list_and_page(
    desk: Client, office: Office, now: datetime
) -> None:
    request, other = agreed_and_queued(office, now)
    calm = [text(desk.get(url("waiting"))), text(desk.get(url("request", request.pk)))]
    none = counted(office)

    factories.mark(factories.people_of(request)[1], can=[other], now=now + timedelta(minutes=1))

    flagged = [text(desk.get(url("waiting"))), text(desk.get(url("request", request.pk)))]
    assert [STOPPED in page for page in (*calm, *flagged)] == [False, False, True, True]
    assert all("Not everybody attending has accepted the time." in page for page in flagged)
    assert (none, counted(office)) == ((0, 0), (1, 1))


def test_a_queued_request_is_not_ready_any_more_on_its_own_page(
    desk: Client, office: Office, now: datetime
) -> None:
    request, _other = agreed_and_queued(office, now)

    queued = text(desk.get(url("request", request.pk)))
    desk.post(url("undo", request.pk))
    undone = text(desk.get(url("request", request.pk)))

    assert "Leaves with the next batch" in queued
    assert "Ready for you" not in queued
    assert "Ready for you" in undone


def test_what_is_flagged_is_what_comes_back_at_its_time(
    desk: Client, office: Office, now: datetime
) -> None:
    request, other = agreed_and_queued(office, now)
    factories.mark(factories.people_of(request)[1], can=[other], now=now + timedelta(minutes=1))

    factories.let_decision_leave(request)

    assert Decision.objects.get(request=request).failure == "time_not_accepted"
    assert not Appointment.objects.filter(request=request, state="booked").exists()
    assert 'id="failed"' in text(desk.get(url("waiting")))


def test_whoever_answers_anew_without_contradicting_it_is_mentioned(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.finding(office)
    alex, sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[6:7])
    factories.mark(sam, can=starts[7:8])
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=starts[10:11],
        now=now,
    )
    before = text(desk.get(url("request", request.pk)))

    factories.mark(sam, can=starts[6:8], now=now + timedelta(minutes=1))

    page = text(desk.get(url("request", request.pk)))
    assert (NEWS in before, NEWS in page, STOPPED in page) == (False, True, False)
    assert "Somebody has answered since" in text(desk.get(url("waiting")))


def test_somebody_who_has_something_to_finish_again_stops_what_is_queued(
    desk: Client, office: Office, now: datetime
) -> None:
    request = factories.ready(office, "couple")
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)

    factories.unclear(factories.people_of(request)[1])

    page = text(desk.get(url("request", request.pk)))
    assert STOPPED in page
    assert "Somebody has not finished their own part yet." in page


def proposal_refused_by_one(office: Office) -> tuple[Request, list[datetime]]:
    """Of two people one has answered, and none of the times suits them."""
    request = factories.ready(office, "couple")
    starts = factories.open_starts(office, office.service("couple"))
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=starts[6:8],
        now=factories.NOW,
    )
    factories.let_decision_leave(request)
    held = Appointment.objects.filter(request=request, state="held")
    answers.answer_times(
        participant_id=factories.people_of(request)[1].pk,
        answers={a.pk: False for a in held},
        now=factories.NOW,
    )
    return request, starts


def test_a_proposal_that_cannot_be_agreed_any_more_is_said_so_and_replaced(
    desk: Client, office: Office
) -> None:
    request, starts = proposal_refused_by_one(office)

    listed = text(desk.get(url("waiting")))
    page = text(desk.get(url("request", request.pk)))
    counts = [counted(office)]
    desk.post(url("propose", request.pk), {"times": [starts[12].isoformat()]})
    counts.append(counted(office))
    factories.let_decision_leave(request)

    assert "None of these suits everybody" in listed
    assert counts == [(1, 1), (0, 0)]
    assert "None of these suits everybody" in page
    assert url("propose", request.pk) in page
    held = Appointment.objects.filter(request=request, state="held")
    assert [a.starts_at for a in held] == [starts[12]]
    assert Request.objects.get(pk=request.pk).state == "proposed"
    assert "None of these suits everybody" not in text(desk.get(url("request", request.pk)))
