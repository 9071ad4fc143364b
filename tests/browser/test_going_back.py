"""*Back* in a real browser: it loses nothing, and the browser itself has kept nothing."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from booking.models import Participant, PrivateLink, Request
from booking.operations import links, waitlist
from config.demo.story import tell
from practice.models import Practitioner
from tests.browser.gallery import Gallery
from tests.browser.people import Client, presses

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}])"
EVERYTHING_STORED = "[{},{}]"


@pytest.mark.parametrize("with_script", [True, False], ids=["with-script", "without"])
def test_what_was_typed_for_a_request_is_there_after_going_back(
    arrive: Callable[..., Client], practitioner: Practitioner, *, with_script: bool
) -> None:
    sam = arrive("Sam", "sam@example.test", java_script_enabled=with_script)
    sam.page.goto("/request/")
    sam.chooses("Just me", "Session for one")
    sam.takes_a_time()
    sam.page.get_by_label("In a sentence or two").fill("Something of mine.")
    presses(sam.page.get_by_role("button", name="Send my request").last)
    sam.sees("Something needs another look")

    sam.page.goto("/request/session/")
    sam.page.go_back()

    sam.sees("Something needs another look")
    expect(sam.page.get_by_label("In a sentence or two")).to_have_value("Something of mine.")


@pytest.mark.parametrize("with_script", [True, False], ids=["with-script", "without"])
def test_marks_of_every_week_are_there_after_going_back(
    arrive: Callable[..., Client], told_together: Participant, *, with_script: bool
) -> None:
    alex = arrive("Alex", told_together.email, java_script_enabled=with_script)
    _lets_in(alex, told_together)
    alex.page.goto(f"/you/{told_together.id}/when/")
    ballot = alex.page.locator("fieldset.ballot-row")
    ballot.first.locator("input[value=can]").check()
    alex.press("Next week")
    alex.sees("Week 2 of")
    ballot.first.locator("input[value=could]").check()
    alex.press("Next week")
    alex.sees("Week 3 of")

    alex.page.go_back()

    alex.sees("Week 2 of")
    expect(ballot.first.locator("input[value=could]")).to_be_checked()
    alex.page.go_back()
    alex.sees("Week 1 of")
    expect(ballot.first.locator("input[value=can]")).to_be_checked()


def test_nothing_is_left_in_the_browser(
    gallery: Gallery, arrive: Callable[..., Client], told_together: Participant
) -> None:
    alex = arrive("Alex", told_together.email)
    page = alex.page
    page.goto("/request/")
    stored = [page.evaluate(STORED)]
    _lets_in(alex, told_together)
    stored.append(page.evaluate(STORED))
    gallery.looks_at(page, "you-when-marks", f"/you/{told_together.id}/when/")
    stored.append(page.evaluate(STORED))
    waiting = Participant.objects.filter(request__state="ready", is_requester=True).latest(
        "request__created_at"
    )
    Request.objects.filter(pk=waiting.request_id).update(hold_ends_at=None, find_together=False)
    waitlist.join(participant_id=waiting.pk, now=timezone.now())
    _lets_in(alex, waiting)
    for name, path in (("home", ""), ("wait", "wait/")):
        gallery.looks_at(page, f"you-waiting-{name}", f"/you/{waiting.id}/{path}")
        stored.append(page.evaluate(STORED))

    assert stored == [EVERYTHING_STORED] * len(stored)


@pytest.fixture
def told_together(practitioner: Practitioner) -> Participant:
    """Somebody who finds a time together with others, in the demo practice."""
    tell(practitioner, now=timezone.now())
    found = Participant.objects.filter(
        request__find_together=True, request__state__in=("gathering", "ready"), is_requester=True
    )
    return found.latest("request__created_at")


def _lets_in(person: Client, participant: Participant) -> None:
    link = PrivateLink.objects.filter(participant=participant).latest("created_at")
    person.page.goto(f"/open/{links.token(link.id)}/")
    person.page.locator("[name=code]").fill(links.code(link.id))
    person.press("Open my page")
