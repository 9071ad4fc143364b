"""The question for one's time zone starts with the browser's guess, never over a choice."""

import re

import pytest
from django.utils import timezone

from booking.models import Participant
from booking.operations import zones
from tests.booking.factories import join, make_office, people_of, requester_of, verified
from tests.intake.people import device, part

pytestmark = pytest.mark.django_db(transaction=True)
SELECT = re.compile(r'<select[^>]* name="id_tz"[^>]*>')


def select_of(person: Participant) -> str:
    [found] = SELECT.findall(device(person).get(part(person, "you")).content.decode())
    return str(found)


def test_a_guess_gives_way_once_they_have_chosen_on_another_page() -> None:
    now = timezone.now()
    _alex, sam = people_of(verified(make_office(), "couple", now=now))
    join(sam, now=now)
    before = select_of(sam)

    zones.choose_zone(participant_id=sam.pk, time_zone="Asia/Kathmandu", now=now)

    assert ("data-guess-zone" in before, "data-chosen" in before) == (True, False)
    assert "data-chosen" in select_of(sam)


def test_whoever_asked_on_the_request_page_is_not_guessed_at() -> None:
    alex = requester_of(verified(make_office(), now=timezone.now()))

    assert "data-chosen" in select_of(alex)
