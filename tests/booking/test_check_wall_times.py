"""`manage.py check_wall_times`: what a change of time zone rules has moved."""

from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from booking.models import Appointment
from booking.queries.walls import come_apart
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

FAR = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def made_under_other_rules(appointment: Appointment, **changes: object) -> None:
    """As the row would be had it been written under the rules of an older tzdata."""
    Appointment.objects.filter(pk=appointment.pk).update(**changes)


def test_what_begins_at_its_wall_time_is_in_order(office: Office) -> None:
    make.booked(office, times=[FAR])
    make.ready(office, times=[FAR + timedelta(days=1)])

    assert come_apart(now=NOW) == []


def test_booked_and_held_time_that_has_come_apart_is_listed(office: Office) -> None:
    booked = make.booked(office, times=[FAR])
    request = make.ready(office, times=[FAR + timedelta(days=1)])
    held = Appointment.objects.get(request=request)
    made_under_other_rules(booked, wall_start="2026-10-26T10:00")
    made_under_other_rules(held, wall_start="2026-10-27T08:00")

    found = come_apart(now=NOW)

    assert [(f.appointment_id, f.state, f.would_start_at) for f in found] == [
        (booked.pk, "booked", FAR + timedelta(hours=1)),
        (held.pk, "held", FAR + timedelta(hours=23)),
    ]
    booked.refresh_from_db()
    assert booked.starts_at == FAR


def test_a_zone_that_is_gone_is_listed(office: Office) -> None:
    booked = make.booked(office, times=[FAR])
    made_under_other_rules(booked, wall_zone="Europe/Atlantis")

    assert [f.would_start_at for f in come_apart(now=NOW)] == [None]


def test_what_is_past_or_given_up_is_nobodys_concern(office: Office) -> None:
    booked = make.booked(office, times=[FAR])
    made_under_other_rules(booked, wall_start="2026-10-26T10:00")

    assert come_apart(now=FAR) == []
    make.cancelled(booked)
    assert come_apart(now=NOW) == []


def test_either_pass_of_a_wall_time_that_happens_twice_is_right(office: Office) -> None:
    booked = make.booked(office, times=[FAR])
    for fold in (0, 1):
        starts_at = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=fold)
        made_under_other_rules(
            booked,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=50),
            blocked_from=starts_at,
            blocked_until=starts_at + timedelta(minutes=60),
            wall_start="2026-11-01T01:30",
        )
        assert come_apart(now=NOW) == []


def test_the_command_says_what_to_decide_about_and_changes_nothing(office: Office) -> None:
    now = timezone.now()
    request = make.ready(office, now=now)
    held = Appointment.objects.get(request=request)

    def said() -> str:
        out = StringIO()
        call_command("check_wall_times", stdout=out)
        return out.getvalue()

    assert said() == "Every appointment to come begins at the wall time it was made for.\n"
    made_under_other_rules(held, wall_start="2099-01-01T09:00")
    text = said()
    assert f"{held.pk} held: made for 2099-01-01 09:00 America/New_York" in text
    assert "that wall time is now 2099-01-01 14:00 UTC" in text
    assert text.endswith("1 to decide about.\n")
