"""The whole way with a real Celery worker in a process of its own."""

import time

import pytest
from django.utils import timezone

from booking.models import Participant
from booking.operations import links, requests
from notifications.models import Delivery
from practice.models import Pending
from tests.booking import factories
from tests.conftest import PATIENCE, MailCatcher
from tests.notifications.helpers import body_of


@pytest.mark.usefixtures("worker")
def test_a_request_leads_to_a_code_in_the_mail_without_any_sweep(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    now = timezone.now()

    requests.submit(asking=factories.make_asking(office, now=now), now=now)

    message = mailcatcher.wait_for(lambda m: m["Subject"] == "Your code")
    code = links.code(factories.link_of(Participant.objects.get()).id)
    assert f"{code[:3]} {code[3:]}" in body_of(message, "plain")
    assert not Pending.objects.exists()
    deadline = time.monotonic() + PATIENCE
    while Delivery.objects.get().state != Delivery.State.SENT and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Delivery.objects.get().state == Delivery.State.SENT
