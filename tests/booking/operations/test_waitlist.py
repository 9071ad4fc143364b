"""The waitlist: who is on it, and to whom a freed time is offered."""

from datetime import timedelta

import pytest

from booking.domain.refusals import NotTheirs
from booking.models import Request, WaitlistEntry, WaitlistOffer
from booking.operations import cancellations, decisions, moves, waitlist
from booking.queries import people
from booking.queries.waitlist import could_take
from practice.models import Change, EnergyRule, Practice, Service, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.waiting_line import (
    FAR,
    HOUR,
    at,
    freed,
    held_at,
    offer_of,
    outcomes,
    place_of,
    say,
    state_of,
    told,
)

pytestmark = pytest.mark.django_db


# --- On and off the list --------------------------------------------------------------------------


def test_the_requester_of_an_open_request_joins_and_leaves(office: Office) -> None:
    request = make.ready(office, times=(), wait=True)
    alex = make.requester_of(request)
    waitlist.leave(participant_id=alex.pk, now=NOW)
    told()

    waitlist.join(participant_id=alex.pk, now=NOW)

    assert told() == ["waitlist_joined"]
    assert place_of(alex).is_on
    waitlist.leave(participant_id=alex.pk, now=NOW)
    assert not place_of(alex).is_on
    assert told() == []
    with pytest.raises(NotTheirs):
        waitlist.leave(participant_id=alex.pk, now=NOW)
    waitlist.join(participant_id=alex.pk, now=NOW + HOUR)
    assert WaitlistEntry.objects.get().joined_at == NOW + HOUR


def test_joining_twice_is_joining_once(office: Office) -> None:
    alex = make.requester_of(make.waiting(office))
    told()

    waitlist.join(participant_id=alex.pk, now=NOW + HOUR)

    assert WaitlistEntry.objects.get().joined_at == NOW
    assert told() == []


def test_only_the_requester_of_an_open_request_may_join(office: Office) -> None:
    sam = make.people_of(make.ready(office, "couple"))[1]
    unverified = make.requester_of(make.submitted(office))
    confirmed = make.booked(office, times=[FAR]).attendances.get().participant

    for person in (sam, unverified, confirmed):
        assert not place_of(person).can_join
        with pytest.raises(NotTheirs):
            waitlist.join(participant_id=person.pk, now=NOW)


def test_who_asked_to_wait_is_told_so_once_their_address_is_theirs(office: Office) -> None:
    request = make.submitted(office, times=[], wait=True)
    assert "waitlist_joined" not in told()

    make.enter(make.requester_of(request))

    assert "waitlist_joined" in told()


# --- A time opens up ------------------------------------------------------------------------------


def test_a_time_that_a_client_gives_back_is_offered_to_the_first_in_line(office: Office) -> None:
    later = make.waiting(office, now=NOW - HOUR)
    first = make.waiting(office, now=NOW - 2 * HOUR)
    told()

    start = freed(office)

    assert held_at(start) == [first]
    assert (state_of(first), state_of(later)) == ("proposed", "ready")
    offer = offer_of(first)
    assert (offer.opens_at, offer.told_at, offer.expires_at) == (NOW, NOW, NOW + 24 * HOUR)
    page = people.person_page(make.requester_of(first).pk, now=NOW)
    assert [t.appointment.starts_at for t in page.to_answer] == [start]
    assert page.answer_until == offer.expires_at
    kinds = told()
    assert kinds.count("waitlist_offered") == 1
    assert "request_proposed" not in kinds
    assert start not in make.open_starts(office, office.services["individual-50"])


def test_a_time_that_a_client_moves_away_from_is_offered(office: Office) -> None:
    waiting = make.waiting(office)
    appointment = make.booked(office, times=[FAR])
    alex = appointment.attendances.get().participant

    moves.ask_move(
        appointment_id=appointment.pk, participant_id=alex.pk, starts=[at(27, 9)], now=NOW
    )

    assert held_at(FAR) == [waiting]


def test_a_time_that_several_agree_to_move_away_from_is_offered(office: Office) -> None:
    waiting = make.waiting(office)
    appointment = make.booked(office, "couple", times=[FAR])
    alex, sam = (a.participant for a in appointment.attendances.order_by("participant__position"))
    moves.ask_move(
        appointment_id=appointment.pk, participant_id=alex.pk, starts=[at(27, 9)], now=NOW
    )
    assert held_at(FAR) == []

    say(sam, accepts=True, now=NOW)

    assert held_at(FAR) == [waiting]


@pytest.mark.parametrize("offered", [False, True])
def test_the_practitioner_chooses_whether_a_cancelled_time_is_offered(
    office: Office, offered: bool
) -> None:
    waiting = make.waiting(office)
    appointment = make.booked(office, times=[FAR])
    assert could_take(appointment, now=NOW) == 1

    cancellations.cancel_by_practitioner(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        now=NOW,
        offer_new_times=False,
        offer_to_waitlist=offered,
    )

    assert held_at(FAR) == ([waiting] if offered else [])


