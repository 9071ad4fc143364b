"""The three tables of states: every pair, the page that prints them, and what is told outside."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from booking.domain.states import (
    APPOINTMENT_TRANSITIONS,
    OPEN_REQUEST_STATES,
    REQUEST_TRANSITIONS,
    SEAT_TRANSITIONS,
    TAKING_A_SEAT,
    TAKING_TIME,
    AppointmentState,
    AppointmentVerb,
    Outward,
    OwnPart,
    RequestState,
    RequestVerb,
    SeatState,
    SeatVerb,
    TransitionNotAllowed,
    next_appointment_state,
    next_request_state,
    next_seat_state,
    outward,
)

R, V = RequestState, RequestVerb
A, W = AppointmentState, AppointmentVerb
S, X = SeatState, SeatVerb

PAGE = Path(__file__).resolve().parents[3] / "docs" / "transitions.md"

#: Written out by hand from design.md 3.4, so that a slip in the table shows.
REQUESTS = {
    R.RECEIVED: {V.VERIFY: R.GATHERING},
    R.GATHERING: {V.COMPLETE: R.READY, V.PROPOSE: R.PROPOSED},
    R.READY: {V.REOPEN: R.GATHERING, V.PROPOSE: R.PROPOSED, V.CONFIRM: R.CONFIRMED},
    R.PROPOSED: {V.ANSWER: R.READY, V.REOPEN: R.GATHERING, V.PROPOSE: R.PROPOSED},
    R.CONFIRMED: {V.REOFFER: R.PROPOSED},
}
ENDINGS = {V.DECLINE: R.DECLINED, V.WITHDRAW: R.WITHDRAWN, V.EXPIRE: R.EXPIRED}
OPEN = {R.RECEIVED, R.GATHERING, R.READY, R.PROPOSED}

APPOINTMENTS = {
    A.HELD: {W.BOOK: A.BOOKED, W.RELEASE: A.RELEASED},
    A.BOOKED: {W.FULFIL: A.FULFILLED, W.MISS: A.NO_SHOW, W.CANCEL: A.CANCELLED},
    A.FULFILLED: {W.MISS: A.NO_SHOW},  # the sweep said so at its end; the practitioner knows better
}

SETTLED = {X.GIVE: S.GIVEN, X.REFUSE: S.REFUSED, X.LEAVE: S.LEFT}
SEATS = {
    S.ASKED: {X.LAPSE: S.WAITING, **SETTLED},
    S.WAITING: {X.RESERVE: S.ASKED, **SETTLED},
    S.GIVEN: {X.LEAVE: S.LEFT},
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


@pytest.mark.parametrize("verb", SeatVerb)
@pytest.mark.parametrize("state", SeatState)
def test_every_pair_of_a_seat(state: SeatState, verb: SeatVerb) -> None:
    allowed = SEATS.get(state, {})

    if verb in allowed:
        assert next_seat_state(state.value, verb) is allowed[verb]
    else:
        with pytest.raises(TransitionNotAllowed):
            next_seat_state(state.value, verb)


def test_every_state_can_be_reached() -> None:
    assert {R.RECEIVED, *REQUEST_TRANSITIONS.values()} == set(R)
    assert {A.HELD, *APPOINTMENT_TRANSITIONS.values()} == set(A)
    assert {S.ASKED, *SEAT_TRANSITIONS.values()} == set(S)


def test_every_verb_leads_somewhere() -> None:
    assert {verb for _, verb in REQUEST_TRANSITIONS} == set(V)
    assert {verb for _, verb in APPOINTMENT_TRANSITIONS} == set(W)
    assert {verb for _, verb in SEAT_TRANSITIONS} == set(X)


def test_what_is_open_what_takes_time_and_what_takes_a_seat() -> None:
    assert OPEN == OPEN_REQUEST_STATES
    assert {A.HELD, A.BOOKED, A.FULFILLED, A.NO_SHOW} == TAKING_TIME
    assert {S.ASKED, S.GIVEN} == TAKING_A_SEAT


def test_the_printed_tables_are_those_of_the_code() -> None:
    printed = StringIO()

    call_command("transitions", stdout=printed)

    assert PAGE.read_text() == printed.getvalue(), "manage.py transitions > docs/transitions.md"


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
