"""The readiness board: who is missing what, one neutral nudge, and its cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant, Request
from intake.operations import nudges
from practice.models import Change, Pending
from tests.booking.factories import (
    Office,
    enter,
    join,
    make_practitioner,
    people_of,
    ready,
    requester_of,
    verified,
)
from tests.intake.people import YOU, answer_everything, save

pytestmark = pytest.mark.django_db(transaction=True)


def board(client: Client) -> str:
    response = client.get(reverse("desk-readiness"))
    assert response.status_code == 200, response.content.decode()
    return " ".join(response.content.decode().split())


def gathering(office: Office) -> Request:
    """Two people who take part; the requester has answered one section."""
    now = timezone.now()
    request = verified(office, "couple", now=now)
    for person in people_of(request):
        if not person.is_requester:
            enter(person, now=now)
            join(person, now=now)
    save(requester_of(request), "you", YOU, now)
    return request


def nudge_url(request: Request) -> str:
    return reverse("desk-nudge", args=[request.pk])


def test_the_board_says_who_is_missing_what(office: Office, desk: Client) -> None:
    gathering(office)
    done = ready(office, "individual", now=timezone.now())

    page = board(desk)

    assert "Robin" in page
    assert "Sam" in page
    assert "agreements to sign" in page
    assert reverse("desk:request", args=[done.pk]) not in page


def test_the_board_costs_as_many_queries_for_thirty_requests_as_for_one(
    office: Office, desk: Client
) -> None:
    counts = []
    for wanted in (1, 30):
        while Request.objects.count() < wanted:
            gathering(office)
        with CaptureQueriesContext(connection) as captured:
            board(desk)
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_a_nudge_goes_to_whoever_has_a_step_waiting_and_names_none(
    office: Office, desk: Client
) -> None:
    request = gathering(office)

    desk.post(nudge_url(request))

    row = Change.objects.get(kind="step_nudged")
    assert (row.subject_type, row.subject_id) == ("request", request.pk)
    assert set(row.snapshot) == {"participants"}
    assert set(row.snapshot["participants"]) == {
        str(pk)
        for pk in Participant.objects.filter(request=request, attends="yes").values_list(
            "pk", flat=True
        )
    }
    assert Pending.objects.filter(change=row).exists(), "the notifications hear of it"


def test_two_nudges_in_a_row_are_one(office: Office, desk: Client) -> None:
    request = gathering(office)

    for _ in range(2):
        desk.post(nudge_url(request))
    first = Change.objects.filter(kind="step_nudged").count()
    nudges.nudge(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        now=timezone.now() + nudges.BETWEEN_NUDGES + timedelta(minutes=1),
    )

    assert first == 1
    assert Change.objects.filter(kind="step_nudged").count() == 2
    assert "Remind them neutrally" not in board(desk)


def test_somebody_who_has_not_accepted_is_not_nudged(office: Office, desk: Client) -> None:
    request = verified(office, "couple", now=timezone.now())

    desk.post(nudge_url(request))

    row = Change.objects.get(kind="step_nudged")
    assert row.snapshot["participants"] == [str(requester_of(request).pk)]


def test_another_practitioner_sees_and_nudges_nobody(office: Office, client: Client) -> None:
    request = gathering(office)
    other = make_practitioner(slug="casey")
    assert other.user is not None
    client.force_login(other.user)

    assert client.post(nudge_url(request)).status_code == 404
    assert "Robin" not in board(client)
    assert not Change.objects.filter(kind="step_nudged").exists()


def test_privacy_mode_shows_codes_instead_of_names(office: Office, desk: Client) -> None:
    gathering(office)

    desk.post(reverse("desk-privacy"), {"hide": "yes", "back": reverse("desk-readiness")})
    hidden = board(desk)
    desk.post(reverse("desk-privacy"), {"hide": "no", "back": "//elsewhere.test/"})

    assert "Robin" not in hidden
    assert "K-" in hidden
    assert "Robin" in board(desk)


def test_the_register_counts_signatures_by_version_and_hides_legal_names(
    office: Office, desk: Client
) -> None:
    request = gathering(office)
    person = requester_of(request)
    answer_everything(person, timezone.now())

    listed = desk.get(reverse("desk-register")).content.decode()
    one = desk.get(reverse("desk-register-one", args=["cn_scope", 1])).content.decode()

    assert reverse("desk-register-one", args=["cn_scope", 1]) in listed
    assert "Robin" in one
    assert "Robin Legal Name" not in one
    assert desk.get(reverse("desk-register-one", args=["cn_scope", 99])).status_code == 404
