"""People part: one ends their part for good, or the practitioner ends what was joint."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid4

from booking.domain.refusals import NotTheirs
from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Appointment, Participant, PrivateLink, Request, Seat
from booking.operations import calendar, cancellations, places, requests, waitlist
from booking.operations.appointments import people_coming
from booking.operations.calendar import takes_time
from practice.operations import journal


@takes_time
def end_part(*, participant_id: UUID, now: datetime) -> PrivateLink:
    """One person ends their part for good; no reason is asked for.

    Before anything is booked it is a withdrawal. After that every joint session ahead is cancelled
    for all of them; who ended it stands in no message. Every link to their page dies, and nothing
    more is sent to them. What comes back is the one link that is left: to what they wrote
    themselves. It is shown once and never mailed, because somebody else may read their mail.

    Raises `NotTheirs` for somebody who has not joined or has left, and for a place in a group,
    which is left on its own page.
    """
    request_id = (
        Participant.objects.filter(pk=participant_id, left_at__isnull=True, joined_at__isnull=False)
        .values_list("request_id", flat=True)
        .first()
    )
    if request_id is None or Seat.objects.filter(request_id=request_id).exists():
        raise NotTheirs
    request = calendar.lock_calendar_and_request(request_id)
    participant = Participant.objects.select_for_update(no_key=True).get(pk=participant_id)
    if participant.left_at is not None:
        raise NotTheirs
    end_for(request, participant, now=now)
    return PrivateLink.objects.create(
        id=uuid4(), participant=participant, purpose=PrivateLink.COPY, created_at=now, used_at=now
    )


def end_for(request: Request, participant: Participant, *, now: datetime) -> None:
    """The same without a link that is left. In the caller's transaction, under the lock."""
    if Seat.objects.filter(request=request).exists():
        with suppress(NotTheirs):  # refused, or left before
            places.leave(participant_id=participant.id, now=now)
            request.refresh_from_db()
    elif request.state in OPEN_REQUEST_STATES:
        requests.withdraw_from(request, participant, now=now)
    elif request.state == RequestState.CONFIRMED:
        _cancel_for(request, participant, now=now)
    participant.left_at = participant.ended_at = now
    participant.save(update_fields=["left_at", "ended_at"])
    participant.links.filter(revoked_at__isnull=True, is_handover=False).update(revoked_at=now)
    journal.record(
        kind="part_ended",
        subject_type="request",
        subject_id=request.id,
        revision=request.revision,
        actor=journal.client(participant.id),
        at=now,
        snapshot={"participant": str(participant.id)},
    )


def _cancel_for(request: Request, participant: Participant, *, now: datetime) -> None:
    for appointment in _ahead(request, now=now):
        people = people_coming(appointment)
        if participant.id not in people:
            continue
        if len(people) == 1:
            cancellations.cancel_for(appointment, participant.id, now=now)
            continue
        cancellations.cancel_booked(
            appointment,
            actor=journal.client(participant.id),
            now=now,
            snapshot={"by": str(participant.id), "late": False},
        )
        waitlist.offer_freed(appointment, now=now)


def end_joint(request: Request, *, practitioner_id: UUID, now: datetime) -> Sequence[UUID]:
    """Cancel every session of a request ahead, for its practitioner; the ids of those.

    From then on nothing more is booked for its people together. Runs in the caller's transaction,
    under the lock on calendar and request. The change names the separation, so that people are told
    of all dates at once and not of each.
    """
    request.parted_at = now
    request.save(update_fields=["parted_at"])
    cancelled = _ahead(request, now=now)
    for appointment in cancelled:
        cancellations.cancel_booked(
            appointment,
            actor=journal.practitioner(practitioner_id),
            now=now,
            snapshot={
                "by": "practitioner",
                "late": False,
                "alternatives": [],
                "separation": str(request.id),
            },
        )
        waitlist.offer_freed(appointment, now=now)
    return [a.pk for a in cancelled]


def _ahead(request: Request, *, now: datetime) -> list[Appointment]:
    ahead = request.appointments.filter(state=AppointmentState.BOOKED, starts_at__gt=now)
    ids = ahead.order_by("starts_at").values_list("pk", flat=True)
    return [calendar.lock_appointment(pk) for pk in ids]
