"""What time does by itself: decisions leave, holds lapse, requests expire, sessions end.

Idempotent and safe to run twice at once: every step locks what it changes and looks again. One
transaction per practitioner or per decision, never one for all.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    RequestState,
    RequestVerb,
    SeatState,
    next_appointment_state,
)
from booking.models import (
    Appointment,
    Attendance,
    Decision,
    LateWish,
    Move,
    Request,
    Seat,
    TimeAnswer,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.operations import (
    appointments,
    calendar,
    decisions,
    groups,
    line,
    moves,
    proposals,
    requests,
    waitlist,
)
from practice.operations import journal

logger = structlog.get_logger()


def sweep(*, now: datetime) -> Counter[str]:
    """Do everything that is due at `now`; returns how many of each were done."""
    done: Counter[str] = Counter()
    due = _waiting_decisions().filter(due_at__lte=now).order_by("due_at")
    for decision_id in list(due.values_list("id", flat=True)):
        with _alone("decision", decision_id):
            decisions.carry_out(decision_id=decision_id, now=now)
            done["decisions"] += 1
    for practitioner_id in _with_something_due(now):
        with _alone("practitioner", practitioner_id):
            done += _sweep_practitioner(practitioner_id=practitioner_id, now=now)
    return done


@contextmanager
def _alone(what: str, which: UUID) -> Iterator[None]:
    """Keep one thing that cannot be done from holding up all the others; the next sweep retries."""
    try:
        yield
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("sweep could not finish", what=what, id=str(which))


@contextmanager
def _by_itself(what: str, which: UUID) -> Iterator[None]:
    """The same inside a practitioner's transaction: what fails is undone alone."""
    with _alone(what, which), transaction.atomic():
        yield


def _with_something_due(now: datetime) -> list[UUID]:
    lapsed = Appointment.objects.filter(state=AppointmentState.HELD, held_until__lte=now)
    given_back = Appointment.objects.filter(line.found_lapsed(now))
    ended = Appointment.objects.filter(state=AppointmentState.BOOKED, ends_at__lte=now)
    waiting = _lapsed_requests(now) | _expired_requests(now)
    moving = _agreed_moves() | _ended_moves(now)
    found = (
        set(lapsed.values_list("practitioner_id", flat=True))
        | set(given_back.values_list("practitioner_id", flat=True))
        | set(ended.values_list("practitioner_id", flat=True))
        | set(waiting.values_list("practitioner_id", flat=True))
        | set(moving.values_list("appointment__practitioner_id", flat=True))
        | set(_due_offers(now).values_list("appointment__practitioner_id", flat=True))
        | groups.practitioners_with_something_due(now)
    )
    return sorted(found)


def _ended_moves(now: datetime) -> QuerySet[Move]:
    """Moves whose announced end has come."""
    return Move.objects.filter(closed_at__isnull=True, ends_at__lte=now)


def _agreed_moves() -> QuerySet[Move]:
    """Moves of which everyone who still comes has said something: whoever did not has left."""
    said = TimeAnswer.objects.filter(
        participant=OuterRef("participant"),
        appointment__claim=OuterRef("appointment__claim"),
        appointment__state=AppointmentState.HELD,
    )
    awaited = Attendance.objects.filter(
        ~Exists(said), appointment=OuterRef("appointment"), left_at__isnull=True
    )
    return Move.objects.filter(~Exists(awaited), closed_at__isnull=True)


def _lapsed_requests(now: datetime) -> QuerySet[Request]:
    """Requests whose time is no longer held, of which nobody has been told."""
    return Request.objects.filter(
        state__in=(RequestState.GATHERING, RequestState.READY, RequestState.PROPOSED),
        hold_ends_at__lte=now,
        hold_lapsed_at__isnull=True,
    ).exclude(
        Exists(_waiting_decisions().filter(request=OuterRef("pk")))
        | Exists(
            # What one person suggested keeps no proposal open past the end that all were told.
            Appointment.objects.filter(
                request=OuterRef("pk"),
                state=AppointmentState.HELD,
                held_until__gt=now,
                suggested_by__isnull=True,
            )
        )
    )


def _due_offers(now: datetime) -> QuerySet[WaitlistOffer]:
    """Offers of the waitlist to tell or to end, and those whose time was given back meanwhile."""
    return WaitlistOffer.objects.filter(settled_at__isnull=True).filter(
        Q(told_at__isnull=True, opens_at__lte=now)
        | Q(expires_at__lte=now)
        | ~Q(appointment__state=AppointmentState.HELD)
    )


def _waiting_decisions() -> QuerySet[Decision]:
    return Decision.objects.filter(done_at__isnull=True, undone_at__isnull=True)


def _expired_requests(now: datetime) -> QuerySet[Request]:
    """Requests whose time is over, to finish or to find a time; one that is held keeps them alive.

    One that is ready lives on, too, while it waits for a time or a seat that may open up, and
    while a decision is on its way.
    """
    held = Appointment.objects.filter(
        request=OuterRef("pk"), state=AppointmentState.HELD, held_until__gt=now
    )
    on_list = WaitlistEntry.objects.filter(request=OuterRef("pk"), left_at__isnull=True)
    seat = Seat.objects.filter(
        request=OuterRef("pk"), state__in=(SeatState.ASKED, SeatState.WAITING)
    )
    decided = _waiting_decisions().filter(request=OuterRef("pk"))
    waits = Exists(on_list) | Exists(seat) | Exists(decided)
    return Request.objects.filter(
        Q(state__in=(RequestState.RECEIVED, RequestState.GATHERING))
        | (Q(state=RequestState.READY) & ~waits),
        expires_at__lte=now,
    ).exclude(Exists(held))


