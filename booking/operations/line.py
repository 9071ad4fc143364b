"""The line of the waitlist: whom a freed time is kept for, and who comes after them.

Steps of other operations, in the caller's transaction and under the practitioner's lock. This
only keeps time; `waitlist` tells people of it.
"""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from booking.domain import times, waiting
from booking.domain.states import AppointmentState
from booking.domain.waiting import OfferPolicy
from booking.models import Appointment, Participant, Request, WaitlistEntry, WaitlistOffer
from booking.operations import calendar
from booking.queries.waitlist import fitting, is_one_persons
from practice.domain.wall import zone
from practice.models import Practice, Practitioner

#: What is offered stays held this long past its end, so that the sweep can give it to the next in
#: line before anybody else finds it free.
GRACE = timedelta(minutes=15)
#: Joint decisions leave at least once in so long.
_BATCHES_LOOKED_AT = timedelta(days=9)


def keep_for_next(
    practitioner: Practitioner, starts_at: datetime, *, now: datetime
) -> WaitlistOffer | None:
    """Hold a freed time for the first in line whom it fits. None: it fits nobody."""
    if starts_at <= now:
        return None
    for entry in fitting(practitioner, starts_at, now=now):
        offer = _keep(entry, practitioner, starts_at, now=now)
        if offer is not None:
            return offer
    return None


def settle(offer: WaitlistOffer, outcome: str, *, now: datetime) -> WaitlistOffer | None:
    """End an offer; unless it was accepted, keep the time for the next in line and return that."""
    offer.settled_at = now
    offer.outcome = outcome
    offer.save(update_fields=["settled_at", "outcome"])
    if outcome == WaitlistOffer.Outcome.ACCEPTED:
        return None
    appointment = offer.appointment
    held = Appointment.objects.filter(pk=appointment.pk, state=AppointmentState.HELD)
    calendar.release(list(held))
    return keep_for_next(appointment.practitioner, appointment.starts_at, now=now)


def drop(request: Request, *, now: datetime, kept: Collection[UUID] = ()) -> None:
    """What was offered to a request is not theirs to answer any more: the next in line gets it.

    `kept` are appointments that the request goes on with.
    """
    for offer in open_offers(request).exclude(appointment_id__in=kept):
        settle(offer, WaitlistOffer.Outcome.DROPPED, now=now)


def open_offers(request: Request) -> QuerySet[WaitlistOffer]:
    """The offer that stands for a request, told or not: at most one."""
    return WaitlistOffer.objects.filter(
        entry__request=request, settled_at__isnull=True
    ).select_related("entry__request", "appointment__practitioner")


def offer_policy(practice: Practice) -> OfferPolicy:
    """How long this practice gives people to answer an offer."""
    return OfferPolicy(
        hours=practice.offer_hours,
        soon_days=practice.offer_soon_days,
        soon_hours=practice.offer_soon_hours,
        today_hours=practice.offer_today_hours,
    )


def _keep(
    entry: WaitlistEntry, practitioner: Practitioner, starts_at: datetime, *, now: datetime
) -> WaitlistOffer | None:
    request = calendar.lock_request(entry.request_id)
    practice = Practice.objects.get()
    tz = zone(practitioner.time_zone)
    decide_by = (
        starts_at if is_one_persons(request) else _last_batch(practice, starts_at, tz, now=now)
    )
    zones = _zones(request)
    if decide_by is None or not zones:
        return None
    opens_at = waiting.opens_at(now, zones)
    expires_at = waiting.expires_at(
        opens_at, starts_at, offer_policy(practice), tz=tz, decide_by=decide_by
    )
    if not waiting.leaves_time(opens_at, expires_at):
        return None
    calendar.release_lapsed(practitioner.id, now=now)
    [held] = calendar.hold(
        request, [starts_at], claim=uuid.uuid4(), held_until=expires_at + GRACE, now=now
    )
    return WaitlistOffer.objects.create(
        entry=entry, appointment=held, made_at=now, opens_at=opens_at, expires_at=expires_at
    )


def _zones(request: Request) -> list[ZoneInfo]:
    """Where the people are who would be told, the requester first."""
    told = request.participants.filter(
        attends=Participant.Attends.YES, excused_at__isnull=True
    ).order_by("-is_requester", "position")
    return [zone(name) for name in dict.fromkeys(told.values_list("time_zone", flat=True))]


def _last_batch(
    practice: Practice, starts_at: datetime, tz: ZoneInfo, *, now: datetime
) -> datetime | None:
    """When the last joint decision before a session leaves; None: it cannot be decided any more."""
    last = None
    at = max(now, starts_at - _BATCHES_LOOKED_AT)
    while True:
        at = times.next_batch(
            at, tz, minutes=practice.batch_minutes, weekdays=practice.batch_weekdays
        )
        if at >= starts_at:
            return last
        last = at
