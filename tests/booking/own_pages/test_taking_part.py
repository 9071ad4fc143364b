"""Somebody invited takes part, or does not, and times are answered."""

import pytest

from booking.models import Appointment, DoNotContact
from booking.operations import decisions
from tests.booking.browsing import come_in, fresh, someone_called, text
from tests.booking.factories import NOW, Office, open_starts, ready, requester_of, verified

pytestmark = pytest.mark.django_db


def test_somebody_invited_takes_part_and_answers_for_the_time(office: Office) -> None:
    request = verified(office, "couple")
    sam = someone_called(request, "Sam")
    client = come_in(sam)

    asked = f"time-{Appointment.objects.get().id}"

    opened = client.get(f"/you/{sam.id}/join/")
    unsaid = text(client, f"/you/{sam.id}/join/", **{asked: "perhaps"})
    assert fresh(sam).joined_at is None
    after = text(client, f"/you/{sam.id}/join/", **{asked: "yes"})

    assert opened["Location"] == f"/you/{sam.id}/"
    assert "Please say of each time whether it would work for you." in unsaid
    assert "Thank you." in after
    assert fresh(sam).joined_at == NOW
    assert Appointment.objects.get().answers.filter(participant=sam, accepts=True).exists()


def test_somebody_invited_answers_for_each_of_several_times(office: Office) -> None:
    times = open_starts(office, office.service("couple"))[-5:-2]
    request = verified(office, "couple", times=times)
    sam = someone_called(request, "Sam")
    client = come_in(sam)
    held = list(Appointment.objects.filter(state="held").order_by("rank"))
    said = dict(zip((f"time-{a.id}" for a in held), ("no", "yes", "no"), strict=True))
    join = f"/you/{sam.id}/join/"

    assert "Please say of each time" in text(client, join, **dict(list(said.items())[:2]))
    assert fresh(sam).joined_at is None
    text(client, join, **said)

    assert [a.answers.get(participant=sam).accepts for a in held] == [False, True, False]


def test_somebody_invited_says_no_for_good(office: Office) -> None:
    request = verified(office, "couple")
    sam = someone_called(request, "Sam")
    client = come_in(sam)

    page = text(client, f"/you/{sam.id}/decline/")
    answer = client.post(f"/you/{sam.id}/decline/", {"never_again": "yes"})

    assert "Don't contact me again" in page
    assert answer["Location"] == "/open/done/"
    assert DoNotContact.objects.count() == 1
    assert client.get(f"/you/{sam.id}/address/").status_code == 404


def test_times_proposed_are_answered_each(office: Office) -> None:
    request = ready(office)
    starts = open_starts(office, office.service("individual"))[4:6]
    decisions.propose(
        request_id=request.id, practitioner_id=office.practitioner.id, starts=starts, now=NOW
    )
    requester = requester_of(request)
    client = come_in(requester)
    offered = list(Appointment.objects.filter(state="held", request=request).order_by("starts_at"))

    page = text(client, f"/you/{requester.id}/times/")
    half = text(client, f"/you/{requester.id}/times/", **{f"time-{offered[0].id}": "no"})
    text(
        client,
        f"/you/{requester.id}/times/",
        **{f"time-{offered[0].id}": "no", f"time-{offered[1].id}": "yes"},
    )

    assert page.count("I can come") == 2
    assert "Please answer yes or no to each time." in half
    assert Appointment.objects.get(state="booked").id == offered[1].id
