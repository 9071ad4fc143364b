"""What pages show of others: only what was shared; whoever reads is noted."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from intake.operations import sheets
from intake.operations.sheets import Given
from intake.queries.standings import AGREEMENTS
from practice.models import Change
from tests.booking.factories import Office, booked, make_practitioner, people_of
from tests.intake.people import (
    CANARY,
    CONTACT,
    MORE,
    YOU,
    answer_everything,
    device,
    part,
    save,
    sign_everything,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_neither_of_two_ever_meets_the_others_canary(office: Office) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    save(one, "you", YOU | {"id_access": CANARY}, now)
    save(one, "contact", CONTACT | {"ct_safe_times": CANARY, "em_name": CANARY}, now)
    sign_everything(one, now)
    save(one, "hopes", dict.fromkeys(("go_why_now", "go_better", "go_fear"), CANARY), now)
    save(one, "more", MORE["couple"] | {"cp_view": CANARY, "cp_strength": "we laugh"}, now)
    sign_everything(one, now, name=CANARY)
    save(other, "you", YOU, now)
    save(other, "contact", CONTACT, now)
    sign_everything(other, now)
    client = device(other)

    pages = [
        client.get(reverse(name, args=[other.pk])).content.decode()
        for name in ("you", "you-answers-seen", "you-others", "you-passcode", "you-stopped")
    ]
    pages += [
        client.get(part(other, slug)).content.decode()
        for slug in ("you", "contact", "hopes", "more", AGREEMENTS)
    ]

    assert not any(CANARY in page for page in pages)
    assert "we laugh" in pages[2]
    for name in ("you", "you-answers-seen", "you-others"):
        assert client.get(reverse(name, args=[one.pk])).status_code == 404
    for slug in ("you", "contact", "hopes", "more", AGREEMENTS):
        assert client.get(part(one, slug)).status_code == 404


def test_a_shared_answer_is_announced_before_and_shown_after(office: Office) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    save(one, "you", YOU, now)
    save(one, "contact", CONTACT, now)
    sign_everything(one, now)
    sheets.save_section(
        participant_id=one.pk,
        section="hopes",
        given={"go_better": Given("more ease", is_shared=True)},
        now=now,
    )
    save(other, "you", YOU, now)
    save(other, "contact", CONTACT, now)

    announced = device(one).get(reverse("you-answers-seen", args=[one.pk])).content.decode()
    shown = device(other).get(reverse("you-others", args=[other.pk])).content.decode()

    assert "more ease" in announced
    assert "more ease" in shown
    assert "Robin" in shown


def test_private_pages_have_neutral_titles_and_are_not_stored(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    sign_everything(person, timezone.now())
    forbidden = re.compile(
        r"\b(sex|intimacy|therapy|counselling|couple|partner|relationship|poly|group|intake"
        r"|screening|safety|crisis)\b",
        re.IGNORECASE,
    )
    addresses = [part(person, s) for s in ("you", "contact", "hopes", "more", AGREEMENTS)]
    addresses += [
        reverse(n, args=[person.pk])
        for n in ("you", "you-answers-seen", "you-others", "you-passcode", "you-stopped")
    ]

    for address in addresses:
        response = client.get(address)
        title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
        assert title is not None
        assert not forbidden.search(title[1])
        assert not forbidden.search(address)
        assert "no-store" in response["Cache-Control"]


def test_the_practitioner_reads_one_persons_answers_and_it_is_noted(
    office: Office, person: Participant
) -> None:
    answer_everything(person, timezone.now())
    save(person, "hopes", {"go_fear": CANARY}, timezone.now())
    client = Client()
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    address = reverse("desk-answers", args=[person.request_id])

    page = client.get(address, {"person": str(person.pk)}).content.decode()

    assert CANARY in page
    assert Change.objects.filter(kind="answers_read", subject_id=person.pk).count() == 1


def test_another_practitioner_and_a_stranger_get_nothing(
    office: Office, person: Participant
) -> None:
    answer_everything(person, timezone.now())
    other = make_practitioner(slug="river")
    assert other.user is not None
    client = Client()
    address = reverse("desk-answers", args=[person.request_id])
    assert client.get(address).status_code == 302, "sign in first"
    client.force_login(other.user)

    foreign = client.get(address, {"person": str(person.pk)})
    missing = client.get(reverse("desk-answers", args=[uuid4()]))

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert not Change.objects.filter(kind="answers_read").exists()
