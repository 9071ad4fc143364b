"""The waitlist: a freed time goes to one after the other, overnight and without a gap."""

from datetime import datetime, timedelta

import pytest

from booking.domain.refusals import HoldExpired, NotTheirs, SlotTaken
from booking.models import Appointment, Participant, Request, WaitlistEntry, WaitlistOffer
from booking.operations import (
    answers,
    cancellations,
    decisions,
    moves,
    participants,
    places,
    requests,
    waitlist,
)
from booking.operations.line import GRACE
from booking.operations.sweep import sweep
from booking.queries import people
from booking.queries.people import OwnWaiting
from booking.queries.waitlist import could_take
from practice.models import Change, EnergyRule, Pending, Practice, Service, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
#: NOW is Monday 12 October, 11:00 in New York. The evening of that day, and the next morning.
EVENING = datetime(2026, 10, 12, 21, 0, tzinfo=NEW_YORK)
MORNING = datetime(2026, 10, 13, 8, 0, tzinfo=NEW_YORK)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=NEW_YORK)


#: Monday in two weeks, 09:00.
FAR = at(26, 9)


def told() -> list[str]:
    """The kinds of changes that people may hear of, since the last look."""
    kinds = list(Pending.objects.order_by("change_id").values_list("change__kind", flat=True))
    Pending.objects.all().delete()
    return kinds


def state_of(request: Request) -> str:
    return Request.objects.get(pk=request.pk).state


def offer_of(request: Request) -> WaitlistOffer:
    return WaitlistOffer.objects.filter(entry__request=request).latest("made_at")


def outcomes(request: Request) -> list[str]:
    return list(
        WaitlistOffer.objects.filter(entry__request=request)
        .order_by("made_at")
        .values_list("outcome", flat=True)
    )


def held_at(start: datetime) -> list[Request | None]:
    return [a.request for a in Appointment.objects.filter(state="held", starts_at=start)]


def place_of(person: Participant) -> OwnWaiting:
    return people.person_page(person.pk, now=NOW).waiting


def say(person: Participant, *, accepts: bool, now: datetime) -> None:
    shown = people.person_page(person.pk, now=now).to_answer
    answers.answer_times(
        participant_id=person.pk, answers={t.appointment.pk: accepts for t in shown}, now=now
    )


def freed(office: Office, start: datetime = FAR, *, now: datetime = NOW) -> datetime:
    """A session that somebody else cancels at `now`."""
    return make.cancelled(make.booked(office, times=[start]), now=now)


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


# --- Answers --------------------------------------------------------------------------------------


def test_accepting_leaves_the_last_word_to_the_practitioner(office: Office) -> None:
    waiting = make.waiting(office)
    start = freed(office)
    told()

    say(make.requester_of(waiting), accepts=True, now=NOW + HOUR)

    assert state_of(waiting) == "ready"
    assert outcomes(waiting) == ["accepted"]
    assert held_at(start) == [waiting]
    assert told() == ["proposal_settled"]
    booked = decisions.confirm(
        request_id=waiting.pk, practitioner_id=office.practitioner.pk, now=NOW + HOUR
    ).appointment
    assert booked is not None
    assert booked.starts_at == start


def test_declined_it_is_the_next_ones_at_once(office: Office) -> None:
    first = make.waiting(office, now=NOW - HOUR)
    second = make.waiting(office)
    start = freed(office)
    told()

    say(make.requester_of(first), accepts=False, now=NOW + HOUR)

    assert held_at(start) == [second]
    assert outcomes(first) == ["declined"]
    assert (state_of(first), state_of(second)) == ("ready", "proposed")
    assert told() == ["waitlist_offered"]
    sweep(now=NOW + 30 * HOUR)
    assert "hold_lapsed" not in told()


def test_nobody_is_offered_the_same_time_twice(office: Office) -> None:
    only = make.waiting(office)
    start = freed(office)

    say(make.requester_of(only), accepts=False, now=NOW)

    assert held_at(start) == []
    assert start in make.open_starts(office, office.services["individual-50"])
    freed(office, now=NOW + HOUR)
    assert outcomes(only) == ["declined"]


def test_declining_any_number_of_times_drops_nobody(office: Office) -> None:
    waiting = make.waiting(office)
    alex = make.requester_of(waiting)

    for day in (26, 27, 28, 29):
        freed(office, at(day, 9))
        say(alex, accepts=False, now=NOW)

    assert outcomes(waiting) == ["declined"] * 4
    assert place_of(alex).is_on
    assert not place_of(alex).asks_still


