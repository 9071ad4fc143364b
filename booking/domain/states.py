"""The life of a request, of an appointment and of a seat, as three tables.

Nothing else in the project decides which state may follow which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
    REOFFER = "reoffer"  # the practitioner cancelled and offers new times
    ANSWER = "answer"  # a proposal was answered or lapsed; everyone has finished
    CONFIRM = "confirm"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


class AppointmentState(StrEnum):
    """Where an appointment stands. See `TAKING_TIME`."""

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


class SeatState(StrEnum):
    """Where a place in a group stands. `asked` and `given` count toward the seats."""

    ASKED = "asked"  # reserved while they have their call and their forms
    WAITING = "waiting"  # asked for; nothing is reserved (any more)
    GIVEN = "given"
    REFUSED = "refused"
    LEFT = "left"


class SeatVerb(StrEnum):
    """What can happen to a place in a group."""

    RESERVE = "reserve"
    LAPSE = "lapse"
    GIVE = "give"
    REFUSE = "refuse"
    LEAVE = "leave"


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
    (_R.PROPOSED, _V.PROPOSE): _R.PROPOSED,  # other times in place of those
    (_R.PROPOSED, _V.ANSWER): _R.READY,
    (_R.PROPOSED, _V.REOPEN): _R.GATHERING,
    (_R.READY, _V.CONFIRM): _R.CONFIRMED,
    (_R.CONFIRMED, _V.REOFFER): _R.PROPOSED,
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

_S, _X = SeatState, SeatVerb

SEAT_TRANSITIONS: Mapping[tuple[SeatState, SeatVerb], SeatState] = {
    (_S.WAITING, _X.RESERVE): _S.ASKED,
    (_S.ASKED, _X.LAPSE): _S.WAITING,
    (_S.ASKED, _X.GIVE): _S.GIVEN,
    (_S.WAITING, _X.GIVE): _S.GIVEN,
    (_S.ASKED, _X.REFUSE): _S.REFUSED,
    (_S.WAITING, _X.REFUSE): _S.REFUSED,
    (_S.ASKED, _X.LEAVE): _S.LEFT,
    (_S.WAITING, _X.LEAVE): _S.LEFT,
    (_S.GIVEN, _X.LEAVE): _S.LEFT,
}

#: A seat in one of these counts toward the seats of its group.
TAKING_A_SEAT = frozenset({_S.ASKED, _S.GIVEN})

#: A request in one of these still waits for somebody.
OPEN_REQUEST_STATES = frozenset({_R.RECEIVED, _R.GATHERING, _R.READY, _R.PROPOSED})

#: An appointment in one of these takes time in the calendar. What took place, or was missed, keeps
#: its own: it is not given to anybody else before its buffer is over.
TAKING_TIME = frozenset({_A.HELD, _A.BOOKED, _A.FULFILLED, _A.NO_SHOW})


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


def next_seat_state(state: str, verb: SeatVerb) -> SeatState:
    """The state that follows. Raises `TransitionNotAllowed`."""
    current = SeatState(state)
    try:
        return SEAT_TRANSITIONS[current, verb]
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


@dataclass(frozen=True, slots=True)
class OwnPart:
    """What one person's word for a request depends on, besides its state: only their own part."""

    has_booked_time: bool
    has_answered: bool = False  # every time that was put before them
    may_still_come: bool = False  # a "sometimes" person of a booked session
    has_left: bool = False


def outward(state: str, own: OwnPart) -> Outward:
    """The word that one person reads.

    It changes with what they do and with what everybody is told, never with what somebody else
    does: whoever has answered a proposal reads *in progress* until there is news for all.
    """
    current = RequestState(state)
    if own.has_left:
        return Outward.CLOSED
    if current is RequestState.CONFIRMED:
        if own.has_booked_time:
            return Outward.BOOKED
        return Outward.IN_PROGRESS if own.may_still_come else Outward.CLOSED
    if current is RequestState.PROPOSED and not own.has_answered:
        return Outward.TIME_TO_CONFIRM
    return Outward.IN_PROGRESS if current in OPEN_REQUEST_STATES else Outward.CLOSED
