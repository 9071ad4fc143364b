"""Asking for a session, proving one's address, and taking it back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from booking.domain.asking import Requester
from booking.domain.refusals import (
    IdempotencyKeyReused,
    InvalidRequest,
    LinkUnusable,
    NotTheirs,
    SlotTaken,
    WrongCode,
)
from booking.domain.states import TransitionNotAllowed
from booking.models import Appointment, Participant, PrivateLink, Request, TimeAnswer
from booking.operations import links, parting, requests
from booking.queries import people
from practice.models import Change, Pending
from practice.sealing import unseal
from tests.booking import factories as make
from tests.booking.factories import NOW, Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make.make_office()


def held(request: Request) -> list[Appointment]:
    return list(Appointment.objects.filter(request=request, state="held").order_by("rank"))


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


# --- Coming in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("relationship_type", "hours"), [("individual", 72), ("couple", 168)])
def test_the_code_proves_the_address_and_fixes_the_end_of_the_hold(
    office: Office, relationship_type: str, hours: int
) -> None:
    start = make.open_starts(office, office.service(relationship_type), days=30)[-1]

    request = make.verified(office, relationship_type, times=[start])

    assert request.state == "gathering"
    assert request.verified_at == NOW
    assert request.hold_ends_at == NOW + timedelta(hours=hours)
    assert request.expires_at == NOW + timedelta(days=14)
    [hold] = held(request)
    assert hold.held_until == request.hold_ends_at
    assert TimeAnswer.objects.get(appointment=hold).accepts
    requester = make.requester_of(request)
    assert requester.verified_at == requester.joined_at == NOW


def test_on_verifying_every_wish_is_held_in_its_rank(office: Office) -> None:
    starts = make.open_starts(office, office.services["individual-50"], days=30)[-9::4]

    request = make.verified(office, times=starts)

    assert [(h.rank, h.starts_at) for h in held(request)] == list(enumerate(starts, start=1))
    assert len({h.claim for h in held(request)}) == 1


def test_the_end_of_a_hold_does_not_move_when_others_finish(office: Office) -> None:
    request = make.verified(office, "couple")
    end = request.hold_ends_at

    for person in make.people_of(request):
        if not person.is_requester:
            make.enter(person, now=NOW + timedelta(hours=1))
            make.join(person, accepts=True, now=NOW + timedelta(hours=1))
        make.clear(person, now=NOW + timedelta(hours=2))

    request.refresh_from_db()
    assert request.hold_ends_at == end
    assert {h.held_until for h in held(request)} == {end}


def test_a_wish_that_lapsed_before_the_code_is_taken_again_if_it_is_free(office: Office) -> None:
    start = make.open_starts(office, office.services["individual-50"])[-1]
    request = make.submitted(office, times=[start])

    make.enter(make.requester_of(request), now=NOW + timedelta(hours=2))

    assert held(Request.objects.get(pk=request.pk))


def test_a_wish_that_somebody_else_has_meanwhile_is_gone_and_the_request_lives(
    office: Office,
) -> None:
    start = make.open_starts(office, office.services["individual-50"])[4]
    request = make.submitted(office, times=[start])
    later = NOW + timedelta(hours=2)
    make.submitted(office, times=[start], now=later)

    make.enter(make.requester_of(request), now=later)

    request.refresh_from_db()
    assert request.state == "gathering"
    assert request.hold_ends_at is None
    assert not held(request)


def test_verifying_invites_those_who_agreed_and_makes_links_for_the_rest(office: Office) -> None:
    request = make.verified(office, "non_monogamous")

    invited = Change.objects.filter(kind="link_issued", snapshot__purpose="invite")
    kai, noor = make.people_of(request)[1:]
    assert [c.snapshot["participant"] for c in invited] == [str(kai.id)]
    assert noor.links.filter(is_handover=True).count() == 1
    [jo] = make.people_of(request, attends="no")
    assert not jo.links.exists()


def test_a_wrong_code_counts_and_the_tenth_locks_the_link(office: Office) -> None:
    request = make.submitted(office)
    link = make.link_of(make.requester_of(request))
    token, right = links.token(link.id), links.code(link.id)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"

    left = []
    for _ in range(10):
        with pytest.raises(WrongCode) as refused:
            links.enter(token=token, code_typed=wrong, now=NOW)
        left.append(refused.value.tries_left)

    assert left == list(range(9, -1, -1))
    with pytest.raises(LinkUnusable):
        links.enter(token=token, code_typed=right, now=NOW)


def test_a_code_may_be_typed_as_it_is_printed(office: Office) -> None:
    link = make.link_of(make.requester_of(make.submitted(office)))
    code = links.code(link.id)

    links.enter(token=links.token(link.id), code_typed=f"{code[:3]} {code[3:]}", now=NOW)

    assert Request.objects.get().state == "gathering"


def test_a_token_is_in_no_table(office: Office) -> None:
    link = make.link_of(make.requester_of(make.submitted(office)))

    with connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM booking_privatelink l")
        row = cursor.fetchone()[0]
    assert links.token(link.id) not in row
    assert links.code(link.id) not in row


@pytest.mark.parametrize("token", ["", "x", "é", "A" * 43, "====", "a/b+c"])
def test_a_token_that_we_did_not_make_is_nothing(token: str) -> None:
    with pytest.raises(LinkUnusable):
        links.usable_link(token)


def test_a_handover_link_is_claimed_once_and_never_says_so(office: Office) -> None:
    request = make.verified(office, "non_monogamous")
    noor = make.people_of(request)[2]
    invitation = noor.links.get(is_handover=True)

    make.enter(noor)

    noor.refresh_from_db()
    assert noor.verified_at == NOW
    assert noor.email.startswith("claimed")
    token = links.token(invitation.id)
    assert links.usable_link(token) == invitation
    links.claim_handover(token=token, address="somebody.else@example.test", now=NOW)
    assert not noor.links.filter(address="somebody.else@example.test").exists()


def test_claiming_with_an_address_of_this_request_ends_the_same_way_and_sends_nothing(
    office: Office,
) -> None:
    request = make.verified(office, "non_monogamous")
    noor = make.people_of(request)[2]
    token = links.token(noor.links.get(is_handover=True).id)
    before = Change.objects.count()

    links.claim_handover(token=token, address=make.requester_of(request).email, now=NOW)

    assert Change.objects.count() == before


def test_asking_for_the_link_again_sends_it_only_to_those_who_have_something_open(
    office: Office,
) -> None:
    request = make.verified(office)

    links.send_again(address="nobody@example.test", now=NOW)
    links.send_again(address=make.requester_of(request).email.upper(), now=NOW)

    again = Change.objects.filter(kind="link_issued", snapshot__purpose="again")
    assert again.count() == 1


def test_using_a_newer_link_ends_the_older_one(office: Office) -> None:
    request = make.verified(office)
    person = make.requester_of(request)
    old = make.link_of(person)
    links.send_again(address=person.email, now=NOW + timedelta(minutes=1))

    make.enter(person, now=NOW + timedelta(minutes=2))

    old.refresh_from_db()
    assert old.revoked_at is not None
    assert make.link_of(person) != old


def test_a_mistyped_address_is_replaced_and_its_link_dies(office: Office) -> None:
    request = make.submitted(office)
    person = make.requester_of(request)
    stranger = make.link_of(person)

    links.send_to_new_address(participant_id=person.pk, address="right@example.test", now=NOW)

    person.refresh_from_db()
    assert person.email == "right@example.test"
    with pytest.raises(LinkUnusable):
        links.usable_link(links.token(stranger.id))


def test_whoever_has_ended_their_part_gets_no_way_in_by_another_address(office: Office) -> None:
    person = make.requester_of(make.verified(office, "couple"))
    parting.end_part(participant_id=person.pk, now=NOW)
    before = PrivateLink.objects.count()

    links.send_to_new_address(participant_id=person.pk, address="new@example.test", now=NOW)

    assert PrivateLink.objects.count() == before
    assert not PrivateLink.objects.filter(address="new@example.test").exists()


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


def test_entering_the_code_never_shortens_what_was_promised_before(office: Office) -> None:
    service = office.service("individual")
    service.notice_minutes = 60
    service.save()
    start = make.open_starts(office, service, now=NOW, days=2)[0]
    entered_at = start - timedelta(minutes=70)
    request = make.submitted(office, times=[start], now=entered_at)
    promised = Appointment.objects.get(request=request).held_until

    make.enter(make.requester_of(request), now=entered_at)

    held = Appointment.objects.get(request=request)
    assert held.held_until == promised


def test_a_requester_reads_the_times_they_asked_for_until_there_is_news(office: Office) -> None:
    request = make.verified(office)
    asked = [datetime.fromisoformat(start) for start in request.wanted_starts]

    page = people.person_page(make.requester_of(request).pk, now=NOW)

    assert page.asked_for == asked
