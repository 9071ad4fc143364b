"""Small steps that tests of feedback share: people after sessions, and what they said."""

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant, Request
from intake.queries.answers import Author
from intake.queries.feedback import said_by
from tests.booking.factories import Office, people_of, ready
from tests.intake.sessions import days_before, took_place

SECRET = "I nearly did not come"
SAID: dict[str, str] = {
    "heard": "8",
    "useful": "prefer_not",
    "pace": "5",
    "safe": "2",
    "words": SECRET,
}


def asked(office: Office, *, kind: str = "individual", ends: float = 2) -> list[Participant]:
    """People after their third session, `ends` days ago; the first of them wants to be asked."""
    now = timezone.now()
    people = people_of(ready(office, kind, now=now))
    Request.objects.filter(pk=people[0].request_id).update(state="confirmed")
    Participant.objects.filter(request=people[0].request_id).update(shared_mailbox="no")
    Participant.objects.filter(pk=people[0].pk).update(wants_feedback=True)
    took_place(people, *days_before(now, ends + 14, ends + 7, ends))
    return [Participant.objects.get(pk=p.pk) for p in people]


def last_session(person: Participant) -> Appointment:
    """The session of theirs that ended last."""
    return Appointment.objects.filter(attendances__participant=person).latest("ends_at")


def page(person: Participant) -> str:
    """The page on which somebody says how it was."""
    return reverse("you-after", args=[person.pk])


def at_the_desk(person: Participant) -> str:
    """The page on which their practitioner reads it."""
    return reverse("desk-feedback", args=[person.request_id, person.pk])


def typed(person: Participant, **other: str) -> dict[str, str]:
    """Everything that is said, about the last session, as a browser sends it."""
    return {**SAID, "about": str(last_session(person).pk), **other}


def text(client: Client, url: str) -> str:
    """What a page says, whatever its line breaks."""
    response = client.get(url)
    assert response.status_code == 200, response.content.decode()
    return " ".join(response.content.decode().split())


def own(person: Participant) -> Any:
    """What somebody reads of their own."""
    return said_by(reader=Author(person.pk), participant_id=person.pk)
