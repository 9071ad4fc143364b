"""Other ways to get support, on a phone and at a desk: every number is there for a finger."""

from collections.abc import Callable
from datetime import datetime

from booking.operations import links
from tests.booking.factories import Office, link_of, people_of, verified
from tests.browser.gallery import PHONE, Gallery
from tests.browser.people import Client

#: WCAG 2.2, 2.5.5: what a finger meets.
FINGER = 44


def test_every_number_is_large_enough_for_a_finger(
    office: Office, now: datetime, arrive: Callable[..., Client], gallery: Gallery
) -> None:
    person = people_of(verified(office, now=now))[0]
    link = link_of(person)
    alex = arrive("Alex")
    alex.page.goto(f"/open/{links.token(link.id)}/")
    alex.page.locator("[name=code]").fill(links.code(link.id))
    alex.press("Open my page")

    alex.press("Other ways to get support")
    alex.page.set_viewport_size(PHONE)
    ways = alex.page.locator(".ways a")
    sizes = ways.evaluate_all("all => all.map(a => a.getBoundingClientRect().height)")
    hrefs = ways.evaluate_all("all => all.map(a => a.href)")

    assert {"tel:988", "sms:988", "https://988lifeline.org/"} <= set(hrefs)
    assert min(sizes) >= FINGER
    gallery.looks_at(alex.page, "support")
