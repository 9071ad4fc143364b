"""Finding a time together: what decisions share. In the caller's transaction, under the lock."""

from datetime import date, datetime, timedelta

from booking.domain.states import (
    AppointmentState,
    RequestState,
    RequestVerb,
    TransitionNotAllowed,
    next_request_state,
)
from booking.domain.together import asked_days
from booking.models import Request
from booking.operations import line, suggestions
from booking.queries import calendar as calendar_queries
from booking.queries.calendar import Bookable
from practice.models import Practice
from practice.operations import journal


def check_may_reopen(request: Request) -> None:
    """Only while everybody waits for the practitioner. Raises `TransitionNotAllowed`."""
    if not request.find_together or request.state != RequestState.READY:
        raise TransitionNotAllowed(RequestState(request.state), RequestVerb.REOPEN)


def reopen(request: Request, *, actor: str, now: datetime) -> None:
    """Ask everybody again, about later days. Everyone gets the same neutral line.

    What they said about days that are asked about again is on their ballots still; nothing that
    was held or suggested for them is. Raises `TransitionNotAllowed`.
    """
    check_may_reopen(request)
    held = list(
        request.appointments.filter(state=AppointmentState.HELD).select_related("practitioner")
    )
    suggestions.forget_all(request)
    line.release(held, now=now)
    offer = calendar_queries.bookable(request.practitioner, request.service, request.modality)
    poll = request.poll
    poll.first_date, poll.until_date = _next_days(offer, after=poll.until_date, now=now)
    poll.round += 1
    poll.save(update_fields=["first_date", "until_date", "round"])
    request.state = next_request_state(request.state, RequestVerb.REOPEN)
    request.revision += 1
    request.hold_ends_at = None
    request.hold_lapsed_at = None
    # Everyone has as long for this as for a new request.
    gathering = timedelta(days=Practice.objects.get().gathering_days)
    request.expires_at = max(request.expires_at, now + gathering)
    request.save(
        update_fields=["state", "revision", "hold_ends_at", "hold_lapsed_at", "expires_at"]
    )
    journal.record(
        kind="poll_reopened",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=actor,
        at=now,
        snapshot={"round": poll.round},
    )


def _next_days(offer: Bookable, *, after: date, now: datetime) -> tuple[date, date]:
    """The days after those already asked about; if nothing is open there (yet), all from now on."""
    notice, horizon = offer.rules.notice_minutes, offer.rules.horizon_days
    later = asked_days(now, offer.zone, notice_minutes=notice, horizon_days=horizon, after=after)
    if calendar_queries.open_slots(offer, first=later[0], end=later[1], now=now):
        return later
    return asked_days(now, offer.zone, notice_minutes=notice, horizon_days=horizon)
