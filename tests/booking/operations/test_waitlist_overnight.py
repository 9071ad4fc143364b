"""A time freed in the evening is held, and told of in the morning."""

from datetime import timedelta

import pytest

from booking.domain.refusals import SlotTaken
from booking.models import Participant, WaitlistEntry
from booking.operations import cancellations, decisions, participants, places, requests, waitlist
from booking.operations.sweep import sweep
from booking.queries import people
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.booking.operations.waiting_line import (
    EVENING,
    FAR,
    HOUR,
    MORNING,
    at,
    freed,
    held_at,
    offer_of,
    outcomes,
    say,
    state_of,
    told,
)

pytestmark = pytest.mark.django_db


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
