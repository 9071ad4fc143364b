"""Other ways to get support: numbers that can be tapped, on a page that is always there."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant, Request
from booking.operations import requests
from intake.operations import sheets
from intake.operations.settings import Changes, change_settings
from intake.views.support import support_context
from tests.booking.factories import Office, enter, people_of, requester_of, verified
from tests.intake.people import (
    QUIET,
    answer_everything,
    asks_about_suicide,
    begun,
    device,
    part,
    save,
)

pytestmark = pytest.mark.django_db(transaction=True)
LINK = re.compile(r'<a class="button button-secondary button-small" href="([^"]+)" ([^>]*)>')


def address_of(person: Participant) -> str:
    return reverse("you-support", args=[person.pk])


def main_of(html: str) -> str:
    """What the page says, without where one is in the questionnaire."""
    return html.partition('<div class="sheet')[2].partition("</main>")[0]


def test_every_number_can_be_tapped_and_no_link_says_where_it_stood(office: Office) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    Request.objects.update(country="US")

    html = device(person).get(address_of(person)).content.decode()

    found = LINK.findall(html)
    assert {
        "tel:988",
        "sms:988",
        "https://988lifeline.org",
        "sms:741741?&amp;body=HOME",
        "tel:18007997233",
        "sms:88788?&amp;body=START",
    } <= {href for href, _rest in found}
    assert {rest for _href, rest in found} == {'rel="noreferrer"'}
    assert "Call 988" in html
    assert "Text HOME to 741741" in html


def test_a_site_opens_beside_the_section_in_which_something_is_typed(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)

    found = LINK.findall(device(person).get(part(person, "quiet")).content.decode())

    assert found
    assert {rest for href, rest in found if href.startswith("https:")} == {
        'rel="noreferrer" target="_blank"'
    }
    assert {rest for href, rest in found if not href.startswith("https:")} == {'rel="noreferrer"'}


def test_the_way_there_is_on_every_page_of_a_person(office: Office) -> None:
    now = timezone.now()
    one, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)
    answer_everything(one, now)
    sheets.finish(participant_id=one.pk, now=now)

    pages = {
        (person.label, name): device(person).get(reverse(name, args=[person.pk])).content.decode()
        for person, names in (
            (one, ("you", "you-copy", "you-readers", "withdraw", "messages:choices")),
            (other, ("you", "decline-invitation")),
        )
        for name in names
    }

    found = {at: re.findall(r'href="([^"]*/support/)"', html) for at, html in pages.items()}
    mine = {person.label: address_of(person) for person in (one, other)}
    assert found == {(label, name): [mine[label]] for label, name in pages}


def test_the_same_is_there_whether_somebody_is_invited_has_finished_or_has_ended(
    office: Office,
) -> None:
    now = timezone.now()
    one, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)
    browsers = {person: device(person) for person in (one, other)}

    def seen(person: Participant) -> str:
        page = browsers[person].get(address_of(person))
        assert page.status_code == 200
        html = main_of(page.content.decode())
        return re.sub(r'<div class="actions">.*?</div>', "", html, flags=re.DOTALL)

    invited, asked = seen(other), seen(one)
    answer_everything(one, now)
    sheets.finish(participant_id=one.pk, now=now)
    finished = seen(one)
    requests.withdraw(participant_id=one.pk, now=now)
    withdrawn = seen(one), seen(other)

    assert {invited, asked, finished, *withdrawn} == {invited}


def test_it_needs_no_passcode_for_it_holds_nobodys_answer(office: Office) -> None:
    now = timezone.now()
    person = begun(office)
    save(person, "quiet", {**QUIET, "sf_private_route": "canary-73"}, now)
    Participant.objects.filter(pk=person.pk).update(passcode_hash="a hash")
    browser = device(person, knows_passcode=False)

    assert browser.get(reverse("you-copy", args=[person.pk])).status_code == 302
    page = browser.get(address_of(person))

    assert page.status_code == 200
    assert "canary-73" not in page.content.decode()


def test_whoever_ended_their_part_still_finds_it(office: Office) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    answer_everything(person, timezone.now())
    browser = device(person)
    before = main_of(browser.get(address_of(person)).content.decode())

    left = browser.post(reverse("you-end", args=[person.pk]), {"sure": "yes"}).content.decode()
    after = main_of(browser.get(address_of(person)).content.decode())

    assert "Your part has ended" in left
    assert f'href="{address_of(person)}"' in left
    assert LINK.findall(after) == LINK.findall(before) != []


def test_the_numbers_for_people_under_18_can_be_tapped_as_well(office: Office) -> None:
    person = begun(office, "individual")
    Request.objects.update(country="GB")
    browser = device(person)
    browser.post(reverse("you-stop", args=[person.pk]))

    inside = LINK.findall(browser.get(reverse("you-stopped", args=[person.pk])).content.decode())
    outside = LINK.findall(browser.get(reverse("request-younger")).content.decode())

    assert [href for href, _rest in inside] == [
        "tel:08001111",
        "https://childhelplineinternational.org",
    ]
    assert {"tel:08001111", "sms:988", "tel:999"} <= {href for href, _rest in outside}
    assert {rest for _href, rest in [*inside, *outside]} == {'rel="noreferrer"'}


@pytest.mark.parametrize(
    ("country", "first"), [("GB", "tel:999"), ("US", "tel:911"), ("JP", "tel:112"), ("", "tel:112")]
)
def test_the_emergency_number_of_their_country_stands_before_all_others(
    office: Office, country: str, first: str
) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    Request.objects.update(country=country)

    found = LINK.findall(device(person).get(address_of(person)).content.decode())

    assert found[0][0] == first
    urgent = support_context(country)["urgent"]
    assert isinstance(urgent, list)
    assert urgent[0]["ways"][0]["links"][0]["href"] == first


def test_numbers_without_a_day_are_told_from_those_with_one_where_there_are_both(
    office: Office,
) -> None:
    person = requester_of(verified(office, now=timezone.now()))
    browser = device(person)

    def warns(*days: str) -> bool:
        change_settings(
            practitioner_id=office.practitioner.pk,
            changes=Changes(
                resources=[
                    {"name": f"Line {n}", "ways": ["Call 988"], "checked": day}
                    for n, day in enumerate(days)
                ]
            ),
            now=timezone.now(),
        )
        return "Numbers without a date" in browser.get(address_of(person)).content.decode()

    assert not warns("", "")
    assert not warns("2026-11-01", "2026-11-02")
    assert warns("2026-11-01", "")


def test_whoever_looks_for_their_link_finds_emergency_numbers_to_tap(office: Office) -> None:
    html = Client().get(reverse("link-again")).content.decode()

    assert re.findall(r'href="(tel:[^"]+)"', html) == ["tel:112", "tel:911", "tel:999"]
