"""The command that fills a calendar to measure with."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from booking.models import Appointment, Attendance
from practice.models import Service
from tests.booking import factories as make
from tests.booking.races.harness import overlaps

pytestmark = pytest.mark.django_db


def test_it_fills_past_and_future_and_leaves_time_free(settings: Settings) -> None:
    settings.EMBEDDED = True
    office = make.make_office()
    before = len(make.open_starts(office, office.services["individual-50"], now=timezone.now()))

    call_command("seed_load", "--appointments", "500", "--ahead", "100")

    past = Appointment.objects.filter(starts_at__lt=timezone.now())
    ahead = Appointment.objects.filter(starts_at__gt=timezone.now())
    assert (past.count(), ahead.count()) == (400, 100)
    assert set(past.values_list("state", flat=True)) <= {"fulfilled", "no_show", "cancelled"}
    assert set(ahead.values_list("state", flat=True)) == {"booked"}
    assert Attendance.objects.filter(participant__chosen_name="Client 1").count() == 1
    for appointment in (past.first(), ahead.first()):
        assert appointment is not None
        assert appointment.wall_start == appointment.starts_at.astimezone(make.NEW_YORK).strftime(
            "%Y-%m-%dT%H:%M"
        )
    after = len(make.open_starts(office, office.services["individual-50"], now=timezone.now()))
    assert 0 < after < before


def test_a_second_load_finds_time_that_nobody_has_had_and_long_sessions_theirs(
    settings: Settings,
) -> None:
    settings.EMBEDDED = True
    office = make.make_office()
    Service.objects.filter(slug="individual-50").update(duration_minutes=110)

    for _ in range(2):
        call_command("seed_load", "--appointments", "100", "--ahead", "0")

    assert Appointment.objects.filter(practitioner=office.practitioner).count() == 200
    assert overlaps() == 0


def test_it_touches_no_real_server(settings: Settings) -> None:
    settings.EMBEDDED = False
    make.make_office()

    with pytest.raises(CommandError, match="not an embedded server"):
        call_command("seed_load", "--appointments", "5")