def test_at_its_end_an_offer_goes_on_to_the_next_and_the_first_hears_that_it_is_gone(
    office: Office,
) -> None:
    first = make.waiting(office, now=NOW - HOUR)
    second = make.waiting(office)
    start = freed(office)
    told()

    sweep(now=NOW + 24 * HOUR)

    assert held_at(start) == [second]
    assert outcomes(first) == ["lapsed"]
    assert sorted(told()) == ["waitlist_gone", "waitlist_offered"]
    with pytest.raises(HoldExpired):
        answers.answer_times(
            participant_id=make.requester_of(first).pk, answers={}, now=NOW + 24 * HOUR
        )


def test_at_its_end_nobody_can_come_before_the_next_in_line(office: Office) -> None:
    """The sweep runs every half minute; meanwhile the time stays held."""
    make.waiting(office, now=NOW - HOUR)
    second = make.waiting(office)
    start = freed(office)
    ended = NOW + 24 * HOUR

    with pytest.raises(SlotTaken):
        make.submitted(office, now=ended + GRACE / 2, times=[start])

    sweep(now=ended + GRACE / 2)
    assert held_at(start) == [second]


def test_a_sweep_that_comes_much_too_late_takes_nothing_from_anybody(office: Office) -> None:
    waiting = make.waiting(office, now=NOW - HOUR)
    make.waiting(office)
    start = freed(office)
    late = NOW + 25 * HOUR
    stranger = make.submitted(office, now=late, times=[start])

    sweep(now=late)

    assert held_at(start) == [stranger]
    assert outcomes(waiting) == ["lapsed"]


def test_no_answer_is_taken_after_the_end_that_was_announced_though_no_sweep_has_run(
    office: Office,
) -> None:
    waiting = make.waiting(office)
    alex = make.requester_of(waiting)
    freed(office)
    offer = offer_of(waiting)
    late = offer.expires_at + GRACE / 2

    for moment in (offer.expires_at, late):
        with pytest.raises(HoldExpired):
            answers.answer_times(
                participant_id=alex.pk, answers={offer.appointment_id: True}, now=moment
            )
    sweep(now=late)

    assert outcomes(waiting) == ["lapsed"]
    assert not Appointment.objects.filter(state="booked").exists()


def test_a_day_that_has_had_all_it_may_have_offers_no_more_of_it(office: Office) -> None:
    EnergyRule.objects.create(
        practitioner=office.practitioner, kind="at_most", relationship_type="couple", limit=1
    )
    make.booked(office, "couple", times=[at(21, 9)])
    afternoon = make.booked(office, times=[at(21, 16)])
    waiting = make.waiting(office, "couple")
    assert could_take(afternoon, now=at(20, 9)) == 0

    sweep(now=at(21, 11))
    make.cancelled(afternoon, now=at(21, 11))

    assert outcomes(waiting) == []


def test_whoever_waits_does_not_expire_and_has_time_for_another_way_once_they_leave(
    office: Office,
) -> None:
    waiting = make.waiting(office)
    much_later = waiting.expires_at + timedelta(days=60)
    sweep(now=much_later)
    assert state_of(waiting) == "ready"

    waitlist.leave(participant_id=make.requester_of(waiting).pk, now=much_later)
    sweep(now=much_later + timedelta(days=13))
    assert state_of(waiting) == "ready"
    sweep(now=much_later + timedelta(days=14))

    assert state_of(waiting) == "expired"


def test_three_silences_ask_and_pause_until_they_say_that_they_still_wait(office: Office) -> None:
    waiting = make.waiting(office)
    alex = make.requester_of(waiting)
    now = NOW
    for day in (26, 27, 28):
        assert "waitlist_still" not in told()
        freed(office, at(day, 9), now=now)
        now = offer_of(waiting).expires_at
        sweep(now=now)

    assert told().count("waitlist_still") == 1
    assert place_of(alex).asks_still
    freed(office, at(29, 9), now=now)
    assert outcomes(waiting) == ["lapsed"] * 3

    waitlist.join(participant_id=alex.pk, now=now)

    assert not place_of(alex).asks_still
    freed(office, at(30, 9), now=now)
    assert len(outcomes(waiting)) == 4


def test_an_answer_between_two_silences_starts_the_count_again(office: Office) -> None:
    waiting = make.waiting(office)
    now = NOW
    for day, answers_it in ((22, False), (23, False), (26, True), (27, False), (28, False)):
        freed(office, at(day, 9), now=now)
        if answers_it:
            say(make.requester_of(waiting), accepts=False, now=now)
        else:
            now = offer_of(waiting).expires_at
            sweep(now=now)

    assert WaitlistEntry.objects.get().silences == 2
    assert "waitlist_still" not in told()


