"""However many cancel at once, a freed time is offered to one; and proof that we would see two."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from booking.domain.agreement import Agreement
from booking.domain.refusals import HoldExpired, NotTheirs, SlotTaken
from booking.models import NO_OVERLAP, Appointment, Request, WaitlistOffer
from booking.operations import answers, calendar, cancellations, requests
from booking.operations.cancellations import Cancelled
from booking.operations.sweep import sweep
from booking.queries.waitlist import fitting
from tests.booking import factories as make
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.booking.races.harness import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20
ONE_OPEN = "waitlist_offer_one_open"
FAR = datetime(2026, 10, 26, 9, 0, tzinfo=NEW_YORK)
HOUR = timedelta(hours=1)


@pytest.fixture
def office() -> Office:
    return make.make_office()


def cancel(appointment: Appointment, person_id: UUID) -> Callable[[], Cancelled]:
    return partial(
        cancellations.cancel, appointment_id=appointment.pk, participant_id=person_id, now=NOW
    )


def people_of(appointment: Appointment) -> list[UUID]:
    return list(appointment.attendances.values_list("participant_id", flat=True))


def assert_one_offer_each() -> None:
    """No two open offers of one start or to one entry, and each one's time is held for it."""
    offers = list(
        WaitlistOffer.objects.filter(settled_at__isnull=True).select_related("appointment")
    )
    assert len({o.appointment.starts_at for o in offers}) == len(offers)
    assert len({o.entry_id for o in offers}) == len(offers)
    assert {o.appointment.state for o in offers} <= {"held"}


def test_both_of_two_cancel_at_once_and_one_offer_is_made(office: Office) -> None:
    for _ in range(3):
        make.waiting(office, "couple")
    appointment = make.booked(office, "couple", times=[FAR])

    outcomes = all_at_once([cancel(appointment, person) for person in people_of(appointment)])

    assert Counter(type(o) for o in outcomes) == {Cancelled: 1, NotTheirs: 1}
    assert WaitlistOffer.objects.count() == 1
    assert_one_offer_each()


def test_many_cancel_at_once_and_everybody_in_line_gets_one_offer(office: Office) -> None:
    starts = make.open_starts(office, office.services["individual-50"])[-2 * MANY :: 2]
    booked = [make.booked(office, times=[start]) for start in starts]
    waiting = [make.waiting(office) for _ in range(MANY // 2)]

    outcomes = all_at_once([cancel(a, people_of(a)[0]) for a in booked])

    assert all(isinstance(o, Cancelled) for o in outcomes), outcomes
    assert WaitlistOffer.objects.count() == len(waiting)
    assert_one_offer_each()


def test_a_stranger_who_asks_in_the_same_moment_does_not_come_first(office: Office) -> None:
    waiting = make.waiting(office)
    appointment = make.booked(office, times=[FAR])
    askings = [make.make_asking(office, times=[FAR]) for _ in range(MANY)]

    calls: list[Callable[[], object]] = [cancel(appointment, people_of(appointment)[0])]
    calls += [partial(requests.submit, asking=asking, now=NOW) for asking in askings]

    outcomes = all_at_once(calls)

    assert Counter(type(o) for o in outcomes) == {Cancelled: 1, SlotTaken: MANY}
    assert Appointment.objects.get(state="held", starts_at=FAR).request == waiting


def test_two_sweeps_end_an_offer_once(office: Office) -> None:
    make.waiting(office, now=NOW - HOUR)
    second = make.waiting(office)
    make.cancelled(make.booked(office, times=[FAR]))

    all_at_once([partial(sweep, now=NOW + 24 * HOUR)] * 4)

    assert list(WaitlistOffer.objects.order_by("made_at").values_list("outcome", flat=True)) == [
        "lapsed",
        "",
    ]
    assert WaitlistOffer.objects.get(settled_at__isnull=True).entry.request == second
    assert_one_offer_each()


def test_an_answer_and_the_end_have_one_winner(office: Office) -> None:
    first = make.waiting(office, now=NOW - HOUR)
    second = make.waiting(office)
    make.cancelled(make.booked(office, times=[FAR]))
    offer = WaitlistOffer.objects.get()

    end = NOW + 24 * HOUR
    answer = partial(
        answers.answer_times,
        participant_id=make.requester_of(first).pk,
        answers={offer.appointment_id: True},
        now=end,
    )
    calls: list[Callable[[], object]] = [answer, partial(sweep, now=end)]

    answered, _swept = all_at_once(calls)

    holder = Appointment.objects.get(state="held", starts_at=FAR).request
    assert (type(answered), holder) in ((Agreement, first), (HoldExpired, second))
    assert_one_offer_each()


# --- The negative control -------------------------------------------------------------------------


def offer_carelessly(office: Office, start: datetime) -> Callable[[], bool]:
    """What a careless program does: look who is next, think for a moment, write. No lock."""

    def call() -> bool:
        with transaction.atomic():
            entry = next(iter(fitting(office.practitioner, start, now=NOW)), None)
            time.sleep(0.5)
            if entry is None:
                return False
            request = Request.objects.get(pk=entry.request_id)
            [held] = calendar.hold(request, [start], claim=uuid4(), held_until=NOW + HOUR, now=NOW)
            WaitlistOffer.objects.create(
                entry=entry, appointment=held, made_at=NOW, opens_at=NOW, expires_at=NOW + HOUR
            )
            return True

    return call


@contextmanager
def without_the_constraints() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [NO_OVERLAP]
        )
        definition = cursor.fetchone()[0]
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [ONE_OPEN])
        index = cursor.fetchone()[0]
        cursor.execute(f"ALTER TABLE booking_appointment DROP CONSTRAINT {NO_OVERLAP}")
        cursor.execute(f"DROP INDEX {ONE_OPEN}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM booking_waitlistoffer")
            cursor.execute("DELETE FROM booking_timeanswer")
            cursor.execute("DELETE FROM booking_attendance")
            cursor.execute("DELETE FROM booking_appointment")
            cursor.execute(
                f"ALTER TABLE booking_appointment ADD CONSTRAINT {NO_OVERLAP} {definition}"
            )
            cursor.execute(index)


def test_without_lock_and_constraints_these_tests_do_see_two_offers_of_one_time(
    office: Office,
) -> None:
    make.waiting(office)

    with without_the_constraints():
        outcomes = all_at_once([offer_carelessly(office, FAR)] * MANY)
        offers = WaitlistOffer.objects.filter(appointment__starts_at=FAR).count()
        with pytest.raises(AssertionError):
            assert_one_offer_each()

    assert offers > 1
    assert offers == sum(o is True for o in outcomes)


def test_the_constraints_alone_prevent_them_but_not_kindly(office: Office) -> None:
    """Hence the lock before them: without one, those who come second see database errors."""
    make.waiting(office)
    make.waiting(office)

    outcomes = all_at_once([offer_carelessly(office, FAR)] * MANY)

    assert WaitlistOffer.objects.count() == 1
    assert any(isinstance(o, IntegrityError) for o in outcomes)
    assert_one_offer_each()
