"""The page's script shows and sends the same questions as the server asks for."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from intake.operations.settings import Changes, change_settings
from intake.queries.standings import standing
from tests.booking.factories import make_office, requester_of, verified
from tests.conftest import Site
from tests.intake.people import ALERTS, CONTACT, YOU, device, save, sign_everything

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

    expect(page).to_have_url(site.url + reverse("you-section", args=[person.pk, "agreements"]))
    assert "ct_voicemail" not in standing(person.pk).answers
    assert problems == []
    context.close()


def test_the_safety_section_asks_what_follows_and_shows_help_before_anything_is_sent(
    site: Site, browser: Browser
) -> None:
    now = timezone.now()
    office = make_office()
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["hark", "asq"], **ALERTS),
        now=now,
    )
    person = requester_of(verified(office, "couple", now=now))
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    sign_everything(person, now)
    context = browser.new_context(base_url=site.url)
    session = device(person).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    page = context.new_page()
    page.goto(reverse("you-section", args=[person.pk, "quiet"]))
    now_question = page.get_by_role("group", name="Are you having thoughts of killing yourself")
    involved = page.get_by_role("group", name="Does any of this involve someone")

    def choose(name: str, value: str) -> None:
        page.locator(f'input[name="{name}"][value="{value}"]').check()

    expect(page.locator('input[name="sf_h1"]').first).to_be_hidden()
    choose("sf_alone", "yes")
    expect(page.locator('input[name="sf_h1"]').first).to_be_visible()
    expect(involved).to_be_hidden()
    choose("sf_h1", "prefer_not")
    expect(involved).to_be_hidden()
    choose("sf_h1", "yes")
    expect(involved).to_be_visible()
    expect(now_question).to_be_hidden()
    choose("sf_a3", "prefer_not")
    expect(now_question).to_be_visible()
    expect(page.get_by_text("please talk to somebody now")).to_be_hidden()
    choose("sf_a5", "yes")
    expect(page.get_by_text("please talk to somebody now")).to_be_visible()
    page.get_by_role("button", name="Save and continue").click()

    expect(page.get_by_role("heading", name="Please talk to somebody now")).to_be_visible()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "sf_" not in stored
    assert "yes" not in stored
    expect(page).to_have_url(re.compile("/support/$"))
    context.close()
