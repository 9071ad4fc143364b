"""The requester's address is theirs: the request is real, and what is held for it has an end."""

import uuid
from datetime import datetime, timedelta

from booking.domain import times
from booking.domain.refusals import SlotTaken
from booking.domain.states import RequestVerb, next_request_state
from booking.models import Appointment, Participant, Request, TimeAnswer, WaitlistEntry
from booking.operations import calendar, requests, seats
from booking.queries import calendar as calendar_queries
from practice.models import Practice
from practice.operations import journal


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
            requests.hold_policy(practice),
            people=requests.attending(request).count(),
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
