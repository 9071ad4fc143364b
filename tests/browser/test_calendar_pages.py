"""What clients see of the calendar: ranked times, finding one together, groups, and their dates.

A picture of each page is taken on a phone and at a desk.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from booking.models import Appointment, Cohort, Request, Vote
from booking.operations import decisions, groups, places, series
from booking.queries import calendar as calendar_queries
from booking.queries.series import preview
from config.demo.teller import Teller
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, Service
from tests.browser.gallery import Gallery
from tests.browser.people import Client, presses
from tests.browser.test_pages import _lets_in

pytestmark = pytest.mark.usefixtures("practitioner")


@pytest.fixture
def teller(practitioner: Practitioner) -> Teller:
    return Teller(practitioner)


@pytest.fixture
def cohort(practitioner: Practitioner) -> Cohort:
    """A published group, four afternoons from three weeks ahead on."""
    service = Service.objects.create(
        slug="circle",
        name="Group session",
        relationship_type="group",
        duration_minutes=90,
        buffer_after_minutes=30,
        price_text="$45",
    )
    service.practitioners.add(practitioner)
    offer = calendar_queries.own_choice(practitioner, service)
    today = local_date(timezone.now(), zone(practitioner.time_zone))
    first = today + timedelta(days=30)
    found = calendar_queries.open_slots(
        offer, first=first, end=first + timedelta(days=28), now=timezone.now()
    )
    starts = list({s.isocalendar().week: s for s in found}.values())
    return groups.publish(
        practitioner_id=practitioner.id,
        slug="talking-about-desire",
        title="Talking about desire",
        description="A small circle of people who want to talk, and to listen.",
        service_id=service.id,
        call_service_id=Service.objects.get(slug="group-call").id,
        modality="video",
        seats=2,
        minimum=2,
        decide_date=first - timedelta(days=2),
        starts=starts,
        now=timezone.now(),
    )


def test_up_to_three_times_are_ranked(gallery: Gallery, arrive: Callable[..., Client]) -> None:
    ira = arrive("Ira", "ira@example.test")
    ira.page.goto("/request/")
    ira.chooses("Just me", "Session for one")
    gallery.looks_at(ira.page, "times-first")
    for nth in (3, 7, 1):
        presses(ira.page.locator("button[name=start]").nth(nth))
    gallery.looks_at(ira.page, "times-three")
    ira.press("Continue")
    ira.sees("Third choice")
    presses(ira.page.get_by_role("button", name=re.compile("^Take off")).nth(1))
    gallery.looks_at(ira.page, "details-two-times")
    ira.press("Add a third time")
    ira.page.locator("input[name=third]").nth(4).check()
    gallery.looks_at(ira.page, "details-picking")
    ira.says_who_they_are()
    ira.sends()
    gallery.looks_at(ira.page, "sent-three-times")

    [request] = Request.objects.all()
    wanted = [datetime.fromisoformat(t) for t in request.wanted_starts]
    assert len(wanted) == len(set(wanted)) == 3
    assert Appointment.objects.get(state="held").starts_at == wanted[0]
    ira.page.goto("/request/details/")
    ira.sees("Your request has been sent")
    gallery.looks_at(ira.page, "sent-before")
    ira.press("Go on from there")
    ira.sees("One more step: your code")


def test_two_people_find_a_time_together(
    gallery: Gallery, arrive: Callable[..., Client], teller: Teller
) -> None:
    ira = arrive("Ira", "ira@example.test")
    ira.page.goto("/request/")
    ira.chooses("Two of us", "Session for two")
    gallery.looks_at(ira.page, "times-for-two")
    ira.press("Find a time together")
    gallery.looks_at(ira.page, "details-together")
    ira.says_who_they_are()
    ira.names(0, "Jo", email="jo@example.test")
    ira.sends()
    gallery.looks_at(ira.page, "sent-together")
    ira.page.go_back()
    ira.sees("Your request has been sent")
    ira.page.go_forward()

    home = _lets_in(ira, "Ira")
    gallery.looks_at(ira.page, "you-poll")
    ira.press("Mark my times")
    gallery.looks_at(ira.page, "when")
    ira.press("Send my times")
    ira.sees("None of these times suits you?")
    gallery.looks_at(ira.page, "when-nothing")
    ira.page.locator(".ballot-can").nth(0).click()
    ira.page.locator(".ballot-could").nth(1).click()
    ira.page.locator(".ballot-cant").nth(2).click()
    presses(ira.page.get_by_role("button", name=re.compile("^I can all day")).nth(1))
    gallery.looks_at(ira.page, "when-marked")
    ira.press("Next week")
    ira.page.locator(".ballot-could").nth(0).click()
    ira.press("Send my times")
    ira.sees("Your times are in")
    gallery.looks_at(ira.page, "you-poll-answered")
    words = set(Vote.objects.values_list("word", flat=True))
    assert words == {"can", "could", "cant"}
    ira.page.goto(f"{home}when/")
    expect(ira.page.locator(".ballot-can input:checked").nth(1)).to_be_attached()


def test_a_place_in_a_group(
    gallery: Gallery,
    arrive: Callable[..., Client],
    cohort: Cohort,
    teller: Teller,
    practitioner: Practitioner,
) -> None:
    quinn = arrive("Quinn", "quinn@example.test")
    quinn.page.goto("/request/")
    quinn.page.get_by_label("A group", exact=False).first.check()
    quinn.press("Continue")
    gallery.looks_at(quinn.page, "groups")
    presses(quinn.page.locator("fieldset.card").get_by_role("button", name="Video call"))
    quinn.takes_a_time()
    gallery.looks_at(quinn.page, "details-group")
    quinn.says_who_they_are()
    quinn.page.locator("[name=seat_name]").fill("Q.")
    quinn.sends()
    home = _lets_in(quinn, "Quinn")
    gallery.looks_at(quinn.page, "you-seat-asked")

    request = Request.objects.get()
    teller.finishes(request, 0, timezone.now())
    places.give_seat(
        seat_id=request.seat.id,
        practitioner_id=practitioner.id,
        now=timezone.now(),
        without_call=True,
    )
    gallery.looks_at(quinn.page, "you-seat-given", home)
    quinn.press("Leave the group")
    gallery.looks_at(quinn.page, "leave-group")

    Cohort.objects.update(seats_taken=2)
    mo = arrive("Mo", "mo@example.test")
    mo.page.goto("/request/")
    mo.page.get_by_label("A group", exact=False).first.check()
    mo.press("Continue")
    presses(mo.page.locator("fieldset.card").get_by_role("button", name="Video call"))
    gallery.looks_at(mo.page, "group-full")
    mo.press("Put me on the list")
    mo.says_who_they_are()
    mo.page.locator("[name=seat_name]").fill("Mo")
    mo.sends()
    gallery.looks_at(mo.page, "sent-waiting-seat")
    _lets_in(mo, "Mo")
    gallery.looks_at(mo.page, "you-seat-waiting")


def test_a_series_and_what_can_be_done_about_each_date(
    gallery: Gallery,
    arrive: Callable[..., Client],
    teller: Teller,
    practitioner: Practitioner,
) -> None:
    now = timezone.now()
    alex = teller.one("individual-session", "Alex", now, after=timedelta(days=5))
    teller.finish_and_confirm(alex, now)
    appointment = Appointment.objects.get(request=alex, state="booked")
    planned = preview(appointment, every_weeks=1, count=6, now=now)
    series.start_series(
        appointment_id=appointment.id,
        practitioner_id=practitioner.id,
        every_weeks=1,
        starts=[p.starts_at if p.is_open else p.replacements[0] for p in planned],
        now=now,
    )
    person = arrive("Alex")
    home = _lets_in(person, "Alex")
    gallery.looks_at(person.page, "you-series")
    presses(person.page.locator(".own-dates a").nth(2))
    gallery.looks_at(person.page, "date")
    person.press("Cancel the appointment")
    gallery.looks_at(person.page, "date-cancel")
    person.press("Cancel the appointment")
    person.sees("Your appointment is cancelled.")
    assert Appointment.objects.filter(state="booked").count() == 5
    Service.objects.update(cancel_minutes=60 * 24 * 30)  # it is too late for the next one
    person.page.goto(home)
    person.press("Ask for a change")
    gallery.looks_at(person.page, "date-ask")
    person.page.locator("[name=words]").fill("My train does not run.")
    person.press("Ask for a change")
    person.sees("We have your wish for a change.")
    gallery.looks_at(person.page, "you-asked")
    begins = Appointment.objects.filter(state="booked").earliest("starts_at")
    length = begins.ends_at - begins.starts_at
    Appointment.objects.filter(pk=begins.pk).update(
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=1) + length,
        blocked_from=now + timedelta(hours=1),
        blocked_until=now + timedelta(hours=2) + length,
    )
    person.page.goto(home)
    person.press("I'm running late")
    gallery.looks_at(person.page, "running-late")
    person.press("10 minutes")
    person.sees("You are expected a little later.")


def test_times_of_ones_own_and_the_list(
    gallery: Gallery,
    arrive: Callable[..., Client],
    teller: Teller,
    practitioner: Practitioner,
) -> None:
    now = timezone.now()
    sky = teller.one("individual-session", "Sky", now, after=timedelta(days=6))
    teller.everybody_finishes(sky, now)
    decisions.propose(
        request_id=sky.id,
        practitioner_id=practitioner.id,
        starts=teller._open_times("individual-session", now, timedelta(days=9))[3:5],
        now=now,
    )
    person = arrive("Sky")
    _lets_in(person, "Sky")
    for answer in person.page.locator("input[value=no]").all():
        answer.check()
    person.press("Send my answer")
    gallery.looks_at(person.page, "suggest")
    person.page.locator("input[name=times]").nth(2).check()
    presses(person.page.get_by_role("button", name="Later"))
    person.page.locator("input[name=times]").nth(4).check()
    gallery.looks_at(person.page, "suggest-more")
    person.press("Send these times")
    person.sees("You suggested")
    gallery.looks_at(person.page, "you-suggested")
    assert Appointment.objects.filter(suggested_by__label="Sky", state="held").count() == 2

    mo = arrive("Mo", "mo@example.test")
    mo.page.goto("/request/")
    mo.chooses("Just me", "Session for one")
    mo.press("Put me on the list")
    gallery.looks_at(mo.page, "details-waiting")
    mo.says_who_they_are()
    mo.sends()
    gallery.looks_at(mo.page, "sent-waiting")
    _lets_in(mo, "Mo")
    gallery.looks_at(mo.page, "you-waiting")
    mo.press("Leave the list")
    mo.sees("You are not on the list any more.")
    gallery.looks_at(mo.page, "you-not-waiting")
    mo.press("Put me on the list")
    mo.sees("Waiting for a time")
    mo.press("Put me on the list")
    mo.sees("You are on the list")
