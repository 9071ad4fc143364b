"""What time does by itself."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from booking.models import Appointment, Decision, Move, Request
from booking.operations import decisions, moves
from booking.operations.sweep import sweep
from practice.models import Pending
from practice.queries import database_now
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import coming, far, fresh, recorded

pytestmark = pytest.mark.django_db


def test_a_lapsed_hold_frees_the_time_and_the_practitioner_is_told_once(office: Office) -> None:
    request = make.verified(office, times=[far(office, "individual")])
    after = NOW + timedelta(hours=73)

    for _ in range(2):
        sweep(now=after)

    request.refresh_from_db()
    assert request.state == "gathering"
    assert not Appointment.objects.filter(state="held").exists()
    assert len(recorded("hold_lapsed")) == 1


def test_a_lapsed_proposal_goes_back_to_the_practitioner(office: Office) -> None:
    request = make.ready(office, times=[far(office, "individual")])
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=[far(office, "individual", nth=2)],
        now=NOW,
    )

    sweep(now=NOW + timedelta(hours=73))

    request.refresh_from_db()
    assert request.state == "ready"
    assert recorded("proposal_settled") == [{"agreed": False}]


@pytest.mark.parametrize(
    ("is_verified", "after"), [(False, timedelta(hours=25)), (True, timedelta(days=15))]
)
def test_a_request_that_nobody_goes_on_with_expires(
    office: Office, is_verified: bool, after: timedelta
) -> None:
    request = make.verified(office) if is_verified else make.submitted(office)

    sweep(now=NOW + after)
    sweep(now=NOW + after)

    request.refresh_from_db()
    assert request.state == "expired"
    assert len(recorded("request_expired")) == 1


@pytest.mark.parametrize("relationship_type", ["individual", "couple"])
def test_a_request_that_is_ready_and_gets_no_time_expires_too_and_everybody_is_told(
    office: Office, relationship_type: str
) -> None:
    request = make.ready(office, relationship_type)

    sweep(now=request.expires_at - timedelta(seconds=1))
    request.refresh_from_db()
    assert (request.state, request.hold_lapsed_at is not None) == ("ready", True)
    for _ in range(2):
        sweep(now=request.expires_at)

    request.refresh_from_db()
    assert request.state == "expired"
    assert len(recorded("request_expired")) == 1
    assert Pending.objects.filter(change__kind="request_expired").count() == 1


def test_whoever_finishes_a_minute_before_the_end_leaves_the_practitioner_time_to_decide(
    office: Office,
) -> None:
    request = make.verified(office)
    end = request.expires_at

    make.clear(make.requester_of(request), now=end - timedelta(minutes=1))
    sweep(now=end)
    request.refresh_from_db()

    assert (request.state, request.expires_at) == ("ready", end + timedelta(days=14, minutes=-1))
    sweep(now=request.expires_at)
    request.refresh_from_db()
    assert request.state == "expired"


@pytest.mark.parametrize(
    ("state", "ends", "is_later"),
    [("ready", -30, True), ("ready", 3, True), ("ready", 40, False), ("gathering", -1, False)],
)
def test_what_was_ready_before_it_ended_in_time_has_its_time_from_the_upgrade_on(
    office: Office, state: str, ends: int, is_later: bool
) -> None:
    migration = import_module("booking.migrations.0011_ready_has_time")
    request = make.verified(office)
    now = database_now()
    end = now + timedelta(days=ends)
    Request.objects.filter(pk=request.pk).update(state=state, expires_at=end)

    with connection.cursor() as cursor:
        cursor.execute(migration.EXTEND)

    request.refresh_from_db()
    if is_later:
        assert abs(request.expires_at - now - timedelta(days=14)) < timedelta(minutes=1)
    else:
        assert request.expires_at == end


def test_while_a_time_is_held_for_it_or_a_decision_is_on_its_way_a_request_does_not_expire(
    office: Office,
) -> None:
    held, decided = make.ready(office), make.ready(office, "couple")
    late = held.expires_at + timedelta(hours=1)
    Appointment.objects.filter(request=held).update(held_until=late + timedelta(days=1))
    for request in (held, decided):
        Request.objects.filter(pk=request.pk).update(hold_lapsed_at=NOW)
    decisions.decline(request_id=decided.pk, practitioner_id=office.practitioner.pk, now=NOW)
    Decision.objects.update(due_at=late + timedelta(minutes=1))

    sweep(now=late)

    assert set(Request.objects.values_list("state", flat=True)) == {"ready"}


def test_a_queued_decision_leaves_with_the_sweep_and_its_time_does_not_lapse_before(
    office: Office,
) -> None:
    request = make.ready(office, "couple")
    outcome = decisions.confirm(
        request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW
    )
    assert outcome.due_at is not None

    sweep(now=outcome.due_at - timedelta(minutes=1))
    assert not Appointment.objects.filter(state="booked").exists()
    sweep(now=outcome.due_at)

    assert Appointment.objects.filter(state="booked").count() == 1


def test_an_unanswered_move_ends_and_the_old_time_stays(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[far(office, "couple")])
    alex, _ = coming(appointment)
    moves.ask_move(
        appointment_id=appointment.pk,
        participant_id=alex.pk,
        starts=[far(office, "couple", nth=2)],
        now=NOW,
    )

    sweep(now=NOW + timedelta(hours=73))

    assert Move.objects.get().outcome == "dropped"
    assert fresh(appointment).starts_at == appointment.starts_at
    assert not Appointment.objects.filter(state="held").exists()


def test_a_session_is_fulfilled_after_its_end_and_not_before(office: Office) -> None:
    appointment = make.booked(office)

    sweep(now=appointment.ends_at - timedelta(seconds=1))
    assert fresh(appointment).state == "booked"
    for _ in range(2):
        sweep(now=appointment.ends_at)

    assert fresh(appointment).state == "fulfilled"
    assert len(recorded("appointment_fulfilled")) == 1