def test_a_day_of_illness_offers_nothing(office: Office) -> None:
    make.waiting(office)
    make.booked(office, times=[FAR])

    cancellations.cancel_day(practitioner_id=office.practitioner.pk, day=FAR.date(), now=NOW)

    assert not WaitlistOffer.objects.exists()


def test_a_time_given_back_too_late_to_be_answered_is_not_offered(office: Office) -> None:
    make.waiting(office)
    appointment = make.booked(office, times=[FAR])
    soon = FAR - timedelta(minutes=80)

    make.cancelled(appointment, now=soon)

    assert not WaitlistOffer.objects.exists()


def test_a_time_of_the_same_day_is_offered_for_two_hours_whatever_the_notice(
    office: Office,
) -> None:
    waiting = make.waiting(office)
    appointment = make.booked(office, times=[at(26, 14)])

    make.cancelled(appointment, now=at(26, 9))

    assert held_at(at(26, 14)) == [waiting]
    assert offer_of(waiting).expires_at == at(26, 11)


# --- Whom it fits ---------------------------------------------------------------------------------


def test_a_longer_session_is_passed_over_where_there_is_no_room_for_it(office: Office) -> None:
    long = make.waiting(office, "couple", now=NOW - HOUR)
    short = make.waiting(office)
    make.booked(office, times=[at(26, 10)])

    start = freed(office)  # 09:00 to 10:00

    assert held_at(start) == [short]
    assert outcomes(long) == []


def test_a_way_to_meet_that_the_hours_do_not_offer_is_passed_over(office: Office) -> None:
    make.waiting(office, modality="phone", now=NOW - HOUR)
    by_video = make.waiting(office)
    appointment = make.booked(office, times=[FAR])
    WeeklyHours.objects.update(modalities=["video"])

    make.cancelled(appointment)

    assert held_at(FAR) == [by_video]


def test_caps_and_energy_rules_hold_for_offers_too(office: Office) -> None:
    make.waiting(office, "couple")
    EnergyRule.objects.create(
        practitioner=office.practitioner, kind="at_most", relationship_type="couple", limit=1
    )
    Service.objects.filter(slug="individual-50").update(buffer_after_minutes=60)
    appointment = make.booked(office, times=[FAR])
    make.booked(office, "couple", times=[at(26, 14)])

    make.cancelled(appointment)

    assert not WaitlistOffer.objects.exists()


def test_time_off_is_not_offered(office: Office) -> None:
    make.waiting(office)
    appointment = make.booked(office, times=[FAR])
    TimeOff.objects.create(
        practitioner=office.practitioner, starts_at=FAR - HOUR, ends_at=FAR + HOUR
    )

    make.cancelled(appointment)

    assert not WaitlistOffer.objects.exists()


def test_nobody_who_could_not_be_confirmed_is_offered_a_time(office: Office) -> None:
    unfinished = make.verified(office, times=[], wait=True)
    reviewed = make.waiting(office)
    Request.objects.filter(pk=reviewed.pk).update(review_open=True)
    elsewhere = make.waiting(office, region="NJ")
    Practice.objects.update(locations=[{"country": "US", "region": "NY", "label": "New York"}])
    with_a_time = make.waiting(office)
    decisions.propose(
        request_id=with_a_time.pk,
        practitioner_id=office.practitioner.pk,
        starts=[at(28, 9)],
        now=NOW,
    )
    gone = make.waiting(office)
    waitlist.leave(participant_id=make.requester_of(gone).pk, now=NOW)
    decided = make.waiting(office, "couple")
    decisions.decline(request_id=decided.pk, practitioner_id=office.practitioner.pk, now=NOW)

    freed(office)

    assert [outcomes(r) for r in (unfinished, reviewed, elsewhere, with_a_time, gone, decided)] == [
        []
    ] * 6


def test_one_entry_has_one_offer_at_a_time(office: Office) -> None:
    waiting = make.waiting(office)
    first, second = (make.booked(office, times=[s]) for s in (FAR, at(27, 9)))

    make.cancelled(first)
    make.cancelled(second)

    assert (held_at(FAR), held_at(at(27, 9))) == ([waiting], [])


# --- The journal ----------------------------------------------------------------------------------


def test_the_journal_accounts_for_every_offer(office: Office) -> None:
    waiting = make.waiting(office)
    freed(office)
    say(make.requester_of(waiting), accepts=False, now=NOW)

    kinds = list(
        Change.objects.filter(subject_id=waiting.pk).order_by("id").values_list("kind", flat=True)
    )

    assert kinds[-5:] == [
        "waitlist_kept",
        "waitlist_offered",
        "times_answered",
        "waitlist_declined",
        "proposal_settled",
    ]
