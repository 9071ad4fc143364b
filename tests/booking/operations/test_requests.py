"""Asking for a session, and taking it back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from booking.domain.asking import Requester
from booking.domain.refusals import IdempotencyKeyReused, InvalidRequest, NotTheirs, SlotTaken
from booking.domain.states import TransitionNotAllowed
from booking.models import Participant, PrivateLink, Request
from booking.operations import requests
from booking.queries import people
from practice.models import Change, Pending
from practice.sealing import unseal
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import held

pytestmark = pytest.mark.django_db


def kinds(subject_id: UUID) -> list[str]:
    return list(
        Change.objects.filter(subject_id=subject_id).order_by("id").values_list("kind", flat=True)
    )


# --- Submitting -----------------------------------------------------------------------------------


def test_the_first_choice_alone_is_held_for_half_an_hour(office: Office) -> None:
    starts = make.open_starts(office, office.services["individual-50"])[:3]

    request = make.submitted(office, times=starts)

    [hold] = held(request)
    assert hold.starts_at == starts[0]
    assert hold.held_until == NOW + timedelta(minutes=30)
    assert hold.ends_at - hold.starts_at == timedelta(minutes=50)
    assert hold.blocked_until - hold.ends_at == timedelta(minutes=10)
    assert hold.wall_start == hold.starts_at.astimezone(make.NEW_YORK).strftime("%Y-%m-%dT%H:%M")
    assert hold.wall_zone == "America/New_York"
    assert request.state == "received"
    assert [t[:16] for t in request.wanted_starts] == [s.isoformat()[:16] for s in starts]


def test_the_requester_is_sent_a_way_in_and_nobody_else_is(office: Office) -> None:
    request = make.submitted(office, "non_monogamous")

    link = PrivateLink.objects.get()
    assert link.participant == make.requester_of(request)
    change = Change.objects.get(kind="link_issued")
    assert change.snapshot == {"participant": str(link.participant_id), "purpose": "verify"}
    assert Pending.objects.filter(change=change).exists()
    assert kinds(request.id) == ["request_received"]


def test_what_somebody_wrote_cannot_be_read_in_the_database(office: Office) -> None:
    request = make.submitted(office, words="canary-in-a-coal-mine", topics=["shame"])

    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM booking_request r")
        row = cursor.fetchone()[0]
    assert "canary" not in row
    assert b"canary".hex() not in row
    assert b"shame".hex() not in row
    stored = Request.objects.get()
    assert stored.words_sealed is not None
    opened = unseal(stored.words_sealed, label="request", row=request.id, field="words")
    assert opened == "canary-in-a-coal-mine"


def test_the_words_of_one_request_do_not_open_as_those_of_another(office: Office) -> None:
    one = make.submitted(office, words="one")
    two = make.submitted(office, words="two")

    Request.objects.filter(pk=two.pk).update(words_sealed=one.words_sealed)

    moved = Request.objects.get(pk=two.pk).words_sealed
    assert moved is not None
    with pytest.raises(Exception, match=str(two.pk)):
        unseal(moved, label="request", row=two.id, field="words")


def test_addresses_are_kept_as_they_are_compared(office: Office) -> None:
    request = make.submitted(office, requester=Requester("Alex", " Alex.Mixed@Example.TEST "))

    assert make.requester_of(request).email == "alex.mixed@example.test"


def test_a_slot_that_is_taken_comes_with_the_nearest_ones(office: Office) -> None:
    service = office.services["individual-50"]
    start = make.open_starts(office, service)[4]
    make.submitted(office, times=[start])

    with pytest.raises(SlotTaken) as refused:
        make.submitted(office, times=[start])

    open_now = make.open_starts(office, service)
    expected = sorted(sorted(open_now, key=lambda s: (abs(s - start), s))[:3])
    assert refused.value.alternatives == expected


def test_one_wish_of_several_that_is_taken_refuses_them_all(office: Office) -> None:
    service = office.services["individual-50"]
    first, second = make.open_starts(office, service)[0:8:7]
    make.submitted(office, times=[second])

    with pytest.raises(SlotTaken) as refused:
        make.submitted(office, times=[first, second])

    assert refused.value.wanted == second


def test_a_hold_that_has_lapsed_stands_in_nobodys_way(office: Office) -> None:
    start = make.open_starts(office, office.services["individual-50"])[4]
    first = make.submitted(office, times=[start])
    later = NOW + timedelta(minutes=31)

    second = make.submitted(office, times=[start], now=later)

    assert not held(first)
    assert held(second)


def test_a_request_that_cannot_be_leaves_nothing_behind(office: Office) -> None:
    with pytest.raises(InvalidRequest):
        make.submitted(office, adult=False)

    assert not Request.objects.exists()
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("limits", "network"),
    [
        ({"holds_per_address": 1}, None),
        ({"holds_per_network": 1}, b"\1" * 32),
        ({"holds_per_practitioner": 1}, None),
    ],
)
def test_beyond_the_limit_a_request_is_welcome_but_nothing_is_held(
    limits: dict[str, Any], network: bytes | None
) -> None:
    office = make.make_office(**limits)
    email = make.address()
    starts = make.open_starts(office, office.services["individual-50"])[:8:4]

    one, two = (
        requests.submit(
            asking=replace(
                make.make_asking(office, times=[start]),
                requester=Requester(
                    "Alex", email if "holds_per_address" in limits else make.address()
                ),
            ),
            now=NOW,
            network=network,
        )
        for start in starts
    )

    assert one.held_until is not None
    assert two.held_until is None
    assert not held(two.request)
    assert two.request.wanted_starts


def test_an_address_has_one_hold_in_the_practice_whoever_it_asks(office: Office) -> None:
    service = office.services["individual-50"]
    service.practitioners.add(make.make_practitioner(slug="robin"))
    alex = Requester("Alex", make.address())
    starts = make.open_starts(office, service)[:8:4]

    one = make.submitted(office, times=starts[:1], requester=alex)
    two = make.submitted(office, times=starts[1:], requester=alex, practitioner="robin")

    assert [len(held(one)), len(held(two))] == [1, 0]


def test_a_verified_hold_does_not_count_as_an_unverified_one() -> None:
    office = make.make_office(holds_per_practitioner=1)
    make.verified(office)

    assert held(make.submitted(office))


def test_the_same_key_and_body_give_the_same_request(office: Office) -> None:
    asking, key = make.make_asking(office), str(uuid4())

    first = requests.submit(asking=asking, now=NOW, idempotency_key=key, body_hash=b"1" * 32)
    again = requests.submit(asking=asking, now=NOW, idempotency_key=key, body_hash=b"1" * 32)

    assert again.replayed
    assert again.request == first.request
    assert again.held_until == first.held_until
    with pytest.raises(IdempotencyKeyReused):
        requests.submit(asking=asking, now=NOW, idempotency_key=key, body_hash=b"2" * 32)


def test_a_practitioner_must_be_named_where_several_offer_it(office: Office) -> None:
    robin = make.make_practitioner(slug="robin")
    office.services["individual-50"].practitioners.add(robin)

    with pytest.raises(InvalidRequest) as refused:
        make.submitted(office, practitioner=None)

    assert [(p.field, p.code) for p in refused.value.problems] == [("practitioner", "required")]


def test_a_network_is_recognised_without_being_known() -> None:
    here = requests.network_hash("203.0.113.7")

    assert here == requests.network_hash("203.0.113.250")
    assert here != requests.network_hash("203.0.114.7")
    assert requests.network_hash("2001:db8:1::1") == requests.network_hash("2001:db8:1:9::2")
    assert requests.network_hash(None) is None
    assert requests.network_hash("nonsense") is None


def test_a_requester_reads_the_times_they_asked_for_until_there_is_news(office: Office) -> None:
    request = make.verified(office)
    asked = [datetime.fromisoformat(start) for start in request.wanted_starts]

    page = people.person_page(make.requester_of(request).pk, now=NOW)

    assert page.asked_for == asked


# --- Taking it back -------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [0, 1])
def test_any_one_of_two_ends_the_request_and_its_time_is_free(office: Office, who: int) -> None:
    request = make.verified(office, "couple")
    [hold] = held(request)
    person = make.people_of(request)[who]

    requests.withdraw(participant_id=person.pk, now=NOW)

    request.refresh_from_db()
    assert (request.state, request.closed_at) == ("withdrawn", NOW)
    assert not held(request)
    assert hold.starts_at in make.open_starts(office, office.services["couple-80"])
    assert Change.objects.get(kind="request_withdrawn").snapshot == {"participant": str(person.pk)}


def test_of_three_one_leaves_and_the_request_lives(office: Office) -> None:
    request = make.verified(office, "non_monogamous")
    kai = make.people_of(request)[1]

    requests.withdraw(participant_id=kai.pk, now=NOW)

    request.refresh_from_db()
    kai.refresh_from_db()
    assert request.state == "gathering"
    assert kai.left_at == NOW
    assert not kai.links.filter(revoked_at__isnull=True).exists()


def test_what_is_over_cannot_be_withdrawn(office: Office) -> None:
    appointment = make.booked(office)
    assert appointment.request is not None
    person = make.requester_of(appointment.request)

    with pytest.raises(TransitionNotAllowed):
        requests.withdraw(participant_id=person.pk, now=NOW)
    with pytest.raises(NotTheirs):
        requests.withdraw(participant_id=uuid4(), now=NOW)


# --- The journal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}"])
def test_the_journal_takes_nothing_back(office: Office, statement: str) -> None:
    make.submitted(office)

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format("practice_change"))


def test_the_journal_names_nobody(office: Office) -> None:
    request = make.ready(office, "non_monogamous", words="canary")

    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(c::text, ' ') FROM practice_change c")
        text = cursor.fetchone()[0]
    for person in Participant.objects.filter(request=request):
        assert person.label not in text
        assert not person.email or person.email not in text
    assert "canary" not in text
