"""The life of a request and of an appointment, as two tables.

Nothing else in the project decides which state may follow which.
"""

from collections.abc import Mapping
from enum import StrEnum


class RequestState(StrEnum):
    """Where a request stands."""

    RECEIVED = "received"  # the requester's address is not verified yet
    GATHERING = "gathering"  # somebody has yet to finish
    READY = "ready"  # the practitioner can decide
    PROPOSED = "proposed"  # the practitioner offered times
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class RequestVerb(StrEnum):
    """What can happen to a request."""

    VERIFY = "verify"
    COMPLETE = "complete"
    REOPEN = "reopen"
    PROPOSE = "propose"
    ANSWER = "answer"  # a proposal was answered or lapsed; everyone has finished
    CONFIRM = "confirm"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


class AppointmentState(StrEnum):
    """Where an appointment stands. `held` and `booked` take time, the others do not."""

    HELD = "held"
    BOOKED = "booked"
    RELEASED = "released"
    FULFILLED = "fulfilled"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class AppointmentVerb(StrEnum):
    """What can happen to an appointment."""

    BOOK = "book"
    RELEASE = "release"
    FULFIL = "fulfil"
    MISS = "miss"
    CANCEL = "cancel"


class TransitionNotAllowed(Exception):
    """From this state, that verb leads nowhere."""

    def __init__(self, state: StrEnum, verb: StrEnum) -> None:
        super().__init__(f"cannot {verb} what is {state}")
        self.state = state
        self.verb = verb


_R, _V = RequestState, RequestVerb

REQUEST_TRANSITIONS: Mapping[tuple[RequestState, RequestVerb], RequestState] = {
    (_R.RECEIVED, _V.VERIFY): _R.GATHERING,
    (_R.GATHERING, _V.COMPLETE): _R.READY,
    (_R.READY, _V.REOPEN): _R.GATHERING,
    (_R.GATHERING, _V.PROPOSE): _R.PROPOSED,  # one person only: see the gate
    (_R.READY, _V.PROPOSE): _R.PROPOSED,
    (_R.PROPOSED, _V.ANSWER): _R.READY,
    (_R.PROPOSED, _V.REOPEN): _R.GATHERING,
    (_R.READY, _V.CONFIRM): _R.CONFIRMED,
    (_R.CONFIRMED, _V.PROPOSE): _R.PROPOSED,  # the practitioner cancelled and offers new times
} | {
    (state, verb): outcome
    for state in (_R.RECEIVED, _R.GATHERING, _R.READY, _R.PROPOSED)
    for verb, outcome in (
        (_V.DECLINE, _R.DECLINED),
        (_V.WITHDRAW, _R.WITHDRAWN),
        (_V.EXPIRE, _R.EXPIRED),
    )
}

_A, _W = AppointmentState, AppointmentVerb

APPOINTMENT_TRANSITIONS: Mapping[tuple[AppointmentState, AppointmentVerb], AppointmentState] = {
    (_A.HELD, _W.BOOK): _A.BOOKED,
    (_A.HELD, _W.RELEASE): _A.RELEASED,
    (_A.BOOKED, _W.FULFIL): _A.FULFILLED,
    (_A.BOOKED, _W.MISS): _A.NO_SHOW,
    (_A.BOOKED, _W.CANCEL): _A.CANCELLED,
    # The sweep calls a session fulfilled at its end; the practitioner may know better.
    (_A.FULFILLED, _W.MISS): _A.NO_SHOW,
}

#: A request in one of these still waits for somebody.
OPEN_REQUEST_STATES = frozenset({_R.RECEIVED, _R.GATHERING, _R.READY, _R.PROPOSED})

#: An appointment in one of these takes time in the calendar.
TAKING_TIME = frozenset({_A.HELD, _A.BOOKED})


def next_request_state(state: str, verb: RequestVerb) -> RequestState:
    """The state that follows. Raises `TransitionNotAllowed`."""
    current = RequestState(state)
    try:
        return REQUEST_TRANSITIONS[current, verb]
    except KeyError:
        raise TransitionNotAllowed(current, verb) from None


def next_appointment_state(state: str, verb: AppointmentVerb) -> AppointmentState:
    """The state that follows. Raises `TransitionNotAllowed`."""
    current = AppointmentState(state)
    try:
        return APPOINTMENT_TRANSITIONS[current, verb]
    except KeyError:
        raise TransitionNotAllowed(current, verb) from None


class Outward(StrEnum):
    """All that a client is ever told of a request's state.

    A safety review, an unfinished partner and an undecided practitioner are the same word.
    """

    IN_PROGRESS = "in_progress"
    TIME_TO_CONFIRM = "time_to_confirm"
    BOOKED = "booked"
    CLOSED = "closed"


def outward(state: str, *, has_booked_time: bool) -> Outward:
    """The word for a request's state outside the practice."""
    current = RequestState(state)
    if current is RequestState.CONFIRMED:
        return Outward.BOOKED if has_booked_time else Outward.CLOSED
    if current is RequestState.PROPOSED:
        return Outward.TIME_TO_CONFIRM
    return Outward.IN_PROGRESS if current in OPEN_REQUEST_STATES else Outward.CLOSED
