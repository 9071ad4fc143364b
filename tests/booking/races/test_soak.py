"""All operations from many threads, at random; afterwards all of it is accounted for.

The choices come from a seed, which is printed (`-rA` shows it when all is well) and can be given:
`ATTUNE_SEED=7 make test ARGS=tests/booking/races/test_soak.py`. Threads still meet as they like.
"""

import logging
import os
import random
import sys
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F, Model

from booking.domain.states import (
    APPOINTMENT_TRANSITIONS,
    OPEN_REQUEST_STATES,
    REQUEST_TRANSITIONS,
    SEAT_TRANSITIONS,
    AppointmentState,
    AppointmentVerb,
    RequestState,
    RequestVerb,
    SeatState,
    SeatVerb,
)
from booking.models import (
    Appointment,
    Cohort,
    Decision,
    LateWish,
    Move,
    Request,
    Seat,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.operations.sweep import sweep
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import Office
from tests.booking.races.harness import no_deadlock, overlaps, without_constraint
from tests.booking.races.soak import DEEDS, play
from tests.booking.races.soak_players import World

pytestmark = pytest.mark.django_db(transaction=True)

PLAYERS = 8
SECONDS = 45.0
DRILL_SECONDS = 60.0 * float(os.environ.get("ATTUNE_DRILL_MINUTES", "10"))

V, W, X = RequestVerb, AppointmentVerb, SeatVerb

#: What a change says that its subject did: one of these, verb after verb.
REQUEST_STEPS: Mapping[str, Sequence[Sequence[RequestVerb]]] = {
    "request_verified": [(V.VERIFY,)],
    "request_ready": [(V.COMPLETE,)],
    "request_reopened": [(V.REOPEN,)],
    "poll_reopened": [(V.REOPEN,)],
    "request_proposed": [(V.PROPOSE,), (V.REOFFER,)],
    "waitlist_offered": [(V.PROPOSE,)],
    "proposal_settled": [(V.ANSWER,), (V.REOPEN,)],
    # With a seat given, the call before joining is skipped, and what led to it.
    "request_confirmed": [(V.CONFIRM,), (V.COMPLETE, V.CONFIRM), (V.ANSWER, V.CONFIRM)],
    "request_declined": [(V.DECLINE,)],
    "request_withdrawn": [(V.WITHDRAW,)],
    "request_expired": [(V.EXPIRE,)],
    "request_ended_with_seat": [(V.DECLINE,), (V.WITHDRAW,)],
}
APPOINTMENT_STEPS: Mapping[str, Sequence[Sequence[AppointmentVerb]]] = {
    "appointment_booked": [(W.BOOK,)],
    "appointment_fulfilled": [(W.FULFIL,)],
    "appointment_missed": [(W.MISS,)],
    "appointment_cancelled": [(W.CANCEL,)],
}
SEAT_STEPS: Mapping[str, Sequence[Sequence[SeatVerb]]] = {
    "seat_lapsed": [(X.LAPSE,)],
    "seat_given": [(X.GIVE,)],
    "seat_refused": [(X.REFUSE,)],
    "seat_left": [(X.LEAVE,)],
    "seat_released": [(X.REFUSE,), (X.LEAVE,)],
}


class Errors(logging.Handler):
    """What a sweep could not do it only logs, and goes on."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Called in the thread that logs, while it handles what was raised."""
        self.found.append(f"{record.getMessage()}\n{traceback.format_exc(chain=False)}")


def the_seed() -> int:
    return int(os.environ.get("ATTUNE_SEED") or random.SystemRandom().randrange(1_000_000))


def offices() -> list[Office]:
    """Two practitioners of one practice, who share their services and nothing else."""
    first = make.make_office()
    robin = make.make_practitioner(slug="robin", time_zone="Europe/London")
    for service in first.services.values():
        service.practitioners.add(robin)
    return [first, Office(first.practice, robin, first.services)]


def soak(seconds: float) -> World:
    """Let them play, and hold what they leave against everything that must be true."""
    seed = the_seed()
    world = World(offices())
    with no_deadlock():
        wrong = played(world, seed=seed, seconds=seconds)
    story = f"seed {seed}, {world.done.total()} done, {world.refused.total()} refused"
    journal = Counter(Change.objects.values_list("kind", flat=True))
    for counted in (world.done, world.refused, journal):
        sys.stdout.write(f"{sorted(counted.items())}\n")
    sys.stdout.write(f"{story}\n")
    assert not wrong, f"{story}; {len(wrong)} wrong:\n" + "\n".join(wrong[:10])
    return world


def played(world: World, *, seed: int, seconds: float) -> list[str]:
    """Everything that is wrong after they have played."""
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        play(world, seed=seed, seconds=seconds, players=PLAYERS)
        sweep(now=world.clock.now())
    finally:
        logging.getLogger().removeHandler(errors)
    return [*world.failures, *errors.found, *unaccounted_for(world.clock.now())]


def test_everybody_at_once_leaves_a_calendar_in_which_all_is_accounted_for() -> None:
    world = soak(SECONDS)

    assert world.done["submit"]
    assert world.done["sweep"]


@pytest.mark.drill
def test_it_goes_on_for_a_long_time_and_everything_is_tried_by_somebody() -> None:
    world = soak(DRILL_SECONDS)

    assert {deed.__name__ for deed in DEEDS} == world.tried


# --- The negative controls ------------------------------------------------------------------------


def test_without_locks_and_constraint_the_soak_does_find_something() -> None:
    with without_constraint():
        wrong = played(World(offices(), has_locks=False), seed=1, seconds=10)

    assert wrong


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Appointment, {"state": "fulfilled"}),
        (Appointment, {"starts_at": F("starts_at") + timedelta(minutes=1)}),
        (Request, {"state": "declined"}),
        (Request, {"revision": 99}),
        (Seat, {"state": "refused"}),
        (Seat, {"state": "waiting"}),
        (Cohort, {"seats_taken": 2}),
    ],
)
def test_what_the_journal_does_not_know_of_is_found(
    model: type[Model], columns: Mapping[str, Any]
) -> None:
    office = make.make_office()
    make.booked(office)
    make.member(office, make.published(office))
    assert unaccounted_for(make.NOW) == []

    # What is booked or given comes first: the journal has not got the time of what was only held.
    chosen = model._default_manager.order_by("state", "pk").values("pk")[:1]
    model._default_manager.filter(pk__in=chosen).update(**columns)

    assert unaccounted_for(make.NOW)


