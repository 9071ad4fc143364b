"""A browser on the pages of clients."""

import re

from django.test import Client

from booking.models import Participant, Request
from booking.operations import links
from tests.booking.factories import link_of

#: What differs from one answer to the next, whatever it says.
RANDOM = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"')
TIME = re.compile(r'name="times" value="([^"]+)"')


def come_in(person: Participant) -> Client:
    """A browser that has come in by the person's link and code."""
    client = Client()
    link = link_of(person)
    answer = client.post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})
    assert (answer.status_code, answer["Location"]) == (303, f"/you/{person.id}/")
    return client


def press(client: Client, path: str, typed: object = None) -> str:
    """The page that a press leads on to: it is fetched, so that going back to it sends nothing."""
    answer = client.post(path, typed)
    assert answer.status_code == 303, answer.content.decode()
    return client.get(answer["Location"], follow=True).content.decode()


def fresh(person: Participant) -> Participant:
    """The person as the database knows them now."""
    return Participant.objects.get(pk=person.pk)


def text(client: Client, path: str, **typed: object) -> str:
    """The page that answers a press, or the one at a path."""
    answer = client.post(path, typed, follow=True) if typed else client.get(path)
    return " ".join(answer.content.decode().split())


def someone_called(request: Request, label: str) -> Participant:
    """The person that a request calls so."""
    return request.participants.get(label=label)


def plain(html: str) -> str:
    """A page without what differs from one answer to the next, and without line breaks."""
    return " ".join(RANDOM.sub("", html).split())
