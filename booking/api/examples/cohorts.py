"""Groups, and waiting."""

from typing import Any

from booking.api.examples.values import (
    APPOINTMENT_ID,
    ASKED_AT,
    BOOKED,
    COHORT_ID,
    LATER_START,
    REQUEST_ID,
    SEAT_ID,
    SLOT,
    START,
    ZONE,
    answered,
    asked,
)

_WORDS = {"title": "Talking about desire", "description": "Four afternoons."}
COHORTS = answered(
    "groups",
    {
        "cohorts": [
            {
                "slug": "talking-about-desire",
                **_WORDS,
                "practitioner": "morgan",
                "service": "group-90",
                "call_service": "group-call",
                "modality": "video",
                "has_seats": True,
                "sessions": [SLOT],
            }
        ],
        "next": None,
    },
)
PUBLISH = asked(
    "a group of six",
    {
        "slug": "talking-about-desire",
        **_WORDS,
        "service": "group-90",
        "call_service": "group-call",
        "modality": "video",
        "seats": 6,
        "minimum": 4,
        "decide_date": "2026-11-25",
        "starts": [START, LATER_START],
    },
)
_OWN: dict[str, Any] = {
    "id": COHORT_ID,
    "slug": "talking-about-desire",
    **_WORDS,
    "service": "group-90",
    "call_service": "group-call",
    "modality": "video",
    "state": "open",
    "seats": 6,
    "seats_taken": 1,
    "minimum": 4,
    "decide_date": "2026-11-25",
    "sessions": [{"id": APPOINTMENT_ID, **SLOT, "state": "booked"}],
}
_SEAT: dict[str, Any] = {
    "id": SEAT_ID,
    "request": REQUEST_ID,
    "state": "asked",
    "group_name": "Robin",
    "asked_at": ASKED_AT,
    "reserved_until": "2026-12-07T15:00:00-05:00",
}
PUBLISHED = answered("published", {**_OWN, "seats_taken": 0}, status=201)
OWN_COHORTS = answered("one's own groups", {"time_zone": ZONE, "cohorts": [_OWN], "next": None})
COHORT = answered(
    "a group",
    {
        **_OWN,
        "members": [],
        "undecided": [{"seat": _SEAT, "name": "Robin M.", "has_finished": True, "had_call": False}],
    },
)
COHORT_EDIT = asked("no more requests", {"state": "closed"})
CALLED_OFF = answered("called off", {"cancelled": [APPOINTMENT_ID]})
GROUP_SESSION = answered(
    "a session",
    {**BOOKED, "request": None, "cohort": COHORT_ID, "service": "group-90", "people": ["Robin"]},
    status=201,
)
GIVE_SEAT = asked("after the call", {"without_call": False})
SEAT_GIVEN = answered("given", {**_SEAT, "state": "given", "reserved_until": None})
SEAT_REFUSED = answered("refused", {**_SEAT, "state": "refused", "reserved_until": None})
OWN_SEAT = answered(
    "one's own place",
    {
        "time_zone": ZONE,
        "group": _WORDS["title"],
        "group_name": "Robin",
        "state": "given",
        "can_leave": True,
        "sessions": [{"id": APPOINTMENT_ID, **SLOT, "coming": True}],
        "names": ["Charlie", "Jo"],
    },
)
_WISHES = {"weekdays": [0, 2], "parts": ["evening"], "from_date": "2026-12-01"}
WAIT = asked("for an evening", {"wishes": _WISHES})
OWN_PLACE = answered(
    "waiting", {"is_waiting": True, "is_asked": False, "may_join": False, "wishes": _WISHES}
)
OWN_PLACE_LEFT = answered(
    "not waiting",
    {
        "is_waiting": False,
        "is_asked": False,
        "may_join": True,
        "wishes": {"weekdays": [], "parts": [], "from_date": None},
    },
)
WAITLIST = answered(
    "who waits",
    {
        "time_zone": ZONE,
        "waiting": [
            {
                "request": REQUEST_ID,
                "service": "individual-50",
                "modality": "video",
                "ready_at": ASKED_AT,
                "joined_at": ASKED_AT,
                "offer": {
                    **SLOT,
                    "opens_at": ASKED_AT,
                    "told_at": None,
                    "expires_at": "2026-11-24T15:00:00-05:00",
                },
            }
        ],
        "next": None,
    },
)
