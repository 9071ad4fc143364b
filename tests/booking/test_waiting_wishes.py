"""Which times would suit somebody who waits: asked, kept, and honoured by every offer."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache

from booking.domain.refusals import NotTheirs
from booking.domain.waiting import DayPart, Wishes, day_part
from booking.models import Cohort, Participant, Request, WaitlistEntry, WaitlistOffer
from booking.operations import waitlist
from booking.operations.sweep import sweep
from booking.queries.people import person_page
from practice.domain.wall import zone
from practice.models import Change, Pending
from tests.booking import factories as make
from tests.booking.browsing import come_in, press, text
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

#: Monday in two weeks, 09:00 in New York, which is 14:00 in Berlin.
MONDAY = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Monday."""
    cache.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(clock: None) -> Office:
    return make.make_office()


def waits_for(office: Office, wishes: Wishes, kind: str = "individual") -> Request:
    request = make.waiting(office, kind)
    waitlist.join(participant_id=make.requester_of(request).pk, now=NOW, wishes=wishes)
    return request


def is_offered(request: Request) -> bool:
    return WaitlistOffer.objects.filter(entry__request=request).exists()


def freed(office: Office, start: datetime = MONDAY) -> None:
    make.cancelled(make.booked(office, times=[start]))


# --- Which times suit -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wishes", "suits"),
    [
        (Wishes(), True),
        (Wishes(weekdays=frozenset({0})), True),
        (Wishes(weekdays=frozenset({1, 2})), False),
        (Wishes(parts=frozenset({DayPart.MORNING})), True),
        (Wishes(parts=frozenset({DayPart.EVENING})), False),
        (Wishes(from_date=date(2026, 10, 26)), True),
        (Wishes(from_date=date(2026, 10, 27)), False),
        (Wishes(weekdays=frozenset({0}), parts=frozenset({DayPart.AFTERNOON})), False),
    ],
)
def test_everything_that_was_said_must_hold(wishes: Wishes, suits: bool) -> None:
    assert wishes.suit(MONDAY, NEW_YORK) is suits


def test_the_clock_is_that_of_whoever_waits() -> None:
    afternoons = Wishes(parts=frozenset({DayPart.AFTERNOON}))

    assert not afternoons.suit(MONDAY, NEW_YORK)
    assert afternoons.suit(MONDAY, zone("Europe/Berlin"))


@pytest.mark.parametrize(
    ("hour", "part"), [(0, "morning"), (11, "morning"), (12, "afternoon"), (17, "evening")]
)
def test_noon_and_five_divide_the_day(hour: int, part: str) -> None:
    assert day_part(hour) == part


# --- Offers ---------------------------------------------------------------------------------------


def test_a_time_goes_past_whom_it_does_not_suit_to_the_next(office: Office) -> None:
    evenings = waits_for(office, Wishes(parts=frozenset({DayPart.EVENING})))
    any_time = make.waiting(office)

    freed(office)

    assert (is_offered(evenings), is_offered(any_time)) == (False, True)


def test_a_time_that_suits_is_offered(office: Office) -> None:
    mondays = waits_for(office, Wishes(weekdays=frozenset({0})))

    freed(office)

    assert is_offered(mondays)


def test_the_day_is_that_of_the_place_where_they_are(office: Office) -> None:
    in_berlin = waits_for(office, Wishes(parts=frozenset({DayPart.AFTERNOON})))
    Participant.objects.filter(request=in_berlin).update(time_zone="Europe/Berlin")

    freed(office)

    assert is_offered(in_berlin)


def test_an_offer_kept_overnight_goes_on_if_it_suits_no_more(office: Office) -> None:
    evening = datetime(2026, 10, 12, 21, 0, tzinfo=NEW_YORK)
    first, second = make.waiting(office), make.waiting(office)
    make.cancelled(make.booked(office, times=[MONDAY]), now=evening)
    only_evenings = Wishes(parts=frozenset({DayPart.EVENING}))
    waitlist.join(participant_id=make.requester_of(first).pk, now=evening, wishes=only_evenings)

    sweep(now=WaitlistOffer.objects.get().opens_at)

    told = WaitlistOffer.objects.get(told_at__isnull=False)
    assert told.entry.request == second
    assert WaitlistOffer.objects.get(entry__request=first).outcome == "dropped"


def test_saying_that_one_still_waits_leaves_the_wishes_as_they_are(office: Office) -> None:
    wishes = Wishes(weekdays=frozenset({2}), from_date=date(2026, 11, 2))
    request = waits_for(office, wishes)

    waitlist.join(participant_id=make.requester_of(request).pk, now=NOW)

    assert WaitlistEntry.objects.get().wishes == wishes


# --- One rule for who may wait --------------------------------------------------------------------


