"""Requests: asking, verifying, settling whose turn it is, withdrawing."""

import hmac
import ipaddress
import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from booking.domain import asking as asking_rules
from booking.domain import times
from booking.domain.asking import Asking, Offer
from booking.domain.party import is_for_one
from booking.domain.refusals import (
    IdempotencyKeyReused,
    InvalidRequest,
    NotTheirs,
    Problem,
    SlotTaken,
)
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    AppointmentState,
    RequestState,
    RequestVerb,
    SeatState,
    next_request_state,
)
from booking.domain.together import asked_days
from booking.models import (
    Appointment,
    Cohort,
    Participant,
    Poll,
    Request,
    Seat,
    TimeAnswer,
    WaitlistEntry,
)
from booking.operations import calendar, issuing, line, seats
from booking.operations.calendar import takes_time
from booking.queries import calendar as calendar_queries
from booking.queries.groups import open_groups
from booking.queries.limits import unverified_holds
from practice.models import Practice, Practitioner, RelationshipType, Service
from practice.operations import journal
from practice.sealing import seal

#: How long an unverified request is kept before the sweep expires it.
_UNVERIFIED_LIFE = timedelta(hours=24)


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
        people_max=min(service.people_max or practice.people_max, practice.people_max),
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
    replay = _replay(key, body_hash)
    if replay is not None:
        return replay
    practice = Practice.objects.get()
    asking = asking_rules.tidied(asking)
    cohort = _find_cohort(asking, now=now)
    if cohort is not None and asking.practitioner is None:
        asking = replace(asking, practitioner=cohort.practitioner.slug)
    found = _find(asking)
    problems = [
        *asking_rules.problems(asking, found and offer_of(found[1], practice), now=now),
        *_cohort_problems(asking, cohort),
    ]
    if problems or found is None:
        raise InvalidRequest(problems)
    mail = issuing.check_rate(asking.requester.email, purpose="verify", now=now)
    try:
        return _submit(
            asking=asking,
            practice=practice,
            practitioner=found[0],
            service=found[1],
            cohort=cohort,
            now=now,
            origin=origin,
            idempotency_key=key,
            body_hash=body_hash,
            network=network,
            wants_no_mail=mail.wants_none,
        )
    except IntegrityError:
        # A racer with the same key won: the unique index made us wait for it.
        replay = _replay(key, body_hash)
        if replay is None:
            raise
        return replay


def _find(asking: Asking) -> tuple[Practitioner, Service] | None:
    offers = Service.practitioners.through.objects.filter(
        service__slug=asking.service, service__is_active=True, practitioner__is_active=True
    ).select_related("service", "practitioner")
    if asking.practitioner is not None:
        offers = offers.filter(practitioner__slug=asking.practitioner)
    if asking.relationship_type == RelationshipType.GROUP:
        # The sessions of a group are not booked one by one: people ask for a seat.
        offers = offers.exclude(service__cohorts__isnull=False)
    found = list(offers[:2])
    if len(found) > 1:
        raise InvalidRequest(
            [Problem("practitioner", "required", "Please choose who you want to see.")]
        )
    return (found[0].practitioner, found[0].service) if found else None


def _find_cohort(asking: Asking, *, now: datetime) -> Cohort | None:
    if not asking.cohort:
        return None
    return (
        open_groups(now)
        .select_related("practitioner", "call_service")
        .filter(slug=asking.cohort)
        .first()
    )


