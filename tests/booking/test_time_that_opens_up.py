"""However a time is given back for good, whoever waits for one comes before everybody else."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from booking.models import Appointment, Request, WaitlistOffer
from booking.operations import (
    answers,
    appointments,
    calendar,
    cancellations,
    decisions,
    line,
    moves,
    parting,
    requests,
    series,
)
from booking.operations.calendar import lock_calendar_and_request
from booking.operations.sweep import sweep
from booking.queries import series as series_queries
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office

pytestmark = pytest.mark.django_db

FAR = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def offered() -> list[tuple[Request, datetime]]:
    """Who is kept which time, or asked about it."""
    found = WaitlistOffer.objects.filter(settled_at__isnull=True).order_by("made_at")
    return [(o.entry.request, o.appointment.starts_at.astimezone(NEW_YORK)) for o in found]


def withdrawn(office: Office, request: Request) -> None:
    requests.withdraw(participant_id=make.requester_of(request).pk, now=NOW)


def declined(office: Office, request: Request) -> None:
    decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)


@pytest.mark.parametrize("end", [withdrawn, declined])
def test_a_request_that_ends_gives_its_time_to_the_next_in_line(
    office: Office, end: Callable[[Office, Request], None]
) -> None:
    held = make.ready(office, times=[FAR])
    waits = make.waiting(office)

    end(office, held)

    assert offered() == [(waits, FAR)]
    assert FAR not in make.open_starts(office, office.service("individual"))


def test_nobody_waits_and_the_time_is_open_again(office: Office) -> None:
    held = make.ready(office, times=[FAR])

    withdrawn(office, held)

    assert offered() == []
    assert FAR in make.open_starts(office, office.service("individual"))


def test_the_sweep_tells_whoever_it_is_kept_for(office: Office) -> None:
    held = make.ready(office, times=[FAR])
    waits = make.waiting(office)
    withdrawn(office, held)

    sweep(now=NOW)

    assert Request.objects.get(pk=waits.pk).state == "proposed"


def test_a_hold_that_lapses_is_kept_for_the_next_in_line(office: Office) -> None:
    held = make.verified(office, times=[FAR])
    assert held.hold_ends_at is not None
    waits = make.waiting(office)

    sweep(now=held.hold_ends_at)

    assert offered() == [(waits, FAR)]


def test_a_hold_that_nobody_confirmed_by_a_code_is_too(office: Office) -> None:
    make.submitted(office, times=[FAR])
    waits = make.waiting(office)

    sweep(now=NOW + timedelta(minutes=31))

    assert offered() == [(waits, FAR)]


def test_what_another_press_found_lapsed_is_not_lost_on_the_way(office: Office) -> None:
    held = make.verified(office, times=[FAR])
    assert held.hold_ends_at is not None
    waits = make.waiting(office)
    other = make.booked(office, times=[FAR + timedelta(days=1)])
    appointments.reschedule(
        appointment_id=other.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=FAR + timedelta(days=2),
        now=held.hold_ends_at,
    )
    assert Appointment.objects.get(request=held).state == "released"

    sweep(now=held.hold_ends_at + timedelta(minutes=1))

    assert offered() == [(waits, FAR)]


def test_what_was_found_lapsed_is_passed_on_even_where_nothing_else_is_due(office: Office) -> None:
    request = make.submitted(office, times=[FAR])
    [hold] = Appointment.objects.filter(request=request)
    assert hold.held_until is not None
    later = hold.held_until + timedelta(minutes=1)
    calendar.release_lapsed(office.practitioner.pk, now=later)
    waits = make.waiting(office)

    sweep(now=later)

    assert offered() == [(waits, FAR)]


@pytest.mark.parametrize("found_by_other", [True, False], ids=["another-press", "the-sweep"])
def test_a_hold_that_lapsed_is_passed_on_by_one_sweep_only(
    office: Office, *, found_by_other: bool
) -> None:
    request = make.submitted(office, times=[FAR])
    [hold] = Appointment.objects.filter(request=request)
    assert hold.held_until is not None
    later = hold.held_until + timedelta(minutes=1)
    if found_by_other:
        calendar.release_lapsed(office.practitioner.pk, now=later)
    sweep(now=later)

    # Nobody waited when it was passed on: it is open to everybody, and stays so.
    make.waiting(office)
    sweep(now=later + timedelta(minutes=1))

    assert offered() == []
    assert not Appointment.objects.filter(line.found_lapsed(later)).exists()


def test_what_was_given_back_on_purpose_is_not_taken_for_lapsed_later(office: Office) -> None:
    held = make.verified(office, times=[FAR])
    assert held.hold_ends_at is not None
    withdrawn(office, held)

    make.waiting(office)
    sweep(now=held.hold_ends_at)

    assert offered() == []


def test_whoever_let_it_go_is_not_asked_about_it_again(office: Office) -> None:
    waits = make.waiting(office)
    decisions.propose(
        request_id=waits.pk, practitioner_id=office.practitioner.pk, starts=[FAR], now=NOW
    )
    [held] = Appointment.objects.filter(request=waits, state="held")

    answers.answer_times(
        participant_id=make.requester_of(waits).pk, answers={held.pk: False}, now=NOW
    )

    assert offered() == []
    assert FAR in make.open_starts(office, office.service("individual"))


def test_times_of_a_proposal_that_were_not_chosen_go_to_whoever_waits(office: Office) -> None:
    asked = make.ready(office, times=[FAR])
    waits = make.waiting(office)
    chosen, other = FAR + timedelta(days=1), FAR + timedelta(days=2)
    decisions.propose(
        request_id=asked.pk,
        practitioner_id=office.practitioner.pk,
        starts=[chosen, other],
        now=NOW,
    )
    after_proposing = offered()
    held = {a.starts_at: a.pk for a in Appointment.objects.filter(request=asked, state="held")}

    answers.answer_times(
        participant_id=make.requester_of(asked).pk,
        answers={pk: start == chosen for start, pk in held.items()},
        now=NOW,
    )

    # Their own first choice was given up for the proposal; whoever waits is asked one at a time.
    assert after_proposing == [(waits, FAR)]
    assert offered() == after_proposing
    assert other in make.open_starts(office, office.service("individual"))


@pytest.mark.parametrize(("ticked", "count"), [(True, 1), (False, 0)])
def test_the_practitioner_chooses_whether_a_moved_time_is_offered(
    office: Office, ticked: bool, count: int
) -> None:
    appointment = make.booked(office, times=[FAR])
    make.waiting(office)

    appointments.reschedule(
        appointment_id=appointment.pk,
        practitioner_id=office.practitioner.pk,
        starts_at=FAR + timedelta(days=1),
        offer_to_waitlist=ticked,
        now=NOW,
    )

    assert [start for _request, start in offered()] == [FAR] * count


@pytest.mark.parametrize(("ticked", "count"), [(True, 1), (False, 0)])
def test_the_practitioner_chooses_whether_the_times_of_a_pause_are_offered(
    office: Office, ticked: bool, count: int
) -> None:
    first = make.booked(office, times=[FAR])
    run = series.start_series(
        appointment_id=first.pk,
        practitioner_id=office.practitioner.pk,
        every_weeks=1,
        starts=[FAR + timedelta(weeks=1, hours=1), FAR + timedelta(weeks=2, hours=1)],
        now=NOW,
    )
    make.waiting(office)
    second = series_queries.dates(run.pk)[1].starts_at.astimezone(NEW_YORK)

    series.pause(
        series_id=run.pk,
        practitioner_id=office.practitioner.pk,
        first=second.date(),
        until=second.date() + timedelta(days=1),
        offer_to_waitlist=ticked,
        now=NOW,
    )

    assert [start for _request, start in offered()] == [second] * count


def test_people_who_part_leave_their_times_to_those_who_wait(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[FAR])
    waits = make.waiting(office)
    assert appointment.request_id is not None

    with transaction.atomic():
        request = lock_calendar_and_request(appointment.request_id)
        parting.end_joint(request, practitioner_id=office.practitioner.pk, now=NOW)

    assert offered() == [(waits, FAR)]


def test_times_held_for_a_move_that_is_dropped_go_to_whoever_waits(office: Office) -> None:
    appointment = make.booked(office, "couple", times=[FAR])
    assert appointment.request is not None
    alex, _sam = make.people_of(appointment.request)
    other = FAR + timedelta(days=2)
    moves.ask_move(appointment_id=appointment.pk, participant_id=alex.pk, starts=[other], now=NOW)
    waits = make.waiting(office)

    moves.take_back_move(appointment_id=appointment.pk, participant_id=alex.pk, now=NOW)

    assert offered() == [(waits, other)]


def test_the_first_choice_of_somebody_who_takes_another_goes_on(office: Office) -> None:
    chosen, other = FAR, FAR + timedelta(days=1)
    asked = make.ready(office, times=[other, chosen])
    waits = make.waiting(office)
    [second] = Appointment.objects.filter(request=asked, state="held", starts_at=chosen)

    decisions.confirm(
        request_id=asked.pk,
        practitioner_id=office.practitioner.pk,
        appointment_id=second.pk,
        now=NOW,
    )

    assert offered() == [(waits, other)]


def test_a_time_that_is_too_near_is_offered_to_nobody(office: Office) -> None:
    near = datetime(2026, 10, 13, 15, 0, tzinfo=NEW_YORK)
    held = make.ready(office, times=[near])
    make.waiting(office)

    requests.withdraw(participant_id=make.requester_of(held).pk, now=near - timedelta(minutes=45))

    assert offered() == []


def test_what_a_practitioner_cancels_without_ticking_it_is_offered_to_nobody(
    office: Office,
) -> None:
    appointment = make.booked(office, times=[FAR])
    make.waiting(office)

    cancellations.cancel_by_practitioner(
        appointment_id=appointment.pk, practitioner_id=office.practitioner.pk, now=NOW
    )

    assert offered() == []
