"""Seats in a group, kept, lost and given back: steps of other operations' transactions.

All of them run under the practitioner's lock, so that `seats_taken` and the seats it counts
change together. The conditional update and the check on the table are the backstop.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet

from booking.domain.refusals import NoSeatLeft
from booking.domain.seats import Reservation, kept_until
from booking.domain.states import (
    TAKING_A_SEAT,
    AppointmentState,
    RequestState,
    RequestVerb,
    SeatState,
    SeatVerb,
    next_seat_state,
)
from booking.models import Appointment, Cohort, Participant, Request, Seat, WaitlistEntry
from practice.models import Practice, Practitioner
from practice.operations import journal


def take_one(cohort_id: UUID) -> bool:
    """Count one seat more as taken, if one is left."""
    taken = Cohort.objects.filter(pk=cohort_id, seats_taken__lt=F("seats")).update(
        seats_taken=F("seats_taken") + 1
    )
    return bool(taken)


def give_one_back(cohort_id: UUID) -> None:
    """Count one seat less as taken."""
    Cohort.objects.filter(pk=cohort_id).update(seats_taken=F("seats_taken") - 1)


def reserve(
    cohort: Cohort,
    practice: Practice,
    *,
    email: str,
    network: bytes | None,
    may_wait: bool,
    now: datetime,
) -> bool:
    """Whether one of the seats is kept now for somebody whose address is not verified yet.

    Past the limits on such reservations none is, and the request stands without one. Raises
    `NoSeatLeft` if every seat is taken, unless they may wait for one.
    """
    lapse_due(_of_cohort(cohort.pk), now=now)
    if not _may_reserve(practice, cohort.practitioner_id, email, network):
        is_left = Cohort.objects.filter(pk=cohort.pk, seats_taken__lt=F("seats")).exists()
        if not is_left and not may_wait:
            raise NoSeatLeft
        return False
    is_kept = take_one(cohort.pk)
    if not is_kept and not may_wait:
        raise NoSeatLeft
    return is_kept


def _may_reserve(
    practice: Practice, practitioner_id: UUID, email: str, network: bytes | None
) -> bool:
    """Whether one more seat for an unverified requester is within the limits of holds."""
    unverified = Seat.objects.filter(
        cohort__practitioner_id=practitioner_id,
        state=SeatState.ASKED,
        request__state=RequestState.RECEIVED,
    )
    by_address = unverified.filter(
        request__participants__email=email, request__participants__is_requester=True
    )
    by_network = unverified.filter(request__network_hash=network)
    return bool(
        unverified.count() < practice.holds_per_practitioner
        and (network is None or by_network.count() < practice.holds_per_network)
        and by_address.count() < practice.holds_per_address
    )


def add(
    request: Request, cohort: Cohort, *, name: str, kept_until: datetime | None, now: datetime
) -> Seat:
    """Write down that somebody asks for a seat; `kept_until` None: nothing is kept for them."""
    return Seat.objects.create(
        cohort=cohort,
        request=request,
        name=name.strip(),
        state=SeatState.ASKED if kept_until is not None else SeatState.WAITING,
        reserved_until=kept_until,
        asked_at=now,
    )


def verified(request: Request, requester: Participant) -> None:
    """The requester's address is theirs: their seat is kept as long as they have for their part.

    One that lapsed before, or was beyond the limits, is taken again if there is one. Nobody
    reserves two seats of one group: that is only looked at now, because before the address is
    proven the answer would tell a stranger who is in the group.
    """
    seat = Seat.objects.select_for_update(no_key=True).filter(request=request).first()
    if seat is None or seat.state not in (SeatState.ASKED, SeatState.WAITING):
        return
    has_another = (
        Seat.objects.filter(
            cohort_id=seat.cohort_id,
            state__in=TAKING_A_SEAT,
            request__participants__email=requester.email,
            request__participants__verified_at__isnull=False,
        )
        .exclude(pk=seat.pk)
        .exists()
    )
    if has_another:
        if seat.state == SeatState.ASKED:
            _lapse(seat)
        return
    if seat.state == SeatState.WAITING:
        is_open = Cohort.objects.filter(pk=seat.cohort_id, state=Cohort.State.OPEN).exists()
        if not is_open or not take_one(seat.cohort_id):
            _on_the_list(seat, request, requester)
            return
        seat.state = next_seat_state(seat.state, SeatVerb.RESERVE)
    seat.reserved_until = request.expires_at
    seat.save(update_fields=["state", "reserved_until"])


def _on_the_list(seat: Seat, request: Request, requester: Participant) -> None:
    """They wait for a seat, and are told so like everybody who waits; for a time, elsewhere."""
    if WaitlistEntry.objects.filter(request=request).exists():
        return
    assert request.verified_at is not None  # just now
    journal.record(
        kind="waitlist_joined",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.client(requester.id),
        at=request.verified_at,
        snapshot={"seat": str(seat.id)},
    )


def closed(request: Request, verb: RequestVerb, *, actor: str, now: datetime) -> None:
    """Their request has ended before they had a seat: give back what was kept for them."""
    seat = Seat.objects.select_for_update(no_key=True).filter(request=request).first()
    if seat is None or seat.state not in (SeatState.ASKED, SeatState.WAITING):
        return
    settle(seat, SeatVerb.REFUSE if verb is RequestVerb.DECLINE else SeatVerb.LEAVE, now=now)
    journal.note(
        kind="seat_released",
        subject_type="seat",
        subject_id=seat.id,
        actor=actor,
        at=now,
        snapshot={"state": seat.state},
    )


def settle(seat: Seat, verb: SeatVerb, *, now: datetime) -> None:
    """Give, refuse or leave a seat, and keep the count of those taken. Raises `NoSeatLeft`."""
    was_taking = seat.state in TAKING_A_SEAT
    state = next_seat_state(seat.state, verb)
    if state in TAKING_A_SEAT and not was_taking and not take_one(seat.cohort_id):
        raise NoSeatLeft
    if was_taking and state not in TAKING_A_SEAT:
        give_one_back(seat.cohort_id)
    seat.state = state
    seat.reserved_until = None
    seat.settled_at = now
    seat.save(update_fields=["state", "reserved_until", "settled_at"])


def _lapse(seat: Seat) -> None:
    seat.state = next_seat_state(seat.state, SeatVerb.LAPSE)
    seat.reserved_until = None
    seat.save(update_fields=["state", "reserved_until"])
    give_one_back(seat.cohort_id)


def lapse_due(due: QuerySet[Seat], *, now: datetime) -> int:
    """Let the reservations among `due` lapse whose time is over; returns how many did.

    Those for which it is the practitioner's turn are kept on instead.
    """
    patience = timedelta(days=Practice.objects.get().gathering_days)
    lapsed = 0
    found = due.filter(state=SeatState.ASKED, reserved_until__lte=now).select_related("request")
    for seat in found.select_for_update(of=("self",), no_key=True).order_by("id"):
        assert seat.reserved_until is not None  # the filter says so
        until = kept_until(
            Reservation(
                state=seat.request.state,
                reserved_until=seat.reserved_until,
                expires_at=seat.request.expires_at,
                call_ends_at=_call_ends_at(seat.request_id),
            ),
            now=now,
            patience=patience,
        )
        if until > now:
            seat.reserved_until = until
            seat.save(update_fields=["reserved_until"])
            journal.note(
                kind="seat_kept_on",
                subject_type="seat",
                subject_id=seat.id,
                actor=journal.SYSTEM,
                at=now,
                snapshot={"until": until.isoformat()},
            )
            continue
        _lapse(seat)
        journal.note(
            kind="seat_lapsed",
            subject_type="seat",
            subject_id=seat.id,
            actor=journal.SYSTEM,
            at=now,
        )
        lapsed += 1
    return lapsed


def _call_ends_at(request_id: UUID) -> datetime | None:
    call = (
        Appointment.objects.filter(
            request_id=request_id,
            state__in=(AppointmentState.BOOKED, AppointmentState.FULFILLED),
        )
        .order_by("-ends_at")
        .first()
    )
    return call.ends_at if call else None


def lapsing(now: datetime) -> QuerySet[Practitioner]:
    """Practitioners with a reservation whose end has come."""
    return Practitioner.objects.filter(
        Q(cohorts__places__state=SeatState.ASKED) & Q(cohorts__places__reserved_until__lte=now)
    )


def lapse_seats(practitioner_id: UUID, *, now: datetime) -> int:
    """Let this practitioner's reservations lapse whose time is over; returns how many did."""
    return lapse_due(Seat.objects.filter(cohort__practitioner_id=practitioner_id), now=now)


def _of_cohort(cohort_id: UUID) -> QuerySet[Seat]:
    return Seat.objects.filter(cohort_id=cohort_id)