@transaction.atomic(durable=True)
def _sweep_practitioner(*, practitioner_id: UUID, now: datetime) -> Counter[str]:
    done: Counter[str] = Counter()
    calendar.lock_practitioner(practitioner_id)
    # Before lapsed holds are released: the next in line comes before everybody else.
    due = _due_offers(now).filter(appointment__practitioner_id=practitioner_id)
    for offer_id in list(due.order_by("made_at").values_list("id", flat=True)):
        with _by_itself("offer", offer_id):
            done["offers"] += _tend_offer(offer_id, now=now)
    line.pass_on_lapsed(practitioner_id, now=now)
    for request_id in _ids(_lapsed_requests(now).filter(practitioner_id=practitioner_id)):
        with _by_itself("request", request_id):
            done["lapsed holds"] += _lapse(calendar.lock_request(request_id), now=now)
    for request_id in _ids(_expired_requests(now).filter(practitioner_id=practitioner_id)):
        with _by_itself("request", request_id):
            done["expired requests"] += _expire(calendar.lock_request(request_id), now=now)
    done += groups.sweep_groups(practitioner_id, now=now)
    open_moves = (_agreed_moves() | _ended_moves(now)).filter(
        appointment__practitioner_id=practitioner_id
    )
    for move in open_moves.select_related(
        "appointment__request", "appointment__service", "appointment__practitioner"
    ):
        with _by_itself("move", move.id):
            done += _end_move(move, now=now)
    ended = Appointment.objects.filter(
        practitioner_id=practitioner_id, state=AppointmentState.BOOKED, ends_at__lte=now
    )
    for appointment in ended:
        with _by_itself("appointment", appointment.id):
            _fulfil(appointment, now=now)
            done["sessions ended"] += 1
    return done


def _end_move(move: Move, *, now: datetime) -> Counter[str]:
    """Move it where all who still come have accepted, or at its announced end leave it."""
    request = move.appointment.request
    assert request is not None  # only people of a request are asked
    people = moves.people_asked(move)
    outcome = proposals.outcome_of(proposals.offered(request, now=now), people)
    if people and outcome.candidate is not None:
        moves.settle(move, outcome.candidate, now=now)
        return Counter({"moves agreed": 1})
    if move.ends_at > now:
        return Counter()
    moves.settle(move, None, now=now)
    return Counter({"moves dropped": 1})


def _ids(found: QuerySet[Request]) -> list[UUID]:
    return list(found.order_by("id").values_list("id", flat=True).distinct())


def _lapse(request: Request, *, now: datetime) -> int:
    if request.hold_lapsed_at is not None or (request.hold_ends_at or now) > now:
        return 0
    was_proposal = request.state == RequestState.PROPOSED
    if was_proposal:
        proposals.lapse_proposal(request=request, now=now)
    request.hold_lapsed_at = now
    request.save(update_fields=["hold_lapsed_at"])
    if waitlist.was_last(request):
        # Nobody need look: they are on the list still, and the time has gone on.
        waitlist.note_gone(request, now=now)
        return 1
    journal.record(
        kind="hold_lapsed",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.SYSTEM,
        at=now,
        snapshot={"proposal": was_proposal},
    )
    return 1


def _tend_offer(offer_id: UUID, *, now: datetime) -> int:
    """Tell an offer whose morning has come, or end one that nobody has answered in time."""
    offer = (
        _due_offers(now)
        .filter(pk=offer_id)
        .select_related("entry", "appointment__practitioner")
        .first()
    )
    if offer is None:
        return 0
    request = calendar.lock_request(offer.entry.request_id)
    is_held = offer.appointment.state == AppointmentState.HELD
    if offer.told_at is None and is_held:
        waitlist.tell(offer, now=now)
    elif offer.told_at is not None and request.state == RequestState.PROPOSED:
        return _lapse(request, now=now)
    else:
        waitlist.settle_stale(offer, now=now)
    return 1


def _expire(request: Request, *, now: datetime) -> int:
    if request.state not in (RequestState.RECEIVED, RequestState.GATHERING, RequestState.READY):
        return 0
    requests.close(
        request, RequestVerb.EXPIRE, kind="request_expired", actor=journal.SYSTEM, now=now
    )
    return 1


def _fulfil(appointment: Appointment, *, now: datetime) -> None:
    appointment.state = next_appointment_state(appointment.state, AppointmentVerb.FULFIL)
    appointment.save(update_fields=["state"])
    appointments.settle_wishes(appointment, now=now, outcome=LateWish.Outcome.KEPT)
    journal.record(
        kind="appointment_fulfilled",
        subject_type="appointment",
        subject_id=appointment.id,
        revision=appointment.revision,
        actor=journal.SYSTEM,
        at=now,
    )
