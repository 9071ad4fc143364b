"""Parting, a forgotten passcode and what is to be checked, looked at by both sides."""

import re
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from booking.models import Participant
from booking.operations import links, participants
from intake.operations.parting import record_separation
from tests.booking import factories
from tests.booking.factories import Office, link_of
from tests.browser.gallery import Gallery
from tests.browser.people import Desk, presses
from tests.intake.people import answer_everything


@pytest.fixture
def two(office: Office, now: datetime) -> tuple[Participant, Participant]:
    """Two people with a session ahead."""
    appointment = factories.booked(office, "couple", now=now)
    assert appointment.request is not None
    one, other = factories.people_of(appointment.request)
    for person in (one, other):
        answer_everything(person, now)
    return one, other


def comes_in(page: Page, person: Participant) -> str:
    """By the newest link and its code; the path of their own page."""
    link = link_of(person)
    page.goto(f"/open/{links.token(link.pk)}/")
    page.locator("[name=code]").fill(links.code(link.pk))
    presses(page.get_by_role("button", name="Open my page"))
    return f"/you/{person.pk}/"


def test_somebody_ends_their_part_and_comes_back_to_their_own_words(
    gallery: Gallery, page: Page, two: tuple[Participant, Participant]
) -> None:
    one, _ = two
    home = comes_in(page, one)
    presses(page.get_by_role("link", name="End my part for good"))
    gallery.looks_at(page, "part-end")
    page.get_by_label("Yes, end my part").check()
    presses(page.get_by_role("button", name="End my part"))
    gallery.looks_at(page, "part-ended")
    address = page.locator("#own-copy").inner_text()
    code = re.sub(r"\D", "", page.locator("strong.numbers").inner_text())

    page.context.clear_cookies()
    page.goto(address)
    page.locator("[name=code]").fill(code)
    presses(page.get_by_role("button", name="Open my page"))
    gallery.looks_at(page, "part-closed")
    presses(page.get_by_role("link", name="A copy of what you wrote"))
    gallery.looks_at(page, "own-copy")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as a PDF").click()

    assert download.value.suggested_filename == "copy.pdf"
    assert page.goto(home) is not None


def test_a_forgotten_passcode_is_replaced_with_a_number_that_was_read_out(
    gallery: Gallery, page: Page, desk: Desk, two: tuple[Participant, Participant], now: datetime
) -> None:
    one, _ = two
    participants.set_passcode(participant_id=one.pk, passcode="old river", now=now)
    home = comes_in(page, one)
    page.goto(f"{home}copy/")
    presses(page.get_by_role("link", name="Forgotten your passcode?"))
    presses(page.get_by_role("button", name="Ask my practitioner"))
    gallery.looks_at(page, "passcode-forgotten")

    desk.page.goto("/desk/attention/")
    gallery.looks_at(desk.page, "desk-attention-passcode")
    presses(desk.page.get_by_role("link", name="Robin").last)
    gallery.looks_at(desk.page, "desk-passcode")
    desk.page.get_by_label("I am sure who it is").check()
    presses(desk.page.get_by_role("button", name="Show a number"))
    word = desk.page.locator("strong.numbers").inner_text()
    page.get_by_label("The number that you were told").fill(word)
    page.get_by_label("A passcode of your own").fill("new valley")
    page.get_by_label("Once more").fill("new valley")
    presses(page.get_by_role("button", name="Set the new passcode"))
    page.goto(f"{home}copy/")

    expect(page.get_by_role("heading", name="What you wrote", exact=True)).to_be_visible()


def test_the_desk_closes_what_was_joint_lists_dates_and_what_to_check(
    gallery: Gallery,
    desk: Desk,
    office: Office,
    two: tuple[Participant, Participant],
    now: datetime,
) -> None:
    one, _ = two
    parting = f"/desk/requests/{one.request_id}/parting/"

    gallery.looks_at(desk.page, "desk-parting", parting)
    record_separation(request_id=one.request_id, practitioner_id=office.practitioner.pk, now=now)
    gallery.looks_at(desk.page, "desk-parted", parting)
    gallery.looks_at(desk.page, "desk-dates", f"/desk/requests/{one.request_id}/dates/{one.pk}/")
    gallery.looks_at(desk.page, "desk-checks", "/desk/settings/checks/")

    presses(desk.page.get_by_role("button", name="I have checked this").first)
    expect(desk.page.get_by_text("last checked on").first).to_be_visible()
