"""Nothing that one person does shows on another's page; and nothing gets stuck for it."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection

from booking.domain.asking import Requester
from booking.domain.refusals import GateClosed, InvalidRequest, LinkUnusable, TooMany, WrongCode
from booking.domain.states import Outward, TransitionNotAllowed
from booking.models import Appointment, Participant, PrivateLink, Request
from booking.operations import (
    answers,
    appointments,
    calls,
    decisions,
    issuing,
    links,
    moves,
    participants,
    requests,
)
from booking.operations.sweep import sweep
from booking.queries.people import person_page
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.races.harness import PATIENCE, own_connection

pytestmark = pytest.mark.django_db


def ask(
    office: Office,
    relationship_type: str = "individual",
    *,
    nth: int,
    network: bytes | None = None,
    **changes: Any,
) -> requests.Submitted:
    """Ask for the nth open time."""
    starts = make.open_starts(office, office.service(relationship_type))
    asking = make.make_asking(office, relationship_type, times=[starts[nth]], **changes)
    return requests.submit(asking=asking, now=NOW, network=network)


def propose(
    office: Office, request: Request, *, count: int = 2, at: timedelta = timedelta()
) -> None:
    """Other times, offered and out with their batch."""
    service = Request.objects.select_related("service").get(pk=request.pk).service
    starts = make.open_starts(office, service, now=NOW + at)[-count:]
    outcome = decisions.propose(
        request_id=request.pk, practitioner_id=office.practitioner.pk, starts=starts, now=NOW + at
    )
    if outcome.due_at is not None:
        sweep(now=outcome.due_at)


def says(person: Participant, *, yes: bool, at: timedelta) -> None:
    """One person's answer to everything they are asked."""
    shown = person_page(person.pk, now=NOW + at).to_answer
    answers.answer_times(
        participant_id=person.pk, answers={t.appointment.pk: yes for t in shown}, now=NOW + at
    )


def page_of(person: Participant, at: timedelta) -> tuple[Outward, list[bool | None], int]:
    page = person_page(person.pk, now=NOW + at)
    return page.outward, [t.accepts for t in page.answered], len(page.to_answer)


def test_the_last_answer_to_a_proposal_changes_nothing_on_the_others_pages(office: Office) -> None:
    request = make.ready(office, "couple")
    alex, sam = make.people_of(request)
    propose(office, request)
    later = timedelta(hours=8)
    says(alex, yes=True, at=later)
    before = page_of(alex, later)

    says(sam, yes=True, at=later)

    assert page_of(alex, later) == before == (Outward.IN_PROGRESS, [True, True], 0)
    assert Request.objects.get(pk=request.pk).state == "ready"


def test_a_time_that_all_agreed_on_is_kept_past_the_end_of_the_proposal(office: Office) -> None:
    request = make.ready(office, "couple")
    propose(office, request)
    end = Request.objects.get(pk=request.pk).hold_ends_at
    assert end is not None
    just_before = end - NOW - timedelta(minutes=5)
    for person in make.people_of(request):
        says(person, yes=True, at=just_before)

    sweep(now=end + timedelta(minutes=5))

    request.refresh_from_db()
    assert request.appointments.filter(state="held").count() == 1
    assert request.hold_lapsed_at is None


def test_a_booked_request_is_not_proposed_anything(office: Office) -> None:
    appointment = make.booked(office)
    starts = make.open_starts(office, appointment.service)[:1]
    assert appointment.request_id is not None

    with pytest.raises(TransitionNotAllowed):
        decisions.propose(
            request_id=appointment.request_id,
            practitioner_id=office.practitioner.pk,
            starts=starts,
            now=NOW,
        )

    assert Appointment.objects.filter(state__in=("held", "booked")).count() == 1


def test_going_on_without_somebody_settles_what_the_others_agreed_on(office: Office) -> None:
    request = make.ready(
        office, "non_monogamous", others=[make.partner("Kai"), make.partner("Noor")]
    )
    alex, kai, noor = make.people_of(request)
    propose(office, request)
    later = timedelta(hours=8)
    for person in (alex, kai):
        says(person, yes=True, at=later)

    participants.excuse(
        participant_id=noor.pk, practitioner_id=office.practitioner.pk, now=NOW + later
    )

    request.refresh_from_db()
    assert request.state == "ready"
    assert request.appointments.filter(state="held").count() == 1
    others = [o.participant.label for o in person_page(alex.pk, now=NOW + later).others]
    assert others == ["Kai", "Noor"]


def test_a_sometimes_person_who_withdraws_ends_nothing_for_the_others(office: Office) -> None:
    request = make.ready(
        office,
        "non_monogamous",
        others=[make.partner("Kai"), make.partner("Noor", attends="sometimes")],
    )
    [noor] = make.people_of(request, attends="sometimes")

    requests.withdraw(participant_id=noor.pk, now=NOW)

    assert Request.objects.get(pk=request.pk).state == "ready"


