"""Somebody of two was not there, and what follows the last dates: pressed and looked at."""

from datetime import datetime, timedelta

from django.db.models import F
from playwright.sync_api import Page, expect

from booking.models import Appointment, Participant, Series
from booking.queries.wishes import Wish, latest_wish
from practice.models import Change
from tests.booking import factories
from tests.booking.factories import Office
from tests.browser.gallery import Gallery
from tests.browser.people import Desk, presses
from tests.browser.test_parting import comes_in


def test_the_desk_writes_to_the_one_who_was_missed(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    appointment = factories.booked(office, "couple", now=now)
    times = ("starts_at", "ends_at", "blocked_from", "blocked_until")
    Appointment.objects.update(**{t: F(t) - timedelta(days=300) for t in times}, state="fulfilled")

    gallery.looks_at(desk.page, "desk-appointment-over", f"/desk/appointments/{appointment.pk}/")
    presses(desk.page.get_by_role("link", name="Somebody was not there"))
    gallery.looks_at(desk.page, "desk-missed")
    presses(desk.page.get_by_role("button", name="Send it to").first)
    gallery.looks_at(desk.page, "desk-missed-sent")

    expect(desk.page.get_by_role("button", name="Send it to")).to_have_count(1)
    assert Change.objects.filter(kind="absence_told").count() == 1


def test_somebody_says_that_they_would_like_to_go_on(
    gallery: Gallery, page: Page, office: Office, now: datetime
) -> None:
    appointment = factories.booked(office, now=now)
    assert appointment.request is not None
    series = Series.objects.create(
        request=appointment.request,
        every_weeks=1,
        occurrences=3,
        wall_start="2026-01-01T10:00",
        wall_zone="UTC",
        created_at=now,
    )
    Appointment.objects.filter(pk=appointment.pk).update(series=series)
    person = Participant.objects.get()

    comes_in(page, person)
    gallery.looks_at(page, "you-last-dates")
    presses(page.get_by_role("link", name="These are your last dates"))
    presses(page.get_by_role("button", name="I would like to go on"))
    gallery.looks_at(page, "remaining-dates")

    expect(page.get_by_text("You said: ")).to_be_visible()
    assert latest_wish(series.pk, person.pk) == Wish.RENEW
