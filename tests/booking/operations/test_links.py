"""Coming in: the code, links handed over or sent again, and another address."""

from datetime import timedelta

import pytest
from django.db import connection

from booking.domain.refusals import LinkUnusable, WrongCode
from booking.models import Appointment, PrivateLink, Request, TimeAnswer
from booking.operations import links, parting
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.shared import held

pytestmark = pytest.mark.django_db


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
