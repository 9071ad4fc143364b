"""Times of one's own in answer to those proposed."""

import pytest

from booking.models import Appointment, Request
from booking.operations import decisions
from booking.views.choices import value_of
from tests.booking.browsing import TIME, come_in, press, text
from tests.booking.factories import NOW, Office, open_starts, ready, requester_of
from tests.booking.own_pages.answering import refusing

pytestmark = pytest.mark.django_db


def proposed(office: Office, kind: str = "individual") -> Request:
    request = ready(office, kind)
    decisions.propose(
        request_id=request.id,
        practitioner_id=office.practitioner.id,
        starts=open_starts(office, office.service(kind))[20:22],
        now=NOW,
    )
    return Request.objects.get(pk=request.pk)


def test_whom_nothing_suits_suggests_times_of_their_own(office: Office) -> None:
    request = proposed(office)
    person = requester_of(request)
    client = come_in(person)
    path = f"/you/{person.id}/times/"
    said = refusing(request)

    asked = press(client, path, said)
    choices = TIME.findall(asked)[:2]
    unchosen = press(client, path, said | {"suggesting": "yes"})
    other_week = press(client, path, said | {"times": choices, "week": "2026-11-02"})
    done = client.post(path, said | {"suggesting": "yes", "times": choices}, follow=True)

    assert "Would another time suit you?" in asked
    assert "Please choose a time, or send your answer without one." in unchosen
    assert set(choices) <= set(TIME.findall(other_week))
    assert "Thank you, we have your answer." in done.content.decode()
    held = Appointment.objects.filter(suggested_by=person, state="held")
    assert sorted(value_of(a.starts_at) for a in held) == sorted(choices)


def test_a_plain_no_needs_no_suggestion(office: Office) -> None:
    request = proposed(office)
    person = requester_of(request)

    after = text(come_in(person), f"/you/{person.id}/times/", **refusing(request), without="yes")

    assert "Thank you, we have your answer." in after
    assert not Appointment.objects.filter(suggested_by__isnull=False).exists()


def test_too_many_suggestions_are_said_to_be_too_many(office: Office) -> None:
    request = proposed(office)
    person = requester_of(request)
    client = come_in(person)
    path = f"/you/{person.id}/times/"
    asked = press(client, path, refusing(request))

    said = refusing(request) | {"suggesting": "yes", "times": TIME.findall(asked)[:4]}

    assert "up to three different times" in press(client, path, said)
