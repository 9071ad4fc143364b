"""Intake on the practitioner's desk, looked at: flags, reviews, reading, readiness, settings."""

from datetime import datetime

from playwright.sync_api import expect

from booking.models import Request
from intake.domain.definitions import Connection, Passed, Value
from intake.models import Review
from tests.booking import factories
from tests.booking.factories import Office
from tests.browser.gallery import PICTURES, Gallery
from tests.browser.people import Desk, presses
from tests.intake.people import CONTACT, HOPES, MORE, YOU, save
from tests.intake.test_desk_review import flag


def answered(office: Office, *, now: datetime) -> Request:
    """A couple that has answered nearly everything, and sees it differently."""
    request = factories.verified(office, "couple", now=now)
    for number, person in enumerate(factories.people_of(request)):
        if not person.is_requester:
            factories.enter(person, now=now)
            factories.join(person, now=now)
        name = ("Robin", "Sascha")[number]
        access = "Captions, please, and a break after forty minutes."
        save(person, "you", YOU | {"id_chosen": name, "id_access": access}, now)
        save(person, "contact", CONTACT, now)
        wishes: dict[str, Value | None] = {
            "go_why_now": ("The quiet after every argument.", "We stopped laughing.")[number],
            "go_better": ("That I say it before I leave the room.", Passed.SAY_ALOUD)[number],
            "go_not_in_front": ("The job in Lyon.", None)[number],
            "go_hope": (7, 2)[number],
        }
        save(person, "hopes", {**HOPES, **wishes}, now)
        numbers: dict[str, Value | None] = {
            "cp_close": (2, 8)[number],
            "cp_lean": ("in", "unsure")[number],
        }
        save(person, "more", {**MORE["couple"], **numbers}, now)
    return request


def constellation(office: Office, *, now: datetime) -> Request:
    request = factories.verified(office, "non_monogamous", now=now)
    person = factories.people_of(request)[0]
    people = (
        Connection("Kai", ("romantic", "living"), {"close": 9, "trust": 4, "talk": 6}),
        Connection("Noor", ("metamour",), {"close": 3, "trust": 5, "talk": 2}),
    )
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    save(person, "more", MORE["non_monogamous"] | {"nm_people": people}, now)
    return request


def test_what_is_urgent_is_seen_and_decided(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    request = answered(office, now=now)
    one, other = factories.people_of(request)
    flag(one, "acute", "asq_now", "asq")
    flag(other, "note", "phq2")
    flag(factories.people_of(answered(office, now=now))[0], "review", "hark", "choice")

    gallery.looks_at(desk.page, "desk-attention", "/desk/attention/")
    gallery.looks_at(desk.page, "desk-flagged-request", f"/desk/requests/{request.pk}/")
    gallery.looks_at(desk.page, "desk-flags", f"/desk/requests/{request.pk}/review/{one.pk}/")
    gallery.looks_at(desk.page, "desk-review", f"/desk/requests/{request.pk}/review/")
    presses(desk.page.get_by_role("button", name="I have seen it").first)
    desk.page.locator("input[name=contacted]").check()
    desk.page.get_by_label("One-to-one first").check()
    presses(desk.page.get_by_role("button", name="Record the decision"))
    desk.page.get_by_text("Your decision is recorded").wait_for()

    gallery.looks_at(desk.page, "desk-review-closed", f"/desk/requests/{request.pk}/review/")
    assert Review.objects.get(request=request).decision == "individual_first"
    assert not Request.objects.get(pk=request.pk).review_open


def test_what_is_read_before_a_session(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    couple, several = answered(office, now=now), constellation(office, now=now)
    flag(factories.people_of(couple)[0], "review", "hark")

    gallery.looks_at(desk.page, "desk-reading", f"/desk/requests/{couple.pk}/reading/")
    desk.page.emulate_media(media="print")
    expect(desk.page.locator(".desk-nav"), "paper has no navigation").to_be_hidden()
    expect(desk.page.get_by_text("Everything they answered").first).to_be_hidden()
    desk.page.screenshot(path=PICTURES / "desk-reading-print.png", full_page=True)
    desk.page.emulate_media(media="screen")
    gallery.looks_at(desk.page, "desk-reading-several", f"/desk/requests/{several.pk}/reading/")
    gallery.looks_at(desk.page, "desk-readiness", "/desk/readiness/")
    presses(desk.page.get_by_role("button", name="Hide names here"))
    gallery.looks_at(desk.page, "desk-readiness-hidden", "/desk/readiness/")
    gallery.looks_at(desk.page, "desk-intake-settings", "/desk/settings/intake/")
    gallery.looks_at(desk.page, "desk-support", "/desk/settings/support/")
    gallery.looks_at(desk.page, "desk-register", "/desk/register/")
