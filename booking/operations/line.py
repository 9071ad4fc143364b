"""The line of the waitlist: whom a freed time is kept for, and who comes after them.

Steps of other operations, in the caller's transaction and under the practitioner's lock. This
only keeps time; `waitlist` tells people of it.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from booking.domain import times, waiting
from booking.domain.states import AppointmentState
from booking.domain.waiting import OfferPolicy, Told
from booking.models import Appointment, Participant, Request, WaitlistEntry, WaitlistOffer
from booking.operations import calendar
from booking.queries.party import is_one_persons
from booking.queries.waitlist import fitting
from practice.domain.wall import zone
from practice.models import Practice, Practitioner
from practice.operations import journal

#: What is offered stays held this long past its end, so that the sweep can give it to the next in
#: line before anybody else finds it free.
GRACE = timedelta(minutes=15)
#: Joint decisions leave at least once in so long.
_BATCHES_LOOKED_AT = timedelta(days=9)


def keep_for_next(
    practitioner: Practitioner, starts_at: datetime, *, now: datetime, but: UUID | None = None
) -> WaitlistOffer | None:
    """Hold a freed time for the first in line whom it fits. None: it fits nobody.

    `but`: the request that has just let it go, whose people are not asked about it again.
    """
    if starts_at <= now:
        return None
    for entry in fitting(practitioner, starts_at, now=now):
        if entry.request_id == but:
            continue
        offer = _keep(entry, practitioner, starts_at, now=now)
        if offer is not None:
            return offer
    return None


def release(appointments: Sequence[Appointment], *, now: datetime) -> None:
    """Give held time back for good: whoever waits for such a time comes before everybody else."""
    calendar.release(appointments)
    pass_on(appointments, now=now)


def pass_on(appointments: Sequence[Appointment], *, now: datetime) -> None:
    """Keep each of these times, given back before this, for the next in line whom it fits.

    The same time twice, or one that something else takes, is kept once or not at all. The sweep
    tells people of it.
    """
    for appointment in sorted(appointments, key=lambda a: (a.starts_at, a.pk)):
        keep_for_next(
            appointment.practitioner, appointment.starts_at, now=now, but=appointment.request_id
        )


def pass_on_lapsed(practitioner_id: UUID, *, now: datetime) -> None:
    """Release what nobody holds any more, and keep it for those who wait.

    Also what another operation found in its way and released (`found_lapsed`). Each time once.
    """
    held = Q(state=AppointmentState.HELD, held_until__lte=now, starts_at__gt=now)
    lapsed = Appointment.objects.filter(held | found_lapsed(now), practitioner_id=practitioner_id)
    found = list(lapsed.select_related("practitioner"))
    calendar.release_lapsed(practitioner_id, now=now)
    Appointment.objects.filter(pk__in=[a.pk for a in found]).update(held_until=None)
    pass_on(found, now=now)


def found_lapsed(now: datetime) -> Q:
    """Times that some operation found lapsed and released, and that no sweep has passed on yet.

    They still say until when they were held; what was given back on purpose or passed on does not.
    """
    return Q(
        state=AppointmentState.RELEASED,
        held_until__gt=now - GRACE,
        held_until__lte=now,
        starts_at__gt=now,
    )


def settle(offer: WaitlistOffer, outcome: str, *, now: datetime) -> WaitlistOffer | None:
    """End an offer; unless it was accepted, keep the time for the next in line and return that."""
    offer.settled_at = now
    offer.outcome = outcome
    offer.save(update_fields=["settled_at", "outcome"])
    _note(offer, f"waitlist_{outcome}", at=now)
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
    told = _told(request)
    if decide_by is None or not told:
        return None
    opens_at = waiting.opens_at(now, told)
    expires_at = waiting.expires_at(
        opens_at, starts_at, offer_policy(practice), tz=tz, decide_by=decide_by
    )
    if not waiting.leaves_time(opens_at, expires_at):
        return None
    calendar.release_lapsed(practitioner.id, now=now)
    [held] = calendar.hold(
        request, [starts_at], claim=uuid.uuid4(), held_until=expires_at + GRACE, now=now
    )
    offer = WaitlistOffer.objects.create(
        entry=entry, appointment=held, made_at=now, opens_at=opens_at, expires_at=expires_at
    )
    _note(offer, "waitlist_kept", at=now)
    return offer


def _note(offer: WaitlistOffer, kind: str, *, at: datetime) -> None:
    """What becomes of a kept time, told or not, stands in the journal."""
    request = offer.entry.request
    journal.note(
        kind=kind,
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.SYSTEM,
        at=at,
        snapshot={
            "appointment": str(offer.appointment_id),
            "starts_at": offer.appointment.starts_at.isoformat(),
        },
    )


def _told(request: Request) -> list[Told]:
    """Those who would be told, on their own clocks and outside their own quiet hours, the
    requester first."""
    told = request.participants.filter(
        attends=Participant.Attends.YES, excused_at__isnull=True
    ).order_by("-is_requester", "position")
    clocks = told.values_list("time_zone", "quiet_from", "quiet_until")
    return [Told(zone(name), begins, ends) for name, begins, ends in dict.fromkeys(clocks)]


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
