"""Times that one person suggests instead of those that were proposed.

A suggestion is held under the request's own claim and visible only to that person and the
practitioner. Everything here runs in the caller's transaction, under the lock.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from booking.domain import times
from booking.domain.refusals import InvalidRequest, Problem
from booking.domain.states import AppointmentState
from booking.models import Appointment, Participant, Request
from booking.operations import calendar
from booking.operations.requests import hold_policy
from booking.queries import calendar as calendar_queries
from practice.models import Practice

SUGGESTIONS_MAX = 3


def suggest(
    request: Request,
    participant: Participant,
    starts: Sequence[datetime],
    *,
    offered: Sequence[Appointment],
    now: datetime,
) -> None:
    """Hold what this person suggests, in place of what they suggested before.

    A start that is offered already needs no suggestion and is left out. Raises `SlotTaken`,
    `InvalidRequest`.
    """
    starts = [start.astimezone(UTC) for start in starts]
    if len(starts) > SUGGESTIONS_MAX or len(set(starts)) < len(starts):
        raise InvalidRequest(
            [
                Problem(
                    "suggestions",
                    "up_to_three_times",
                    "Please suggest up to three different times.",
                )
            ]
        )
    on_offer = {candidate.starts_at for candidate in offered}
    wanted = [start for start in starts if start not in on_offer]
    before = list(
        request.appointments.filter(suggested_by=participant, state=AppointmentState.HELD)
    )
    forget([s for s in before if s.starts_at not in wanted])
    kept = {s.starts_at for s in before}
    fresh = [start for start in wanted if start not in kept]
    if not fresh:
        return
    claim = offered[0].claim
    calendar.release_lapsed(request.practitioner_id, now=now)
    offer = calendar_queries.bookable(request.practitioner, request.service, request.modality)
    calendar.check_open(offer, fresh, now=now, ignore_claim=claim)
    # Fixed by the end that was announced to all: an end that moved when the last person answers
    # would tell. The practitioner has as long after it as people have to answer.
    announced = max(request.hold_ends_at or now, now)
    policy = hold_policy(Practice.objects.get())
    for start in fresh:
        calendar.hold(
            request,
            [start],
            claim=claim,
            held_until=times.proposal_until(announced, policy, starts_at=start),
            now=now,
            modality=offered[0].modality,
            suggested_by=participant.pk,
        )


def forget(suggestions: Sequence[Appointment]) -> None:
    """Give the time back and take it off the suggester's page as well."""
    calendar.release(suggestions)
    Appointment.objects.filter(pk__in=[s.pk for s in suggestions]).update(suggested_by=None)


def forget_all(request: Request) -> None:
    """There is news for everyone: what was suggested to the last proposal is over."""
    suggested = request.appointments.filter(suggested_by__isnull=False)
    calendar.release(list(suggested.filter(state=AppointmentState.HELD)))
    suggested.filter(state=AppointmentState.RELEASED).update(suggested_by=None)