# --- Several people -------------------------------------------------------------------------------


def test_of_several_everybody_must_accept(office: Office) -> None:
    waiting = make.waiting(office, "couple")
    alex, sam = make.people_of(waiting)
    start = make.cancelled(make.booked(office, "couple", times=[FAR]))

    say(alex, accepts=True, now=NOW)
    assert (state_of(waiting), outcomes(waiting)) == ("proposed", [""])
    say(sam, accepts=True, now=NOW)

    assert (state_of(waiting), outcomes(waiting)) == ("ready", ["accepted"])
    decisions.confirm(request_id=waiting.pk, practitioner_id=office.practitioner.pk, now=NOW)
    make.let_decision_leave(waiting)
    assert Appointment.objects.get(request=waiting, state="booked").starts_at == start


def test_when_one_of_several_is_silent_the_next_in_line_gets_it(office: Office) -> None:
    waiting = make.waiting(office, "couple", now=NOW - HOUR)
    next_one = make.waiting(office, "couple")
    start = make.cancelled(make.booked(office, "couple", times=[FAR]))
    say(make.people_of(waiting)[0], accepts=True, now=NOW)
    told()

    sweep(now=NOW + 24 * HOUR)

    assert (outcomes(waiting), held_at(start)) == (["lapsed"], [next_one])
    assert sorted(told()) == ["waitlist_gone", "waitlist_offered"]
    # Somebody spoke: asking the requester whether they wait would tell who did not.
    assert WaitlistEntry.objects.get(request=waiting).silences == 0


def test_people_of_several_hear_of_a_refusal_when_the_time_would_have_ended_anyway(
    office: Office,
) -> None:
    waiting = make.waiting(office, "couple", now=NOW - HOUR)
    next_one = make.waiting(office, "couple")
    alex, sam = make.people_of(waiting)
    start = make.cancelled(make.booked(office, "couple", times=[FAR]))
    other = make.booked(office, "couple", times=[at(27, 9)])
    say(alex, accepts=True, now=NOW)
    page = people.person_page(alex.pk, now=NOW)
    told()

    say(sam, accepts=False, now=NOW)

    assert held_at(start) == [next_one]
    assert told() == ["waitlist_offered"]
    after = people.person_page(alex.pk, now=NOW)
    assert (after.outward, after.answered) == (page.outward, page.answered)
    # A second offer before that end would tell it just as well.
    make.cancelled(other)
    assert outcomes(waiting) == ["declined"]
    told()
    sweep(now=NOW + 24 * HOUR)
    assert told().count("waitlist_gone") == 2  # theirs, and that of the next in line


def test_of_several_no_time_is_offered_that_no_batch_could_confirm(office: Office) -> None:
    make.waiting(office, "couple")
    appointment = make.booked(office, "couple", times=[FAR])
    # Friday 16:30: the last batch before Monday 09:00 leaves at 17:00.
    make.cancelled(appointment, now=at(23, 16, 30))

    assert not WaitlistOffer.objects.exists()


# --- Overnight ------------------------------------------------------------------------------------


def test_in_the_evening_a_time_is_held_and_told_of_in_the_morning(office: Office) -> None:
    waiting = make.waiting(office, time_zone="America/New_York")
    alex = make.requester_of(waiting)
    told()

    start = freed(office, now=EVENING)

    assert held_at(start) == [waiting]
    assert state_of(waiting) == "ready"
    assert "waitlist_offered" not in told()
    before = people.person_page(alex.pk, now=EVENING)
    assert (before.wanted, before.to_answer) == ([], [])
    sweep(now=MORNING - timedelta(minutes=1))
    assert told() == []
    with pytest.raises(SlotTaken):
        make.submitted(office, now=MORNING - HOUR, times=[start])

    sweep(now=MORNING)

    assert told() == ["waitlist_offered"]
    assert offer_of(waiting).expires_at == MORNING + 24 * HOUR
    page = people.person_page(alex.pk, now=MORNING)
    assert [t.appointment.starts_at for t in page.to_answer] == [start]


def test_whoever_is_up_late_is_told_in_their_own_daytime(office: Office) -> None:
    waiting = make.waiting(office, time_zone="America/New_York")
    waiting.participants.update(quiet_from=23 * 60, quiet_until=10 * 60)

    freed(office, now=EVENING)

    assert offer_of(waiting).opens_at == EVENING


def test_the_morning_is_everybodys_morning(office: Office) -> None:
    waiting = make.waiting(office, "couple", time_zone="America/New_York")
    sam = make.people_of(waiting)[1]
    Participant.objects.filter(pk=sam.pk).update(time_zone="America/Los_Angeles")

    make.cancelled(make.booked(office, "couple", times=[FAR]), now=EVENING)

    assert offer_of(waiting).opens_at == MORNING + 3 * HOUR


