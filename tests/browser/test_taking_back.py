"""A changed address is taken back from the message to the one before: looked at, and pressed."""

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from booking.models import Participant
from booking.operations import links, undoing
from practice.models import Change
from tests.booking import factories
from tests.browser.gallery import Gallery
from tests.browser.people import presses
from tests.conftest import Site
from tests.notifications.helpers import booked

NEW = "new@example.test"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False])
def test_going_back_to_the_address_before(
    site: Site, browser: Browser, gallery: Gallery, scripts: bool
) -> None:
    now = timezone.now()
    booked(factories.make_office(), now=now)
    person = Participant.objects.get()
    links.send_to_new_address(participant_id=person.pk, address=NEW, now=now)
    link = person.links.get(address=NEW)
    links.enter(token=links.token(link.id), code_typed=links.code(link.id), now=now)
    token = undoing.undo_token(Change.objects.get(kind="address_changed"))
    context = browser.new_context(base_url=site.url, java_script_enabled=scripts)
    page = context.new_page()

    page.goto(f"/open/undo/{token}/")
    if scripts:
        gallery.looks_at(page, "take-back-an-address")
    presses(page.get_by_role("button", name="Use it again"))

    expect(page.get_by_role("heading", level=1)).to_contain_text("earlier address again")
    if scripts:
        gallery.looks_at(page, "address-taken-back")
    assert Participant.objects.get().email == person.email
    assert page.goto(f"/open/undo/{token}/").status == 404  # type: ignore[union-attr]
    context.close()
