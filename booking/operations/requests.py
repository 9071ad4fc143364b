"""Requests: asking, settling whose turn it is, withdrawing."""

import hmac
import ipaddress
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from booking.domain import asking as asking_rules
from booking.domain import times
from booking.domain.asking import Asking, Offer
from booking.domain.refusals import (
    IdempotencyKeyReused,
    InvalidRequest,
    NotTheirs,
    Problem,
)
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    RequestState,
    RequestVerb,
    SeatState,
    next_request_state,
)
from booking.models import (
    Appointment,
    Cohort,
    Participant,
    Request,
    Seat,
    WaitlistEntry,
)
from booking.operations import calendar, issuing, line, seats
from booking.operations.asking import (
    group_asked_for,
    group_problems,
    is_within_limits,
    new_people,
    new_request,
    open_poll,
    write,
)
from booking.operations.calendar import takes_time
from booking.queries import asking as asking_queries
from booking.queries import calendar as calendar_queries
from booking.queries.groups import open_groups
from booking.queries.party import is_one_persons
from practice.domain.people import most_people
from practice.models import Practice, Service
from practice.operations import journal


@dataclass(frozen=True, slots=True)
class Submitted:
    """A request that stands. `replayed`: this key had made it before.

    `seat_kept`: of a request for a seat in a group, whether one is kept for them.
    """

    request: Request
    held_until: datetime | None
    replayed: bool = False
    seat_kept: bool = False


def hold_policy(practice: Practice) -> times.HoldPolicy:
    """How long this practice keeps time for people."""
    return times.HoldPolicy(
        unverified_minutes=practice.unverified_hold_minutes,
        single_hours=practice.single_hold_hours,
        joint_hours=practice.joint_hold_hours,
        proposal_hours=practice.proposal_hold_hours,
        soon_days=practice.soon_days,
        soon_hours=practice.soon_hold_hours,
    )


