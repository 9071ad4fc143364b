"""The settings that every session shares: how many people, how long time is held, and when
decisions leave."""

from typing import Any

import pytest
from django.test import Client

from booking.domain.refusals import InvalidRequest
from booking.forms.desk import people_range
from booking.operations.requests import offer_of
from practice.models import Change, Practice
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import text
from tests.booking.factories import Office, partner

pytestmark = pytest.mark.django_db

PAGE = "/desk/settings/sessions/"
USUAL: dict[str, Any] = {
    "people_max": "5",
    "unverified_hold_minutes": "30",
    "single_hold_hours": "72",
    "joint_hold_hours": "168",
    "proposal_hold_hours": "72",
    "soon_days": "5",
    "soon_hold_hours": "24",
    "gathering_days": "14",
    "offer_hours": "24",
    "offer_soon_days": "3",
    "offer_soon_hours": "12",
    "offer_today_hours": "2",
    "batch_minutes": "10:00, 17:00",
    "batch_weekdays": ["0", "1", "2", "3", "4"],
}


def eight(office: Office) -> Any:
    """A session of as many as can find a time together."""
    return make.submitted(
        office,
        "non_monogamous",
        others=[partner(f"Person {number}") for number in range(7)],
    )


def test_the_page_shows_what_holds_now(desk: Client) -> None:
    page = text(desk.get(PAGE))

    assert 'name="people_max" value="5"' in page
    assert 'value="10:00, 17:00"' in page
    assert "From 2 to 8" in page


def test_what_is_saved_holds_and_stands_in_the_journal(desk: Client) -> None:
    changes = {"people_max": "8", "batch_minutes": "9, 1 pm", "batch_weekdays": ["1", "5"]}

    answer = desk.post(PAGE, USUAL | changes)

    practice = Practice.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    assert practice.people_max == 8
    assert practice.batch_minutes == [9 * 60, 13 * 60]
    assert practice.batch_weekdays == [1, 5]
    assert practice.single_hold_hours == 72
    [change] = Change.objects.filter(kind="defaults_changed")
    assert change.snapshot["people_max"] == 8


def test_the_same_again_changes_nothing(desk: Client) -> None:
    desk.post(PAGE, USUAL)

    assert not Change.objects.filter(kind="defaults_changed").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"people_max": "9"},
        {"people_max": "1"},
        {"single_hold_hours": "0"},
        {"batch_minutes": "never"},
        {"batch_minutes": ""},
        {"batch_weekdays": []},
        {"offer_today_hours": "25"},
    ],
)
def test_what_is_out_of_bounds_is_said_and_not_saved(desk: Client, wrong: dict[str, Any]) -> None:
    answer = desk.post(PAGE, USUAL | {"gathering_days": "30"} | wrong)

    assert answer.status_code == 400
    assert Practice.objects.get().gathering_days == 14


def test_eight_can_come_to_a_session_that_says_so(office: Office) -> None:
    service = office.service("non_monogamous")
    with pytest.raises(InvalidRequest):
        eight(office)
    service.people_max = 8
    service.save()

    request = eight(office)

    assert request.participants.count() == 8
    assert people_range(service, office.practice) == (2, 8)


def test_eight_can_come_where_the_practice_takes_eight(office: Office) -> None:
    Practice.objects.update(people_max=8)

    assert eight(office).participants.count() == 8


@pytest.mark.parametrize(
    ("of_service", "of_practice", "most"), [(None, 5, 5), (3, 5, 3), (8, 5, 8), (20, 5, 8)]
)
def test_a_sessions_own_number_comes_before_the_practices_and_none_past_eight(
    office: Office, of_service: int | None, of_practice: int, most: int
) -> None:
    service = office.service("non_monogamous")
    service.people_max, office.practice.people_max = of_service, of_practice

    assert offer_of(service, office.practice).people_max == most
