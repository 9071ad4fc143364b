"""The page's script shows and sends the same questions as the server asks for."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from intake.queries import standing
from tests.booking.factories import make_office, requester_of, verified
from tests.conftest import Site
from tests.intake.people import CONTACT, YOU, device, save

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_question_appears_with_the_answer_it_depends_on(site: Site, browser: Browser) -> None:
    now = timezone.now()
    person = requester_of(verified(make_office(), now=now))
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    context = browser.new_context(base_url=site.url)
    session = device(person).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.goto(reverse("you-section", args=[person.pk, "contact"]))
    voicemail = page.get_by_role("group", name="If we call and you cannot answer")
    passcode = page.get_by_role("group", name="A passcode")

    expect(voicemail).to_be_hidden()
    expect(passcode).to_be_hidden()
    page.locator("#id_ct_phone").fill("+1 212 555 0100")
    expect(voicemail).to_be_visible()
    voicemail.get_by_label("Leave no message").check()
    page.get_by_label("Yes, somebody can").check()
    expect(passcode).to_be_visible()
    page.get_by_label("No, only me").check()
    page.locator("#id_ct_phone").fill("")
    expect(voicemail).to_be_hidden()
    page.get_by_role("button", name="Save and continue").click()

    expect(page).to_have_url(site.url + reverse("you-section", args=[person.pk, "hopes"]))
    assert "ct_voicemail" not in standing(person.pk).answers
    assert problems == []
    context.close()
