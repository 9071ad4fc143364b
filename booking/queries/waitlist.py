"""The waitlist: one's own place on it, and whom a time that opens up would fit."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from booking.domain import slots, waiting
from booking.domain.asking import location_allowed
from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState, SeatState
from booking.domain.waiting import SILENCES_MAX, Waiting
from booking.models import (
    Appointment,
    Decision,
    Participant,
    Request,
    Seat,
    WaitlistEntry,
    WaitlistOffer,
)
from booking.queries import calendar as calendar_queries
from booking.queries.party import is_one_persons
from practice.domain.wall import local_date, zone
from practice.models import Practice, Practitioner, Service

#: The start of a freed time need not lie on the grid that the service offers to the public.
_STEP_MINUTES = 5


def may_wait(request: Request, *, now: datetime) -> bool:
    """Whether this request can be put on the list: it is open, and no time is on its way to it.

    Not while times are kept or offered until an end that its people were told, nor where they
    mark what suits: then there is another way to a time.
    """
    is_open = request.state in OPEN_REQUEST_STATES and request.state != RequestState.RECEIVED
    is_held = request.hold_ends_at is not None and request.hold_ends_at > now
    return (
        is_open
        and not is_held
        and not request.find_together
        # Without a seat in the group there is no call to wait for.
        and not Seat.objects.filter(request=request, state=SeatState.WAITING).exists()
    )


def is_on_list(request: Request) -> bool:
    """Whether an open request waits for a time to open up."""
    return (
        request.state in OPEN_REQUEST_STATES
        and WaitlistEntry.objects.filter(request=request, left_at__isnull=True).exists()
    )


def suits(entry: WaitlistEntry, starts_at: datetime) -> bool:
    """Whether a start is one of those that whoever waits said would suit them."""
    requester = entry.request.participants.get(is_requester=True)
    return entry.wishes.suit(starts_at, zone(requester.time_zone))


def could_take(appointment: Appointment, *, now: datetime) -> int:
    """How many on the list a booked time would fit if it were given up now."""
    found = fitting(
        appointment.practitioner, appointment.starts_at, now=now, ignore_claim=appointment.claim
    )
    return sum(1 for _ in found)


def fitting(
    practitioner: Practitioner,
    starts_at: datetime,
    *,
    now: datetime,
    ignore_claim: UUID | None = None,
) -> Iterable[WaitlistEntry]:
    """Those who could be offered a start, in line. Nobody is offered the same one twice.

    `ignore_claim`: as if what is taken for that were free.
    """
    entries = {entry.pk: entry for entry in _ready(practitioner, starts_at, now=now)}
    services = {entry.request.service_id: entry.request.service for entry in entries.values()}
    queue = [
        Waiting(
            entry=entry.pk,
            ready_at=entry.request.ready_at or entry.joined_at,
            joined_at=entry.joined_at,
            service=entry.request.service_id,
            modality=entry.request.modality,
        )
        for entry in entries.values()
    ]

    def fits(service_id: UUID, modality: str) -> bool:
        service = services[service_id]
        return _is_open(
            practitioner, service, modality, starts_at, now=now, ignore_claim=ignore_claim
        )

    for next_one in waiting.in_line(queue, fits=fits):
        yield entries[next_one.entry]


def can_take(entry: WaitlistEntry, *, now: datetime, offer: WaitlistOffer | None = None) -> bool:
    """Whether an entry could be offered a time now; `offer` is the one kept for it already.

    Somebody whose request is looked at more closely waits like somebody with an unfinished form.
    """
    request = entry.request
    if (
        entry.left_at is not None
        or entry.silences >= SILENCES_MAX
        or request.state != RequestState.READY
        or request.review_open
        or request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).exists()
    ):
        return False
    held = request.appointments.filter(state=AppointmentState.HELD, held_until__gt=now)
    return set(held.values_list("pk", flat=True)) == ({offer.appointment_id} if offer else set())


def _ready(
    practitioner: Practitioner, starts_at: datetime, *, now: datetime
) -> list[WaitlistEntry]:
    """Entries that could be offered this time as far as they go, in no order."""
    asked_before = WaitlistOffer.objects.filter(
        appointment__practitioner=practitioner, appointment__starts_at=starts_at
    ).values("entry_id")
    held = Appointment.objects.filter(
        request=OuterRef("request"), state=AppointmentState.HELD, held_until__gt=now
    )
    decided = Decision.objects.filter(
        request=OuterRef("request"), done_at__isnull=True, undone_at__isnull=True
    )
    # Also one whose time has lapsed before the sweep could end it: that comes first.
    offered = WaitlistOffer.objects.filter(entry=OuterRef("pk"), settled_at__isnull=True)
    refused = WaitlistOffer.objects.filter(
        entry=OuterRef("pk"),
        told_at__isnull=False,
        expires_at__gt=now,
        outcome=WaitlistOffer.Outcome.DECLINED,
    )
    requester = Participant.objects.filter(request=OuterRef("request"), is_requester=True)
    entries = list(
        WaitlistEntry.objects.filter(
            ~Exists(held),
            ~Exists(decided),
            ~Exists(offered),
            left_at__isnull=True,
            silences__lt=SILENCES_MAX,
            request__practitioner=practitioner,
            request__state=RequestState.READY,
            request__review_open=False,
            request__service__is_active=True,
            request__service__practitioners=practitioner,
        )
        .exclude(pk__in=asked_before)
        .exclude(request__seat__state=SeatState.WAITING)
        .annotate(has_refused=Exists(refused), clock=Subquery(requester.values("time_zone")))
        .select_related("request__service", "request__practitioner")
    )
    if not entries:
        return []
    locations = [(p["country"], p.get("region", "")) for p in Practice.objects.get().locations]
    return [
        entry
        for entry in entries
        if location_allowed(entry.request.country, entry.request.region, locations)
        and entry.wishes.suit(starts_at, zone(vars(entry)["clock"]))
        # People of several hear that a time is gone when it would have ended anyway: another
        # offer before that would tell what one of them has answered.
        and not (entry.has_refused and not is_one_persons(entry.request))
    ]


def _is_open(
    practitioner: Practitioner,
    service: Service,
    modality: str,
    starts_at: datetime,
    *,
    now: datetime,
    ignore_claim: UUID | None,
) -> bool:
    """Whether a service could begin at a freed time: hours, caps and energy rules bind.

    Notice and horizon do not: that a time is near is why it is offered.
    """
    offer = calendar_queries.bookable(practitioner, service, modality)
    rules = replace(offer.rules, step_minutes=_STEP_MINUTES, notice_minutes=0, horizon_days=None)
    day = local_date(starts_at, offer.zone)
    facts = calendar_queries.calendar(offer, first=day, end=day + timedelta(days=1), now=now)
    return slots.is_open(facts, rules, starts_at, now=now, ignore_claim=ignore_claim)
