"""Pages on which practitioners and clients make, replace and end their calendars."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from booking.operations import links
from notifications.models import Feed
from tests.booking import factories
from tests.notifications.calendars import fetched, person_of
from tests.notifications.helpers import booked

pytestmark = pytest.mark.django_db


def let_in(client: Client, person: Participant) -> None:
    """Come in by the newest link and its code."""
    link = factories.link_of(person)
    client.post(
        reverse("open", args=[links.token(link.pk)]), {"code": links.code(link.pk)}, follow=True
    )


def test_a_practitioner_makes_replaces_and_ends_their_calendar(desk: Client) -> None:
    page = reverse("messages:desk-feed")

    made = desk.post(page, {"shows": "code"}).content.decode()
    later = desk.get(page).content.decode()
    address = made.partition('id="feed-address">')[2].partition("<")[0]
    works = desk.get(address.partition("//")[2].partition("/")[2].join(["/", ""]))
    ended = desk.post(page, {"end": "yes"}, follow=True).content.decode()

    assert address.startswith("http")
    assert address not in later
    assert "Google every 8 to 24 hours" in later
    assert works.status_code == 200
    assert "does not work any more" in ended
    assert not Feed.objects.filter(revoked_at__isnull=True).exists()


def test_a_calendar_shows_only_what_can_be_chosen(desk: Client) -> None:
    answer = desk.post(reverse("messages:desk-feed"), {"shows": "everything"}, follow=True)

    assert "Please choose what the calendar shows" in answer.content.decode()
    assert not Feed.objects.exists()


def test_a_client_makes_their_calendar_on_their_page(
    client: Client, office: factories.Office
) -> None:
    person = person_of(booked(office, now=timezone.now()))
    let_in(client, person)
    page = reverse("messages:own-feed", args=[person.pk])

    before = client.get(page).content.decode()
    made = client.post(page).content.decode()

    assert "Make an address" in before
    path = "/calendar/" + made.partition("/calendar/")[2].partition("<")[0]
    assert len(fetched(client, path)) == 1
    assert page in client.get(reverse("you", args=[person.pk])).content.decode()


def test_somebody_elses_calendar_page_is_not_there(
    client: Client, office: factories.Office
) -> None:
    person = person_of(booked(office, now=timezone.now()))

    assert client.get(reverse("messages:own-feed", args=[person.pk])).status_code == 404
    assert client.post(reverse("messages:own-feed", args=[person.pk])).status_code == 404
    assert not Feed.objects.exists()
