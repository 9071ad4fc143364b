"""Every page: axe finds nothing, nothing overflows, and a picture is left to look at.

The pictures go to `test-results/pages/`; those in the README are copies of them.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser

from booking.models import Appointment, Participant, PrivateLink, Request
from booking.operations import links
from config.demo.practice import SIGN_IN
from config.demo.story import tell
from practice.models import Practitioner
from tests.browser.conftest import PASSWORD
from tests.browser.gallery import Gallery
from tests.browser.people import Client, Desk, presses
from tests.conftest import Site


@pytest.fixture
def told(practitioner: Practitioner) -> Practitioner:
    """The demo practice with everything that has happened there."""
    tell(practitioner, now=timezone.now())
    call_command("sweep")
    return practitioner


def _lets_in(person: Client, label: str) -> str:
    """Open somebody's page in this browser by their newest link; returns the page's path."""
    participant = Participant.objects.get(label=label)
    link = PrivateLink.objects.filter(participant=participant).latest("created_at")
    person.page.goto(f"/open/{links.token(link.id)}/")
    person.page.locator("[name=code]").fill(links.code(link.id))
    person.press("Open my page")
    return f"/you/{participant.id}/"


def test_public_pages_and_the_request(
    gallery: Gallery, arrive: Callable[..., Client], told: Practitioner
) -> None:
    reader = arrive("Reader", "reader@example.test")
    page = reader.page
    gallery.looks_at(page, "home", "/")
    gallery.looks_at(page, "articles", "/articles/")
    gallery.looks_at(page, "article", "/articles/agreements-that-breathe/")
    gallery.looks_at(page, "not-found", "/articles/nothing/", status=404)
    gallery.looks_at(page, "request-who", "/request/?article=agreements-that-breathe")
    page.get_by_label("non-monogamous").first.check()
    reader.press("Continue")
    gallery.looks_at(page, "request-session")
    presses(page.locator("fieldset.card").first.get_by_role("button").first)
    gallery.looks_at(page, "request-time")
    reader.takes_a_time()
    gallery.looks_at(page, "request-details")
    reader.says_who_they_are()
    presses(page.get_by_role("button", name="Send my request").last)
    gallery.looks_at(page, "request-details-problems")
    reader.names(0, "Kim", email="kim.reader@example.test")
    reader.sends()
    gallery.looks_at(page, "request-sent")


def test_private_pages(gallery: Gallery, arrive: Callable[..., Client], told: Practitioner) -> None:
    kim = arrive("Kim")
    token = links.token(
        PrivateLink.objects.filter(participant__label="Kim").latest("created_at").id
    )
    gallery.looks_at(kim.page, "link-code", f"/open/{token}/")
    gallery.looks_at(kim.page, "link-unusable", "/open/garbage/", status=404)
    gallery.looks_at(kim.page, "link-again", "/open/again/")
    home = _lets_in(kim, "Kim")
    gallery.looks_at(kim.page, "invitation", home)

    noor = arrive("Noor")
    home = _lets_in(noor, "Noor")
    gallery.looks_at(noor.page, "you-in-progress", home)
    presses(noor.page.get_by_role("link", name="Continue", exact=True))
    gallery.looks_at(noor.page, "part-1")
    presses(noor.page.locator("main form button.button[type=submit]").first)
    gallery.looks_at(noor.page, "part-1-problems")
    parts = ("contact", "wishes", "agreements")
    noor.page.goto(home)
    found = noor.page.locator("a[href*='/part/']").evaluate_all("all => all.map(a => a.pathname)")
    for path in dict.fromkeys(found):
        gallery.looks_at(noor.page, f"part-{path.rstrip('/').rsplit('/', 1)[-1]}", path)
    assert len(found) >= len(parts)
    for name in ("seen", "passcode/new", "address", "withdraw"):
        gallery.looks_at(noor.page, f"you-{name.replace('/', '-')}", f"{home}{name}/")

    jo = arrive("Jo")
    gallery.looks_at(jo.page, "you-times", _lets_in(jo, "Jo"))

    for label in ("Chris", "Toni"):
        person = arrive(label)
        home = _lets_in(person, label)
        gallery.looks_at(person.page, f"you-booked-{label.lower()}", home)
        for name in ("move", "cancel"):
            gallery.looks_at(person.page, f"you-{name}-{label.lower()}", f"{home}{name}/")


def test_the_desk(gallery: Gallery, browser: Browser, site: Site, told: Practitioner) -> None:
    desk = Desk(browser, site.url)
    gallery.looks_at(desk.page, "sign-in", "/accounts/login/")
    desk.sign_in(SIGN_IN, PASSWORD)
    page = desk.page
    for name in ("", "calendar", "agenda", "book", "ill", "messages"):
        gallery.looks_at(page, f"desk-{name or 'waiting'}", f"/desk/{name}/" if name else "/desk/")
    for name in ("hours", "hours/week", "hours/days", "hours/off", "hours/energy"):
        gallery.looks_at(page, f"desk-{name.replace('/', '-')}", f"/desk/{name}/")
    presses(page.get_by_role("button", name="See what it does"))
    gallery.looks_at(page, "desk-hours-review")
    for name in ("services", "services/new"):
        gallery.looks_at(page, f"desk-{name.replace('/', '-')}", f"/desk/{name}/")
    year, week, _ = (timezone.now() + timedelta(weeks=1)).isocalendar()
    gallery.looks_at(page, "desk-calendar-next", f"/desk/calendar/?week={year}-W{week:02d}")
    for label in ("Alex", "Dana", "Ira", "Sam", "Mo"):
        request = Request.objects.get(participants__label=label)
        path = f"/desk/requests/{request.id}/"
        gallery.looks_at(page, f"desk-request-{label.lower()}", path)
    dana = Request.objects.get(participants__label="Dana")
    gallery.looks_at(page, "desk-propose", f"/desk/requests/{dana.id}/propose/")
    person = Participant.objects.get(label="Dana")
    gallery.looks_at(page, "desk-answers", f"/desk/requests/{dana.id}/answers/?person={person.id}")
    booked = Appointment.objects.filter(state="booked").earliest("starts_at")
    gallery.looks_at(page, "desk-appointment", f"/desk/appointments/{booked.id}/")
    gallery.looks_at(page, "desk-move", f"/desk/appointments/{booked.id}/move/")
    for name in ("email", "password/change", "2fa"):
        gallery.looks_at(page, f"account-{name.replace('/', '-')}", f"/accounts/{name}/")
    desk.leave()
