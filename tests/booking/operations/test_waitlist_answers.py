"""What an offer leads to: one after the other, and no time lost."""

from datetime import timedelta

import pytest

from booking.domain.refusals import HoldExpired, SlotTaken
from booking.models import Appointment, WaitlistEntry, WaitlistOffer
from booking.operations import answers, decisions, waitlist
from booking.operations.line import GRACE
from booking.operations.sweep import sweep
from booking.queries import people
from booking.queries.waitlist import could_take
from practice.models import EnergyRule
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
