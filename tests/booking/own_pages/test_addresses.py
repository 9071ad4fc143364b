"""One's own address, and the addresses of those one has named."""

from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from booking.models import PrivateLink
from booking.operations import links
from tests.booking.browsing import come_in, fresh, someone_called, text
from tests.booking.factories import Office, enter, link_of, requester_of, verified

pytestmark = pytest.mark.django_db


def test_ones_own_address_changes_with_the_code_sent_to_the_new_one(
    office: Office, clock: time_machine.Traveller
) -> None:
    person = requester_of(verified(office))
    old_link = link_of(person)
    client = come_in(person)
    clock.shift(60)

    text(client, f"/you/{person.id}/address/", email="new@example.test")
    assert fresh(person).email == person.email  # not before the code
    code = links.code(link_of(person).id)
    answer = client.post(f"/you/{person.id}/address/code/", {"code": code})

    assert answer["Location"] == f"/you/{person.id}/"
    assert fresh(person).email == "new@example.test"
    assert client.get(f"/you/{person.id}/withdraw/").status_code == 200
    assert Client().get(f"/open/{links.token(old_link.id)}/").status_code == 404


def test_a_partners_address_is_not_taken_for_oneself(office: Office) -> None:
    request = verified(office, "couple")
    person, sam = requester_of(request), someone_called(request, "Sam")

    before = PrivateLink.objects.count()

    page = text(come_in(person), f"/you/{person.id}/address/", email=sam.email)

    assert f"A code is on its way to {sam.email}." in page  # a refusal would give Sam away
    assert PrivateLink.objects.count() == before
    assert fresh(person).email == person.email


def test_the_requester_corrects_where_somebody_is_invited(office: Office) -> None:
    request = verified(office, "couple")
    person, sam = requester_of(request), someone_called(request, "Sam")
    client = come_in(person)
    path = f"/you/{person.id}/people/{sam.id}/"

    page = text(client, path)
    unagreed = text(client, path, email="sam.new@example.test")
    text(client, path, email="sam.new@example.test", agreed="on")

    assert sam.email not in page
    assert "We write only to people who agreed." in unagreed
    assert fresh(sam).email == "sam.new@example.test"


def test_a_correction_after_somebody_came_in_looks_the_same_and_changes_nothing(
    office: Office,
) -> None:
    request = verified(office, "couple")
    person, sam = requester_of(request), someone_called(request, "Sam")
    enter(sam)

    after = text(
        come_in(person),
        f"/you/{person.id}/people/{sam.id}/",
        email="trap@example.test",
        agreed="on",
    )

    assert "Thank you. We use that address from now on." in after
    assert fresh(sam).email == sam.email


def test_only_the_requester_corrects_invitations(office: Office) -> None:
    request = verified(office, "non_monogamous")
    kai, noor = someone_called(request, "Kai"), someone_called(request, "Noor")
    client = come_in(kai)

    for other in (requester_of(request).id, noor.id, uuid4()):
        assert client.get(f"/you/{kai.id}/people/{other}/").status_code == 404
