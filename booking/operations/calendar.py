"""Taking time: the steps that every operation on the calendar shares.

The exclusion constraint is the backstop. Before it, the practitioner's row is locked, lapsed
holds are released, and everything that made the slot open is checked again under the lock:
without the lock the constraint alone answers a rush with deadlocks, and caps are overrun.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction

from booking.domain import slots
from booking.domain.refusals import SlotTaken
from booking.domain.states import AppointmentState, AppointmentVerb, next_appointment_state
from booking.models import NO_OVERLAP, ONE_BOOKED_PER_CLAIM, Appointment, Request
from booking.queries import calendar as calendar_queries
from booking.queries.calendar import Bookable
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, Service
from practice.rows import new

_DEADLOCK = {"40P01", "40001"}
_LOCK_OFFERED = """
    SELECT FROM (SELECT pg_advisory_xact_lock(%(address)s::bigint) OFFSET 0) AS address
           CROSS JOIN practice_practitioner AS practitioner
     WHERE practitioner.is_active
       AND (%(practitioner)s::text IS NULL OR practitioner.slug = %(practitioner)s::text)
       AND practitioner.id IN (
           SELECT offered.practitioner_id
             FROM practice_service_practitioners AS offered
             JOIN practice_service AS service ON service.id = offered.service_id
            WHERE service.slug = %(service)s)
     ORDER BY practitioner.id
       FOR NO KEY UPDATE OF practitioner
"""


def takes_time[**P, R](operation: Callable[P, R]) -> Callable[P, R]:
    """Make `operation` one durable transaction that ends well or as a named refusal.

    A violated calendar constraint becomes `SlotTaken`; a deadlock or serialization failure is
    tried once more. `SlotTaken` gets its alternatives here, after the transaction has ended,
    so that nobody waits on a lock for them. The operation must take `now` as a keyword.
    """
    durable = transaction.atomic(durable=True)(operation)

    @functools.wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return _once_more_after_deadlock(durable, *args, **kwargs)
        except SlotTaken as taken:
            now = kwargs["now"]
            assert isinstance(now, datetime)
            taken.alternatives = _alternatives(taken, now)
            raise
        except IntegrityError as error:
            if constraint_of(error) in (NO_OVERLAP, ONE_BOOKED_PER_CLAIM):
                raise SlotTaken from error
            raise

    return run


def _once_more_after_deadlock[R](operation: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    try:
        return operation(*args, **kwargs)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) not in _DEADLOCK:
            raise
        return operation(*args, **kwargs)


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that was violated, if it was one."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def _alternatives(taken: SlotTaken, now: datetime) -> list[datetime]:
    if taken.practitioner_id is None or taken.service_id is None or taken.wanted is None:
        return []
    offer = calendar_queries.bookable(
        Practitioner.objects.get(pk=taken.practitioner_id),
        Service.objects.get(pk=taken.service_id),
        taken.modality,
    )
    if taken.horizon_days is not None:
        offer = replace(offer, rules=replace(offer.rules, horizon_days=taken.horizon_days))
    return calendar_queries.alternatives(
        offer, wanted=taken.wanted, now=now, ignore_claim=taken.ignore_claim
    )


@contextmanager
def sent_together() -> Iterator[None]:
    """Send the statements inside all at once: one wait instead of one for each.

    They are still carried out one after the other. Each sees what is committed when its turn
    comes, so what is asked after `lock` is the state under the lock. Answers are read afterwards.
    """
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def lock(practitioner_id: UUID) -> None:
    """Make everybody else who wants this practitioner's time wait for our transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM practice_practitioner WHERE id = %s FOR NO KEY UPDATE", [practitioner_id]
        )


def lock_offered(service: str, practitioner: str | None, *, address_hash: bytes) -> None:
    """Lock as `lock` does whoever offers this service (slugs), and before them an address.

    Others who ask with this address wait, too: with somebody else of the practice they would not
    meet at the practitioner's row. Nothing more is locked where nobody offers it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _LOCK_OFFERED,
            {
                "address": lock_number(address_hash),
                "service": service,
                "practitioner": practitioner,
            },
        )


def lock_number(address_hash: bytes) -> int:
    """The number under which an address is locked."""
    return int.from_bytes(address_hash[:8], signed=True)


def lock_practitioner(practitioner_id: UUID) -> Practitioner:
    """Lock as `lock` does, and read the row."""
    return Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner_id)


def lock_request(request_id: UUID) -> Request:
    """Lock a request, after its practitioner's row."""
    return (
        Request.objects.select_for_update(of=("self",), no_key=True)
        .select_related("service", "practitioner")
        .get(pk=request_id)
    )


def lock_calendar_and_request(request_id: UUID) -> Request:
    """Lock a request and, before it, its practitioner. Raises `Request.DoesNotExist`."""
    practitioner_id = Request.objects.values_list("practitioner_id", flat=True).get(pk=request_id)
    lock(practitioner_id)
    return lock_request(request_id)


def lock_appointment(appointment_id: UUID) -> Appointment:
    """Lock practitioner, request and appointment, in this order.

    Raises `Appointment.DoesNotExist`.
    """
    found = Appointment.objects.values("practitioner_id", "request_id").get(pk=appointment_id)
    lock(found["practitioner_id"])
    if found["request_id"] is not None:
        lock_request(found["request_id"])
    return (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("service", "practitioner", "request")
        .get(pk=appointment_id)
    )


