"""Whoever is asked along reads times on their own clock, not on that of whoever asked them."""

import re

import pytest
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.models import Participant, Vote
from booking.operations import decisions, requests, zones
from booking.operations.participants import save_profile
from booking.queries.together import ballot
from practice.models import Change
from tests.booking.browsing import come_in, press, text
from tests.booking.factories import (
    Office,
    clear,
    join,
    make_office,
    open_starts,
    people_of,
    requester_of,
    verified,
)

pytestmark = pytest.mark.django_db

SELECT = re.compile(r'<select[^>]* name="zone"[^>]*>')
MARK = re.compile(r'type="radio" name="(at-[^"]+)" value="can"')
#: The requests of the factories are made in Chicago.
ASKED_IN, LIVES_IN = "Chicago time", "Kathmandu time"


#: The page of a person reads the database's clock.
NOW = timezone.now()


@pytest.fixture
def office() -> Office:
    cache.clear()
    return make_office()


def invited(office: Office, **changes: object) -> Participant:
    """Somebody asked along, who has said nothing yet."""
    later = open_starts(office, office.service("couple"), now=NOW)[60:61]
    [_alex, sam] = people_of(verified(office, "couple", now=NOW, **{"times": later, **changes}))
    return sam


def zone_of(person: Participant) -> str:
    return Participant.objects.get(pk=person.pk).time_zone


def test_an_invitation_shows_times_in_the_zone_that_its_reader_chooses(office: Office) -> None:
    sam = invited(office)
    client = come_in(sam)

    before = text(client, f"/you/{sam.pk}/")
    after = press(client, f"/you/{sam.pk}/zone/", {"zone": "Asia/Kathmandu", "back": "you"})

    assert (ASKED_IN in before, LIVES_IN in before) == (True, False)
    assert (ASKED_IN in after, LIVES_IN in after) == (False, True)
    assert zone_of(sam) == "Asia/Kathmandu"


def test_the_browsers_zone_is_guessed_until_somebody_has_chosen(office: Office) -> None:
    sam = invited(office)
    client = come_in(sam)

    [before] = SELECT.findall(text(client, f"/you/{sam.pk}/"))
    press(client, f"/you/{sam.pk}/zone/", {"zone": "Asia/Kathmandu", "back": "you"})
    [after] = SELECT.findall(text(client, f"/you/{sam.pk}/"))

    assert ("data-guess-zone" in before, "data-chosen" in before) == (True, False)
    assert "data-chosen" in after


def test_whoever_asked_on_the_request_page_is_not_guessed_at(office: Office) -> None:
    request = verified(office, "couple", now=NOW, times=(), find_together=True)
    alex = requester_of(request)

    [select] = SELECT.findall(text(come_in(alex), f"/you/{alex.pk}/when/"))

    assert "data-chosen" in select


def test_one_persons_zone_is_nobody_elses(office: Office) -> None:
    sam = invited(office)

    zones.choose_zone(participant_id=sam.pk, time_zone="Asia/Kathmandu", now=NOW)

    assert zone_of(requester_of(sam.request)) == "America/Chicago"
    assert Change.objects.filter(kind="profile_changed", subject_id=sam.pk).count() == 1


def test_choosing_the_same_again_changes_nothing(office: Office) -> None:
    sam = invited(office)

    for _ in range(2):
        zones.choose_zone(participant_id=sam.pk, time_zone="Asia/Kathmandu", now=NOW)

    assert Change.objects.filter(kind="profile_changed", subject_id=sam.pk).count() == 1


def test_what_a_device_guessed_is_no_choice_and_gives_way_to_the_next(office: Office) -> None:
    sam = invited(office)
    client = come_in(sam)
    path = f"/you/{sam.pk}/zone/"

    press(client, path, {"zone": "Asia/Tokyo", "back": "you", "guessed": "1"})
    borrowed = zone_of(sam)
    again = press(client, path, {"zone": "Asia/Kathmandu", "back": "you", "guessed": "1"})

    [select] = SELECT.findall(again)
    assert "data-chosen" not in select
    assert (borrowed, zone_of(sam)) == ("Asia/Tokyo", "Asia/Kathmandu")
    assert Participant.objects.get(pk=sam.pk).chose_zone_at is None


