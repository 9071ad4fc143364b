"""Whoever says that they are in danger gets help as the very next page, whatever else is wrong."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant, Request
from booking.operations import links, parting, requests
from booking.operations.participants import set_passcode
from intake.domain.documents import wording_of
from intake.domain.scoring import ASQ_ITEMS
from intake.models import Alert, Answer, Flag
from intake.operations import safety
from intake.operations.documents import edit_document
from intake.operations.reading import open_answers
from intake.operations.settings import Changes, change_settings
from intake.queries.answers import opened_answers
from intake.queries.documents import consent_now
from practice.models import Change
from tests.booking.browsing import RANDOM
from tests.booking.factories import Office, link_of
from tests.intake.people import (
    ALERTS,
    QUIET,
    asks_about_suicide,
    begun,
    device,
    part,
    save,
    seen_fields,
)

pytestmark = pytest.mark.django_db(transaction=True)
HELP = "Please talk to somebody now"
SAYS_IT = {"sf_a5": "yes", "then": "on"}


def raised(person: Participant) -> list[str]:
    """The levels of this person's flags, each of which has an alert."""
    levels = sorted(Flag.objects.filter(participant=person).values_list("level", flat=True))
    alerts = Alert.objects.filter(participant=person, acknowledged_at=None)
    assert sorted(alerts.values_list("level", flat=True)) == levels
    return levels


def comes_in(client: Client, person: Participant) -> None:
    link = link_of(person)
    client.post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})


