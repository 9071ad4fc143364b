"""Who knocks at an address, with what they know, and all that they can tell an answer by."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.test import Client
from pypdf import PdfReader

from tests.intake.matrix.canaries import canaries_in
from tests.intake.matrix.doors import Addresses
from tests.intake.matrix.world import World

#: What differs from answer to answer: the form's token and the nonce of the policy.
_RANDOM = re.compile(r'name="csrfmiddlewaretoken" value="[A-Za-z0-9]{64}"|nonce="[^"]{20,30}"')
#: Ids of what was asked for, where an answer leads on to it.
_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=/off/)\d+")


@dataclass(frozen=True)
class Answer:
    """What somebody got: all that they can tell it from another by."""

    status: int
    leads_to: str
    body: str
    size: int

    @classmethod
    def of(cls, response: Any) -> "Answer":
        text = response.content.decode(errors="replace")
        return cls(
            response.status_code,
            _IDS.sub("(id)", response.headers.get("Location", "")),
            _IDS.sub("(id)", _RANDOM.sub("", text)),
            len(text),
        )


def words_on(response: Any) -> frozenset[str]:
    """The canaries that its reader finds on a page, in a body, or on paper."""
    text = response.content.decode(errors="replace")
    if response.headers.get("Content-Type") == "application/pdf":
        # A line may end within a word.
        pages = PdfReader(BytesIO(response.content)).pages
        text = "".join(page.extract_text() for page in pages).replace("\n", "")
    return canaries_in(text)


#: Calls an address with a method; what comes back is the test client's response.
type Caller = Callable[[str, str], Any]


def _by(client: Client, **headers: str) -> Caller:
    def call(method: str, address: str) -> Any:
        if address.startswith("/api/"):
            response: Any = client.generic(
                method, address, b"{}", "application/json", headers=headers
            )
        else:
            response = client.get(address) if method == "GET" else client.post(address)
        return response

    return call


def signed_in(world: World, *, as_other: bool = False) -> Client:
    client = Client()
    client.force_login(world.user(world.other if as_other else world.practitioner))
    return client


def callers(world: World, names: Sequence[str]) -> dict[str, Caller]:
    """People with what they know: a device that came in, an account, a link, a token."""
    found: dict[str, Caller] = {}
    for name in names:
        match name:
            case "stranger":
                found[name] = _by(Client())
            case "practitioner":
                found[name] = _by(signed_in(world), authorization=f"Bearer {world.token}")
            case "another practitioner":
                client = signed_in(world, as_other=True)
                found[name] = _by(client, authorization=f"Bearer {world.token_of_other}")
            case _:
                client, link = world.knows(name)
                found[name] = _by(client, authorization=link)
    return found


def compared(caller: Caller, told: Addresses, name: str, owner: str) -> tuple[Answer, Answer]:
    """What somebody gets for what is not theirs, and for what does not exist, with GET and POST."""
    answers = [
        tuple(Answer.of(caller(method, address)) for method in ("GET", "POST"))
        for address in (told.there(name, owner), told.nowhere(name))
    ]
    assert answers[0] == answers[1], (name, owner)
    return answers[0][0], answers[0][1]
