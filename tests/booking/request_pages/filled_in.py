"""The pages of a request, filled in."""

import re
from typing import Any

from django.test import Client

from tests.booking.factories import USUAL, Office, address

KEY = re.compile(r'name="key" value="([0-9a-f]+)"')
SLOT = re.compile(r'name="start" value="([^"]+)"')


def person(index: int, **typed: str) -> dict[str, str]:
    """What is typed about one other person."""
    usual = {
        "label": f"Friend {index}",
        "attends": "yes",
        "agreed": "yes",
        "route": "email",
        "email": address(f"friend{index}"),
        "invited_as": "initial",
    }
    return {f"person-{index}-{name}": value for name, value in (usual | typed).items()}


def typed_details(html: str, **typed: Any) -> dict[str, Any]:
    """The last page filled in; `html` is the page, for what it carries along."""
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', html))
    hidden.pop("csrfmiddlewaretoken", None)
    if 'name="mention_article"' in html:
        hidden["mention_article"] = "on"
    return {
        **hidden,
        "name": "Alex",
        "pronouns": "they",
        "email": address("alex"),
        "location": "US|NY",
        "cadence": "weekly",
        "topics": ["communication", "jealousy"],
        "words": "We keep talking past each other.",
        "adult": "yes",
        "not_emergency": "on",
        **typed,
    }


def to_details(client: Client, office: Office, kind: str, *, zone: str = "Europe/London") -> str:
    """Walk the steps up to the last page, by its forms only."""
    client.get("/request/", {"article": "mindful-talk"})
    client.post("/request/", {"relationship_type": kind})
    client.post("/request/session/", {"choice": f"{USUAL[kind]}:video"})
    times = client.get("/request/time/", {"zone": zone}).content.decode()
    slot = SLOT.findall(times)[0]
    answer = client.post("/request/time/", {"start": slot, "zone": zone})
    assert answer.status_code == 303, answer.content.decode()
    page = client.get("/request/details/")
    assert page.status_code == 200
    return page.content.decode()


def to_times(client: Client, kind: str = "individual") -> str:
    """The page about times, after who and which session."""
    client.post("/request/", {"relationship_type": kind})
    client.post("/request/session/", {"choice": f"{USUAL[kind]}:video"})
    return client.get("/request/time/", {"zone": "Europe/London"}).content.decode()


def key_of(page: str) -> str:
    """The key that a page carries, by which it counts once."""
    found = KEY.search(page)
    assert found
    return found.group(1)


def has(page: str, words: str) -> bool:
    """Whether the parts of a tag stand in one tag, whatever stands between them."""
    parts = words.split(" ")
    return words in page or any(
        all(part in tag for part in parts) for tag in re.findall(r"<[^>]+>", page)
    )