def title_of(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert found is not None
    return " ".join(found[1].split())


def test_danger_now_gets_help_as_the_very_next_page_even_with_the_rest_unanswered(
    office: Office,
) -> None:
    asks_about_suicide(office)
    person = begun(office)

    response = device(person).post(part(person, "quiet"), {"sf_a5": "yes", "then": "on"})

    page = response.content.decode()
    assert response.status_code == 200
    assert "Please talk to somebody now" in page
    assert 'href="tel:988"' in page
    assert 'href="sms:988"' in page
    assert "not read live" in page
    assert reverse("you-support", args=[person.pk]) in page
    assert "no-store" in response["Cache-Control"]
    assert Flag.objects.filter(level="acute").count() == 1
    sheet = Answer.objects.get(question="sf_a5").sheet
    assert opened_answers(sheet)["sf_a5"] == "yes", "it is saved as an answer where it can be"


def test_help_has_the_title_of_the_page_that_everybody_gets_and_takes_its_address(
    office: Office,
) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = device(person)

    page = client.post(part(person, "quiet"), SAYS_IT).content.decode()

    support = reverse("you-support", args=[person.pk])
    assert title_of(page) == title_of(client.get(support).content.decode())
    assert f'data-address="{support}"' in page


def test_a_second_window_that_says_danger_gets_help_and_is_heard(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = device(person)
    page = client.get(part(person, "quiet")).content.decode()
    save(person, "quiet", {**QUIET, **dict.fromkeys(ASQ_ITEMS, "no")}, timezone.now())

    response = client.post(
        part(person, "quiet"), seen_fields(page) | {"sf_a5": "yes", "then": "on"}
    )

    assert "Please talk to somebody now" in response.content.decode()
    assert Flag.objects.filter(level="acute").count() == 1


def test_danger_said_on_a_page_that_has_closed_gets_help_at_once_and_is_kept_nowhere(
    office: Office,
) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = device(person)
    window = seen_fields(client.get(part(person, "quiet")).content.decode())
    del client.cookies[settings.SESSION_COOKIE_NAME]

    closed = client.post(part(person, "quiet"), window | {"sf_a5": "yes", "then": "on"})
    comes_in(client, person)
    again = client.get(part(person, "quiet")).content.decode()

    page = closed.content.decode()
    assert HELP in page
    assert 'href="tel:988"' in page
    assert 'href="sms:988"' in page
    assert "your answers have not reached anybody yet" in page
    assert "They are not kept in this browser either" in page
    assert "no-store" in closed["Cache-Control"]
    assert 'name="sf_a5"' in again, "the question is there to be answered"
    assert not re.search(r'name="sf_a5" value="yes"[^>]*checked', again)


def test_help_on_a_closed_page_is_the_same_for_nobody(office: Office) -> None:
    person = begun(office)

    pages = [
        Client().post(reverse("you-section", args=[pk, "quiet"]), {"sf_a5": "yes"})
        for pk in (person.pk, uuid4())
    ]

    assert "Please talk to somebody now" in pages[0].content.decode()
    assert pages[0].status_code == pages[1].status_code
    assert RANDOM.sub("", pages[0].content.decode()) == RANDOM.sub("", pages[1].content.decode())


def test_danger_said_where_the_passcode_is_asked_again_gets_help_at_once(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = device(person)
    set_passcode(participant_id=person.pk, passcode="quiet river", now=timezone.now())

    answer = client.post(part(person, "quiet"), {"sf_a5": "yes", "then": "on"})

    page = answer.content.decode()
    assert HELP in page
    assert reverse("passcode", args=[person.pk]) in page
    assert "nothing else that you answered is saved" in page
    assert raised(person) == ["acute", "review"]
    assert not Answer.objects.filter(question__startswith="sf_").exists()


# Whatever has closed the page meanwhile -----------------------------------------------------------


def a_new_text(office: Office, _person: Participant) -> None:
    edit_document(
        practitioner_id=office.practitioner.pk,
        document="cn_scope",
        wording=replace(wording_of(consent_now("cn_scope")), text="Ours now."),
        seen=1,
        now=timezone.now(),
    )


def a_withdrawal(_office: Office, person: Participant) -> None:
    requests.withdraw(participant_id=person.pk, now=timezone.now())


def a_decline(_office: Office, person: Participant) -> None:
    Request.objects.filter(pk=person.request_id).update(state="declined", closed_at=timezone.now())


def questions_switched_off(office: Office, _person: Participant) -> None:
    change_settings(
        practitioner_id=office.practitioner.pk, changes=Changes(modules=[]), now=timezone.now()
    )


@pytest.mark.parametrize("meanwhile", [a_new_text, a_withdrawal, a_decline, questions_switched_off])
def test_danger_is_heard_and_answered_whatever_closed_the_page_meanwhile(
    office: Office, meanwhile: Callable[[Office, Participant], None]
) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = device(person)
    meanwhile(office, person)

    answer = client.post(part(person, "quiet"), SAYS_IT)

    page = answer.content.decode()
    assert (answer.status_code, HELP in page, 'href="tel:988"' in page) == (200, True, True)
    assert raised(person) == ["acute", "review"]
    assert Change.objects.filter(kind="flag_raised").count() == 2
    assert not Answer.objects.filter(question="sf_a5").exists(), "only what may be asked is kept"
    assert Request.objects.get(pk=person.request_id).review_open


def test_whoever_has_ended_their_part_is_heard_too(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)
    link = parting.end_part(participant_id=person.pk, now=timezone.now())
    client = Client()
    client.post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})

    page = client.post(part(person, "quiet"), SAYS_IT).content.decode()

    assert HELP in page
    assert raised(person) == ["acute", "review"]


def test_danger_said_with_a_section_of_another_name_is_heard(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)

    page = device(person).post(part(person, "nowhere"), SAYS_IT).content.decode()

    assert HELP in page
    assert raised(person) == ["acute", "review"]


def test_saying_it_again_calls_once_and_writes_over_nothing(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)
    calm = dict.fromkeys(ASQ_ITEMS, "no")
    save(person, "quiet", {**QUIET, **calm, "sf_private_route": "the back door"}, timezone.now())
    client = device(person)

    for _ in range(2):
        client.post(part(person, "quiet"), SAYS_IT | {"sf_private_route": "another", "sf_a1": "no"})
        safety.hear(participant_id=person.pk, said={"sf_a5": "yes"}, now=timezone.now())

    assert raised(person) == ["acute", "review"]
    read = {
        s.question.key: s.value
        for s in open_answers(
            practitioner_id=office.practitioner.pk, participant_id=person.pk, now=timezone.now()
        )
    }
    assert (read["sf_private_route"], read["sf_a1"]) == ("the back door", "no")


def test_an_ordinary_answer_is_led_on_as_before(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)

    answer = device(person).post(part(person, "quiet"), {"sf_a5": "no", "then": "on"})

    assert answer.status_code == 422
    assert HELP not in answer.content.decode()
    assert not Flag.objects.exists()


# A form without its cookie ------------------------------------------------------------------------


def test_a_form_without_its_token_gets_help_and_only_our_own_page_is_believed(
    office: Office,
) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = Client(enforce_csrf_checks=True)
    client.cookies = device(person).cookies

    elsewhere = client.post(
        part(person, "quiet"), SAYS_IT, headers={"sec-fetch-site": "cross-site"}
    )
    unheard = Flag.objects.count()
    ours = client.post(part(person, "quiet"), SAYS_IT, headers={"sec-fetch-site": "same-origin"})

    assert (elsewhere.status_code, ours.status_code) == (403, 403)
    for answer in (elsewhere, ours):
        assert HELP in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
    assert "have not reached anybody yet" in elsewhere.content.decode()
    assert "nothing else that you answered is saved" in ours.content.decode()
    assert unheard == 0
    assert raised(person) == ["acute", "review"]


def test_after_leaving_in_a_hurry_the_form_still_gets_help_and_others_the_usual_page(
    office: Office,
) -> None:
    person = begun(office)
    client = Client(enforce_csrf_checks=True)

    danger = client.post(part(person, "quiet"), SAYS_IT, headers={"sec-fetch-site": "same-origin"})
    calm = client.post(part(person, "quiet"), {"sf_a5": "no"})

    assert HELP in danger.content.decode()
    assert HELP not in calm.content.decode()
    assert (danger.status_code, calm.status_code) == (403, 403)
    assert not Flag.objects.exists()


# What is sealed is kept nowhere else --------------------------------------------------------------


def test_the_sealed_section_is_kept_in_no_draft_and_the_page_says_so(office: Office) -> None:
    person = begun(office)
    client = device(person)
    del client.cookies[settings.SESSION_COOKIE_NAME]

    closed = client.post(part(person, "quiet"), {"sf_private_route": "canary", "then": "on"})
    comes_in(client, person)
    again = client.get(part(person, "quiet")).content.decode()

    assert "it is not kept in this browser either" in closed.content.decode()
    assert "canary" not in again
    assert "What you typed stands here again" not in again
    assert client.session.get("drafts", {}) == {}


def test_one_sealed_question_is_left_out_of_what_is_kept_of_its_page(office: Office) -> None:
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["phq9"], **ALERTS),
        now=timezone.now(),
    )
    person = begun(office)
    client = device(person)
    del client.cookies[settings.SESSION_COOKIE_NAME]

    closed = client.post(part(person, "weeks"), {"ph_1": "2", "ph_9": "3", "then": "on"})
    comes_in(client, person)
    again = client.get(part(person, "weeks")).content.decode()

    assert "But for what only your practitioner may read" in closed.content.decode()
    assert "What you typed stands here again" in again
    assert re.search(r'name="ph_1" value="2"[^>]*checked', again)
    assert not re.search(r'name="ph_9" value="3"[^>]*checked', again)


def test_where_the_passcode_is_asked_for_the_sealed_section_is_kept_in_no_draft(
    office: Office,
) -> None:
    person = begun(office)
    client = device(person)
    set_passcode(participant_id=person.pk, passcode="quiet river", now=timezone.now())

    answer = client.post(
        part(person, "quiet"), {"sf_private_route": "canary", "then": "on"}, follow=True
    )

    assert "it is not kept in this browser either" in answer.content.decode()
    assert client.session.get("drafts", {}) == {}
