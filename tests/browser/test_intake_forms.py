"""Every questionnaire, filled in by each of its people on a phone, to the last button."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from booking.models import Participant, Request
from booking.operations import links
from intake.models import AnswerSheet
from tests.booking import factories
from tests.booking.factories import Office, link_of, partner
from tests.browser.gallery import PHONE, PICTURES
from tests.browser.people import Client, where_it_is_day
from tests.conftest import MailCatcher, Site


class Looks:
    """Holds axe against every page as it stands there filled in, and takes its picture."""

    def __init__(self, form: str) -> None:
        self._form = form
        self.findings: list[str] = []
        self.seen: set[str] = set()

    def at(self, page: Page) -> None:
        name = _name(page)
        if name in self.seen:
            return  # another person's, made of the same parts
        self.seen.add(name)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            for violation in Axe().run(page).response["violations"]:
                targets = [node["target"] for node in violation["nodes"]][:3]
                self.findings.append(f"{name} ({scheme}): {violation['id']} at {targets}")
        page.emulate_media(color_scheme="light")
        self.pictures(page)

    def pictures(self, page: Page) -> None:
        """Only its picture, and whether it fits the screen."""
        name = _name(page)
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.findings.append(f"{name}: wider than the screen")
        PICTURES.mkdir(parents=True, exist_ok=True)
        picture = PICTURES / f"filled-{self._form}-{name}-phone-light.png"
        page.screenshot(path=picture, full_page=True)


def _name(page: Page) -> str:
    """The page, by what its address says after whose it is."""
    return page.url.split("/you/", 1)[1].split("/", 1)[1].strip("/").replace("/", "-")


@pytest.fixture
def looks(request: pytest.FixtureRequest) -> Iterator[Looks]:
    own = Looks(request.node.name.split("_form")[0].removeprefix("test_"))
    yield own
    assert own.findings == []


@pytest.fixture
def office(site: Site, mailcatcher: MailCatcher) -> Office:
    return factories.make_office()


def asked(office: Office, kind: str, *names: str) -> Request:
    """A request in which everybody takes part, to be answered."""
    now = timezone.now()
    others = [partner(name) for name in names]
    request = factories.verified(office, kind, now=now, others=others)
    for person in factories.people_of(request):
        if not person.is_requester:
            factories.enter(person, now=now)
            factories.join(person, now=now)
    return request


def comes_in(client: Client, person: Participant) -> Client:
    """Over their link, with the code of their mail."""
    link = link_of(person)
    client.page.goto(f"/open/{links.token(link.id)}/")
    client.page.locator("[name=code]").fill(links.code(link.id))
    client.press("Open my page")
    assert client.page.viewport_size == PHONE
    return client


def finished(request: Request) -> list[str]:
    """Who has finished, by the name they gave."""
    sheets = AnswerSheet.objects.filter(participant__request=request, finished_at__isnull=False)
    return list(
        sheets.order_by("participant__position").values_list("participant__chosen_name", flat=True)
    )


def test_one_person_form_is_filled_in_by_keyboard_alone(
    office: Office, arrive: Callable[..., Client]
) -> None:
    request = asked(office, "individual")
    alex = comes_in(arrive("Alex"), factories.requester_of(request))

    alex.fills_everything_by_keyboard()

    alex.sees("All set on your side")
    assert finished(request) == ["Alex"]


def test_couple_form_is_filled_in_by_both_without_a_script(
    office: Office, arrive: Callable[..., Client], looks: Looks
) -> None:
    request = asked(office, "couple", "Sam")

    for person in factories.people_of(request):
        client = arrive(person.label, java_script_enabled=False)
        comes_in(client, person).fills_everything(at_each=looks.pictures)
        client.sees("All set on your side")
    # axe is a script itself: it looks at the same pages, filled in, in another browser of theirs.
    again = comes_in(arrive("Sam"), factories.people_of(request)[1])
    home = again.page.url
    links_there = again.page.locator("a[href*='/part/']")
    for path in dict.fromkeys(links_there.evaluate_all("all => all.map(a => a.pathname)")):
        again.page.goto(path)
        looks.at(again.page)
    for name in ("support", "seen"):
        again.page.goto(f"{home}{name}/")
        looks.at(again.page)

    assert finished(request) == ["Alex", "Sam"]
    assert Request.objects.get().state == "ready"
    assert {"part-quiet", "support", "seen"} <= looks.seen


def test_three_people_form_is_filled_in_by_each(
    office: Office, arrive: Callable[..., Client], looks: Looks
) -> None:
    request = asked(office, "non_monogamous", "Kai", "Noor")

    for person in factories.people_of(request):
        client = arrive(person.label)
        comes_in(client, person).fills_everything(
            secret=f"Only {person.label} knows this.", at_each=looks.at
        )
        client.sees("All set on your side")
        text = client.page.content()
        assert not [n for n in ("Alex", "Kai", "Noor") if f"Only {n} knows" in text]

    assert finished(request) == ["Alex", "Kai", "Noor"]
    assert Request.objects.get().state == "ready"
    assert {"part-more", "part-quiet", "support", "seen"} <= looks.seen


def test_group_form_is_filled_in_by_two_who_ask_for_themselves(
    office: Office, arrive: Callable[..., Client], looks: Looks
) -> None:
    requests = [asked(office, "group"), asked(office, "group")]

    for name, request in zip(("Gus", "Gea"), requests, strict=True):
        person = factories.requester_of(request)
        client = comes_in(arrive(name), person)
        client.fills_everything(at_each=looks.at)
        client.sees("All set on your side")

    assert [finished(request) for request in requests] == [["Alex"], ["Alex"]]
    assert {"part-more", "part-quiet", "support", "seen"} <= looks.seen


def test_at_every_hour_of_the_year_it_is_day_for_those_who_walk() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    zones = {where_it_is_day(begin + timedelta(hours=hour)) for hour in range(365 * 24)}

    assert len(zones) > 2
