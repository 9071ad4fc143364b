"""Booking for somebody who called."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from booking.models import Appointment, Participant, Request
from booking.operations.issuing import issue_link
from booking.queries.people import person_page
from tests.booking import factories
from tests.booking.browsing import come_in
from tests.booking.desk.at_the_desk import call, text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_with_their_forms_on_paper_a_caller_is_booked_at_once(desk: Client, office: Office) -> None:
    response = desk.post(url("book"), call(office))

    appointment = Appointment.objects.get(state="booked")
    assert response.status_code == 302
    assert response["Location"] == url("appointment", appointment.pk)
    assert appointment.modality == "phone"
    person = Participant.objects.get()
    assert (person.chosen_name, person.time_zone) == ("Robin", "Europe/London")
    assert person.shared_mailbox == "no"


def test_without_forms_the_time_is_held_until_everyone_has_finished(
    desk: Client, office: Office
) -> None:
    typed = call(
        office,
        "couple",
        forms_on_paper=None,
        **{
            "person-1-name": "Kim",
            "person-1-email": "kim@example.test",
            "person-1-shared_mailbox": "yes",
        },
    )

    response = desk.post(url("book"), typed, follow=True)

    request = Request.objects.get()
    assert request.state == "gathering"
    assert request.confirm_when_ready
    assert [p.shared_mailbox for p in factories.people_of(request)] == ["no", "yes"]
    assert "each person gets their private link now" in text(response)


def test_a_time_taken_meanwhile_offers_others_and_loses_nothing(
    desk: Client, office: Office
) -> None:
    taken = factories.booked(office)

    response = desk.post(url("book"), call(office, times=[taken.starts_at.isoformat()]))

    page = text(response)
    assert response.status_code == 409
    assert "The nearest free times" in page
    for typed in ("Robin", "robin@example.test", "+44 20 7946 0000"):
        assert f'value="{typed}"' in page
    assert 'value="Europe/London" selected' in page
    assert 'value="phone"' in page


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "²", "\0"])
def test_a_number_that_no_button_sends_removes_nobody(
    desk: Client, office: Office, number: str
) -> None:
    page = text(desk.post(url("book"), {**call(office), "remove": number}))

    assert 'value="Robin"' in page


def test_people_are_added_and_removed_without_losing_what_was_typed(
    desk: Client, office: Office
) -> None:
    typed = call(office, "non_monogamous", **{"person-1-name": "Kim", "person-1-email": "half@"})

    added = text(desk.post(url("book"), {**typed, "add": "1"}))
    removed = text(desk.post(url("book"), {**typed, "person-2-name": "Noor", "remove": "0"}))

    assert 'name="person-2-name"' in added
    assert 'value="Robin"' in added
    assert 'value="half@"' in added
    assert "Robin" not in removed
    assert 'value="Noor"' in removed
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"times": []}, "Please choose one time"),
        ({"person-0-name": ""}, "Please write a name."),
        ({"person-0-email": "", "forms_on_paper": None}, "Without an address"),
        ({"person-0-email": "no"}, "This does not look like an e-mail address."),
        ({"person-0-shared_mailbox": "perhaps"}, "Please answer this; “Not sure” is an answer."),
        ({"other_date": "soon"}, "Please give a date like 2026-11-30."),
        ({"other_time": "late"}, "Please give a time like 14:30."),
        ({"time_zone": "Mars/Olympus"}, "Please choose their time zone from the list."),
        ({"modality": "telepathy"}, "Please choose one of the ways to meet."),
        ({"place": "Atlantis"}, "Please ask where they will be, and choose it from the list."),
        ({"place": ""}, "Please ask where they will be, and choose it from the list."),
        ({"service": "none"}, "Please choose a session from the list."),
    ],
)
def test_what_cannot_be_booked_is_said_beside_its_field(
    desk: Client, office: Office, changes: dict[str, Any], said: str
) -> None:
    response = desk.post(url("book"), call(office, **changes))

    assert response.status_code == 400
    assert said in text(response)
    assert not Request.objects.exists()


def test_what_was_typed_outlives_a_session_that_is_not_offered(
    desk: Client, office: Office
) -> None:
    typed = call(office, "couple", **{"person-1-name": "Kim", "person-1-email": "kim@example.test"})

    page = text(desk.post(url("book"), {**typed, "service": "none"}))

    sent_along = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    sent_along.pop("csrfmiddlewaretoken", None)
    again = text(desk.post(url("book"), {**sent_along, "service": typed["service"], "show": "1"}))
    assert 'value="Robin"' in again
    assert 'value="kim@example.test"' in again
    assert 'value="Europe/London" selected' in again


def test_the_first_look_asks_which_session(desk: Client, office: Office) -> None:
    page = text(desk.get(url("book")))

    for service in office.services.values():
        assert service.name in page
    assert "Show its times" in page


def test_forms_on_paper_are_known_on_the_callers_own_page(desk: Client, office: Office) -> None:
    desk.post(url("book"), call(office))
    on_paper = Participant.objects.get()
    online = factories.requester_of(factories.ready(office))

    pages = [person_page(p.pk, now=factories.NOW) for p in (on_paper, online)]

    assert [page.forms_on_paper for page in pages] == [True, False]


def test_whoever_has_their_forms_on_paper_is_not_asked_for_them_on_their_page(
    desk: Client, office: Office
) -> None:
    desk.post(url("book"), call(office))
    on_paper = Participant.objects.get()
    with transaction.atomic():
        issue_link(
            on_paper, address=on_paper.email, purpose="again", actor="system", now=factories.NOW
        )
    online = factories.requester_of(factories.ready(office))

    pages = [
        " ".join(come_in(person).get(f"/you/{person.id}/").content.decode().split())
        for person in (on_paper, online)
    ]

    assert ["is there on paper already" in page for page in pages] == [True, False]
    assert ["Your part</h2>" in page for page in pages] == [False, True]
