"""The safety section's pages: everybody goes on alike, and nothing is shown again."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from intake.models import Answer, Flag
from intake.operations.settings import Changes, change_settings
from intake.queries.standings import AGREEMENTS, standing
from tests.booking.factories import Office, people_of, requester_of, verified
from tests.intake.people import (
    CANARY,
    CONTACT,
    QUIET,
    YOU,
    begun,
    device,
    part,
    save,
    seen_fields,
    typed,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_private_is_asked_before_the_agreements(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())

    for slug in ("hopes", "more", "earlier", "health", "weeks", "quiet"):
        assert client.get(part(person, slug))["Location"] == part(person, AGREEMENTS)
        assert client.post(part(person, slug), {"then": "on"})["Location"] == part(
            person, AGREEMENTS
        )


def test_everybody_goes_on_to_the_same_page_whatever_they_answered(office: Office) -> None:
    calm, afraid = begun(office), begun(office)
    answers = {calm: typed(QUIET), afraid: typed(QUIET | {"sf_h2": "yes", "sf_attending": "yes"})}
    pages, places = [], []
    for person, given in answers.items():
        client = device(person)
        response = client.post(part(person, "quiet"), given | {"then": "on"})
        places.append(response["Location"].replace(str(person.pk), ""))
        for address in (
            reverse("you-support", args=[person.pk]),
            part(person, "quiet"),
            reverse("you-answers-seen", args=[person.pk]),
        ):
            page = client.get(address).content.decode().replace(str(person.pk), "")
            pages.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page))

    assert places[0] == places[1] == "/you//support/"
    assert [re.sub(r'nonce="[^"]*"', "", p) for p in pages[:3]] == [
        re.sub(r'nonce="[^"]*"', "", p) for p in pages[3:]
    ]
    assert Flag.objects.filter(participant=afraid).exists(), "the control: one of them is flagged"
    assert not Flag.objects.filter(participant=calm).exists()


def test_once_saved_the_safety_section_shows_nothing_again(office: Office) -> None:
    person = begun(office)
    client = device(person)
    asked = client.get(part(person, "quiet")).content.decode()
    client.post(part(person, "quiet"), typed(QUIET | {"sf_private_route": CANARY}) | {"then": "on"})

    page = client.get(part(person, "quiet")).content.decode()

    assert "Only your practitioner reads the answers" in asked
    assert "You have answered this. It is not shown again." in page
    assert CANARY not in page
    assert "<input" not in page.split("<main")[1].split("</main")[0].replace(
        '<input type="hidden"', ""
    )


def test_what_is_missing_is_said_and_nothing_is_stored(office: Office) -> None:
    person = begun(office)
    answers = typed(QUIET | {"sf_private_route": "the back door"})
    del answers["sf_h3"]

    response = device(person).post(part(person, "quiet"), answers | {"then": "on"})

    assert response.status_code == 422
    assert "passing counts as one" in response.content.decode()
    assert "the back door" in response.content.decode(), "nothing typed is lost"
    assert not Answer.objects.filter(question__startswith="sf_").exists()


def test_not_now_asks_for_nothing_more_and_leaves_the_way_back_open(office: Office) -> None:
    person = begun(office)
    client = device(person)

    response = client.post(part(person, "quiet"), {"sf_alone": "not_now", "then": "on"})

    assert response["Location"] == reverse("you-support", args=[person.pk])
    assert 'name="sf_h1"' in client.get(part(person, "quiet")).content.decode()
    own = client.get(reverse("you", args=[person.pk])).content.decode()
    assert "set aside" not in own


def test_the_safety_pages_have_neutral_titles_and_addresses(office: Office) -> None:
    person = begun(office)
    client = device(person)
    for address in (
        part(person, "earlier"),
        part(person, "health"),
        part(person, "weeks"),
        part(person, "quiet"),
        reverse("you-support", args=[person.pk]),
    ):
        response = client.get(address)
        title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
        assert title is not None
        assert "A step" in title[1]
        assert "no-store" in response["Cache-Control"]


def test_a_page_that_may_be_skipped_is_skipped_with_one_button(office: Office) -> None:
    person = begun(office)
    client = device(person)
    save(person, "health", {"he_sat": 3}, timezone.now())

    response = client.post(part(person, "health"), {"he_sat": "4", "then": "skip"})
    hopes = client.post(part(person, "hopes"), {"then": "skip"})

    assert response["Location"] == part(person, "weeks")
    assert not Answer.objects.filter(question="he_sat").exists()
    assert hopes.status_code == 422, "this one may not be skipped"


def test_modules_that_are_off_leave_no_page_behind(office: Office) -> None:
    change_settings(
        practitioner_id=office.practitioner.pk, changes=Changes(modules=[]), now=timezone.now()
    )
    person = begun(office)
    client = device(person)

    for slug in ("earlier", "health", "weeks"):
        assert client.get(part(person, slug)).status_code == 404
    page = client.get(part(person, "quiet")).content.decode()
    assert "sf_speak" in page
    assert "sf_h1" not in page


def test_an_emergency_contact_who_comes_along_is_kept_with_a_word_of_warning(
    office: Office,
) -> None:
    person = requester_of(verified(office, "couple", now=timezone.now()))
    client = device(person)
    save(person, "you", YOU, timezone.now())
    label = people_of(person.request)[1].label
    outside = client.post(part(person, "contact"), typed(CONTACT) | {"then": "on"}, follow=True)

    window = seen_fields(client.get(part(person, "contact")).content.decode())
    changed = window | typed(CONTACT | {"em_name": f"{label} Novak"}) | {"then": "on"}
    inside = client.post(part(person, "contact"), changed, follow=True)

    assert "somebody who comes along" not in outside.content.decode()
    assert "somebody who comes along" in inside.content.decode()
    assert standing(person.pk).answers["em_name"] == f"{label} Novak"
