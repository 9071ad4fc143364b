"""The front page and the articles."""

from datetime import date

import pytest
from django.test import Client

from practice.models import Article
from tests.booking.factories import make_office

pytestmark = pytest.mark.django_db


@pytest.fixture
def article() -> Article:
    return Article.objects.create(
        slug="mindful-talk",
        title="Mindful talk",
        summary="Saying it so that it can be heard.",
        body="First paragraph.\n\nSecond <b>paragraph</b>.",
        published_date=date(2026, 10, 1),
    )


def test_a_fresh_installation_says_what_to_do(client: Client) -> None:
    page = client.get("/")

    assert page.status_code == 200
    assert "manage.py create_practice" in page.content.decode()


def test_the_front_page_shows_the_practice_and_the_way_to_ask(
    client: Client, article: Article
) -> None:
    make_office()

    page = client.get("/").content.decode()

    for words in ("Willow Practice", "Morgan", "Mindful talk", 'href="/request/"'):
        assert words in page


def test_the_list_leads_to_each_article(client: Client, article: Article) -> None:
    assert 'href="/articles/mindful-talk/"' in client.get("/articles/").content.decode()


def test_an_article_ends_with_the_way_to_request_a_session(
    client: Client, article: Article
) -> None:
    page = client.get("/articles/mindful-talk/").content.decode()

    assert 'href="/request/?article=mindful-talk"' in page
    assert "Click here to request a session" in page
    assert "Second &lt;b&gt;paragraph&lt;/b&gt;." in page


def test_an_unknown_article_is_not_found(client: Client) -> None:
    assert client.get("/articles/nothing/").status_code == 404
