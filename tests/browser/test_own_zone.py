"""Whoever is asked along reads times on their own clock, with a script or without one."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import expect

from booking.models import Participant
from booking.operations import links
from tests.booking import factories as make
from tests.booking.factories import Office
from tests.browser.gallery import Gallery
from tests.browser.people import Client, Desk, presses

HERE = "Asia/Kathmandu"


def comes_in(client: Client, person: Participant) -> None:
    """By their link and code."""
    link = make.link_of(person)
    client.page.goto(f"/open/{links.token(link.id)}/")
    client.page.locator("[name=code]").fill(links.code(link.id))
    client.press("Open my page")


@pytest.mark.parametrize("with_script", [True, False], ids=["with-script", "without"])
def test_an_invited_person_sees_times_on_their_own_clock(
    gallery: Gallery,
    arrive: Callable[..., Client],
    office: Office,
    now: datetime,
    *,
    with_script: bool,
) -> None:
    later = make.open_starts(office, office.service("couple"), now=now)[60:61]
    [_alex, sam] = make.people_of(make.verified(office, "couple", now=now, times=later))
    client = arrive("Sam", sam.email, java_script_enabled=with_script, timezone_id=HERE)

    comes_in(client, sam)
    if not with_script:
        client.sees("Chicago time")
        client.page.get_by_text("Another time zone").click()
        client.page.locator("[name=zone]").select_option(HERE)
        client.press("Show times in this zone")

    client.sees("Kathmandu time")
    person = Participant.objects.get(pk=sam.pk)
    assert person.time_zone == HERE
    # Merely to open the page on some device is no choice.
    assert (person.chose_zone_at is None) == with_script
    if with_script:
        gallery.looks_at(client.page, "invitation-own-zone")
        client.page.get_by_text("Another time zone").click()
        gallery.looks_at(client.page, "invitation-another-zone")


def test_a_ballot_follows_too_and_keeps_its_marks(
    gallery: Gallery, arrive: Callable[..., Client], office: Office, now: datetime
) -> None:
    request = make.verified(office, "couple", now=now, times=(), find_together=True)
    [_alex, sam] = make.people_of(request)
    client = arrive("Sam", sam.email, timezone_id=HERE)
    comes_in(client, sam)
    client.joins()

    client.page.goto(f"/you/{sam.pk}/when/")
    client.sees("Kathmandu time")
    gallery.looks_at(client.page, "when-own-zone")
    client.page.locator(".ballot-can").nth(1).click()
    client.page.get_by_text("Another time zone").click()
    client.page.locator("[name=zone]").select_option("Europe/London")
    presses(client.page.get_by_role("button", name="Show times in this zone"))

    client.sees("London time")
    expect(client.page.locator(".ballot-can input:checked")).to_have_count(1)


def test_the_settings_of_every_session(gallery: Gallery, desk: Desk) -> None:
    gallery.looks_at(desk.page, "desk-settings-sessions", "/desk/settings/sessions/")
    desk.page.locator("[name=people_max]").fill("9")
    desk.press("Save")
    gallery.looks_at(desk.page, "desk-settings-sessions-wrong")
    desk.page.locator("[name=people_max]").fill("8")
    desk.press("Save")
    desk.sees("Saved.")
    gallery.looks_at(desk.page, "desk-calendar-first-hour", "/desk/calendar/")
