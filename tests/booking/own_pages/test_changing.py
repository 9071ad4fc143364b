"""Moving, cancelling, leaving and withdrawing."""

from datetime import datetime, timedelta

import pytest
import time_machine

from booking.models import Move, Request
from tests.booking.browsing import TIME, come_in, press, someone_called, text
from tests.booking.factories import Office, booked, open_starts, requester_of, submitted, verified

pytestmark = pytest.mark.django_db


def test_somebody_alone_moves_their_appointment_at_once(office: Office) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    client = come_in(person)

    page = text(client, f"/you/{person.id}/move/")
    later = text(client, f"/you/{person.id}/move/?week=2026-10-26")
    chosen = TIME.findall(later)[-1]
    after = text(client, f"/you/{person.id}/move/", times=chosen)

    assert "moves there at once" in page
    assert "Done: your appointment has its new time." in after
    appointment.refresh_from_db()
    assert appointment.starts_at == datetime.fromisoformat(chosen)


def test_of_several_people_one_asks_for_up_to_three_times(office: Office) -> None:
    times = [open_starts(office, office.service("couple"))[-1]]
    appointment = booked(office, "couple", times=times)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/move/"
    first, second = TIME.findall(text(client, path))[:2]

    # Another week is looked at, and what was chosen stays chosen.
    other_week = press(client, path, {"times": [first, second], "week": "2026-11-09"})
    carried = TIME.findall(other_week)
    too_many = press(client, path, {"times": carried[:5]})
    after = client.post(path, {"times": [first, second]}, follow=True)

    assert carried[:2] == [first, second]
    assert "Please choose one to three times." in too_many
    assert "the old one stays" in after.content.decode()
    before = appointment.starts_at
    appointment.refresh_from_db()
    assert appointment.starts_at == before
    assert Move.objects.get().asked_by == person
    sam = someone_called(Request.objects.get(), "Sam")
    assert "A different time is being looked for" in text(come_in(sam), f"/you/{sam.id}/times/")


def test_a_time_taken_meanwhile_offers_the_nearest(office: Office) -> None:
    booked(office)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/move/"
    wanted = TIME.findall(text(client, path))[3]
    submitted(office, times=[datetime.fromisoformat(wanted)])

    page = text(client, path, times=wanted)

    assert "One of these times was taken a moment ago." in page
    assert len(TIME.findall(page)) == 3


def test_too_late_to_move_says_whom_to_call(office: Office, clock: time_machine.Traveller) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    clock.move_to(appointment.starts_at - timedelta(hours=3))
    client = come_in(person)

    page = text(client, f"/you/{person.id}/move/")

    assert "too late to change this here" in page
    assert office.practice.phone in page
    assert office.practice.email in page


@pytest.mark.parametrize("times", ["", "tomorrow", "2020-01-01T10:00:00Z", "2026-10-17T03:00:00Z"])
def test_an_impossible_time_to_move_to_is_no_error(office: Office, times: str) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    before = appointment.starts_at

    page = press(come_in(person), f"/you/{person.id}/move/", {"times": times})

    assert "Find another time" in page
    appointment.refresh_from_db()
    assert appointment.starts_at == before


def test_cancelling_says_what_happens_and_then_does_it(office: Office) -> None:
    times = [open_starts(office, office.service("couple"))[-1]]
    appointment = booked(office, "couple", times=times)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/cancel/"

    page = text(client, path)
    asked = press(client, path)  # a button of another page: say first what happens
    appointment.refresh_from_db()
    assert appointment.state == "booked"
    assert "not by whom, and not why" in asked
    after = text(client, path, appointment=str(appointment.id), leaves_alone="no")

    assert "not by whom, and not why" in page
    assert "Your appointment is cancelled." in after
    appointment.refresh_from_db()
    assert appointment.state == "cancelled"


def test_of_three_people_one_leaves_and_the_others_stay(office: Office) -> None:
    appointment = booked(office, "non_monogamous")
    person = someone_called(Request.objects.get(), "Kai")
    client = come_in(person)

    page = text(client, f"/you/{person.id}/leave/")
    after = text(
        client, f"/you/{person.id}/leave/", appointment=str(appointment.id), leaves_alone="yes"
    )

    assert "The others are not told who left" in page
    assert "You are not expected any more." in after
    appointment.refresh_from_db()
    assert appointment.state == "booked"
    assert appointment.attendances.filter(left_at__isnull=True).count() == 2


def test_a_press_on_a_stale_page_cancels_nothing(office: Office) -> None:
    appointment = booked(office, "non_monogamous")
    person = someone_called(Request.objects.get(), "Kai")

    after = text(
        come_in(person),
        f"/you/{person.id}/cancel/",
        appointment=str(appointment.id),
        leaves_alone="no",
    )

    assert "Something has changed meanwhile." in after
    assert appointment.attendances.filter(left_at__isnull=True).count() == 3


def test_withdrawing_needs_no_reason(office: Office) -> None:
    request = verified(office)
    person = requester_of(request)

    after = text(come_in(person), f"/you/{person.id}/withdraw/", sure="yes")

    assert "You have withdrawn." in after
    assert Request.objects.get().state == "withdrawn"
