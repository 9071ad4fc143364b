"""The practitioner has moved, and keeps their hours in another time zone."""

from datetime import datetime, timedelta

from playwright.sync_api import expect

from practice.domain.wall import instant, local_date
from practice.models import TimeOff
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, Office
from tests.browser.gallery import Gallery
from tests.browser.people import Desk


def test_hours_move_to_another_zone_after_a_look_at_what_that_does(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    page = desk.page
    starts = make.open_starts(office, office.services["individual-50"], now=now)
    for nth in (4, 40):
        make.booked(office, times=[starts[nth]], now=now)
    day = local_date(now, NEW_YORK) + timedelta(days=40)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=instant(day, 0, NEW_YORK),
        ends_at=instant(day + timedelta(days=2), 0, NEW_YORK),
    )

    gallery.looks_at(page, "desk-hours-zone-now", "/desk/hours/")
    desk.press("Change the time zone")
    gallery.looks_at(page, "desk-hours-zone")
    # A page that opens on a journey chooses nothing by itself.
    expect(page.locator("[name=zone]")).to_have_value("America/New_York")
    desk.press("See what it does")
    desk.sees("Your hours are kept in this time zone already.")
    gallery.looks_at(page, "desk-hours-zone-wrong")

    page.get_by_label("Time zone of your hours").select_option("Europe/London")
    desk.press("See what it does")
    desk.sees("What stays")
    gallery.looks_at(page, "desk-hours-zone-review")
    desk.press("Change it again")
    expect(page.locator("[name=zone]")).to_have_value("Europe/London")
    desk.press("See what it does")
    desk.press("Save")

    desk.sees("Your hours are kept in London time")
    gallery.looks_at(page, "desk-hours-zone-saved")
    office.practitioner.refresh_from_db()
    assert office.practitioner.time_zone == "Europe/London"
