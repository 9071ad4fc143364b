"""Finding a time together, and times that people suggest."""

from datetime import datetime

import pytest
from django.test import Client

from booking.models import Appointment, Decision, Request
from booking.queries.people import person_page
from practice.models import Change
from tests.booking import factories
from tests.booking.desk.at_the_desk import counted, suggested, text, url
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_until_all_have_answered_the_practitioner_sees_nothing(
    desk: Client, office: Office
) -> None:
    request = factories.finding(office)
    alex, _sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[3:6])

    page = text(desk.get(url("request", request.pk)))
    waiting = text(desk.get(url("waiting")))

    assert "They are finding a time together" in page
    assert 'name="start"' not in page
    assert 'id="gathering"' in waiting
    assert counted(office) == (0, 0)


def test_a_time_that_suits_everybody_is_confirmed_with_the_batch(
    desk: Client, office: Office
) -> None:
    request = factories.finding(office)
    alex, sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[6:9])
    factories.mark(sam, can=starts[7:8], could=starts[8:12])

    page = text(desk.get(url("request", request.pk)))
    waiting = text(desk.get(url("waiting")))
    response = desk.post(url("confirm", request.pk), {"start": starts[8].isoformat()}, follow=True)

    assert "2 times suit everybody" in page
    assert page.index(f'value="{starts[7].isoformat()}" checked') < page.index(
        f'value="{starts[8].isoformat()}"'
    )
    assert "1 can, 1 could" in page
    assert "Everyone has marked what suits them." in waiting
    assert "can be undone until then" in text(response)
    assert Decision.objects.get().kind == "confirm"
    factories.let_decision_leave(request)
    assert Appointment.objects.get(request=request, state="booked").starts_at == starts[8]


def test_every_time_that_suits_everybody_can_be_chosen(desk: Client, office: Office) -> None:
    request = factories.finding(office)
    starts = factories.open_starts(office, office.service("couple"))[:15]
    for person in factories.people_of(request):
        factories.mark(person, can=starts)

    page = text(desk.get(url("request", request.pk)))

    assert "15 times suit everybody" in page
    assert "3 more times that suit everybody" in page
    assert page.count('name="start"') == 15
    assert all(f'value="{start.isoformat()}"' in page for start in starts)


def test_where_nothing_suits_the_nearest_are_shown_and_everyone_can_be_asked_again(
    desk: Client, office: Office
) -> None:
    request = factories.finding(office)
    alex, sam = factories.people_of(request)
    starts = factories.open_starts(office, office.service("couple"))
    factories.mark(alex, can=starts[6:8])
    factories.mark(sam, can=starts[8:9])

    page = text(desk.get(url("request", request.pk)))
    proposing = text(desk.get(url("propose", request.pk), {"times": starts[6].isoformat()}))
    response = desk.post(url("ask-again", request.pk), follow=True)

    assert "No time suits everybody" in page
    assert "1 can, 1 can&#x27;t" in page or "1 can, 1 can't" in page
    assert f'value="{starts[6].isoformat()}" checked' in proposing
    assert "Ask everyone for more times" in text(response)
    factories.let_decision_leave(request)
    assert Request.objects.get(pk=request.pk).state == "gathering"
    assert "Everyone was asked about later days." in text(desk.get(url("request", request.pk)))


def test_what_one_person_suggests_is_confirmed_directly(desk: Client, office: Office) -> None:
    request, start = suggested(office)
    held = Appointment.objects.get(request=request, state="held")

    waiting = text(desk.get(url("waiting")))
    page = text(desk.get(url("request", request.pk)))
    counts = counted(office)
    response = desk.post(url("confirm", request.pk), {"time": str(held.pk)}, follow=True)

    assert 'id="suggested"' in waiting
    assert counts == (1, 1)
    assert "Times they suggest" in page
    assert f'value="{held.pk}" checked' in page
    assert "Before you can confirm" not in page
    assert "Confirmed." in text(response)
    assert Appointment.objects.get(request=request, state="booked").starts_at == start


def test_what_one_of_several_suggests_is_proposed_to_all(desk: Client, office: Office) -> None:
    request, start = suggested(office, "couple")

    page = text(desk.get(url("request", request.pk)))
    response = desk.post(url("propose", request.pk), {"times": [start.isoformat()]}, follow=True)

    assert "Propose these" in page
    assert "Sam" in page
    assert "can be undone until then" in text(response)
    assert Decision.objects.filter(kind="propose", done_at__isnull=True).count() == 1


def test_what_somebody_suggested_stands_in_the_calendar_as_such(
    desk: Client, office: Office
) -> None:
    _request, start = suggested(office)

    page = text(desk.get(url("calendar"), {"week": f"{start:%G-W%V}"}))

    assert "Suggested by them · Individual 50" in page


@pytest.mark.parametrize("kind", ["individual", "couple"])
def test_a_suggested_time_can_be_given_back(desk: Client, office: Office, kind: str) -> None:
    request, start = suggested(office, kind)
    held = Appointment.objects.get(request=request, state="held")

    response = desk.post(url("end-suggestion", request.pk, held.pk), follow=True)

    assert "The time is free again. Nobody is told." in text(response)
    assert "gave back the time that" in text(response)
    assert start in factories.open_starts(office, office.service(kind))
    noted = Change.objects.get(kind="suggestion_ended").snapshot
    assert noted["starts_at"] == start.isoformat()
    assert 'id="no_time"' in text(desk.get(url("waiting")))


def test_whoever_suggested_it_is_not_told_before_the_announced_end(
    desk: Client, office: Office, now: datetime
) -> None:
    request, start = suggested(office)
    person = factories.requester_of(request)
    held = Appointment.objects.get(request=request, state="held")
    before = [a.starts_at for a in person_page(person.pk, now=now).suggested]

    desk.post(url("end-suggestion", request.pk, held.pk))

    assert before == [start]
    assert [a.starts_at for a in person_page(person.pk, now=now).suggested] == [start]


def test_only_a_suggestion_can_be_given_back_like_that(desk: Client, office: Office) -> None:
    request = factories.ready(office)
    held = Appointment.objects.get(request=request, state="held")

    response = desk.post(url("end-suggestion", request.pk, held.pk))

    assert response.status_code == 409
    assert Appointment.objects.get(pk=held.pk).state == "held"
