"""Bad input on the questionnaire's pages: a clear message at the field, and the rest is kept."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from intake.models import Answer
from intake.queries.standings import standing
from tests.booking.factories import Office, booked, people_of, requester_of, verified
from tests.intake.people import (
    CONTACT,
    HOPES,
    MORE,
    YOU,
    answer_everything,
    device,
    save,
    sign_everything,
    typed,
)

pytestmark = pytest.mark.django_db(transaction=True)
#: A right-to-left name, one that changes direction, and one with an emoji of several code points.
NAMES = ("דניאל", "Sam \u200fسام", "Kit 👩🏽‍🦰")


@pytest.fixture
def person(office: Office) -> Participant:
    """Somebody who has come as far as the private sections."""
    now = timezone.now()
    found = requester_of(verified(office, now=now))
    save(found, "you", YOU, now)
    save(found, "contact", CONTACT, now)
    sign_everything(found, now)
    return found


def address(person: Participant, section: str) -> str:
    return reverse("you-section", args=[person.pk, section])


def error_at(page: str, field: str) -> str:
    """The message beside a field, in the element that the field names as its error."""
    found = re.search(rf'id="id_{field}_error"[^>]*>(.*?)</ul>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page, as a browser sends them back."""
    tags = re.findall(r'<input type="hidden" name="([^"]+-seen)"([^>]*)>', page)
    return {n: (m[1] if (m := re.search(r'value="([^"]*)"', rest)) else "") for n, rest in tags}


def window(browser: Client, where: str) -> dict[str, str]:
    """What a window that was just opened would send back besides the answers."""
    return hidden(browser.get(where).content.decode())


@pytest.mark.parametrize(
    ("section", "wrong", "field", "message"),
    [
        ("hopes", {"go_better": "A long story. " * 600}, "go_better", "characters"),
        ("hopes", {"go_distress": "11"}, "go_distress", "0 to 10"),
        ("hopes", {"go_distress": "six"}, "go_distress", "0 to 10"),
        ("hopes", {"go_better": ""}, "go_better", "needs an answer"),
        ("you", {"id_tz": "Atlantis/Center"}, "id_tz", "choose"),
        ("you", {"id_18": "perhaps"}, "id_18", "choose"),
        ("more", {"in_rel": ["single", "nobody"]}, "in_rel", "choose"),
        ("contact", {"ct_phone": "call me"}, "ct_phone", "phone number"),
    ],
    ids=[
        "a pasted novel",
        "a number off the scale",
        "a word for a number",
        "nothing where something is needed",
        "a zone that does not exist",
        "an option that does not exist",
        "one of several options that does not exist",
        "words for a number",
    ],
)
def test_it_is_said_at_the_field_and_the_rest_is_stored(
    person: Participant, section: str, wrong: dict[str, Any], field: str, message: str
) -> None:
    good = {"you": YOU, "contact": CONTACT, "hopes": HOPES, "more": MORE["individual"]}[section]
    right = typed(good) | ({"go_tried": "a walk"} if section == "hopes" else {})

    response = device(person).post(address(person, section), right | wrong | {"then": "on"})

    page = response.content.decode()
    assert response.status_code == 422
    assert message in error_at(page, field), error_at(page, field)
    if section == "hopes":
        assert Answer.objects.filter(question="go_tried").exists()


def test_a_novel_is_given_back_to_be_shortened(person: Participant) -> None:
    novel = "Once upon a time there was a very long story. " * 300

    page = device(person).post(
        address(person, "hopes"), typed(HOPES) | {"go_better": novel, "then": "on"}
    )

    assert novel.strip() in page.content.decode()
    assert not Answer.objects.filter(question="go_better").exists()


@pytest.mark.parametrize("name", NAMES, ids=["right to left", "both directions", "emoji"])
def test_a_name_in_any_script_is_kept_as_it_is_and_shown_so(person: Participant, name: str) -> None:
    browser, where = device(person), address(person, "you")

    response = browser.post(
        where, window(browser, where) | typed(YOU) | {"id_chosen": name, "then": "on"}
    )

    person.refresh_from_db()
    assert response.status_code == 302
    assert person.chosen_name == name
    assert name in browser.get(reverse("you", args=[person.pk])).content.decode()


def test_a_nul_character_is_refused_and_breaks_nothing(person: Participant) -> None:
    response = device(person).post(
        address(person, "hopes"), typed(HOPES) | {"go_better": "a\x00b", "then": "on"}
    )

    assert response.status_code == 422
    assert error_at(response.content.decode(), "go_better")
    assert not Answer.objects.filter(question="go_better").exists()


def test_an_answer_whose_condition_is_no_longer_true_goes_with_it(person: Participant) -> None:
    browser, where = device(person), address(person, "earlier")
    browser.post(where, {"hi_prior": "yes", "hi_helped": "listening", "then": "on"})
    before = set(standing(person.pk).answers)

    # The page was open still: it sends what had been typed for the question that is gone.
    still = window(browser, where) | {"hi_helped": "listening", "then": "on"}
    browser.post(where, still | {"hi_prior": "no"})

    assert "hi_helped" in before
    assert "hi_helped" not in standing(person.pk).answers
    assert not Answer.objects.filter(question="hi_helped").exists()


def test_two_windows_with_different_answers_lose_nothing(person: Participant) -> None:
    browser, where = device(person), address(person, "hopes")
    one, other = window(browser, where), window(browser, where)

    browser.post(where, one | {"go_why_now": "first", "then": "later"})
    browser.post(where, other | {"go_better": "second", "then": "later"})

    answers = standing(person.pk).answers
    assert (answers["go_why_now"], answers["go_better"]) == ("first", "second")


def test_two_windows_with_the_same_answer_ask_which_one_counts(person: Participant) -> None:
    browser, where = device(person), address(person, "hopes")
    one, other = window(browser, where), window(browser, where)
    browser.post(where, one | {"go_better": "first", "then": "later"})

    second = browser.post(where, other | {"go_better": "second", "then": "later"})
    page = second.content.decode()

    assert second.status_code == 422
    assert "in another window" in error_at(page, "go_better")
    assert "second" in page, "what was typed here is not lost"
    assert standing(person.pk).answers["go_better"] == "first"


def test_a_page_of_a_request_that_was_closed_meanwhile_says_so_and_keeps_nothing(
    office: Office,
) -> None:
    appointment = booked(office, now=timezone.now())
    assert appointment.request is not None
    (one,) = people_of(appointment.request)
    answer_everything(one, timezone.now())
    browser = device(one)
    browser.post(reverse("you-end", args=[one.pk]), {"sure": "yes"})

    response = browser.post(address(one, "hopes"), {"go_better": "too late", "then": "on"})

    assert response.status_code == 404
    assert standing(one.pk).answers["go_better"] == "calm"
