"""How it goes: said with the keyboard, read at the desk."""

from datetime import datetime

from playwright.sync_api import Page, expect

from booking.models import Participant, Request
from intake.models import Feedback
from tests.booking import factories
from tests.booking.factories import Office
from tests.browser.gallery import Gallery
from tests.browser.people import Desk, presses
from tests.browser.test_parting import comes_in
from tests.intake.sessions import days_before, took_place


def test_one_minute_is_said_with_the_keyboard_and_read_at_the_desk(
    gallery: Gallery, page: Page, desk: Desk, office: Office, now: datetime
) -> None:
    request = factories.ready(office, now=now)
    Request.objects.update(state="confirmed")
    Participant.objects.update(wants_feedback=True, shared_mailbox="no")
    person = factories.requester_of(request)
    took_place([person], *days_before(now, 25, 18, 11))

    comes_in(page, person)
    gallery.looks_at(page, "you-after-a-session")
    presses(page.get_by_role("link", name="Open", exact=True))
    gallery.looks_at(page, "after-a-session")
    heard = page.get_by_role("group", name="I felt heard")
    heard.get_by_label("3", exact=True).focus()
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    page.get_by_role("group", name="I felt safe").get_by_label("Prefer not to say").check()
    page.get_by_label("Anything to tell me privately").fill("Slower, please.\nAnd thank you.")
    presses(page.get_by_role("button", name="Send", exact=True))
    expect(page.get_by_text("Your practitioner reads it, and nobody else.")).to_be_visible()

    took_place([person], *days_before(now, 9, 5, 2))
    page.goto(f"/you/{person.pk}/after/")
    page.get_by_role("group", name="I felt heard").get_by_label("9", exact=True).check()
    page.get_by_role("group", name="The pace").get_by_label("5", exact=True).check()
    presses(page.get_by_role("button", name="Send", exact=True))
    expect(page.get_by_text("Your practitioner reads it, and nobody else.")).to_be_visible()

    gallery.looks_at(desk.page, "desk-waiting-after-a-session", "/desk/")
    presses(desk.page.get_by_role("link", name="1 person told you how it goes"))
    gallery.looks_at(desk.page, "desk-feedback-list")
    presses(desk.page.get_by_role("main").get_by_role("listitem").get_by_role("link").first)
    gallery.looks_at(desk.page, "desk-feedback")
    expect(desk.page.get_by_text("+2 since last time")).to_be_visible()
    presses(desk.page.get_by_role("button", name="Seen: take it off the list"))
    expect(desk.page.get_by_text("Nothing new")).to_be_visible()

    page.goto(f"/you/{person.pk}/after/")
    gallery.looks_at(page, "after-a-session-read")
    assert Feedback.objects.filter(seen_at__isnull=False).count() == 2