def _cohort_problems(asking: Asking, cohort: Cohort | None) -> list[Problem]:
    if not asking.cohort:
        return []
    if cohort is None:
        return [
            Problem("cohort", "unknown_group", "Please choose one of the groups that are open.")
        ]
    found = []
    if asking.service != cohort.call_service.slug:
        found.append(
            Problem("service", "not_its_call", "Please choose the call that goes with this group.")
        )
    if asking.practitioner != cohort.practitioner.slug:
        found.append(
            Problem("practitioner", "not_its_practitioner", "Somebody else leads this group.")
        )
    return found


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
    practice: Practice,
    practitioner: Practitioner,
    service: Service,
    cohort: Cohort | None,
    now: datetime,
    origin: str,
    idempotency_key: str | None,
    body_hash: bytes | None,
    network: bytes | None,
    wants_no_mail: bool,
) -> Submitted:
    calendar.lock(practitioner.id)
    replay = _replay(idempotency_key, body_hash)
    if replay is not None:
        return replay
    if cohort is not None and not open_groups(now).filter(pk=cohort.pk).exists():
        # Closed or called off while we waited for the lock.
        raise InvalidRequest(_cohort_problems(asking, None))
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
    if asking.times:
        fresh = calendar.check_offered(offer, asking.times, modality=asking.modality, now=now)
        if fresh != offer:
            # Edited while we waited for the lock: the hold is as long as the session is now.
            service.refresh_from_db()
    may_hold = bool(asking.times) and _may_hold(
        practice, practitioner, asking.requester.email, network, now=now
    )
    request = Request(
        relationship_type=asking.relationship_type,
        service=service,
        practitioner=practitioner,
        state=RequestState.RECEIVED,
        modality=asking.modality,
        time_zone=asking.time_zone,
        country=asking.country,
        region=asking.region,
        cadence=asking.cadence,
        article_slug=asking.article,
        origin=origin,
        find_together=asking.find_together,
        wanted_starts=[t.isoformat() for t in asking.times],
        expires_at=now + _UNVERIFIED_LIFE,
        created_at=now,
        idempotency_key=idempotency_key,
        body_hash=body_hash,
        network_hash=network,
    )
    request.topics_sealed = seal_request(request, "topics", json.dumps(list(asking.topics)))
    request.words_sealed = seal_request(request, "words", asking.words)
    request.save(force_insert=True)
    requester = _add_people(request, asking)
    if asking.find_together:
        _open_poll(request, offer, now=now)
    if cohort is not None:
        kept = unverified_until if seat_kept else None
        seats.add(request, cohort, name=asking.seat_name, kept_until=kept, now=now)
    # Whoever waits for a seat needs no call before there is one.
    if asking.wait and not asking.times and (cohort is None or seat_kept):
        WaitlistEntry.objects.create(request=request, joined_at=now)
    held_until = None
    if may_hold:
        held_until = unverified_until
        # Only the first choice before the address is verified.
        calendar.hold(request, asking.times[:1], claim=uuid.uuid4(), held_until=held_until, now=now)
    actor = journal.client(requester.id)
    journal.note(
        kind="request_received",
        subject_type="request",
        subject_id=request.id,
        actor=actor,
        at=now,
    )
    issuing.issue_link(
        requester,
        address=requester.email,
        purpose="verify",
        actor=actor,
        now=now,
        wants_none=wants_no_mail,
    )
    return Submitted(request, held_until, seat_kept=seat_kept)


def _open_poll(request: Request, offer: calendar_queries.Bookable, *, now: datetime) -> None:
    first, until = asked_days(
        now,
        offer.zone,
        notice_minutes=offer.rules.notice_minutes,
        horizon_days=offer.rules.horizon_days,
    )
    Poll.objects.create(request=request, first_date=first, until_date=until, opened_at=now)


def seal_request(request: Request, field: str, text: str) -> bytes:
    """Encrypt a request's free text for its own row."""
    return seal(text, label="request", row=request.id, field=field)


def _may_hold(
    practice: Practice,
    practitioner: Practitioner,
    email: str,
    network: bytes | None,
    *,
    now: datetime,
) -> bool:
    """Whether one more unverified hold is within the limits. Call it under the lock."""
    live = unverified_holds(practitioner.id, email=email, network=network, now=now)
    return (
        live.by_practitioner < practice.holds_per_practitioner
        and (network is None or live.by_network < practice.holds_per_network)
        and live.by_address < practice.holds_per_address
    )


def _add_people(request: Request, asking: Asking) -> Participant:
    requester = Participant(
        request=request,
        position=0,
        is_requester=True,
        label=asking.requester.name.strip(),
        chosen_name=asking.requester.name.strip(),
        pronouns=asking.requester.pronouns.strip(),
        email=asking.requester.email,
        agreed=True,
        route=Participant.Route.SELF,
        time_zone=asking.time_zone,
    )
    others = [
        Participant(
            request=request,
            position=position,
            label=person.label.strip(),
            attends=person.attends,
            agreed=person.agreed,
            route=person.route if person.attends != "no" else Participant.Route.LINK,
            invited_as=person.invited_as,
            email=person.email if person.route == Participant.Route.EMAIL else "",
            time_zone=asking.time_zone,
        )
        for position, person in enumerate(asking.others, start=1)
    ]
    Participant.objects.bulk_create([requester, *others])
    return requester


