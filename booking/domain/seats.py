"""How long a seat in a group is kept for somebody who asked for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.domain.states import OPEN_REQUEST_STATES, RequestState


@dataclass(frozen=True, slots=True)
class Reservation:
    """What the end of a reservation depends on.

    `call_ends_at`: the end of their call before joining, if it is booked or took place.
    """

    state: str
    reserved_until: datetime
    expires_at: datetime
    call_ends_at: datetime | None = None


def kept_until(reservation: Reservation, *, now: datetime, patience: timedelta) -> datetime:
    """Until when the seat is kept; a moment that is not after `now` means that it lapses now.

    Nobody loses a seat because the practitioner takes time: while it is the practitioner's turn
    (everything is done, or the call is over) it is kept for `patience`. While it is the person's
    own turn it ends with the time that they have for their part.
    """
    state = RequestState(reservation.state)
    if state is RequestState.READY:
        return max(reservation.reserved_until, now + patience)
    if state in (RequestState.GATHERING, RequestState.PROPOSED):
        return max(reservation.reserved_until, reservation.expires_at)
    if state is RequestState.CONFIRMED and reservation.call_ends_at is not None:
        return max(reservation.reserved_until, reservation.call_ends_at + patience)
    if state in OPEN_REQUEST_STATES or state is RequestState.CONFIRMED:
        return reservation.reserved_until
    return now
