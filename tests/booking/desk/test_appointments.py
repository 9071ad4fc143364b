"""An appointment: moved, cancelled, marked; late wishes, and a day of illness."""

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client

from booking.models import Appointment, LateWish, Participant
from booking.operations import late
from practice.domain.wall import instant
from practice.models import Change, TimeOff
from tests.booking import factories
from tests.booking.desk.at_the_desk import counted, sign_in, text, url
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def wished(office: Office) -> tuple[Appointment, LateWish, datetime]:
    """An hour before their session somebody asks for a change."""
    appointment = factories.booked(office)
    person = appointment.attendances.get().participant
    at = appointment.starts_at - timedelta(hours=1)
    wish = late.ask_late(
        participant_id=person.pk,
        appointment_id=appointment.pk,
        words="My train does not run.",
        now=at,
    )
    return appointment, wish, at


def test_a_request_whose_only_appointment_was_cancelled_does_not_say_booked(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office)
    page = url("request", appointment.request_id)
    before = text(desk.get(page))

    factories.cancelled(appointment)

    after = text(desk.get(page))
    assert '<span class="pill pill-done">Booked</span>' in before
    assert '<span class="pill pill-done">Booked</span>' not in after
    assert after.count('<span class="pill pill-ended">Cancelled</span>') == 2