def verify(request: Request, requester: Participant, *, now: datetime) -> None:
    """The requester's address is theirs: fix the end of the hold. Runs in the caller's transaction.

    The caller has locked calendar and request. If the first hold lapsed meanwhile, it is taken
    again if it is still open; else the request lives on without a time.
    """
    practice = Practice.objects.get()
    request.state = next_request_state(request.state, RequestVerb.VERIFY)
    request.verified_at = now
    request.expires_at = now + timedelta(days=practice.gathering_days)
    request.revision += 1
    requester.joined_at = now
    requester.save(update_fields=["joined_at"])
    request.hold_ends_at = _fix_hold(request, requester, practice, now=now)
    request.save(update_fields=["state", "verified_at", "expires_at", "revision", "hold_ends_at"])
    seats.verified(request, requester)
    journal.record(
        kind="request_verified",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.client(requester.id),
        at=now,
    )
    if not request.wanted_starts and WaitlistEntry.objects.filter(request=request).exists():
        journal.record(
            kind="waitlist_joined",
            subject_type="request",
            subject_id=request.id,
            revision=request.revision,
            actor=journal.client(requester.id),
            at=now,
        )


def _fix_hold(
    request: Request, requester: Participant, practice: Practice, *, now: datetime
) -> datetime | None:
    wanted = [datetime.fromisoformat(t) for t in request.wanted_starts]
    held = calendar.live_candidates(request, now=now)
    claim = held[0].claim if held else uuid.uuid4()
    ends = {
        start: times.held_until(
            now,
            hold_policy(practice),
            people=attending(request).count(),
            starts_at=start,
            notice_minutes=request.service.notice_minutes,
        )
        for start in wanted
    }
    still_wanted = [s for s in wanted if ends[s] > now and s not in {a.starts_at for a in held}]
    offer = calendar_queries.bookable(request.practitioner, request.service, request.modality)
    calendar.release_lapsed(request.practitioner_id, now=now)
    fresh = [s for s in still_wanted if _is_open(offer, s, claim=claim, now=now)]
    for start in fresh:
        held += calendar.hold(request, [start], claim=claim, held_until=ends[start], now=now)
    for appointment in held:
        appointment.rank = wanted.index(appointment.starts_at) + 1
        # Never shorter than what was promised before the code: a near session has little notice.
        promised = appointment.held_until or now
        appointment.held_until = max(ends[appointment.starts_at], promised, now)
    Appointment.objects.bulk_update(held, ["rank", "held_until"])
    TimeAnswer.objects.bulk_create(
        TimeAnswer(appointment=a, participant=requester, accepts=True, answered_at=now)
        for a in held
    )
    return max((a.held_until for a in held if a.held_until), default=None)


def _is_open(
    offer: calendar_queries.Bookable, start: datetime, *, claim: uuid.UUID, now: datetime
) -> bool:
    try:
        calendar.check_open(offer, [start], now=now, ignore_claim=claim)
    except SlotTaken:
        return False
    return True


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
    if is_complete and request.ready_at is None:
        request.ready_at = now
    request.save(update_fields=["state", "revision", "ready_at"])
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
    calendar.release(list(request.appointments.filter(state=AppointmentState.HELD)))
    seats.closed(request, verb, actor=actor, now=now)
    line.drop(request, now=now)
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
    calendar.release(
        list(request.appointments.filter(suggested_by=participant, state=AppointmentState.HELD))
    )
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


def is_single(request: Request) -> bool:
    """Whether one person alone attends: then decisions need not wait for the batch."""
    others = request.participants.filter(is_requester=False, excused_at__isnull=True).exclude(
        attends=Participant.Attends.NO
    )
    return is_for_one(request.relationship_type, others_coming=others.count())
