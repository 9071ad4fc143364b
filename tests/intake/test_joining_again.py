"""An invitation's answers, when one of them is missing."""

import re

import pytest
from django.utils import timezone

from booking.models import Appointment, Participant
from tests.booking import factories
from tests.booking.browsing import come_in, text

pytestmark = pytest.mark.django_db

CHECKED = re.compile(r'name="(time-[^"]+)" value="(yes|no)" required checked')


def test_what_was_said_of_some_of_the_times_stays_said_when_another_is_missing() -> None:
    office, now = factories.make_office(), timezone.now()
    times = factories.open_starts(office, office.service("couple"), now=now)[-5:-2]
    request = factories.verified(office, "couple", times=times, now=now)
    sam = Participant.objects.get(request=request, label="Sam")
    client = come_in(sam)
    held = list(Appointment.objects.filter(state="held").order_by("rank"))
    said = dict(zip((f"time-{a.id}" for a in held), ("no", "yes", "no"), strict=True))

    before = text(client, f"/you/{sam.id}/")
    unfinished = text(client, f"/you/{sam.id}/join/", **dict(list(said.items())[:2]))
    opened_anew = text(client, f"/you/{sam.id}/")

    assert "Please say of each time" in unfinished
    assert CHECKED.findall(unfinished) == list(said.items())[:2]
    assert (CHECKED.findall(before), CHECKED.findall(opened_anew)) == ([], [])