def network_hash(address: str | None) -> bytes | None:
    """A keyed hash of a client's network (IPv4 /24, IPv6 /48): enough to limit holds by it."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    network = ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False)
    return hmac.digest(settings.LINK_KEY, f"network:{network}".encode(), "sha256")


def offer_of(service: Service, practice: Practice) -> Offer:
    """What the practice says about a service."""
    return Offer(
        relationship_type=service.relationship_type,
        modalities=service.modalities,
        people_max=most_people(service.people_max, practice.people_max),
        locations=[(p["country"], p.get("region", "")) for p in practice.locations],
        location_labels=[p["label"] for p in practice.locations],
    )


def submit(
    *,
    asking: Asking,
    now: datetime,
    origin: str = Request.Origin.WEB,
    idempotency_key: str | None = None,
    body_hash: bytes | None = None,
    network: bytes | None = None,
) -> Submitted:
    """Ask for a session, hold the first choice, and send the requester their code.

    The same key with the same body gives the request that it made before. Raises
    `InvalidRequest`, `SlotTaken`, `NoSeatLeft` and `IdempotencyKeyReused`.
    """
    key = idempotency_key or None
    asking = asking_rules.tidied(asking)
    cohort = group_asked_for(asking, now=now)
    if cohort is not None and asking.practitioner is None:
        asking = replace(asking, practitioner=cohort.practitioner.slug)
    try:
        return _submit(
            asking=asking,
            cohort=cohort,
            now=now,
            origin=origin,
            idempotency_key=key,
            body_hash=body_hash,
            network=network,
        )
    except IntegrityError:
        # A racer with the same key won: the unique index made us wait for it.
        replay = _replay(key, body_hash)
        if replay is None:
            raise
        return replay


def _the_one[T](offers: Sequence[T]) -> T | None:
    if len(offers) > 1:
        raise InvalidRequest(
            [Problem("practitioner", "required", "Please choose who you want to see.")]
        )
    return offers[0] if offers else None


def _replay(key: str | None, body_hash: bytes | None) -> Submitted | None:
    request = Request.objects.filter(idempotency_key=key).first() if key else None
    if request is None:
        return None
    if bytes(request.body_hash or b"") != (body_hash or b""):
        raise IdempotencyKeyReused
    if request.verified_at is not None:
        # What is held by now may be the practitioner's own, and nobody's to know yet.
        return Submitted(
            request, request.hold_ends_at, replayed=True, seat_kept=_seat_kept(request)
        )
    held = request.appointments.filter(state=AppointmentState.HELD).order_by("rank").first()
    return Submitted(
        request,
        held.held_until if held else None,
        replayed=True,
        seat_kept=_seat_kept(request),
    )


def _seat_kept(request: Request) -> bool:
    return Seat.objects.filter(request=request).exclude(state=SeatState.WAITING).exists()


@takes_time
def _submit(
    *,
    asking: Asking,
    cohort: Cohort | None,
    now: datetime,
    origin: str,
    idempotency_key: str | None,
    body_hash: bytes | None,
    network: bytes | None,
) -> Submitted:
    address_hash = issuing.address_hash(asking.requester.email)
    first, end = asking_rules.dates_around(asking.times, now=now)
    with calendar.sent_together():
        calendar.lock_offered(asking.service, asking.practitioner, address_hash=address_hash)
        ask = asking_queries.ask_grounds(
            asking,
            key=idempotency_key,
            address_hash=address_hash,
            purpose="verify",
            since=issuing.counted_from(now),
            network=network,
            now=now,
        )
        calendar_then = calendar_queries.ask_calendar(
            asking.service, asking.practitioner, first=first, end=end, now=now
        )
    grounds = ask()
    practice = grounds.practice
    replay = _replay(idempotency_key, body_hash) if grounds.is_known_key else None
    if replay is not None:
        return replay
    found = _the_one(grounds.offers)
    if cohort is not None and not open_groups(now).filter(pk=cohort.pk).exists():
        cohort = None  # closed or called off while we waited for the lock
    problems = [
        *asking_rules.problems(asking, found and offer_of(found[1], practice), now=now),
        *group_problems(asking, cohort),
    ]
    if problems or found is None:
        raise InvalidRequest(problems)
    practitioner, service = found
    issuing.refuse_many(grounds.mail)
    unverified_until = times.unverified_until(now, hold_policy(practice))
    seat_kept = cohort is not None and seats.reserve(
        cohort,
        practice,
        email=asking.requester.email,
        network=network,
        may_wait=asking.wait,
        now=now,
    )
    offer = calendar_queries.bookable(practitioner, service, asking.modality)
    calendar.refuse_unless_open(offer, calendar_then(offer), asking.times, now=now)
    request = new_request(asking, practitioner, service, origin=origin, now=now)
    request.idempotency_key, request.body_hash = idempotency_key, body_hash
    request.network_hash = network
    people = new_people(request, asking)
    held_until = None
    if asking.times and is_within_limits(grounds.unverified, practice, network):
        held_until = request.hold_ends_at = unverified_until
    write(
        request,
        people,
        asking,
        held_until=held_until,
        wants_no_mail=grounds.mail.wants_none,
        now=now,
    )
    if asking.find_together:
        open_poll(request, offer, now=now)
    if cohort is not None:
        kept = unverified_until if seat_kept else None
        seats.add(request, cohort, name=asking.seat_name, kept_until=kept, now=now)
    # Whoever waits for a seat needs no call before there is one.
    if asking.wait and not asking.times and (cohort is None or seat_kept):
        entry = WaitlistEntry(request=request, joined_at=now)
        if asking.wishes is not None:
            entry.wish(asking.wishes)
        entry.save(force_insert=True)
    return Submitted(request, held_until, seat_kept=seat_kept)


def attending(request: Request) -> QuerySet[Participant]:
    """The people without whom the session does not happen; "sometimes" people are not.

    Somebody who has left still counts until the practitioner goes on without them.
    """
    return request.participants.filter(attends=Participant.Attends.YES, excused_at__isnull=True)


def settle(request: Request, *, actor: str, now: datetime) -> None:
    """Move between gathering and ready as people finish. Runs in the caller's transaction."""
    everyone = list(attending(request).values_list("cleared_at", "left_at", "voted_round"))
    # Where people find a time together, saying when they can is part of everyone's own part.
    round_asked = request.poll.round if request.find_together else 0
    is_complete = bool(everyone) and all(
        cleared and not left and voted >= round_asked for cleared, left, voted in everyone
    )
    if is_complete and request.state == RequestState.GATHERING:
        verb, kind = RequestVerb.COMPLETE, "request_ready"
    elif not is_complete and request.state == RequestState.READY:
        verb, kind = RequestVerb.REOPEN, "request_reopened"
    else:
        return
    request.state = next_request_state(request.state, verb)
    request.revision += 1
    if is_complete:
        request.ready_at = request.ready_at or now
        # Whoever finishes late leaves the practitioner as much time as everybody else does.
        patience = timedelta(days=Practice.objects.get().gathering_days)
        request.expires_at = max(request.expires_at, now + patience)
    request.save(update_fields=["state", "revision", "ready_at", "expires_at"])
    journal.record(
        kind=kind,
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
    )