def test_an_appointment_is_moved_to_a_chosen_time(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    start = factories.open_starts(office, office.service("individual"))[9]

    response = desk.post(url("move", appointment.pk), {"times": [start.isoformat()]}, follow=True)

    moved = Appointment.objects.get(pk=appointment.pk)
    assert moved.starts_at == start
    assert moved.revision == appointment.revision + 1
    assert "Everyone attending hears of it now." in text(response)
    assert "You moved it from" in text(response)


def test_an_appointment_is_moved_to_any_five_minutes_of_ones_own_hours(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office)

    desk.post(url("move", appointment.pk), {"other_date": "2026-10-15", "other_time": "16:05"})

    moved = Appointment.objects.get(pk=appointment.pk)
    assert moved.starts_at.astimezone(NEW_YORK).isoformat() == "2026-10-15T16:05:00-04:00"


def test_moving_onto_another_appointment_is_refused_with_other_times(
    desk: Client, office: Office
) -> None:
    taken, appointment = factories.booked(office), factories.booked(office)

    response = desk.post(url("move", appointment.pk), {"times": [taken.starts_at.isoformat()]})

    assert response.status_code == 409
    assert "The nearest free times" in text(response)
    assert Appointment.objects.get(pk=appointment.pk).starts_at == appointment.starts_at


def test_cancelling_apologises_and_holds_new_times(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)

    response = desk.post(url("cancel", appointment.pk), {"new_times": "on"}, follow=True)

    assert "Cancelled, with an apology and new times:" in text(response)
    assert Appointment.objects.get(pk=appointment.pk).state == "cancelled"
    assert Appointment.objects.filter(request=appointment.request, state="held").count() == 3


def test_cancelling_twice_says_that_something_was_first(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    desk.post(url("cancel", appointment.pk))

    response = desk.post(url("cancel", appointment.pk))

    assert response.status_code == 409
    assert "Something else was first" in text(response)


def test_a_session_cannot_be_marked_before_it_begins(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)

    response = desk.post(url("ended", appointment.pk), {"outcome": "no_show"})

    assert response.status_code == 409
    assert "How did it go?" not in text(response)
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"


@pytest.mark.parametrize(("outcome", "minutes"), [("no_show", 20), ("fulfilled", 50)])
def test_a_session_that_has_begun_is_marked_as_missed_and_one_that_is_over_as_kept_too(
    desk: Client, office: Office, outcome: str, minutes: int
) -> None:
    appointment = factories.booked(office)

    with time_machine.travel(appointment.starts_at + timedelta(minutes=minutes), tick=False):
        sign_in(desk, office)
        before = text(desk.get(url("appointment", appointment.pk)))
        desk.post(url("ended", appointment.pk), {"outcome": outcome})

    assert "How did it go?" in before
    assert ("It took place" in before) == (outcome == "fulfilled")
    assert Appointment.objects.get(pk=appointment.pk).state == outcome


def test_one_press_cancels_the_rest_of_a_day_and_lists_what_was_cancelled(
    desk: Client, office: Office, now: datetime
) -> None:
    day = (now + timedelta(days=2)).astimezone(NEW_YORK).date()
    starts = [
        s
        for s in factories.open_starts(office, office.service("individual"))
        if s.astimezone(NEW_YORK).date() == day
    ]
    first = factories.booked(office, times=[starts[0]])
    second = factories.booked(office, times=[starts[4]])
    kept = factories.booked(office)

    asked = text(desk.get(url("ill"), {"day": day.isoformat()}))
    response = desk.post(url("ill"), {"day": day.isoformat()}, follow=True)

    assert url("appointment", first.pk) in asked
    assert url("appointment", second.pk) in asked
    assert url("appointment", kept.pk) not in asked
    assert "an apology and three new times" in asked
    page = text(response)
    assert "2 appointments were cancelled." in page
    assert page.count("Offered instead:") == 2
    states = dict(Appointment.objects.values_list("pk", "state"))
    assert (states[first.pk], states[second.pk], states[kept.pk]) == (
        "cancelled",
        "cancelled",
        "booked",
    )
    assert TimeOff.objects.get().ends_at == instant(day + timedelta(days=1), 0, NEW_YORK)


@pytest.mark.parametrize("day", ["", "2026-13-01", "2026-10-11", "2027-10-12"])
def test_only_a_day_of_the_coming_week_can_be_cancelled_like_that(
    desk: Client, office: Office, day: str
) -> None:
    response = desk.post(url("ill"), {"day": day})

    assert response.status_code == 400
    assert not TimeOff.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-31"])
def test_an_impossible_day_has_no_page(desk: Client, day: str) -> None:
    assert desk.get(f"/desk/ill/{day}/").status_code == 404


def test_a_late_wish_is_read_and_answered(desk: Client, office: Office) -> None:
    appointment, wish, at = wished(office)

    with time_machine.travel(at, tick=False):
        sign_in(desk, office)
        waiting = text(desk.get(url("waiting")))
        counts = counted(office)
        page = text(desk.get(url("appointment", appointment.pk)))
        response = desk.post(url("keep", appointment.pk, wish.pk), follow=True)
        again = desk.post(url("keep", appointment.pk, wish.pk))

    assert "Asked too late to change it themselves" in waiting
    assert "My train" not in waiting
    assert counts == (1, 1)
    assert "Alex asks to change it" in page
    assert "My train does not run." in page
    assert Change.objects.filter(kind="late_wish_read").exists()
    assert "It stays as it is." in text(response)
    assert again.status_code == 409
    assert LateWish.objects.get().outcome == "kept"


def test_moving_it_settles_the_wish(desk: Client, office: Office) -> None:
    appointment, _wish, at = wished(office)
    start = factories.open_starts(office, office.service("individual"))[20]

    with time_machine.travel(at, tick=False):
        sign_in(desk, office)
        desk.post(url("move", appointment.pk), {"times": [start.isoformat()]})

    assert LateWish.objects.get().outcome == "changed"


@pytest.mark.parametrize(("minutes", "said"), [("10", True), ("500", False), ("x", False)])
def test_everyone_is_told_that_the_practitioner_runs_late(
    desk: Client, office: Office, minutes: str, said: bool
) -> None:
    appointment = factories.booked(office)
    early = text(desk.get(url("appointment", appointment.pk)))

    with time_machine.travel(appointment.starts_at - timedelta(minutes=20), tick=False):
        sign_in(desk, office)
        page = text(desk.get(url("appointment", appointment.pk)))
        response = desk.post(url("running-late", appointment.pk), {"minutes": minutes}, follow=True)

    assert "Running late?" not in early
    assert "10 min late" in page
    assert (response.status_code == 200) is said
    assert Change.objects.filter(kind="running_late").exists() is said


def test_moving_shows_the_present_time_beside_the_choice(desk: Client, office: Office) -> None:
    start = datetime(2026, 10, 20, 15, 0, tzinfo=NEW_YORK)
    appointment = factories.booked(office, times=[start])

    page = text(desk.get(url("move", appointment.pk)))

    slots = re.findall(
        r'value="([^"]+)"[^>]*><span>[0-9:]+ <span class="slot-detail">([^<]*)', page
    )
    assert [datetime.fromisoformat(at) for at, said in slots if said.endswith("now")] == [start]
    assert "At present: <strong>Tuesday 20 October" in page


def test_whoever_reads_their_page_only_is_shown_so(desk: Client, office: Office) -> None:
    appointment = factories.booked(office)
    before = text(desk.get(url("appointment", appointment.pk)))
    Participant.objects.filter(attendances__appointment=appointment).update(channel="page")

    page = text(desk.get(url("appointment", appointment.pk)))

    assert ["reads their page only" in shown for shown in (before, page)] == [False, True]
