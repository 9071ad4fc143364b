"""Refusals."""

from booking.api.examples.values import LATER_SLOT, SLOT, refused

SLOT_TAKEN = refused("slot_taken", alternatives=[SLOT, LATER_SLOT])
INVALID = refused(
    "invalid",
    status=422,
    errors=[
        {
            "field": "time_zone",
            "code": "unknown_zone",
            "message": "Please choose your time zone from the list.",
        }
    ],
)
GATE_CLOSED = refused("gate_closed", reasons=["not_finished"])
NO_SEAT_LEFT = refused("no_seat_left")
CALL_FIRST = refused("call_first")
HOLD_EXPIRED = refused("hold_expired")
DECISION_WAITING = refused("decision_waiting")
PASSCODE_NEEDED = refused("passcode_needed", status=403)
TOO_LATE_TO_CHANGE = refused("too_late_to_change")