def test_the_page_and_the_operation_agree_on_who_may_wait(office: Office) -> None:
    with_a_time = make.ready(office)
    finding = make.finding(office, "couple")
    lapsed = make.verified(office)
    Request.objects.filter(pk=lapsed.pk).update(hold_ends_at=NOW)

    for request, may in ((with_a_time, False), (finding, False), (lapsed, True)):
        alex = make.requester_of(request)
        assert person_page(alex.pk, now=NOW).waiting.can_join is may
        if may:
            waitlist.join(participant_id=alex.pk, now=NOW)
        else:
            with pytest.raises(NotTheirs):
                waitlist.join(participant_id=alex.pk, now=NOW)


def test_whoever_waits_and_is_offered_a_time_can_still_say_that_they_wait(office: Office) -> None:
    request = make.waiting(office)
    freed(office)

    waitlist.join(participant_id=make.requester_of(request).pk, now=NOW)

    assert WaitlistEntry.objects.get(request=request).left_at is None


# --- The page -------------------------------------------------------------------------------------


def test_the_page_asks_which_times_would_suit(office: Office) -> None:
    request = make.verified(office, times=(), wait=True)
    alex = make.requester_of(request)
    client, path = come_in(alex), f"/you/{alex.id}/wait/"

    home = text(client, f"/you/{alex.id}/")
    asked = text(client, path)
    done = press(
        client,
        path,
        {
            "asked": "yes",
            "parts": ["morning", "evening"],
            "weekdays": ["0", "4"],
            "from_date": "2026-11-02",
        },
    )
    again = text(client, path)

    assert "Say which times would suit" in home
    assert "once the questions of everybody who comes are answered" in home
    assert "Which part of the day?" in asked
    assert "You are on the list." in done
    assert WaitlistEntry.objects.get().wishes == Wishes(
        weekdays=frozenset({0, 4}),
        parts=frozenset({DayPart.MORNING, DayPart.EVENING}),
        from_date=date(2026, 11, 2),
    )
    assert 'value="2026-11-02"' in again
    assert again.count(" checked") == 4


def test_what_was_marked_survives_a_date_that_is_none(office: Office) -> None:
    alex = make.requester_of(make.verified(office, times=(), wait=True))

    page = press(
        come_in(alex),
        f"/you/{alex.id}/wait/",
        {"asked": "yes", "parts": ["evening"], "from_date": "2026-02-30"},
    )

    assert "Please give a date, or leave it empty." in page
    assert page.count(" checked") == 1
    assert WaitlistEntry.objects.get().wishes == Wishes()


# --- Waiting for a place in a group ---------------------------------------------------------------


def full_group(office: Office) -> Cohort:
    cohort = make.published(office)
    Cohort.objects.update(seats_taken=cohort.seats)
    return cohort


def test_whoever_waits_for_a_place_reads_so_and_nothing_of_a_time(office: Office) -> None:
    cohort = full_group(office)
    request = make.verified(
        office, "group", cohort=cohort.slug, seat_name="Robin", times=(), wait=True
    )
    alex = make.requester_of(request)
    client = come_in(alex)

    home = text(client, f"/you/{alex.id}/")
    leaving = text(client, f"/you/{alex.id}/place/leave/")
    left = press(client, f"/you/{alex.id}/place/leave/")

    assert "you are on the list of this group" in home
    assert "Take me off this list" in home
    assert "No time is kept" not in home
    assert "Give up my place" not in home + leaving
    assert "Take you off the list?" in leaving
    assert "You are not on the list any more." in left


def test_joining_the_list_of_a_full_group_is_told_like_any_list(office: Office) -> None:
    cohort = full_group(office)
    request = make.submitted(
        office, "group", cohort=cohort.slug, seat_name="Robin", times=(), wait=True
    )
    Pending.objects.all().delete()

    make.enter(make.requester_of(request))

    kinds = Pending.objects.values_list("change__kind", flat=True)
    assert sorted(kinds) == ["request_verified", "waitlist_joined"]


# --- The journal ----------------------------------------------------------------------------------


def kinds_of(request: Request) -> list[str]:
    found = Change.objects.filter(subject_id=request.pk, kind__startswith="waitlist")
    return list(found.order_by("id").values_list("kind", flat=True))


def test_a_time_kept_overnight_and_one_let_go_stand_in_the_journal(office: Office) -> None:
    evening = datetime(2026, 10, 12, 21, 0, tzinfo=NEW_YORK)
    request = make.waiting(office)
    make.cancelled(make.booked(office, times=[MONDAY]), now=evening)

    waitlist.leave(participant_id=make.requester_of(request).pk, now=evening)

    assert kinds_of(request)[-3:] == ["waitlist_kept", "waitlist_left", "waitlist_dropped"]


def test_a_seat_that_is_kept_on_stands_in_the_journal(office: Office) -> None:
    cohort = make.published(office)
    request = make.ready(office, "group", cohort=cohort.slug, seat_name="Robin")
    seat = make.seat_of(request)
    assert seat.reserved_until is not None
    later = seat.reserved_until + timedelta(minutes=1)

    sweep(now=later)

    seat.refresh_from_db()
    change = Change.objects.get(kind="seat_kept_on", subject_id=seat.pk)
    assert change.snapshot == {"until": seat.reserved_until.isoformat()}
    assert seat.state == "asked"
