"""Appointments and series."""

from typing import Any

from booking.api.examples.values import (
    APPOINTMENT_ID,
    ASKED_AT,
    BOOKED,
    LATER_ID,
    LATER_SLOT,
    LATER_START,
    REQUEST_ID,
    SERIES_ID,
    SLOT,
    START,
    WISH_ID,
    ZONE,
    answered,
    asked,
)

APPOINTMENT = answered("an appointment", BOOKED)
APPOINTMENTS = answered(
    "a week",
    {
        "time_zone": ZONE,
        "appointments": [BOOKED],
        "next": "https://attune.example/api/v1/appointments/?cursor=cD0yMDI2&from=2026-11-30"
        "&limit=1&to=2026-12-06",
    },
)
RESCHEDULE = asked("another hour", {"start": START, "offer_to_waitlist": True})
CANCEL_DAY = asked("one day", {"day": "2026-11-30"})
DAY_CANCELLED = answered("what is cancelled", {"cancelled": [APPOINTMENT_ID]})
CANCEL = asked("with new times", {"offer_new_times": True, "offer_to_waitlist": False})
CANCELLED = answered(
    "by the practitioner",
    {"id": APPOINTMENT_ID, "state": "cancelled", "new_times": [SLOT, LATER_SLOT]},
)
NOT_COMING = answered("by a client", {"id": APPOINTMENT_ID, "coming": False, "late": False})
OWN_DATES = answered(
    "one's own dates",
    {
        "time_zone": ZONE,
        "appointments": [
            {
                "id": APPOINTMENT_ID,
                "service": "couple-80",
                **SLOT,
                "modality": "video",
                "of_group": False,
                "change_until": "2026-11-28T10:00:00-05:00",
                "can_move": True,
                "can_cancel": True,
                "can_ask": False,
                "has_asked": False,
                "wants_to_move": False,
                "can_say_late": False,
            }
        ],
    },
)
ASK_MOVE = asked("a week later", {"times": [LATER_START]})
ASK_LATE = asked("a wish", {"words": "Could it be an hour later?"})
LATE_ASKED = answered(
    "asked", {"id": WISH_ID, "appointment": APPOINTMENT_ID, "asked_at": ASKED_AT}, status=201
)
LATE_WISHES = answered(
    "who asks",
    {
        "time_zone": ZONE,
        "late_wishes": [
            {
                "id": WISH_ID,
                "appointment": APPOINTMENT_ID,
                "asked_at": ASKED_AT,
                "person": "Alex",
                "start": START,
            }
        ],
        "next": None,
    },
)
SETTLE_LATE = asked("it stays", {"outcome": "kept"})
RUNNING_LATE = asked("ten minutes", {"minutes": 10})

SERIES_PREVIEW = answered(
    "one turn is taken",
    {
        "time_zone": ZONE,
        "dates": [
            {"start": START, "is_open": True, "reason": "", "replacements": []},
            {
                "start": LATER_START,
                "is_open": False,
                "reason": "taken",
                "replacements": ["2026-12-08T10:00:00-05:00"],
            },
        ],
    },
)
START_SERIES = asked(
    "every week", {"every_weeks": 1, "starts": [START, "2026-12-08T10:00:00-05:00"]}
)
RENEW = asked("one more", {"starts": [LATER_START]})
_SERIES: dict[str, Any] = {
    "id": SERIES_ID,
    "request": REQUEST_ID,
    "every_weeks": 1,
    "can_add": 10,
    "dates": [
        {"id": APPOINTMENT_ID, **SLOT, "state": "booked", "number": 1},
        {"id": LATER_ID, **LATER_SLOT, "state": "booked", "number": 2},
    ],
}
SERIES = answered("a series", _SERIES)
SERIES_STARTED = answered("booked", _SERIES, status=201)
MOVED = answered("moved", {"time_zone": ZONE, "appointments": [{**BOOKED, "series": SERIES_ID}]})
PAUSE = asked("the holidays", {"first": "2026-12-21", "until": "2027-01-04"})
STOPPED = answered("nothing is left", {"cancelled": [APPOINTMENT_ID, LATER_ID]})
