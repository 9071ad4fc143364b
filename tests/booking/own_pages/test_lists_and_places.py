"""The list, and places in groups."""

from datetime import timedelta

import pytest
import time_machine

from booking.models import Appointment, Request, Seat, WaitlistEntry
from tests.booking.browsing import come_in, someone_called, text
from tests.booking.factories import (
    Office,
    booked,
    enter,
    join,
    member,
    published,
    requester_of,
    seat_of,
    verified,
)

pytestmark = pytest.mark.django_db


def test_the_requester_joins_and_leaves_the_list(office: Office) -> None:
    request = verified(office, times=(), wait=True)
    person = requester_of(request)
    client = come_in(person)

    home = text(client, f"/you/{person.id}/")
    left = text(client, f"/you/{person.id}/wait/stop/", sure="yes")
    joined = text(client, f"/you/{person.id}/wait/", sure="yes")

    assert "You are on the list" in home
    assert "You are not on the list any more." in left
    assert "You are on the list." in joined
    assert WaitlistEntry.objects.get().left_at is None


def test_only_the_requester_sees_the_list(office: Office) -> None:
    request = verified(office, "couple", times=(), wait=True)
    sam = someone_called(request, "Sam")
    enter(sam)
    join(sam)
    client = come_in(sam)

    assert "on the list" not in text(client, f"/you/{sam.id}/")
    assert "Something has changed" in text(client, f"/you/{sam.id}/wait/stop/", sure="yes")
    assert WaitlistEntry.objects.get().left_at is None


def test_after_three_silences_they_are_asked_whether_they_wait(office: Office) -> None:
    request = verified(office, times=(), wait=True)
    WaitlistEntry.objects.update(silences=3)
    person = requester_of(request)
    client = come_in(person)

    assert "Do you still wait for a time?" in text(client, f"/you/{person.id}/")
    text(client, f"/you/{person.id}/wait/", sure="yes")
    assert WaitlistEntry.objects.get().silences == 0


def test_a_member_sees_the_group_and_leaves_one_date_or_all(office: Office) -> None:
    cohort = published(office)
    other = member(office, cohort, name="Blue")
    person = member(office, cohort, name="Robin")
    client = come_in(person)
    sessions = list(cohort.appointments.order_by("starts_at"))
    one = sessions[1]

    home = text(client, f"/you/{person.id}/")
    text(
        client,
        f"/you/{person.id}/dates/{one.id}/cancel/",
        appointment=str(one.id),
        leaves_alone="yes",
    )
    without = text(client, f"/you/{person.id}/")
    asked = text(client, f"/you/{person.id}/place/leave/")
    text(client, f"/you/{person.id}/place/leave/", sure="yes")

    assert cohort.title in home
    assert "Blue" in home
    assert other.label not in home or other.label == person.label
    assert "without you" in without
    assert "Leave the group?" in asked
    assert Seat.objects.get(request=person.request).state == "left"
    one.refresh_from_db()
    assert one.state == "booked"


def test_whoever_only_asks_for_a_place_sees_no_names(office: Office) -> None:
    cohort = published(office)
    member(office, cohort, name="Blue")
    request = verified(office, "group", cohort=cohort.slug, seat_name="Robin")
    person = requester_of(request)

    home = text(come_in(person), f"/you/{person.id}/")

    assert "A place is kept for you" in home
    assert "Blue" not in home
    assert seat_of(request).state == "asked"


def test_after_the_call_a_place_still_waits_for_its_word(
    office: Office, clock: time_machine.Traveller
) -> None:
    cohort = published(office)
    call = booked(office, "group", cohort=cohort.slug, seat_name="Robin")
    person = requester_of(Request.objects.get())
    clock.move_to(call.ends_at + timedelta(hours=1))
    Appointment.objects.filter(pk=call.pk).update(state="fulfilled")
    client = come_in(person)

    home = text(client, f"/you/{person.id}/")

    assert "Nothing is open here any more" not in home
    assert cohort.title in home
