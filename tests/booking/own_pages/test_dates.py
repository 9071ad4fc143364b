"""Each date by itself: moved, cancelled, asked about late, or reached late."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.urls import reverse

from booking.models import Appointment, LateWish, Request
from booking.operations import appointments, late, series
from booking.queries.late import running_late as said_late
from booking.queries.series import preview
from booking.templatetags.times import clock_in
from practice.models import Change
from tests.booking.browsing import TIME, come_in, plain, press, someone_called, text
from tests.booking.factories import (
    NOW,
    Office,
    booked,
    enter,
    open_starts,
    people_of,
    requester_of,
    verified,
)

pytestmark = pytest.mark.django_db


def repeated(office: Office, kind: str = "individual", count: int = 4) -> list[Appointment]:
    first = booked(office, kind, times=[open_starts(office, office.service(kind))[-1]])
    planned = preview(first, every_weeks=1, count=count, now=NOW)
    series.start_series(
        appointment_id=first.id,
        practitioner_id=office.practitioner.id,
        every_weeks=1,
        starts=[p.starts_at for p in planned],
        now=NOW,
    )
    return list(Appointment.objects.filter(state="booked").order_by("starts_at"))


def test_each_date_is_cancelled_and_moved_by_itself(office: Office) -> None:
    dates = repeated(office)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    second, third = (f"/you/{person.id}/dates/{a.id}/" for a in dates[1:3])

    opened = text(client, second)
    cancelled = text(client, f"{second}cancel/", appointment=str(dates[1].id), leaves_alone="no")
    chosen = TIME.findall(client.get(f"{third}move/?week=2026-11-30").content.decode())[0]
    moved = text(client, f"{third}move/", times=chosen)

    assert "One of your dates" in opened
    assert f"{second}cancel/" in opened
    assert "Your appointment is cancelled." in cancelled
    assert "Done: your appointment has its new time." in moved
    for appointment in dates:
        appointment.refresh_from_db()
    assert [a.state for a in dates] == ["booked", "cancelled", "booked", "booked"]
    assert dates[2].starts_at == datetime.fromisoformat(chosen)


def test_an_invited_person_reads_what_they_said_yes_to_until_it_is_booked(
    office: Office,
) -> None:
    best, other = open_starts(office, office.service("couple"))[-2:]
    request = verified(office, "couple", times=(best, other))
    sam = someone_called(request, "Sam")
    enter(sam)
    client = come_in(sam)
    path = f"/you/{sam.id}/"
    before = text(client, path)
    times = dict.fromkeys(
        (f"time-{a.id}" for a in Appointment.objects.filter(starts_at=best)), "yes"
    ) | dict.fromkeys((f"time-{a.id}" for a in Appointment.objects.filter(starts_at=other)), "no")

    text(client, reverse("join", args=[sam.id]), **times)
    after = text(client, path)

    asked = after.partition('id="asked-title"')[2].partition("</section>")[0]
    assert "You said yes to" not in before
    assert asked.startswith(">You said yes to</h2>")
    assert request.service.name in asked
    assert asked.count("<li>") == 1
    assert clock_in(best, sam.time_zone) in asked


def test_cancelling_one_of_several_says_that_the_others_stay(office: Office) -> None:
    dates = repeated(office, "couple")
    person = people_of(Request.objects.get())[1]
    client = come_in(person)

    page = text(client, f"/you/{person.id}/dates/{dates[1].id}/cancel/")

    assert "Your other dates stay as they are." in page
    assert "everybody who was to come is told" in page


def test_whoever_comes_alone_reads_of_nobody_else_who_is_told(office: Office) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())

    page = text(come_in(person), f"/you/{person.id}/dates/{appointment.id}/cancel/")

    assert "your practitioner sees that you cancelled" in page
    assert "everybody" not in page


@pytest.mark.parametrize("action", ["", "move/", "cancel/", "ask/", "late/"])
def test_a_date_that_is_not_ones_own_looks_like_one_that_is_gone(
    office: Office, action: str
) -> None:
    somebody_elses = booked(office)
    person = requester_of(verified(office))
    client = come_in(person)

    pages = [
        client.get(f"/you/{person.id}/dates/{pk}/{action}", follow=True).content.decode()
        for pk in (somebody_elses.id, uuid4())
    ]

    assert plain(pages[0]) == plain(pages[1])
    assert "Something has changed meanwhile." in pages[0]


def test_after_the_cut_off_a_wish_goes_to_the_practitioner(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    path = f"/you/{person.id}/dates/{appointment.id}/ask/"
    early = come_in(person).get(path, follow=True).content.decode()
    clock.move_to(appointment.starts_at - timedelta(hours=3))
    client = come_in(person)

    empty = text(client, path, words=" ")
    long = text(client, path, words="x" * 501)
    done = text(client, path, words="My train does not run.")
    again = text(client, path)

    assert "Something has changed meanwhile." in early
    assert "Please write a word or two." in empty
    assert "at most 500 characters" in long
    assert "x" * 501 in long
    assert "We have passed it on." in done
    assert "We have your wish" in again
    wish = LateWish.objects.get()
    read = late.read_wish(wish_id=wish.id, practitioner_id=office.practitioner.id, now=NOW)
    assert read == "My train does not run."


def test_running_late_is_one_press_and_only_around_the_session(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    path = f"/you/{person.id}/dates/{appointment.id}/late/"
    early = come_in(person).get(path, follow=True).content.decode()
    clock.move_to(appointment.starts_at - timedelta(minutes=20))
    client = come_in(person)

    opened = text(client, path.removesuffix("late/"))
    odd = press(client, path, {"minutes": "7000"})
    done = text(client, path, minutes="10")

    assert "Something has changed meanwhile." in early
    assert "I'm running late" in opened
    assert "How late will you be?" in odd
    assert "You are expected a little later." in done
    assert Change.objects.get(kind="running_late").snapshot["minutes"] == 10


def test_running_late_stands_on_the_page_until_the_session_ends(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    clock.move_to(appointment.starts_at - timedelta(minutes=20))
    client = come_in(person)
    path = f"/you/{person.id}/dates/{appointment.id}/"
    now = appointment.starts_at - timedelta(minutes=20)
    late.running_late(
        appointment_id=appointment.id,
        minutes=15,
        now=now,
        practitioner_id=office.practitioner.id,
    )
    press(client, f"{path}late/", {"minutes": "5"})

    shown = text(client, path)
    clock.move_to(appointment.ends_at - timedelta(minutes=1))
    during = text(come_in(person), path)
    clock.move_to(appointment.ends_at + timedelta(minutes=1))
    after = text(come_in(person), path)

    for page in (shown, during):
        assert "We are running about 15 minutes late" in page
        assert "You said that you are 5 minutes late" in page
    assert "minutes late" not in after


def test_of_two_each_sees_their_own_word_and_the_practice_sees_both(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office, "couple")
    request = Request.objects.get()
    alex, sam = people_of(request)
    now = appointment.starts_at - timedelta(minutes=20)
    clock.move_to(now)
    late.running_late(appointment_id=appointment.id, minutes=10, now=now, participant_id=alex.id)

    of_sam = text(come_in(sam), f"/you/{sam.id}/")
    appointment.refresh_from_db()

    assert "minutes late" not in of_sam
    assert [(w.participant_id, w.minutes) for w in said_late(appointment, now=now)] == [
        (alex.id, 10)
    ]


def test_what_was_said_of_an_earlier_time_is_over_once_it_moves(
    office: Office, clock: time_machine.Traveller
) -> None:
    appointment = booked(office)
    now = appointment.starts_at - timedelta(minutes=20)
    late.running_late(
        appointment_id=appointment.id, minutes=10, now=now, practitioner_id=office.practitioner.id
    )

    appointments.reschedule(
        appointment_id=appointment.id,
        practitioner_id=office.practitioner.id,
        starts_at=appointment.starts_at + timedelta(days=1),
        now=now,
    )

    appointment.refresh_from_db()
    assert said_late(appointment, now=now) == []


def test_a_date_booked_inside_its_cut_off_speaks_of_none_that_has_passed(
    office: Office,
) -> None:
    appointment = booked(office)
    appointments.reschedule(
        appointment_id=appointment.id,
        practitioner_id=office.practitioner.id,
        starts_at=NOW + timedelta(hours=4),
        now=NOW,
    )
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/dates/{appointment.id}/"

    page, asking, cancelling = (text(client, f"{path}{more}") for more in ("", "ask/", "cancel/"))

    assert "Free changes until" not in page
    assert "so near when it was booked" in asking
    assert "you could have chosen" not in asking
    assert "The last moment for free changes" not in cancelling


def test_of_three_of_whom_one_is_left_the_page_reads_as_it_was_booked(office: Office) -> None:
    appointment = booked(
        office,
        "non_monogamous",
        times=[open_starts(office, office.service("non_monogamous"))[-1]],
    )
    alex, *others = people_of(Request.objects.get())
    for person in others:
        appointment.attendances.filter(participant=person).update(left_at=NOW)

    page = text(come_in(alex), f"/you/{alex.id}/move/")

    assert "We ask the others" in page
    assert "moves there at once" not in page
