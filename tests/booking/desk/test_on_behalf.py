"""Somebody says on the phone that a time suits them: the practitioner notes it as their answer."""

from datetime import datetime

import pytest
from django.test import Client

from booking.models import Appointment, Participant, Request, TimeAnswer
from booking.operations import decisions
from practice.models import Change
from tests.booking import factories
from tests.booking.desk.at_the_desk import sign_in, text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def proposed(office: Office, kind: str = "individual") -> tuple[Request, list[Appointment]]:
    request = factories.ready(office, kind)
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=factories.open_starts(office, office.service(kind))[6:8],
        now=factories.NOW,
    )
    if kind != "individual":
        factories.let_decision_leave(request)
    return request, list(Appointment.objects.filter(request=request, state="held"))


def answer_url(request: Request, person: Participant) -> str:
    return url("answer-for", request.pk, person.pk)


def test_one_person_without_an_address_is_booked_at_their_word(
    desk: Client, office: Office
) -> None:
    request, [_, second] = proposed(office)
    person = factories.requester_of(request)
    Participant.objects.filter(pk=person.pk).update(email="")

    page = text(desk.get(url("request", request.pk)))
    response = desk.post(answer_url(request, person), {"accepted": [second.pk]}, follow=True)

    assert "Alex told you on the phone" in page
    assert "They have no address" in page
    assert "Noted as the answer of Alex." in text(response)
    booked = Appointment.objects.get(request=request, state="booked")
    assert booked.pk == second.pk


def test_for_somebody_with_an_address_the_practitioner_says_that_they_told_them(
    desk: Client, office: Office
) -> None:
    request, [first, _] = proposed(office)
    person = factories.requester_of(request)

    refused = desk.post(answer_url(request, person), {"accepted": [first.pk]})
    taken = desk.post(
        answer_url(request, person), {"accepted": [first.pk], "they_told_me": "on"}, follow=True
    )

    assert refused.status_code == 400
    assert "Please say that they told you so themselves." in text(refused)
    assert "Noted as the answer of Alex." in text(taken)


def test_it_is_journaled_as_what_it_is_and_shown(desk: Client, office: Office) -> None:
    request, [first, _] = proposed(office, "couple")
    _alex, sam = factories.people_of(request)

    desk.post(answer_url(request, sam), {"accepted": [first.pk], "they_told_me": "on"})

    noted = Change.objects.get(kind="answered_for")
    assert noted.actor == f"practitioner:{office.practitioner.pk}"
    assert noted.snapshot == {"participant": str(sam.pk)}
    assert not Change.objects.filter(kind="times_answered", actor=f"client:{sam.pk}").exists()
    page = text(desk.get(url("request", request.pk)))
    assert "You noted that Sam accepts, as they said on the phone." in page
    answers = TimeAnswer.objects.filter(participant=sam, appointment__state="held")
    assert sorted(answers.values_list("accepts", flat=True)) == [False, True]


def test_the_others_still_answer_for_themselves(desk: Client, office: Office) -> None:
    request, [first, _] = proposed(office, "couple")
    alex, sam = factories.people_of(request)
    desk.post(answer_url(request, sam), {"accepted": [first.pk], "they_told_me": "on"})

    page = text(desk.get(url("request", request.pk)))

    assert Request.objects.get(pk=request.pk).state == "proposed"
    assert "Alex told you on the phone" in page
    assert "Sam told you on the phone" not in page
    assert not TimeAnswer.objects.filter(participant=alex, appointment__state="held").exists()


def test_a_time_has_to_be_chosen_and_to_be_one_of_theirs(desk: Client, office: Office) -> None:
    request, _times = proposed(office)
    other, [elsewhere, _] = proposed(office)
    person = factories.requester_of(request)

    nothing = desk.post(answer_url(request, person), {"they_told_me": "on"})
    not_theirs = desk.post(
        answer_url(request, person), {"accepted": [elsewhere.pk], "they_told_me": "on"}
    )
    somebody_else = desk.post(
        answer_url(request, factories.requester_of(other)),
        {"accepted": [elsewhere.pk], "they_told_me": "on"},
    )

    assert [r.status_code for r in (nothing, not_theirs, somebody_else)] == [400, 400, 404]
    assert not Appointment.objects.filter(state="booked").exists()


def test_the_request_of_another_practitioner_cannot_be_answered(
    client: Client, office: Office, now: datetime
) -> None:
    request, [first, _] = proposed(office)
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    client.force_login(other.user)

    response = client.post(
        answer_url(request, factories.requester_of(request)),
        {"accepted": [first.pk], "they_told_me": "on"},
    )

    assert response.status_code == 404
    sign_in(client, office)
    assert Request.objects.get(pk=request.pk).state == "proposed"
