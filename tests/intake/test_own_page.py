"""A person's own page: what comes next, how it ended, what they said."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Decision, Participant
from booking.operations import decisions, moves, requests
from booking.operations.sweep import sweep
from booking.templatetags.times import day_in
from intake.queries.standings import standing
from tests.booking.factories import (
    Office,
    booked,
    cancelled,
    enter,
    let_decision_leave,
    open_starts,
    people_of,
    ready,
    requester_of,
    verified,
)
from tests.intake.people import (
    CONTACT,
    YOU,
    answer_everything,
    device,
    part,
    save,
    typed,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_person_without_a_yes_sees_the_invitation_and_no_section(office: Office) -> None:
    now = timezone.now()
    _, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)
    client = device(other)

    page = client.get(reverse("you", args=[other.pk])).content.decode()

    assert "You have an invitation" in page
    assert "Alex would like you to come along" in page
    assert office.practitioner.display_name in page
    assert reverse("join", args=[other.pk]) in page
    assert reverse("decline-invitation", args=[other.pk]) in page
    assert client.get(part(other, "you"))["Location"] == reverse("you", args=[other.pk])


@pytest.mark.parametrize("end", ["withdrawn", "cancelled", "over"])
def test_an_ordinary_end_says_where_else_to_turn_like_any_other(office: Office, end: str) -> None:
    now = timezone.now()
    if end == "withdrawn":
        request = verified(office, now=now)
        alex = requester_of(request)
        client = device(alex)
        requests.withdraw(participant_id=alex.pk, now=now)
    else:
        appointment = booked(office, now=now)
        alex = appointment.attendances.get().participant
        client = device(alex)
        if end == "cancelled":
            cancelled(appointment, now=now)
        else:
            sweep(now=appointment.ends_at)

    html = client.get(reverse("you", args=[alex.pk])).content.decode()

    assert "Nothing is open here any more" in html
    assert "Other ways to get support" in html
    assert "988" in html


def test_whoever_was_to_come_reads_which_appointment_is_cancelled(office: Office) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    assert appointment.request is not None
    people = people_of(appointment.request)
    clients = [device(person) for person in people]
    cancelled(appointment, now=now)

    for client, person in zip(clients, people, strict=True):
        html = client.get(reverse("you", args=[person.pk])).content.decode()
        said = html.partition("<h2>Cancelled</h2>")[2].partition("</ul>")[0]
        assert said.count("<li>") == 1
        assert day_in(appointment.starts_at, person.time_zone) in said


def test_a_request_that_has_ended_leaves_a_kind_page_without_choices(office: Office) -> None:
    now = timezone.now()
    request = verified(office, "couple", now=now)
    one, other = people_of(request)
    enter(other, now=now)
    clients = [device(one), device(other)]
    decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)
    waiting = Decision.objects.get()
    decisions.carry_out(decision_id=waiting.pk, now=waiting.due_at)

    pages = [
        client.get(reverse("you", args=[p.pk]))
        for client, p in zip(clients, (one, other), strict=True)
    ]

    for page, person in zip(pages, (one, other), strict=True):
        html = page.content.decode()
        assert page.status_code == 200
        assert "Nothing is open here any more" in html
        assert "Other ways to get support" in html
        assert "988" in html
        assert "116 123" not in html, "another country's"
        assert f'href="{reverse("request")}"' in html
        actions = set(re.findall(r'(?:action|href)="(/you/[^"]*)"', html))
        assert actions == {reverse("leave-device"), reverse("you-support", args=[person.pk])}
        assert part(person, "contact") not in html
    assert clients[0].get(part(one, "contact"))["Location"] == reverse("you", args=[one.pk])


def test_a_document_that_is_none_is_taken_back_by_nobody(person: Participant) -> None:
    answer_everything(person, timezone.now())
    before = set(standing(person.pk).signatures)

    for document in ("\0", "cn_nothing", "x" * 9000, ""):
        answer = device(person).post(
            reverse("you-take-back", args=[person.pk]), {"document": document}
        )
        assert answer.status_code == 302

    assert set(standing(person.pk).signatures) == before


def test_a_session_by_phone_asks_for_a_number_and_says_who_calls(office: Office) -> None:
    now = timezone.now()
    office.services["individual-50"].modalities = ["phone"]
    office.services["individual-50"].save()
    appointment = booked(office, now=now, modality="phone")
    assert appointment.request is not None
    person = requester_of(appointment.request)
    client = device(person)
    save(person, "you", YOU, now)

    without = client.post(part(person, "contact"), typed(CONTACT) | {"then": "on"})
    you_call = client.get(reverse("you", args=[person.pk])).content.decode()
    number = {"ct_phone": "+44 20 7946 0001", "ct_voicemail": "no_voicemail"}
    client.post(part(person, "contact"), typed(CONTACT | number) | {"then": "on"})
    we_call = client.get(reverse("you", args=[person.pk])).content.decode()

    assert without.status_code == 422
    assert "This one needs an answer" in without.content.decode()
    assert f"Please call {office.practitioner.phone}." in you_call
    assert "You are called on +44 20 7946 0001." in we_call


def test_whoever_has_answered_a_proposal_sees_what_they_said(office: Office) -> None:
    now = timezone.now()
    request = ready(office, "couple", now=now)
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=open_starts(office, office.service("couple"), now=now)[-2:],
        now=now,
    )
    let_decision_leave(request)
    one, _ = people_of(request)
    client = device(one)
    page = client.get(reverse("you", args=[one.pk])).content.decode()
    names = sorted(set(re.findall(r'name="(time-[^"]+)"', page)))

    client.post(reverse("answer-times", args=[one.pk]), {names[0]: "yes", names[1]: "no"})
    after = client.get(reverse("you", args=[one.pk])).content.decode()

    assert "There is a time to confirm." in page
    assert "There is a time to confirm." not in after
    assert "You have answered" in after
    assert after.count("<dd>I can</dd>") == 1
    assert after.count("<dd>I can&#x27;t</dd>") + after.count("<dd>I can't</dd>") == 1


def test_after_a_move_that_all_agreed_to_nobody_waits_for_news(office: Office) -> None:
    now = timezone.now()
    service = office.service("couple")
    first = open_starts(office, service, now=now)[-1]
    appointment = booked(office, "couple", now=now, times=[first])
    assert appointment.request is not None
    alex, sam = people_of(appointment.request)
    start = open_starts(office, service, now=now)[-1]
    moves.ask_move(appointment_id=appointment.pk, participant_id=alex.pk, starts=[start], now=now)
    mine, yours = device(alex), device(sam)
    waits = mine.get(reverse("you", args=[alex.pk])).content.decode()
    [name] = set(re.findall(r'name="(time-[^"]+)"', yours.get(f"/you/{sam.pk}/").content.decode()))

    yours.post(reverse("answer-times", args=[sam.pk]), {name: "yes"})
    after = [
        client.get(reverse("you", args=[person.pk])).content.decode()
        for client, person in ((mine, alex), (yours, sam))
    ]

    assert "You have answered" in waits
    for page, person in zip(after, (alex, sam), strict=True):
        assert day_in(start, person.time_zone) in page
        assert "You have answered" not in page


def test_an_invitation_asks_about_each_of_several_times(office: Office) -> None:
    now = timezone.now()
    times = open_starts(office, office.service("couple"), now=now)[-5:-2]
    _, other = people_of(verified(office, "couple", now=now, times=times))
    enter(other, now=now)

    page = device(other).get(reverse("you", args=[other.pk])).content.decode()

    asked = set(re.findall(r'name="(time-[^"]+)"', page))
    assert asked == {f"time-{a.pk}" for a in Appointment.objects.filter(state="held")}
    assert len(asked) == 3
    assert "Which of these times suit you?" in page