def release_lapsed(practitioner_id: UUID, *, now: datetime) -> None:
    """Free what nobody holds any more. This only frees the time; the sweep tells people.

    `held_until` stays, by which the sweep finds what it has not passed on yet.
    """
    Appointment.objects.filter(
        practitioner_id=practitioner_id, state=AppointmentState.HELD, held_until__lte=now
    ).update(state=AppointmentState.RELEASED)


def check_open(
    offer: Bookable,
    starts: Sequence[datetime],
    *,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> None:
    """Raise `SlotTaken` for the first of these starts that is not open. Call it under the lock.

    Lapsed holds around them are released, so that the constraint does not count them either.
    """
    facts = calendar_queries.calendar(offer, **_span(offer, starts), now=now)
    refuse_unless_open(offer, facts, starts, now=now, ignore_claim=ignore_claim)


class _Span(TypedDict):
    first: date
    end: date


def _span(offer: Bookable, starts: Sequence[datetime]) -> _Span:
    dates = [local_date(s, offer.zone) for s in starts]
    return {"first": min(dates), "end": max(dates) + timedelta(days=1)}


def refuse_unless_open(
    offer: Bookable,
    facts: slots.Calendar,
    starts: Sequence[datetime],
    *,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> None:
    """As `check_open`, where the calendar of their dates has been read under the lock."""
    if facts.has_lapsed:
        release_lapsed(offer.practitioner_id, now=now)
    for start in starts:
        if not slots.is_open(facts, offer.rules, start, now=now, ignore_claim=ignore_claim):
            raise SlotTaken(
                practitioner_id=offer.practitioner_id,
                service_id=offer.service_id,
                wanted=start,
                ignore_claim=ignore_claim,
                modality=_one_way(offer),
                horizon_days=offer.rules.horizon_days,
            )


def _one_way(offer: Bookable) -> str | None:
    """The way to meet, where one was asked for: what is near must suit it, too."""
    ways = offer.rules.modalities
    return next(iter(ways)) if len(ways) == 1 else None


def placed(
    appointment: Appointment, starts_at: datetime, *, wall_zone: str | None = None
) -> Appointment:
    """Set an appointment's times from its start and its service, without saving it.

    `wall_zone`: the zone it is at home in, where that is not its practitioner's of today.
    """
    service = appointment.service
    appointment.starts_at = starts_at.astimezone(UTC)
    appointment.ends_at = appointment.starts_at + timedelta(minutes=service.duration_minutes)
    appointment.blocked_from = appointment.starts_at - timedelta(
        minutes=service.buffer_before_minutes
    )
    appointment.blocked_until = appointment.ends_at + timedelta(
        minutes=service.buffer_after_minutes
    )
    appointment.wall_zone = wall_zone or appointment.practitioner.time_zone
    wall = appointment.starts_at.astimezone(zone(appointment.wall_zone))
    appointment.wall_start = wall.strftime("%Y-%m-%dT%H:%M")
    return appointment


def hold(
    request: Request,
    starts: Sequence[datetime],
    *,
    claim: UUID,
    held_until: datetime,
    now: datetime,
    modality: str | None = None,
    suggested_by: UUID | None = None,
) -> list[Appointment]:
    """Hold these starts for one claim, ranked as given. Call it under the lock, after the check.

    `suggested_by`: the person who suggests them instead of what was proposed.
    """
    return Appointment.objects.bulk_create(
        new_holds(
            request,
            starts,
            claim=claim,
            held_until=held_until,
            now=now,
            modality=modality,
            suggested_by=suggested_by,
        )
    )


def new_holds(
    request: Request,
    starts: Sequence[datetime],
    *,
    claim: UUID,
    held_until: datetime,
    now: datetime,
    modality: str | None = None,
    suggested_by: UUID | None = None,
) -> list[Appointment]:
    """What `hold` holds, not saved yet."""
    return [
        placed(
            new(
                Appointment,
                practitioner=request.practitioner,
                service=request.service,
                request=request,
                claim=claim,
                state=AppointmentState.HELD,
                rank=rank,
                held_until=held_until,
                modality=modality or request.modality,
                suggested_by_id=suggested_by,
                created_at=now,
            ),
            start,
        )
        for rank, start in enumerate(starts, start=1)
    ]


def release(appointments: Sequence[Appointment]) -> None:
    """Give held time back. It has no end then: that is how a hold that merely lapsed is told."""
    for appointment in appointments:
        appointment.state = next_appointment_state(appointment.state, AppointmentVerb.RELEASE)
        appointment.held_until = None
    Appointment.objects.filter(
        pk__in=[a.pk for a in appointments], state=AppointmentState.HELD
    ).update(state=AppointmentState.RELEASED, held_until=None)


def live_candidates(request: Request, *, now: datetime) -> list[Appointment]:
    """What is held for a request right now, best first; not what one person alone suggested."""
    return list(
        Appointment.objects.filter(
            request=request,
            state=AppointmentState.HELD,
            held_until__gt=now,
            suggested_by__isnull=True,
        )
        .select_related("service", "practitioner")
        .order_by("rank", "starts_at")
    )