# --- Accounting -----------------------------------------------------------------------------------


def unaccounted_for(now: datetime) -> list[str]:
    """All that the journal does not explain, that overlaps, or that was forgotten."""
    found = overlaps()
    return [
        *([f"{found} overlaps"] if found else []),
        *wrong_requests(),
        *wrong_appointments(),
        *wrong_seats(),
        *loose_ends(now),
    ]


def changes_of(subject_type: str) -> Mapping[UUID, list[Change]]:
    found: defaultdict[UUID, list[Change]] = defaultdict(list)
    for change in Change.objects.filter(subject_type=subject_type).order_by("id"):
        found[change.subject_id].append(change)
    return found


def replayed[S: StrEnum, T: StrEnum](
    begin: Iterable[S],
    changes: Sequence[Change],
    steps: Mapping[str, Sequence[Sequence[T]]],
    transitions: Mapping[tuple[S, T], S],
) -> set[S]:
    """Every state that the changes can have led to; none if one of them was not possible."""
    states = set(begin)
    for change in changes:
        if change.kind in steps:
            states = {
                end
                for state in states
                for path in steps[change.kind]
                if (end := _walked(state, path, transitions)) is not None
            }
    return states


def _walked[S: StrEnum, T: StrEnum](
    state: S, path: Sequence[T], transitions: Mapping[tuple[S, T], S]
) -> S | None:
    found: S | None = state
    for verb in path:
        found = transitions.get((found, verb)) if found is not None else None
    return found


def told(subject: Model, changes: Sequence[Change], why: str) -> str:
    history = [f"{c.kind} r{c.revision} {c.snapshot}" for c in changes]
    return f"{subject}: {why}: {history}"


def wrong_requests() -> Iterable[str]:
    journal = changes_of("request")
    for request in Request.objects.all():
        changes = journal[request.pk]
        first = changes[0]
        if first.kind == "request_entered":
            is_complete = first.snapshot["forms_on_paper"]
            begin = RequestState.READY if is_complete else RequestState.GATHERING
        else:
            begin = RequestState.RECEIVED
        states = replayed([begin], changes, REQUEST_STEPS, REQUEST_TRANSITIONS)
        if request.state not in states:
            yield told(request, changes, f"not among {states}")
        if request.revision != max(c.revision for c in changes):
            yield told(request, changes, f"revision {request.revision}")


