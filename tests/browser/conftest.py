"""The demo practice as it is really served, and people with a browser of their own each."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Page

from config.demo.practice import SIGN_IN, set_up
from practice.models import Practitioner
from practice.queries import database_now
from tests.booking import factories
from tests.booking.factories import Office
from tests.browser.gallery import Gallery
from tests.browser.people import Client, Desk, Mailbox
from tests.conftest import MailCatcher, Site

PASSWORD = "a quiet harbor at night"


@pytest.fixture
def practitioner(site: Site, mailcatcher: MailCatcher) -> Practitioner:
    """The demo's practitioner in an empty practice: hours, services and articles, no people."""
    return set_up(password=PASSWORD, now=database_now())


@pytest.fixture
def now(site: Site, mailcatcher: MailCatcher) -> datetime:
    """The clock that the server goes by, too."""
    return timezone.now()


@pytest.fixture
def office(now: datetime) -> Office:
    """A practice made for one test, without the demo's people."""
    return factories.make_office()


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    """Looks at pages; whatever it finds fails the test at its end."""
    gallery = Gallery()
    yield gallery
    assert gallery.findings == []


@pytest.fixture
def mailbox(mailcatcher: MailCatcher) -> Mailbox:
    """What really arrived at the SMTP server."""
    return Mailbox(mailcatcher)


@pytest.fixture
def arrive(browser: Browser, site: Site, mailbox: Mailbox) -> Iterator[Callable[..., Client]]:
    """Somebody arrives with a browser of their own; `arrive("Ira", "ira@example.test")`."""
    people: list[Client] = []

    def somebody(name: str, address: str = "", **context: Any) -> Client:
        person = Client(browser, site.url, mailbox, name=name, address=address, **context)
        people.append(person)
        return person

    yield somebody
    for person in people:
        person.leave()


@pytest.fixture
def desk(browser: Browser, site: Site, office: Office) -> Iterator[Desk]:
    """The practitioner of `office`, signed in."""
    own = Desk(browser, site.url)
    own.sign_in(office.practitioner.email, factories.PASSWORD)
    yield own
    own.leave()


@pytest.fixture
def demo_desk(browser: Browser, site: Site, practitioner: Practitioner) -> Iterator[Desk]:
    """The demo's practitioner, signed in."""
    own = Desk(browser, site.url)
    own.sign_in(SIGN_IN, PASSWORD)
    yield own
    own.leave()


@pytest.fixture
def page(browser: Browser, site: Site) -> Iterator[Page]:
    """A browser of somebody who comes in by their link."""
    context = browser.new_context(base_url=site.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def sweep() -> Callable[..., None]:
    """Let everything happen that is due: now, or at a moment ahead (`sweep(at=...)`)."""

    def run(at: datetime | None = None) -> None:
        call_command("sweep", **({"now": at.isoformat()} if at is not None else {}))

    return run
