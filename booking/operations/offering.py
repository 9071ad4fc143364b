"""What a decision does to the time: it becomes the appointment, is held, or is put before people.

Everything here runs in the caller's transaction, under the lock.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from booking.domain import times
from booking.domain.states import (
    AppointmentState,
    AppointmentVerb,
    RequestVerb,
    next_appointment_state,
    next_request_state,
)
from booking.models import Appointment, Attendance, Participant, Request
from booking.operations import calendar, line, suggestions
from booking.operations.requests import hold_policy
from booking.queries import calendar as calendar_queries
from booking.queries.together import claim_of
from practice.models import Practice
from practice.operations import journal


def book(request: Request, chosen: Appointment, *, actor: str, now: datetime) -> Appointment:
    """Turn a held time into the appointment. Runs in the caller's transaction, under the lock."""
    others = _held_but(request, [chosen.pk])
    calendar.release(others)
    suggestions.forget_all(request)
    line.drop(request, now=now, kept=[chosen.pk])
    line.pass_on(others, now=now)
    chosen.suggested_by = None
    chosen.state = next_appointment_state(chosen.state, AppointmentVerb.BOOK)
    chosen.held_until = None
    chosen.revision += 1
    chosen.save(update_fields=["state", "held_until", "revision", "suggested_by"])
    # A "sometimes" person comes once their own part is done.
    coming = request.participants.filter(
        cleared_at__isnull=False, left_at__isnull=True, excused_at__isnull=True
    ).exclude(attends=Participant.Attends.NO)
    Attendance.objects.bulk_create(
        Attendance(appointment=chosen, participant=person) for person in coming
    )
    request.state = next_request_state(request.state, RequestVerb.CONFIRM)
    request.revision += 1
    request.confirm_when_ready = False
    request.save(update_fields=["state", "revision", "confirm_when_ready"])
    journal.record(
        kind="request_confirmed",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"appointment": str(chosen.id)},
    )
    journal.record(
        kind="appointment_booked",
        subject_type="appointment",
        subject_id=chosen.id,
        revision=chosen.revision,
        actor=actor,
        at=now,
        snapshot={"starts_at": chosen.starts_at.isoformat()},
    )
    return chosen


def _held_but(request: Request, kept: Collection[UUID]) -> list[Appointment]:
    held = request.appointments.filter(state=AppointmentState.HELD).exclude(pk__in=kept)
    return list(held.select_related("practitioner"))


def hold_alternatives(
    request: Request, starts: Sequence[datetime], *, now: datetime
) -> list[Appointment]:
    """Hold the practitioner's own choice of times. In the caller's transaction, under the lock."""
    calendar.release_lapsed(request.practitioner_id, now=now)
    # One claim for all that a request holds: a time that somebody suggested can be proposed.
    claim = claim_of(request, now=now) or uuid.uuid4()
    offer = calendar_queries.own_choice(request.practitioner, request.service)
    calendar.check_open(offer, starts, now=now, ignore_claim=claim)
    policy = hold_policy(Practice.objects.get())
    return calendar.hold(
        request,
        starts,
        claim=claim,
        held_until=min(times.proposal_until(now, policy, starts_at=s) for s in starts),
        now=now,
    )


def offer_times(
    request: Request,
    candidates: Sequence[Appointment],
    *,
    actor: str,
    now: datetime,
    verb: RequestVerb = RequestVerb.PROPOSE,
    until: datetime | None = None,
    kind: str = "request_proposed",
) -> None:
    """Put times before the people attending. In the caller's transaction, under the lock.

    `verb` is REOFFER for the new times after a cancellation by the practitioner; `until` and
    `kind` are the waitlist's, which has ends and messages of its own.
    """
    practice = Practice.objects.get()
    policy = hold_policy(practice)
    if until is None:
        until = min(times.proposal_until(now, policy, starts_at=c.starts_at) for c in candidates)
    chosen = [c.pk for c in candidates]
    others = _held_but(request, chosen)
    calendar.release(others)
    suggestions.forget_all(request)
    line.drop(request, now=now, kept=chosen)
    line.pass_on(others, now=now)
    Appointment.objects.filter(pk__in=chosen).update(held_until=until)
    request.state = next_request_state(request.state, verb)
    request.revision += 1
    request.hold_ends_at = until
    request.hold_lapsed_at = None
    # Whoever is offered times has as long for their own part as a new request would.
    request.expires_at = max(request.expires_at, until + timedelta(days=practice.gathering_days))
    request.save(
        update_fields=["state", "revision", "hold_ends_at", "hold_lapsed_at", "expires_at"]
    )
    journal.record(
        kind=kind,
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"until": until.isoformat()},
    )