def test_a_sometimes_person_can_still_join_a_booked_session_and_be_added(office: Office) -> None:
    far = make.open_starts(office, office.service("non_monogamous"))[-20]
    request = make.verified(
        office,
        "non_monogamous",
        times=(far,),
        others=[make.partner("Kai"), make.partner("Noor", attends="sometimes")],
    )
    alex, kai = make.people_of(request)
    [noor] = make.people_of(request, attends="sometimes")
    make.enter(kai)
    make.join(kai)
    for person in (alex, kai):
        make.clear(person)
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    make.let_decision_leave(request)
    appointment = Appointment.objects.get(state="booked")
    make.enter(noor)
    assert person_page(noor.pk, now=NOW).needs_to_join

    make.join(noor, accepts=None)
    make.clear(noor)
    appointments.add_attendee(
        appointment_id=appointment.pk,
        participant_id=noor.pk,
        practitioner_id=office.practitioner.pk,
        now=NOW,
    )

    assert person_page(noor.pk, now=NOW).outward is Outward.BOOKED
    moves.ask_move(
        appointment_id=appointment.pk,
        participant_id=alex.pk,
        starts=make.open_starts(office, appointment.service)[-1:],
        now=NOW,
    )
    assert len(person_page(noor.pk, now=NOW).to_answer) == 1


def test_correcting_to_a_partners_address_tells_nothing_and_sends_nothing(office: Office) -> None:
    request = make.ready(office, "couple")
    alex, sam = make.people_of(request)
    before = PrivateLink.objects.count()

    links.send_to_new_address(participant_id=alex.pk, address=sam.email, now=NOW)

    assert PrivateLink.objects.count() == before
    alex.refresh_from_db()
    assert alex.email != sam.email


def test_a_handover_page_stays_the_same_after_a_quiet_no(office: Office) -> None:
    request = make.verified(office, "non_monogamous")
    noor = make.people_of(request)[2]
    token = links.token(noor.links.get(is_handover=True).id)
    participants.decline_invitation(participant_id=noor.pk, never_again=False, now=NOW)

    assert links.usable_link(token).is_handover


def test_a_closed_request_still_opens_its_own_page(office: Office) -> None:
    request = make.ready(office)
    person = make.requester_of(request)
    decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)

    entered = make.enter(person)

    assert person_page(entered.pk, now=NOW).outward is Outward.CLOSED


def test_a_second_finish_does_not_queue_a_second_decision(office: Office) -> None:
    service = office.service("couple")
    request = calls.book_for_caller(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        starts_at=make.open_starts(office, service)[-1],
        people=[calls.Caller("A", make.address()), calls.Caller("B", make.address())],
        modality="video",
        country="US",
        region="NY",
        time_zone="America/New_York",
        forms_on_paper=False,
        now=NOW,
    )
    for person in make.people_of(request):
        make.enter(person)
        make.join(person)
        make.clear(person)
    assert request.decisions.count() == 1
    last = make.people_of(request)[1]

    participants.mark_uncleared(participant_id=last.pk, now=NOW)
    participants.mark_cleared(participant_id=last.pk, now=NOW)

    assert request.decisions.count() == 1


def test_a_decision_that_would_leave_after_the_session_began_is_refused(office: Office) -> None:
    request = make.ready(office, "couple")
    service = office.service("couple")
    soon = make.open_starts(office, service)[0]

    with pytest.raises((InvalidRequest, GateClosed)):
        decisions.propose(
            request_id=request.pk,
            practitioner_id=office.practitioner.pk,
            starts=[soon],
            now=soon - timedelta(hours=1),
        )


def test_an_accepted_time_keeps_an_old_request_alive(office: Office) -> None:
    request = make.verified(office)
    person = make.requester_of(request)
    propose(office, request, count=1, at=timedelta(days=13))
    says(person, yes=True, at=timedelta(days=13, hours=1))

    sweep(now=NOW + timedelta(days=14, hours=2))

    assert Request.objects.get(pk=request.pk).state == "gathering"


def test_an_address_gets_a_bounded_number_of_codes_an_hour(office: Office) -> None:
    address = make.address()
    for number in range(5):
        ask(office, nth=3 * number, requester=Requester("Alex", address))

    with pytest.raises(TooMany):
        ask(office, nth=20, requester=Requester("Alex", address))

    issuing.check_rate(address, purpose="again", now=NOW)  # its reader can still ask for a link


def test_holds_are_counted_not_people(office: Office) -> None:
    office.practice.holds_per_network = 2
    office.practice.save()
    network = requests.network_hash("192.0.2.7")
    others = [make.partner(), make.partner(), make.partner()]

    first = ask(office, "non_monogamous", others=others, network=network, nth=0)
    second = ask(office, network=network, nth=20)

    assert first.held_until is not None
    assert second.held_until is not None


def test_a_move_to_the_time_it_has_is_no_move(office: Office) -> None:
    appointment = make.booked(office)
    person = appointment.attendances.get().participant

    with pytest.raises(InvalidRequest):
        moves.ask_move(
            appointment_id=appointment.pk,
            participant_id=person.pk,
            starts=[appointment.starts_at],
            now=NOW - timedelta(days=7),
        )


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_wrong_codes_gets_ten_tries_in_all() -> None:
    office = make.make_office()
    request = make.verified(office)
    token = links.token(make.link_of(make.requester_of(request)).id)
    together = Barrier(24)
    seen: list[str] = []

    def guess() -> None:
        own_connection()
        try:
            together.wait(PATIENCE)
            links.recognise(token=token, code_typed="not a code")
        except (WrongCode, LinkUnusable) as refusal:
            seen.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen.count("wrong_code") == 10
