"""Asking, and deciding."""

from typing import Any

from booking.api.examples.values import (
    APPOINTMENT_ID,
    ASKED_AT,
    BOOKED,
    DUE_AT,
    LATER_START,
    PERSON_ID,
    REQUEST_ID,
    START,
    ZONE,
    answered,
    asked,
)

_COUPLE: dict[str, Any] = {
    "relationship_type": "couple",
    "service": "couple-80",
    "practitioner": "morgan",
    "times": [START, LATER_START],
    "time_zone": ZONE,
    "modality": "video",
    "location": {"country": "US", "region": "NY"},
    "cadence": "unsure",
    "article": None,
    "requester": {"name": "Alex", "email": "alex@example.org", "pronouns": "they"},
    "participants": [
        {
            "label": "Sam",
            "attends": "yes",
            "agreed": True,
            "route": "email",
            "email": "sam@example.org",
        }
    ],
    "topics": ["communication"],
    "words": "",
    "adult": True,
    "not_emergency": True,
}
ASKING = asked("a session for two", _COUPLE)
ASKING_TOGETHER = asked("finding a time together", {**_COUPLE, "times": [], "find_together": True})
ASKING_SEAT = asked(
    "a seat in a group",
    {
        **_COUPLE,
        "relationship_type": "group",
        "service": "group-call",
        "cohort": "talking-about-desire",
        "seat_name": "Robin",
        "times": [START],
        "participants": [],
    },
)
SUBMITTED = answered(
    "submitted",
    {"id": REQUEST_ID, "status": "in_progress", "hold_expires_at": "2026-11-23T15:30:00-05:00"},
    status=201,
)
STATUS = answered("for one of its people", {"id": REQUEST_ID, "status": "in_progress"})
CLOSED = answered("closed", {"id": REQUEST_ID, "status": "closed"})

_SOMEBODY = {
    "id": PERSON_ID,
    "name": "Alex",
    "pronouns": "they",
    "attends": "yes",
    "is_requester": True,
    "joined": True,
    "finished": True,
    "left": False,
}
REQUEST = answered(
    "for its practitioner",
    {
        "id": REQUEST_ID,
        "status": "in_progress",
        "state": "ready",
        "relationship_type": "couple",
        "service": "couple-80",
        "modality": "video",
        "find_together": False,
        "time_zone": ZONE,
        "location": {"country": "US", "region": "NY"},
        "cadence": "unsure",
        "article": "",
        "created_at": ASKED_AT,
        "hold_expires_at": "2026-11-30T15:00:00-05:00",
        "in_the_way": [],
        "decision": {"kind": "confirm", "due_at": DUE_AT},
        "people": [_SOMEBODY],
        "appointments": [
            {**BOOKED, "state": "held", "held_until": "2026-11-30T15:00:00-05:00", "people": []}
        ],
    },
)

REQUESTS = answered(
    "what waits",
    {
        "time_zone": ZONE,
        "requests": [
            {
                "id": REQUEST_ID,
                "status": "in_progress",
                "state": "ready",
                "relationship_type": "couple",
                "service": "couple-80",
                "modality": "video",
                "find_together": False,
                "is_waiting": False,
                "created_at": ASKED_AT,
                "ready_at": ASKED_AT,
                "hold_expires_at": "2026-11-30T15:00:00-05:00",
                "expires_at": "2026-12-07T15:00:00-05:00",
                "times": [{"start": START, "end": BOOKED["end"]}],
                "decision": None,
                "people": [_SOMEBODY],
            }
        ],
        "next": None,
    },
)
ANSWER_FOR = asked("said on the phone", {"accepted": [APPOINTMENT_ID], "they_told_me": True})
CALL = asked(
    "somebody called",
    {
        "service": "individual-50",
        "start": START,
        "modality": "phone",
        "location": {"country": "US", "region": "NY"},
        "time_zone": ZONE,
        "forms_on_paper": False,
        "people": [
            {
                "name": "Alex",
                "email": "alex@example.org",
                "phone": "+1 212 555 0102",
                "shared_mailbox": "no",
            }
        ],
    },
)
CALL_ENTERED = answered("entered", REQUEST.value, status=201)

CONFIRM = asked("what works for all", {"start": START})
CONFIRMED = answered(
    "booked at once",
    {"id": REQUEST_ID, "state": "confirmed", "due_at": None, "appointment": BOOKED},
)
DECIDED = answered(
    "due with the next batch",
    {"id": REQUEST_ID, "state": "ready", "due_at": DUE_AT, "appointment": None},
    status=202,
)


def _done(name: str, state: str) -> Any:
    found = {"id": REQUEST_ID, "state": state, "due_at": None, "appointment": None}
    return answered(name, found)


DECLINED = _done("declined", "declined")
PROPOSE = asked("two times", {"times": [START, LATER_START]})
PROPOSED = _done("proposed", "proposed")
ASKED_AGAIN = _done("asked again", "gathering")

OUTCOME = answered(
    "all have answered",
    {
        "time_zone": ZONE,
        "all_answered": True,
        "works": [{"start": START, "end": BOOKED["end"], "can": 2, "could": 1, "cannot": 0}],
        "nearest": [],
    },
)

BALLOT = answered(
    "one's own words",
    {
        "time_zone": ZONE,
        "round": 1,
        "has_answered": True,
        "is_open": True,
        "times": [
            {"start": START, "end": BOOKED["end"], "word": "can"},
            {"start": LATER_START, "end": "2026-12-07T11:20:00-05:00", "word": "cant"},
        ],
    },
)
MARKS = asked(
    "one's own words",
    {"marks": [{"start": START, "word": "can"}, {"start": LATER_START, "word": "could"}]},
)
ASKED_TIMES = answered(
    "a proposal",
    {
        "time_zone": ZONE,
        "answer_until": "2026-11-26T15:00:00-05:00",
        "is_move": False,
        "can_suggest": True,
        "times": [
            {
                "id": APPOINTMENT_ID,
                "start": START,
                "end": BOOKED["end"],
                "modality": "video",
                "accepts": None,
            }
        ],
        "suggested": [],
    },
)
ANSWER = asked(
    "no, but",
    {
        "answers": [{"time": APPOINTMENT_ID, "accepts": False}],
        "suggestions": [LATER_START],
    },
)
