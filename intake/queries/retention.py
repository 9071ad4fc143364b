"""How long what people wrote is kept: the clocks of one request."""

from datetime import datetime

from django.db.models import Q

from booking.domain.states import AppointmentState, RequestState
from booking.models import Appointment, Request
from intake.domain.retention import History, Kept, due
from intake.models import Review
from intake.queries.settings import intake_settings

#: How a request ends without a session.
ENDED = (RequestState.DECLINED, RequestState.WITHDRAWN, RequestState.EXPIRED)
#: What counts as a session, for the clocks that run from the last one.
SESSIONS = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


def history(request: Request, *, now: datetime) -> History:
    """What the clocks of a request count from."""
    of_people = Q(attendances__participant__request=request)
    sessions = Appointment.objects.filter(Q(request=request) | of_people)
    held = sessions.filter(state__in=SESSIONS)
    if not held.exists() and request.state == RequestState.CONFIRMED:
        held = sessions  # booked once and then cancelled
    reviews = Review.objects.filter(request=request)
    is_open = request.state not in (*ENDED, RequestState.CONFIRMED)
    return History(
        closed_at=request.closed_at,
        was_declined=request.state == RequestState.DECLINED,
        last_session=max(held.values_list("ends_at", flat=True), default=None),
        decided_at=max(
            (at for at in reviews.values_list("closed_at", flat=True) if at), default=None
        ),
        # Not `review_open`: what was decided against stays held for good.
        is_live=is_open
        or reviews.filter(closed_at__isnull=True).exists()
        or sessions.filter(state=AppointmentState.BOOKED, ends_at__gt=now).exists(),
    )


def kept_until(request: Request, *, now: datetime) -> datetime | None:
    """When the answers of a request that is over are deleted; None while it is not over."""
    return due(history(request, now=now), intake_settings().retention_days).get(Kept.ANSWERS)
