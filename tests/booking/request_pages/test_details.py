"""The last page of a request: every mistake, and not a word lost."""

import re
from typing import Any

import pytest
from django.test import Client

from booking.domain.asking import TOPICS
from booking.forms.details import TOPIC_LABELS
from booking.models import Request
from tests.booking.browsing import press
from tests.booking.factories import Office
from tests.booking.request_pages.filled_in import has, key_of, person, to_details, typed_details

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "²", "٣", "\0", "1e3"])
def test_numbers_that_no_button_sends_are_no_error(
    client: Client, office: Office, number: str
) -> None:
    html = to_details(client, office, "non_monogamous")
    typed = typed_details(html, people=number, **person(0))

    for pressed in ({}, {"add": "1"}, {"remove": number}):
        assert "About you" in press(client, "/request/details/", typed | pressed)
    assert "About you" in press(client, "/request/details/", {**typed, "week": number})
    assert not Request.objects.exists()


def test_mistakes_of_all_forms_stand_in_one_summary(client: Client, office: Office) -> None:
    html = to_details(client, office, "couple")

    typed = typed_details(html, adult="", name="", people="1", **person(0, email="nowhere"))
    page = press(client, "/request/details/", typed)

    assert page.count('class="error-summary"') == 1
    summary = page[page.index('class="error-summary"') : page.index("</ul>")]
    assert "What should we call you? Please give us a name" in summary
    assert "Are you 18 or older? Please answer this" in summary
    assert "Their e-mail address: This does not look like" in summary
    assert "?:" not in summary


def test_mistakes_are_listed_in_the_order_of_the_page(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")

    wrong = dict.fromkeys(("name", "email", "location", "adult", "not_emergency"), "")
    page = press(client, "/request/details/", typed_details(html, **wrong))

    summary, _end, below = page.partition('class="error-summary"')[2].partition("</ul>")
    listed = re.findall(r'href="#([a-z_]+)"', summary)
    assert len(listed) == len(wrong)
    assert listed == sorted(listed, key=lambda field: below.index(f'id="{field}"'))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "  "}, "Please give us a name to call you by."),
        ({"email": ""}, "Please give an address that we can write to."),
        ({"email": "alex at home"}, "This does not look like an e-mail address."),
        ({"location": ""}, "Please choose where you will be."),
        ({"location": "elsewhere"}, "Sessions are possible for people who are in: New York"),
        ({"location": "FR|"}, "Select a valid choice"),
        ({"topics": ["gossip"]}, "Select a valid choice"),
        ({"words": "x" * 501}, "at most 500 characters"),
        ({"adult": ""}, "Please answer this: sessions are for adults."),
        ({"not_emergency": ""}, "Please confirm that you know"),
        ({"start": ""}, "Please choose a time."),
        ({"start": "whenever"}, "Please choose a time."),
    ],
)
def test_each_mistake_is_said_beside_its_field(
    client: Client, office: Office, wrong: dict[str, Any], sentence: str
) -> None:
    html = to_details(client, office, "individual")

    answer = client.post("/request/details/", typed_details(html, **wrong), follow=True)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert page.count("Something needs another look") == 1
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ({"people": "0"}, "A session for two needs one other person."),
        (
            {"people": "11"} | {k: v for i in range(11) for k, v in person(i).items()},
            "A session for two needs one other person.",
        ),
        ({"people": "1", **person(0, label="")}, "Please write what to call them"),
        ({"people": "1", **person(0, email="")}, "Please give an address that we can write to."),
        ({"people": "1", **person(0, agreed="no")}, "We write only to people who agreed."),
        ({"people": "1", **person(0, email="alex@example.test")}, "an address that only they read"),
        ({"people": "1", **person(0, route="")}, "Please choose how they get their page."),
    ],
)
def test_mistakes_about_the_other_person_are_said(
    client: Client, office: Office, people: dict[str, str], sentence: str
) -> None:
    html = to_details(client, office, "couple")

    typed = typed_details(html, **{"email": "alex@example.test", **people})
    page = press(client, "/request/details/", typed)

    assert sentence in page
    assert not Request.objects.exists()


def test_too_many_people_are_too_many(client: Client, office: Office) -> None:
    html = to_details(client, office, "non_monogamous")
    people = {k: v for i in range(6) for k, v in person(i).items()}

    answer = client.post(
        "/request/details/", typed_details(html, people="6", **people), follow=True
    )

    assert "At most 5 people can attend this session." in answer.content.decode()


def test_people_are_added_and_taken_off_without_losing_a_word(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "non_monogamous")
    typed = typed_details(html, people="2", **person(0, label="Kai"), **person(1, label="Noor"))

    more = press(client, "/request/details/", typed | {"add": "1"})
    fewer = press(client, "/request/details/", typed | {"remove": "0"})

    assert 'name="people" value="3"' in more
    assert 'value="Kai"' in more
    assert 'name="people" value="1"' in fewer
    assert 'value="Kai"' not in fewer
    for page in (more, fewer):
        assert 'value="Noor"' in page
        assert "We keep talking past each other." in page
        assert has(page, 'value="jealousy" checked')
        assert "needs another look" not in page
        assert key_of(page) == typed["key"]


def test_what_is_typed_reaches_the_session_sealed_only(client: Client, office: Office) -> None:
    html = to_details(client, office, "couple")

    client.post("/request/details/", typed_details(html, people="1", **person(0, email="")))

    kept = str(dict(client.session.items()))
    assert "sealed" in kept
    for secret in ("talking", "jealousy", "Alex", "example.test", "Friend"):
        assert secret not in kept


def test_text_that_is_too_long_is_kept_whole(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    assert "maxlength" not in html
    typed = typed_details(html, name="n" * 61, words="w" * 600, email="e" * 300 + "@example.test")

    page = press(client, "/request/details/", typed)

    assert all(value in page for value in (typed["name"], typed["words"], typed["email"]))
    assert "at most 60 characters" in page


def test_every_topic_has_words() -> None:
    assert set(TOPIC_LABELS) == set(TOPICS)


def test_the_emergency_numbers_on_the_last_page_can_be_tapped(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "individual")

    assert re.findall(r'href="(tel:[^"]+)"', html) == ["tel:112", "tel:911", "tel:999"]