def wrong_appointments() -> Iterable[str]:
    journal = changes_of("appointment")
    for appointment in Appointment.objects.all():
        changes = journal[appointment.pk]
        states = replayed(
            [AppointmentState.HELD], changes, APPOINTMENT_STEPS, APPOINTMENT_TRANSITIONS
        )
        # That a hold was given back stands in the journal of what it was held for.
        if states == {AppointmentState.HELD}:
            states.add(AppointmentState.RELEASED)
        if appointment.state not in states:
            yield told(appointment, changes, f"not among {states}")
        times = [c.snapshot["starts_at"] for c in changes if "starts_at" in c.snapshot]
        if times and datetime.fromisoformat(times[-1]) != appointment.starts_at:
            yield told(appointment, changes, f"begins at {appointment.starts_at}")


def wrong_seats() -> Iterable[str]:
    journal = changes_of("seat")
    undecided = {SeatState.ASKED, SeatState.WAITING}
    for seat in Seat.objects.all():
        states = replayed(undecided, journal[seat.pk], SEAT_STEPS, SEAT_TRANSITIONS)
        # One that lapsed is taken again when the address is verified; the count below knows.
        if states & undecided:
            states |= undecided
        if seat.state not in states:
            yield told(seat, journal[seat.pk], f"not among {states}")
    for cohort in Cohort.objects.all():
        taken = Seat.objects.filter(cohort=cohort, state__in=("asked", "given")).count()
        if cohort.seats_taken != taken or taken > cohort.seats:
            yield f"{cohort}: {cohort.seats_taken} counted, {taken} taken, of {cohort.seats}"


def loose_ends(now: datetime) -> Iterable[str]:
    """What is over keeps nothing, and what is open still has what it waits for."""
    closed = sorted(set(RequestState) - OPEN_REQUEST_STATES - {RequestState.CONFIRMED})
    waiting: dict[str, Any] = {"done_at__isnull": True, "undone_at__isnull": True}
    ends: Mapping[str, Iterable[Any]] = {
        "held for a closed request": Appointment.objects.filter(
            state="held", request__state__in=closed
        ),
        "held past its end": Appointment.objects.filter(state="held", held_until__lte=now),
        "held for nothing that is asked": Appointment.objects.filter(
            state="held", request__state="confirmed"
        ).exclude(claim__in=Appointment.objects.filter(state="booked").values("claim")),
        "booked and over": Appointment.objects.filter(state="booked", ends_at__lte=now),
        "confirmed without anything": Request.objects.filter(
            state="confirmed", seat__isnull=True
        ).exclude(appointments__state__in=("booked", "fulfilled", "no_show", "cancelled")),
        "ready, and nothing comes of it": Request.objects.filter(state="ready", expires_at__lte=now)
        .exclude(
            pk__in=Appointment.objects.filter(state="held", request__isnull=False).values("request")
        )
        .exclude(pk__in=WaitlistEntry.objects.filter(left_at__isnull=True).values("request"))
        .exclude(pk__in=Seat.objects.filter(state__in=("asked", "waiting")).values("request"))
        .exclude(pk__in=Decision.objects.filter(**waiting).values("request")),
        "a decision about what is closed": Decision.objects.filter(**waiting).exclude(
            request__state__in=OPEN_REQUEST_STATES
        ),
        "a decision that should have left": Decision.objects.filter(**waiting, due_at__lte=now),
        "a move of what is not booked": Move.objects.filter(closed_at__isnull=True).exclude(
            appointment__state="booked"
        ),
        "a wish about what is not booked": LateWish.objects.filter(settled_at__isnull=True).exclude(
            appointment__state="booked"
        ),
        "an offer of what is not held": WaitlistOffer.objects.filter(
            settled_at__isnull=True
        ).exclude(appointment__state="held"),
        "a given seat of a request that is not confirmed": Seat.objects.filter(
            state="given"
        ).exclude(request__state="confirmed"),
    }
    for why, found in ends.items():
        yield from (f"{why}: {one}" for one in found)
