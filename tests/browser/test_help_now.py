"""Help at once in a real browser: it is the next page, and going back does not lead to it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from booking.models import Participant, PrivateLink
from booking.operations import links
from intake.models import Alert
from tests.booking import factories
from tests.browser.gallery import Gallery
from tests.browser.people import Client, presses
from tests.conftest import MailCatcher, Site
from tests.intake.people import asks_about_suicide, begun

HELP = "Please talk to somebody now"


@pytest.fixture
def person(site: Site, mailcatcher: MailCatcher) -> Participant:
    """Somebody who has signed the agreements; the questions on suicide are on."""
    office = factories.make_office()
    asks_about_suicide(office)
    return begun(office)


def comes_in(client: Client, person: Participant) -> Page:
    link = PrivateLink.objects.filter(participant=person).latest("created_at")
    client.page.goto(f"/open/{links.token(link.id)}/")
    client.page.locator("[name=code]").fill(links.code(link.id))
    client.press("Open my page")
    client.page.goto(f"/you/{person.id}/part/quiet/")
    return client.page


def says_it(page: Page) -> None:
    page.locator("input[name=sf_alone][value=yes]").check()
    page.locator("input[name=sf_a1][value=yes]").check()
    page.locator("input[name=sf_a5][value=yes]").check()
    presses(page.get_by_role("button", name="Save and continue"))


def test_back_and_reload_lead_from_help_to_the_page_that_everybody_gets(
    gallery: Gallery, arrive: Callable[..., Client], person: Participant
) -> None:
    alex = arrive("Alex", person.email)
    page = comes_in(alex, person)
    says_it(page)
    alex.sees(HELP)
    gallery.looks_at(page, "you-help-now")
    title, address = page.title(), page.url

    page.reload()
    alex.sees("Everybody has this page, whatever they answered")
    page.goto("/request/")
    page.go_back()

    alex.sees("Everybody has this page, whatever they answered")
    expect(page.get_by_text(HELP)).to_have_count(0)
    assert page.title() == title
    assert page.url == address
    assert Alert.objects.filter(participant=person, level="acute").count() == 1


def test_without_a_script_help_is_the_next_page_all_the_same(
    arrive: Callable[..., Client], person: Participant
) -> None:
    alex = arrive("Alex", person.email, java_script_enabled=False)
    page = comes_in(alex, person)
    says_it(page)

    alex.sees(HELP)
    assert page.title() != "You are not alone"


def test_help_on_a_page_that_lost_its_cookies_is_left_behind_too(
    gallery: Gallery, arrive: Callable[..., Client], person: Participant
) -> None:
    alex = arrive("Alex", person.email)
    page = comes_in(alex, person)
    page.context.clear_cookies()
    says_it(page)
    alex.sees(HELP)
    gallery.looks_at(page, "you-help-closed")

    page.goto("/request/")
    page.go_back()

    alex.sees("This page can't be opened")
    expect(page.get_by_text(HELP)).to_have_count(0)


@pytest.mark.parametrize("with_script", [True, False], ids=["with-script", "without"])
def test_a_slip_of_the_thumb_deletes_nothing(
    gallery: Gallery, arrive: Callable[..., Client], person: Participant, *, with_script: bool
) -> None:
    alex = arrive("Alex", person.email, java_script_enabled=with_script)
    page = comes_in(alex, person)
    page.goto(f"/you/{person.id}/part/you/")
    page.locator("input[name=id_18][value=under]").check()
    page.locator("[name=id_chosen]").fill("Alexis")
    presses(page.get_by_role("button", name="Save and continue"))
    alex.sees("Are you under 18?")
    if with_script:
        gallery.looks_at(page, "you-stop")

    alex.press("Go back: I am 18 or older")

    alex.sees("What you typed stands here again")
    expect(page.locator("[name=id_chosen]")).to_have_value("Alexis")
    expect(page.locator("input[name=id_18][value=under]")).not_to_be_checked()
    assert person.signatures.exists()
