"""The two tables of states: every pair, and what is told outside."""

import pytest

from booking.domain.states import (
    APPOINTMENT_TRANSITIONS,
    OPEN_REQUEST_STATES,
    REQUEST_TRANSITIONS,
    TAKING_TIME,
    AppointmentState,
    AppointmentVerb,
    Outward,
    OwnPart,
    RequestState,
    RequestVerb,
    TransitionNotAllowed,
    next_appointment_state,
    next_request_state,
    outward,
)

R, V = RequestState, RequestVerb
A, W = AppointmentState, AppointmentVerb

#: Written out by hand from design.md 3.4, so that a slip in the table shows.
REQUESTS = {
    R.RECEIVED: {V.VERIFY: R.GATHERING},
    R.GATHERING: {V.COMPLETE: R.READY, V.PROPOSE: R.PROPOSED},
    R.READY: {V.REOPEN: R.GATHERING, V.PROPOSE: R.PROPOSED, V.CONFIRM: R.CONFIRMED},
    R.PROPOSED: {V.ANSWER: R.READY, V.REOPEN: R.GATHERING},
    R.CONFIRMED: {V.REOFFER: R.PROPOSED},
}
ENDINGS = {V.DECLINE: R.DECLINED, V.WITHDRAW: R.WITHDRAWN, V.EXPIRE: R.EXPIRED}
OPEN = {R.RECEIVED, R.GATHERING, R.READY, R.PROPOSED}

APPOINTMENTS = {
    A.HELD: {W.BOOK: A.BOOKED, W.RELEASE: A.RELEASED},
    A.BOOKED: {W.FULFIL: A.FULFILLED, W.MISS: A.NO_SHOW, W.CANCEL: A.CANCELLED},
    A.FULFILLED: {W.MISS: A.NO_SHOW},  # the sweep said so at its end; the practitioner knows better
}


@pytest.mark.parametrize("verb", RequestVerb)
@pytest.mark.parametrize("state", RequestState)
def test_every_pair_of_a_request(state: RequestState, verb: RequestVerb) -> None:
    allowed = REQUESTS.get(state, {}) | (ENDINGS if state in OPEN else {})

    if verb in allowed:
        assert next_request_state(state.value, verb) is allowed[verb]
    else:
        with pytest.raises(TransitionNotAllowed) as refused:
            next_request_state(state.value, verb)
        assert (refused.value.state, refused.value.verb) == (state, verb)


@pytest.mark.parametrize("verb", AppointmentVerb)
@pytest.mark.parametrize("state", AppointmentState)
def test_every_pair_of_an_appointment(state: AppointmentState, verb: AppointmentVerb) -> None:
    allowed = APPOINTMENTS.get(state, {})

    if verb in allowed:
        assert next_appointment_state(state.value, verb) is allowed[verb]
    else:
        with pytest.raises(TransitionNotAllowed):
            next_appointment_state(state.value, verb)


def test_every_state_can_be_reached() -> None:
    assert {R.RECEIVED, *REQUEST_TRANSITIONS.values()} == set(R)
    assert {A.HELD, *APPOINTMENT_TRANSITIONS.values()} == set(A)


def test_what_is_open_and_what_takes_time() -> None:
    assert OPEN == OPEN_REQUEST_STATES
    assert {A.HELD, A.BOOKED} == TAKING_TIME


@pytest.mark.parametrize(
    ("state", "own", "word"),
    [
        (R.RECEIVED, OwnPart(has_booked_time=False), Outward.IN_PROGRESS),
        (R.GATHERING, OwnPart(has_booked_time=False), Outward.IN_PROGRESS),
        (R.READY, OwnPart(has_booked_time=False), Outward.IN_PROGRESS),
        (R.PROPOSED, OwnPart(has_booked_time=False), Outward.TIME_TO_CONFIRM),
        (R.PROPOSED, OwnPart(has_booked_time=False, has_answered=True), Outward.IN_PROGRESS),
        (R.READY, OwnPart(has_booked_time=False, has_answered=True), Outward.IN_PROGRESS),
        (R.CONFIRMED, OwnPart(has_booked_time=True), Outward.BOOKED),
        (R.CONFIRMED, OwnPart(has_booked_time=False), Outward.CLOSED),
        (R.CONFIRMED, OwnPart(has_booked_time=False, may_still_come=True), Outward.IN_PROGRESS),
        (R.CONFIRMED, OwnPart(has_booked_time=True, has_left=True), Outward.CLOSED),
        (R.DECLINED, OwnPart(has_booked_time=False), Outward.CLOSED),
        (R.WITHDRAWN, OwnPart(has_booked_time=False), Outward.CLOSED),
        (R.EXPIRED, OwnPart(has_booked_time=False), Outward.CLOSED),
    ],
)
def test_outside_there_are_four_words(state: RequestState, own: OwnPart, word: Outward) -> None:
    assert outward(state.value, own) is word