def close(
    request: Request,
    verb: RequestVerb,
    *,
    kind: str,
    actor: str,
    now: datetime,
    snapshot: dict[str, str] | None = None,
) -> None:
    """End a request and give its time back. Runs in the caller's transaction, under the lock."""
    request.state = next_request_state(request.state, verb)
    request.closed_at = now
    request.revision += 1
    request.save(update_fields=["state", "closed_at", "revision"])
    request.decisions.filter(done_at__isnull=True, undone_at__isnull=True).update(undone_at=now)
    held = _held(request)
    calendar.release(held)
    seats.closed(request, verb, actor=actor, now=now)
    line.drop(request, now=now)
    line.pass_on(held, now=now)
    # Of a request that was never verified nobody is told.
    write = journal.record if request.verified_at is not None else journal.note
    write(
        kind=kind,
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot=snapshot,
    )


@transaction.atomic(durable=True)
def withdraw(*, participant_id: uuid.UUID, now: datetime) -> None:
    """One person ends their part before anything is booked; no reason is asked for.

    The requester, or anybody of two, ends the request; with more, one leaves and the
    practitioner decides how it goes on. Raises `NotTheirs`, `TransitionNotAllowed`.
    """
    request_id = (
        Participant.objects.filter(pk=participant_id, left_at__isnull=True)
        .values_list("request_id", flat=True)
        .first()
    )
    if request_id is None:
        raise NotTheirs
    request = calendar.lock_calendar_and_request(request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    withdraw_from(request, participant, now=now)


def withdraw_from(request: Request, participant: Participant, *, now: datetime) -> None:
    """The same in the caller's transaction, under the lock."""
    actor = journal.client(participant.id)
    # Counted as asked, whoever has left since: how it ends must not tell who is still there.
    asked = request.participants.filter(attends=Participant.Attends.YES).count()
    ends_it = participant.attends == Participant.Attends.YES and asked <= 2
    if participant.is_requester or ends_it:
        close(
            request,
            RequestVerb.WITHDRAW,
            kind="request_withdrawn",
            actor=actor,
            now=now,
            snapshot={"participant": str(participant.id)},
        )
        return
    leave_request(participant, request, kind="participant_declined", actor=actor, now=now)


def leave_request(
    participant: Participant, request: Request, *, kind: str, actor: str, now: datetime
) -> None:
    """Take one person out of an open request. Runs in the caller's transaction."""
    if request.state not in OPEN_REQUEST_STATES or participant.left_at is not None:
        raise NotTheirs
    participant.left_at = now
    participant.save(update_fields=["left_at"])
    participant.links.filter(revoked_at__isnull=True, is_handover=False).update(revoked_at=now)
    line.release([a for a in _held(request) if a.suggested_by_id == participant.pk], now=now)
    request.revision += 1
    request.save(update_fields=["revision"])
    journal.record(
        kind=kind,
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"participant": str(participant.id)},
    )
    settle(request, actor=actor, now=now)


def _held(request: Request) -> list[Appointment]:
    held = request.appointments.filter(state=AppointmentState.HELD)
    return list(held.select_related("practitioner"))


def is_single(request: Request) -> bool:
    """Whether one person alone attends: then decisions need not wait for the batch."""
    return is_one_persons(request)