def test_no_guess_goes_over_what_was_chosen(office: Office) -> None:
    sam = invited(office)
    client = come_in(sam)
    path = f"/you/{sam.pk}/zone/"

    press(client, path, {"zone": "Asia/Kathmandu", "back": "you"})
    press(client, path, {"zone": "Asia/Tokyo", "back": "you", "guessed": "1"})

    assert zone_of(sam) == "Asia/Kathmandu"


def test_no_guess_goes_over_the_zone_of_a_questionnaire(office: Office) -> None:
    sam = invited(office)
    with transaction.atomic():
        save_profile(participant_id=sam.pk, profile={"time_zone": "Asia/Kathmandu"}, now=NOW)

    zones.choose_zone(participant_id=sam.pk, time_zone="Asia/Tokyo", guessed=True, now=NOW)

    assert zone_of(sam) == "Asia/Kathmandu"


def test_no_guess_goes_over_the_zone_of_the_request_page(office: Office) -> None:
    alex = requester_of(verified(office, now=NOW))

    zones.choose_zone(participant_id=alex.pk, time_zone="Asia/Tokyo", guessed=True, now=NOW)

    assert zone_of(alex) == "America/Chicago"


def test_whoever_agrees_to_a_guess_has_chosen_it(office: Office) -> None:
    sam = invited(office)
    for guessed in (True, False):
        zones.choose_zone(
            participant_id=sam.pk, time_zone="Asia/Kathmandu", guessed=guessed, now=NOW
        )

    assert Participant.objects.get(pk=sam.pk).chose_zone_at == NOW


def test_a_ballot_follows_a_guess_without_calling_it_a_choice(office: Office) -> None:
    sam = invited(office, times=(), find_together=True)
    join(sam, accepts=None, now=NOW)

    page = press(come_in(sam), f"/you/{sam.pk}/when/", {"zone": "Asia/Kathmandu", "guessed": "1"})

    assert LIVES_IN in page
    assert Participant.objects.get(pk=sam.pk).chose_zone_at is None


def test_what_is_no_zone_is_refused_and_said(office: Office) -> None:
    sam = invited(office)

    with pytest.raises(InvalidRequest):
        zones.choose_zone(participant_id=sam.pk, time_zone="Mars/Olympus", now=NOW)
    page = press(come_in(sam), f"/you/{sam.pk}/zone/", {"zone": "Mars/Olympus"})

    assert "We don&#x27;t know that time zone." in page
    assert zone_of(sam) == "America/Chicago"


def test_whoever_has_left_chooses_nothing(office: Office) -> None:
    sam = invited(office)
    requests.withdraw(participant_id=sam.pk, now=NOW)
    Participant.objects.filter(pk=sam.pk).update(left_at=NOW)

    with pytest.raises(NotTheirs):
        zones.choose_zone(participant_id=sam.pk, time_zone="Asia/Kathmandu", now=NOW)


def test_a_ballot_in_another_zone_keeps_what_was_marked_in_the_first(office: Office) -> None:
    sam = invited(office, times=(), find_together=True)
    join(sam, accepts=None, now=NOW)
    client = come_in(sam)
    path = f"/you/{sam.pk}/when/"
    before = text(client, path)
    mark = MARK.findall(before)[2]

    after = press(client, path, {mark: "can", "zone": "Asia/Kathmandu", "again": "zone"})
    press(client, path, {mark: "can", "zone": "Asia/Kathmandu", "send": "yes"})

    assert ASKED_IN in before
    assert LIVES_IN in after
    assert f'name="{mark}" value="can" checked' in after
    found = ballot(sam.pk, now=NOW)
    assert found is not None
    assert found.zone.key == "Asia/Kathmandu"
    assert Vote.objects.filter(participant=sam, word="can").count() == 1


def test_the_page_of_a_time_to_answer_has_the_choice_too(office: Office) -> None:
    request = verified(office, now=NOW)
    alex = requester_of(request)
    clear(alex, now=NOW)
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=open_starts(office, office.service("individual"), now=NOW)[20:21],
        now=NOW,
    )
    client = come_in(alex)

    page = press(client, f"/you/{alex.pk}/zone/", {"zone": "Asia/Kathmandu", "back": "times"})

    assert "A time to confirm" in page
    assert LIVES_IN in page
    assert len(SELECT.findall(page)) == 1
