"""What the site says to whoever asks: health, and the headers of every answer."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings

from tests.conftest import MailCatcher, Site

STRICT = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A browser of a visitor; it is closed before the tables are emptied."""
    context = browser.new_context(base_url=site.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the pages write to the browser's console."""
    texts: list[str] = []
    page.on("console", lambda entry: texts.append(entry.text))
    return texts


def test_a_living_process_says_so_without_a_database(client: Client) -> None:
    assert client.get("/healthz/live").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_means_database_redis_and_migrations(client: Client) -> None:
    answer = client.get("/healthz/ready")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "database", "redis", "migrations"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_without_redis_and_says_no_more(client: Client, settings: Settings) -> None:
    cache = settings.CACHES["default"] | {"LOCATION": "redis://:secret@127.0.0.1:1"}
    settings.CACHES = {"default": cache}
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["redis"] == "unavailable"
    assert answer.json()["database"] == "ok"
    assert b"secret" not in answer.content


@pytest.mark.django_db
def test_not_ready_while_a_migration_is_missing(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    answer = client.get("/healthz/ready")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "unavailable"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/live", "/no-such-page/", "/dev/mailbox/", "/dev/"])
def test_every_answer_carries_the_strict_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer["Content-Security-Policy"] == STRICT
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"


def test_nobody_can_sign_up(client: Client, db: None) -> None:
    form = {"email": "visitor@example.org", "password1": "a-long-enough-one"}
    client.post("/accounts/signup/", form)
    assert not client.login(email=form["email"], password=form["password1"])


def test_granian_serves_the_test_database_and_static_files(site: Site) -> None:
    with urlopen(f"{site.url}/healthz/ready") as answer:
        assert answer.status == 200
    with urlopen(f"{site.url}/static/attune/tokens.css") as answer:
        assert answer.headers["Content-Type"].startswith("text/css")


def test_mail_really_travels_and_is_shown(
    page: Page, mailcatcher: MailCatcher, complaints: list[str]
) -> None:
    message = EmailMultiAlternatives(
        "Grüße", "See https://example.org/a", "office@example.org", ["ann@example.org"]
    )
    message.attach_alternative("<p>See <b>bold</b></p>", "text/html")
    message.attach("invite.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar")
    message.send()
    (arrived,) = mailcatcher.to("ann@example.org")
    assert arrived["Subject"] == "Grüße"
    page.goto("/dev/mailbox/")
    page.get_by_role("link", name="Grüße").click()
    expect(page.get_by_role("link", name="https://example.org/a")).to_be_visible()
    expect(page.get_by_text("BEGIN:VCALENDAR")).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("bold")).to_be_visible()
    assert complaints == []


def test_the_mail_server_can_be_out_of_order(mailcatcher: MailCatcher) -> None:
    message = EmailMultiAlternatives("x", "x", "office@example.org", ["ann@example.org"])
    with mailcatcher.down(), pytest.raises(ConnectionRefusedError):
        message.send()
    message.send()
    assert mailcatcher.wait_for(lambda arrived: arrived["Subject"] == "x")


def test_a_name_in_the_mailbox_leads_nowhere_else(client: Client, tmp_path: Path) -> None:
    for name in ("..", "../secrets", "nothing"):
        assert client.get(f"/dev/mailbox/{name}/source/").status_code == 404


def test_beat_knows_its_tasks() -> None:
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(current_app.tasks)


@pytest.mark.django_db
def test_the_documentation_of_the_api_needs_nothing_from_elsewhere(
    page: Page, site: Site, complaints: list[str]
) -> None:
    foreign: list[str] = []
    page.on("request", lambda asked: foreign.append(asked.url))
    page.goto("/api/v1/docs/")
    page.get_by_role("heading", name="Attune").wait_for()
    assert complaints == []
    assert [url for url in foreign if not url.startswith((site.url, "data:"))] == []