def test_whoever_cannot_take_it_any_more_in_the_morning_is_passed_over(office: Office) -> None:
    first = make.waiting(office, now=NOW - HOUR, time_zone="America/New_York")
    second = make.waiting(office, time_zone="America/New_York")
    start = freed(office, now=EVENING)
    make.unclear(make.requester_of(first), now=EVENING)
    told()

    sweep(now=MORNING)

    assert (outcomes(first), held_at(start)) == (["dropped"], [second])
    assert told() == ["waitlist_offered"]
    assert WaitlistEntry.objects.get(request=first).silences == 0


def test_a_place_without_a_call_gives_the_time_that_was_kept_for_it_to_the_next(
    office: Office,
) -> None:
    cohort = make.published(office)
    first, second = (
        make.waiting(
            office,
            "group",
            now=NOW - HOUR * ahead,
            cohort=cohort.slug,
            seat_name=name,
            time_zone="America/New_York",
        )
        for ahead, name in ((1, "Robin"), (0, "Kim"))
    )
    start = make.cancelled(
        make.booked(office, "group", times=[FAR], cohort=cohort.slug, seat_name="Noor"),
        now=EVENING,
    )
    assert held_at(start) == [first]

    places.give_seat(
        seat_id=make.seat_of(first).pk,
        practitioner_id=office.practitioner.pk,
        now=EVENING,
        without_call=True,
    )

    assert (outcomes(first), held_at(start)) == (["dropped"], [second])


@pytest.mark.parametrize("way", ["withdraw", "leave", "decline", "propose"])
def test_what_ends_their_waiting_gives_the_time_to_the_next_in_the_same_moment(
    office: Office, way: str
) -> None:
    first = make.waiting(office, now=NOW - HOUR, time_zone="America/New_York")
    second = make.waiting(office, time_zone="America/New_York")
    start = freed(office, now=EVENING)
    alex, practitioner = make.requester_of(first), office.practitioner

    if way == "withdraw":
        requests.withdraw(participant_id=alex.pk, now=EVENING)
    elif way == "leave":
        waitlist.leave(participant_id=alex.pk, now=EVENING)
    elif way == "decline":
        decisions.decline(request_id=first.pk, practitioner_id=practitioner.pk, now=EVENING)
    else:
        decisions.propose(
            request_id=first.pk, practitioner_id=practitioner.pk, starts=[at(30, 9)], now=EVENING
        )

    assert (outcomes(first), held_at(start)) == (["dropped"], [second])
    told()
    sweep(now=MORNING)
    assert "waitlist_offered" in told()


def test_a_day_of_illness_takes_an_untold_offer_back_without_a_word(office: Office) -> None:
    waiting = make.waiting(office, time_zone="America/New_York")
    start = freed(office, now=EVENING)
    told()

    cancellations.cancel_day(practitioner_id=office.practitioner.pk, day=start.date(), now=EVENING)
    sweep(now=EVENING)
    sweep(now=MORNING)

    assert (outcomes(waiting), held_at(start), told()) == (["dropped"], [], [])


def test_a_day_of_illness_takes_a_told_offer_back_kindly(office: Office) -> None:
    waiting = make.waiting(office)
    start = freed(office)
    told()

    cancellations.cancel_day(practitioner_id=office.practitioner.pk, day=start.date(), now=NOW)
    sweep(now=NOW)

    assert (outcomes(waiting), state_of(waiting)) == (["dropped"], "ready")
    assert told() == ["waitlist_gone"]
    assert WaitlistEntry.objects.get().silences == 0


def test_leaving_the_list_keeps_an_offer_that_they_were_told_of(office: Office) -> None:
    waiting = make.waiting(office)
    start = freed(office)
    alex = make.requester_of(waiting)

    waitlist.leave(participant_id=alex.pk, now=NOW)
    say(alex, accepts=True, now=NOW)

    assert (outcomes(waiting), held_at(start)) == (["accepted"], [waiting])


def test_going_on_without_somebody_settles_what_the_others_have_accepted(office: Office) -> None:
    waiting = make.waiting(office, "non_monogamous")
    alex, kai, noor = make.people_of(waiting)
    make.cancelled(make.booked(office, "couple", times=[FAR]))
    for person in (alex, kai):
        say(person, accepts=True, now=NOW)

    participants.excuse(participant_id=noor.pk, practitioner_id=office.practitioner.pk, now=NOW)

    assert (outcomes(waiting), state_of(waiting)) == (["accepted"], "ready")


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
