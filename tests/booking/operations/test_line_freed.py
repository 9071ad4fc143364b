"""What the later dates of a series leave, and a group called off, goes to whoever waits first."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.domain.refusals import SlotTaken
from booking.models import Appointment, Cohort, Request, Series, WaitlistEntry, WaitlistOffer
from booking.operations import appointments, cancellations, decisions, groups, moves, series
from booking.operations.sweep import sweep
from booking.queries import series as series_queries
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CHICAGO = ZoneInfo("America/Chicago")
#: Monday in two weeks, 09:00: the first date of every series here.
FIRST = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)
#: `NOW` is late in the morning. That evening, when nobody is written to, and the next morning, on
#: the clock of those who wait.
EVENING = datetime(2026, 10, 12, 21, 0, tzinfo=CHICAGO)
MORNING = datetime(2026, 10, 13, 8, 0, tzinfo=CHICAGO)


def week(number: int, *, days: int = 0, hour: int = 9, minute: int = 0) -> datetime:
    """So many weeks and days after the first date, at that time on the wall."""
    return FIRST.replace(hour=hour, minute=minute) + timedelta(weeks=number, days=days)


def started(office: Office, *, first: Appointment | None = None, dates: int = 3) -> Series:
    """A weekly series on Mondays at 09:00."""
    first = first or make.booked(office, times=[FIRST])
    return series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[week(n) for n in range(1, dates)],
        now=NOW,
    )


def move_from(
    office: Office, found: Series, number: int, to: datetime, *, now: datetime = NOW
) -> None:
    """Move one date, counted from 0, and all that follow."""
    series.move_following(
        appointment_id=series_queries.dates(found.pk)[number].pk,
        practitioner_id=office.practitioner.pk,
        starts_at=to,
        now=now,
    )


def call_off(office: Office, cohort: Cohort, *, now: datetime = NOW) -> None:
    groups.call_off(cohort_id=cohort.pk, practitioner_id=office.practitioner.pk, now=now)


def line_of(office: Office, length: int, *, service: str = "individual-50") -> list[Request]:
    """Single people who wait for any time, whose turn comes first first."""
    return [
        make.waiting(office, service=service, now=NOW - HOUR + timedelta(minutes=n))
        for n in range(length)
    ]


def offered() -> list[tuple[Request, datetime]]:
    """Who is kept which time or asked about it, by time."""
    found = WaitlistOffer.objects.filter(settled_at__isnull=True).order_by("appointment__starts_at")
    return [(o.entry.request, o.appointment.starts_at.astimezone(NEW_YORK)) for o in found]


def state_of(request: Request) -> str:
    return Request.objects.get(pk=request.pk).state


def is_open(office: Office, *starts: datetime) -> bool:
    found = make.open_starts(office, office.service("individual"), days=60)
    return all(start in found for start in starts)


# --- The later dates of a series move -------------------------------------------------------------


def test_each_time_that_the_dates_of_a_series_leave_is_offered_to_another_in_line(
    office: Office,
) -> None:
    found = started(office)
    one, two = line_of(office, 2)

    move_from(office, found, 0, week(0, days=1))

    assert offered() == [(one, week(0)), (two, week(1))]
    assert (state_of(one), state_of(two)) == ("proposed", "proposed")
    assert not is_open(office, week(0))
    assert not is_open(office, week(1))
    assert is_open(office, week(2))


def test_earlier_dates_keep_their_time_and_offer_nothing(office: Office) -> None:
    found = started(office)
    one, _two = line_of(office, 2)

    move_from(office, found, 2, week(2, days=1))

    assert offered() == [(one, week(2))]


def test_a_time_that_another_date_of_the_series_takes_is_not_free(office: Office) -> None:
    found = started(office)
    one, *_others = line_of(office, 3)

    move_from(office, found, 0, week(1))

    assert offered() == [(one, week(0))]


def test_nor_is_one_that_another_date_of_the_series_overlaps(office: Office) -> None:
    found = started(office)
    one, *_others = line_of(office, 3)

    move_from(office, found, 0, week(1, minute=30))

    assert offered() == [(one, week(0))]


def test_nor_is_one_that_the_moved_date_itself_still_overlaps(office: Office) -> None:
    found = started(office)
    line_of(office, 3)

    move_from(office, found, 0, week(0, minute=30))

    assert offered() == []


def test_what_is_left_before_an_overlapping_date_goes_to_whom_it_is_long_enough_for(
    office: Office,
) -> None:
    found = started(office)
    line_of(office, 1)
    [short] = line_of(office, 1, service="individual-call")

    move_from(office, found, 2, week(2, minute=30))

    assert offered() == [(short, week(2))]


def test_what_is_offered_never_reaches_into_where_a_later_date_goes(office: Office) -> None:
    found = started(office)
    couple, _another = (
        make.waiting(office, "couple", now=NOW - 2 * HOUR + timedelta(minutes=n)) for n in range(2)
    )
    [single] = line_of(office, 1)

    move_from(office, found, 0, week(1, hour=10))

    # From the second week on 80 minutes would run into the date that stands at ten now.
    assert offered() == [(couple, week(0)), (single, week(1))]


def test_whom_a_time_is_too_short_for_is_passed_over_and_offered_the_next(office: Office) -> None:
    found = started(office, dates=2)
    make.booked(office, times=[week(0, hour=10)])
    couple = make.waiting(office, "couple", now=NOW - 2 * HOUR)
    [single] = line_of(office, 1)

    move_from(office, found, 0, week(0, days=1))

    assert offered() == [(single, week(0)), (couple, week(1))]


def test_a_date_that_stands_already_where_the_others_go_leaves_nothing(office: Office) -> None:
    found = started(office)
    second = series_queries.dates(found.pk)[1]
    appointments.reschedule(
        appointment_id=second.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=week(1, days=1),
        now=NOW,
    )
    one, two, _three = line_of(office, 3)

    move_from(office, found, 0, week(0, days=1))

    assert offered() == [(one, week(0)), (two, week(2))]


def test_a_date_that_was_skipped_before_is_not_offered_again_by_the_move(office: Office) -> None:
    found = started(office)
    cancellations.cancel_by_practitioner(
        appointment_id=series_queries.dates(found.pk)[1].pk,
        practitioner_id=office.practitioner.pk,
        now=NOW,
    )
    one, two, _three = line_of(office, 3)

    move_from(office, found, 0, week(0, days=1))

    assert offered() == [(one, week(0)), (two, week(2))]


@pytest.mark.parametrize("minutes", [-45, 20], ids=["too-near", "begun"])
def test_a_time_that_is_too_near_or_past_is_offered_to_nobody(office: Office, minutes: int) -> None:
    found = started(office)
    one, two, _three = line_of(office, 3)

    move_from(office, found, 0, week(0, days=1), now=FIRST + timedelta(minutes=minutes))

    assert offered() == [(one, week(1)), (two, week(2))]


def test_where_one_date_cannot_go_nothing_is_offered(office: Office) -> None:
    found = started(office)
    make.booked(office, times=[week(2, days=1)])
    [waits] = line_of(office, 1)

    with pytest.raises(SlotTaken):
        move_from(office, found, 0, week(0, days=1))

    assert offered() == []
    assert state_of(waits) == "ready"


def test_times_left_at_night_are_held_at_once_and_offered_in_the_morning(office: Office) -> None:
    found = started(office)
    one, two = line_of(office, 2)

    move_from(office, found, 0, week(0, days=1), now=EVENING)

    assert offered() == [(one, week(0)), (two, week(1))]
    assert (state_of(one), state_of(two)) == ("ready", "ready")
    assert not is_open(office, week(0))
    sweep(now=MORNING - timedelta(minutes=1))
    assert (state_of(one), state_of(two)) == ("ready", "ready")
    sweep(now=MORNING)
    assert (state_of(one), state_of(two)) == ("proposed", "proposed")
    assert offered() == [(one, week(0)), (two, week(1))]


def test_nobody_waits_and_the_times_that_a_series_leaves_are_open_again(office: Office) -> None:
    found = started(office)

    move_from(office, found, 0, week(0, days=1))

    assert offered() == []
    assert is_open(office, week(0), week(1), week(2))


def test_people_of_the_series_who_waited_once_are_not_asked_about_what_they_leave(
    office: Office,
) -> None:
    waited = make.waiting(office)
    decisions.propose(
        request_id=waited.pk, practitioner_id=office.practitioner.pk, starts=[FIRST], now=NOW
    )
    [proposed] = Appointment.objects.filter(request=waited, state="held")
    make.answer_all(waited, [proposed.pk])
    found = started(office, first=Appointment.objects.get(pk=proposed.pk))
    assert WaitlistEntry.objects.filter(request=waited, left_at__isnull=True).exists()

    move_from(office, found, 0, week(0, days=1))

    assert offered() == []
    assert is_open(office, week(0))


def test_whoever_declines_a_time_that_a_series_left_makes_room_for_the_next(
    office: Office,
) -> None:
    found = started(office, dates=2)
    one, two, three = line_of(office, 3)
    move_from(office, found, 0, week(0, days=1))
    assert offered() == [(one, week(0)), (two, week(1))]

    make.answer_all(one, [])

    assert offered() == [(three, week(0)), (two, week(1))]


def test_what_was_held_to_move_one_of_the_dates_goes_to_the_line_too(office: Office) -> None:
    found = started(office, first=make.booked(office, "couple", times=[FIRST]))
    alex, _sam = make.people_of(found.request)
    moves.ask_move(
        appointment_id=series_queries.dates(found.pk)[1].pk,
        participant_id=alex.pk,
        starts=[week(1, days=2), week(1, days=3)],
        now=NOW,
    )
    one, two, three = line_of(office, 3)

    # Of the two times that were held one is where that date goes now.
    move_from(office, found, 1, week(1, days=2))

    assert offered() == [(one, week(1)), (three, week(1, days=3)), (two, week(2))]


# --- A group is called off ------------------------------------------------------------------------


def test_each_time_of_a_group_called_off_is_offered_to_another_in_line(office: Office) -> None:
    cohort = make.published(office)
    one, two = line_of(office, 2)
    tuesdays = make.group_starts(office)

    call_off(office, cohort)

    assert offered() == [(one, tuesdays[0]), (two, tuesdays[1])]
    assert (state_of(one), state_of(two)) == ("proposed", "proposed")
    assert not is_open(office, tuesdays[0])
    assert is_open(office, *tuesdays[2:])


def test_nobody_waits_and_the_times_of_the_group_are_open_again(office: Office) -> None:
    cohort = make.published(office)

    call_off(office, cohort)

    assert offered() == []
    assert is_open(office, *make.group_starts(office))


def test_the_time_of_a_group_called_off_at_night_is_offered_in_the_morning(office: Office) -> None:
    cohort = make.published(office)
    [waits] = line_of(office, 1)
    first = make.group_starts(office)[0]

    call_off(office, cohort, now=EVENING)

    assert (offered(), state_of(waits)) == ([(waits, first)], "ready")
    assert not is_open(office, first)
    sweep(now=MORNING)
    assert (offered(), state_of(waits)) == ([(waits, first)], "proposed")


@pytest.mark.parametrize("minutes", [-45, 20], ids=["too-near", "begun"])
def test_a_session_of_the_group_that_is_too_near_or_past_is_offered_to_nobody(
    office: Office, minutes: int
) -> None:
    cohort = make.published(office)
    one, two, three, _four = line_of(office, 4)
    first, *others = make.group_starts(office)

    call_off(office, cohort, now=first + timedelta(minutes=minutes))

    assert offered() == list(zip((one, two, three), others, strict=True))


def test_whoever_waited_for_the_call_before_joining_this_group_is_refused_and_not_offered_it(
    office: Office,
) -> None:
    cohort = make.published(office)
    asking = make.waiting(office, "group", cohort=cohort.slug, seat_name="Kim", now=NOW - 2 * HOUR)
    [waits] = line_of(office, 1)

    call_off(office, cohort)

    assert offered() == [(waits, make.group_starts(office)[0])]
    assert not WaitlistOffer.objects.filter(entry__request=asking).exists()
    assert state_of(asking) == "declined"


def test_whoever_waits_for_the_call_before_joining_another_group_can_have_it(
    office: Office,
) -> None:
    cohort = make.published(office)
    tuesdays = make.group_starts(office)
    another = make.published(office, starts=[start - timedelta(hours=6) for start in tuesdays])
    asking = make.waiting(office, "group", cohort=another.slug, seat_name="Kim")

    call_off(office, cohort)

    assert offered() == [(asking, tuesdays[0])]


def test_members_of_the_group_are_not_asked_about_the_times_they_lose(office: Office) -> None:
    cohort = make.published(office)
    member = make.member(office, cohort, times=[], wait=True)
    assert WaitlistEntry.objects.filter(request=member.request, left_at__isnull=True).exists()

    call_off(office, cohort)

    assert offered() == []
    assert is_open(office, *make.group_starts(office))
